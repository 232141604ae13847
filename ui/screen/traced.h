/* ui/screen/traced.h - SIP messages that went by, as the screen keeps and reads them.
 *
 * Pure. The newest are kept, with limits on their number and their bytes. What a message says comes
 * from strangers: text is safe to show, raw is only for files. */
#ifndef UI_SCREEN_TRACED_H
#define UI_SCREEN_TRACED_H

#include "base/buf.h"

#define TRACED_MAX 4000u          /* messages that are kept */
#define TRACED_BYTES_MAX 8388608u /* of them, both forms */

struct traced {
    uint64_t number;                  /* from 1 on, never used again */
    double time;                      /* of Unix */
    bool sent, again;                 /* again: the same as one shortly before */
    char *transport, *local, *remote; /* "udp", "192.0.2.1:5060"; "": not known */
    char *raw;                        /* as it was, but for what is masked */
    char *text;                       /* safe to show, lines end in LF, no tabs */
    /* In text: */
    struct slice start;  /* the first line */
    struct slice method; /* of a request; of a response, that of its CSeq */
    unsigned status;     /* 0: a request */
    struct slice reason, call_id;
    struct slice sdp; /* from "v=" on; empty: none */
};

struct traced_list {
    struct traced **ring; /* TRACED_MAX places, NULL before the first message */
    size_t first, n, bytes;
    uint64_t numbers; /* that have been used */
};

/* What is known of one that went by. */
struct traced_source {
    double time;
    bool sent;
    const char *transport, *local, *remote, *message;
};

/* 0, or -ENOMEM and it is left out. */
int traced_add(struct traced_list *list, const struct traced_source *source);
void traced_clear(struct traced_list *list);
/* The i-th that is kept, the oldest first; NULL behind the last. */
const struct traced *traced_at(const struct traced_list *list, size_t i);
/* NULL: it is not kept any more, or never was. */
const struct traced *traced_find(const struct traced_list *list, uint64_t number);

/* --- what one says -------------------------------------------------------------------------- */

/* The URI of From or To without brackets and parameters. */
struct slice traced_uri(const struct traced *t, const char *header);
/* "INVITE (SDP)", "200 OK (INVITE, SDP)", "OPTIONS (again)"; in brief "200 OK again". */
void traced_put_label(const struct traced *t, bool brief, struct buf *out);
/* Whether it has all words of filter, in any case, and none of those behind a "!". The name of a
 * method means its requests and their answers, "486" and "4xx" answers of that status; other words
 * may stand anywhere, in the addresses too. */
bool traced_has(const struct traced *t, struct slice filter);

/* --- laid out ------------------------------------------------------------------------------- */

#define TRACED_ROWS_MAX 2000u /* of one message that are shown */
#define TRACED_LABEL_COLS 16

/* A row of a message that is laid out: the names of headers and lines of SDP stand on the left,
 * long values go on in the next rows, and begin there where the name is long. */
struct traced_row {
    enum { TRACED_START = 1, TRACED_HEADER, TRACED_MORE, TRACED_SDP, TRACED_BODY, TRACED_CUT } kind;
    struct slice label, text;
};

struct traced_walk {
    const struct traced *t;
    int cols;
    bool only_sdp;
    /* Of the walk: */
    struct slice rest, value;
    enum { WALK_START, WALK_HEADERS, WALK_BODY } part;
    size_t n;
};

void traced_walk_init(struct traced_walk *walk, const struct traced *t, bool only_sdp, int cols);
bool traced_walk_next(struct traced_walk *walk, struct traced_row *out);
size_t traced_rows(const struct traced *t, bool only_sdp, int cols);

#endif
