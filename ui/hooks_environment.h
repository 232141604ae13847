/* ui/hooks_environment.h - a line of JSON as variables. */
#ifndef UI_HOOKS_ENVIRONMENT_H
#define UI_HOOKS_ENVIRONMENT_H

#include "base/slice.h"

/* Our environment with the members of an object, on one line, in it: "call" is TPHONE_CALL, what is
 * within another object has the names of both: TPHONE_TOTALS_SENT; those of an array have their
 * number. true is "true", and null is left out. TPHONE_… that we were given ourselves is not handed
 * on. NULL: no memory is left, or this is no such line. */
char **hooks_environment(struct slice line);
void hooks_environment_free(char **environment); /* NULL is fine */

#endif
