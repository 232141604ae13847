/* ui/completion.h - what can stand at a place of a command line, by the tables that parse it; what
 * each shell makes of that is written by ui/cmd_completion.c. */
#ifndef UI_COMPLETION_H
#define UI_COMPLETION_H

#include "base/buf.h"
#include "ui/json_command.h"

/* What can stand in an option's or a command's argument, as far as a shell can help with it. */
enum completion_kind {
    COMPLETION_NONE,
    COMPLETION_FREE, /* only a person knows */
    COMPLETION_FILE,
    COMPLETION_CONTACT,
    COMPLETION_WORDS,
};

/* Of an argument as --help shows it: "FILE", "none|NAME". */
enum completion_kind completion_kind_of(const char *argument);
/* Appends, with blanks between, the words of an argument that are meant literally; those in
 * capitals stand for something. How many; none where the argument is anything else. */
size_t completion_literals(const char *argument, struct buf *out);

/* What stands behind a command of tphone ctl, without a name. */
enum completion_kind completion_kind_of_verb(const struct json_verb *verb);
/* Appends what else can stand there: the members that it takes by name alone, "play= record=", or
 * the names of events. How many. */
size_t completion_members(const struct json_verb *verb, struct buf *out);

#endif
