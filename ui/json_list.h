/* ui/json_list.h - what `tphone history`, `contacts` and `devices` list, as lines of JSON: objects
 * with "v" and "list", in the words of tphone-control(7). */
#ifndef UI_JSON_LIST_H
#define UI_JSON_LIST_H

#include "base/buf.h"

struct history_row;
struct phone_device;

void json_history(struct buf *out, const struct history_row *row);
/* name and address need not be safe. */
void json_contact(struct buf *out, const char *name, const char *address);
void json_device(struct buf *out, const struct phone_device *device);

#endif
