/* ui/ctl_line.h - what a daemon says, line by line: replies, and events of its phone, which are
 * read back into what ui/json_event.c printed.
 *
 * Strings are fit to be seen (base/text.h), whoever has said them, but for the message of an event
 * sip, which keeps its lines; names of members may not be.
 * What is missing in a line is as if it were not known; members that we do not know are passed
 * over, as tphone-control(7) wants it of clients. */
#ifndef UI_CTL_LINE_H
#define UI_CTL_LINE_H

#include "phone/event.h"

struct ctl_line {
    enum ctl_kind {
        CTL_OTHER = 1, /* something that we have no use for */
        CTL_EVENT,     /* event */
        CTL_OWN,       /* told among the events, but not by the phone: name, text */
        CTL_REPLY,     /* id, ok, call; where it is not ok, error and text */
    } kind;
    const char *name, *text;
    struct phone_event event;     /* without devices */
    struct phone_quality quality; /* of event, where it is about that */
    uint64_t id;                  /* 0: none, or not a number */
    bool ok;
    uint32_t call;     /* 0: none */
    const char *error; /* the word */
    void *tree;        /* the whole line, of jansson; strings live in it */
};

/* 0, -EBADMSG: not an object of JSON, -ENOMEM. After 0 ctl_line_free is due. */
int ctl_line_read(struct slice text, struct ctl_line *out);
void ctl_line_free(struct ctl_line *line);

/* The text that an object of the tree has as this member, "" where it has none. */
const char *ctl_text(const void *object, const char *member);

#endif
