/* phone/event_names.h - events by their names: what a line of JSON, a hook and the manual say. */
#ifndef PHONE_EVENT_NAMES_H
#define PHONE_EVENT_NAMES_H

#include "phone/event.h"

/* The place of an event's name among all; -1: it has none (PHONE_MESSAGE, PHONE_CLOSED). */
int event_name_place(const struct phone_event *event);
/* The name itself; NULL: it has none. */
const char *event_name(const struct phone_event *event);
/* The name at a place, NULL behind the last. There are fewer than 64. */
const char *event_name_at(size_t place);

#endif
