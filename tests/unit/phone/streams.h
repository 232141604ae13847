/* tests/unit/phone/streams.h - two streams of one media thread, with sockets between them. */
#ifndef TESTS_UNIT_PHONE_STREAMS_H
#define TESTS_UNIT_PHONE_STREAMS_H

#include "phone/media.h"
#include "tests/lib/loop_time.h"
#include "tests/lib/rows.h"

struct streams_side {
    struct media_stream *stream;     /* NULL once it has told its end */
    unsigned told[MEDIA_CLOSED + 1]; /* events of each type */
    char digits[32];
    size_t left_out; /* digits, the last time, */
    int left_out_err;
    char why[MEDIA_WHY_MAX];
    struct media_stats stats, totals;
    char play[128], record[128]; /* paths; nothing is there yet */
};

struct streams {
    uv_loop_t loop;
    struct media *media;
    struct streams_side a, b;
    char dir[64];
};

/* Both are open and neither is started. device: as in struct media_config. */
struct streams *streams_new(const char *device);
/* Ends them where nobody did; nothing may be left on the loop. */
void streams_free(struct streams *w);
/* Turns the loop until *count is n, for 10 s at most. */
void streams_wait(struct streams *w, const unsigned *count, unsigned n);

struct ip streams_loopback(void);
struct media_format streams_format(uint8_t type, const char *codec);
/* What is agreed with a far end at that port of this machine: speech both ways, and digits. */
struct media_params streams_params(uint16_t port, const char *codec);
/* Each speaks to the other from now on. */
void streams_start(struct streams *w, const char *codec);
/* Stops those that are not, and waits for their ends. */
void streams_stop(struct streams *w);
struct media_stats streams_stats(struct streams *w, struct streams_side *side);
/* Turns the loop until it has sent so many packets, for 10 s at most; how many it has. */
uint64_t streams_wait_sent(struct streams *w, struct streams_side *side, uint64_t n);

#endif
