/* tests/unit/phone/frugal.h - calls between a phone, each allocation of which fails once, and a far
 * end that is a socket and allocates nothing. */
#ifndef TESTS_UNIT_PHONE_FRUGAL_H
#define TESTS_UNIT_PHONE_FRUGAL_H

#include "tests/unit/phone/phones.h"

#define FRUGAL_TRIES 500 /* 20 s, in which all that goes by UDP is said again */

struct frugal {
    struct phones phones;
    struct phones_end *end;
    int fd, sound;
    uint16_t port, sound_port;
    bool is_up;            /* its INVITE got a 200: the ACK has a branch of its own */
    bool answered;         /* it */
    const char *plays;     /* a file, to who calls; NULL: nothing */
    const char *records;   /* to a file, from the answer on; NULL: not */
    const char *lines;     /* further headers of its requests; NULL: none */
    size_t most;           /* calls of the phone at once; 0: 1 */
    unsigned n;            /* of the call */
    unsigned ok, shortage; /* what became of them */
    size_t ends;           /* that were told */
    char said[4096];       /* our last answer */
    char heard[4096];      /* the last message that came */
};

/* The phone's calls are noted in that file, NULL: nowhere. */
struct frugal *frugal_open(const char *history);
/* It listens there, as phones_open_at. */
struct frugal *frugal_open_at(const char *listen);
/* For cmocka, whose state it is. */
int frugal_set_up(void **state);
int frugal_tear_down(void **state);

/* Runs the script with the nth allocation failing, 0: none, until nothing is left of its call. What
 * was told of it has an end. Whether one failed. */
bool frugal_once(struct frugal *far, void (*script)(struct frugal *far), unsigned n);
/* With the first, the second … until none is left, and once more with none. */
void frugal_each_fails(void **state, void (*script)(struct frugal *far));

void frugal_send(const struct frugal *far, const char *text);
/* One that begins so has come within a moment; others are passed over. */
bool frugal_hears(struct frugal *far, const char *start, const char *or_start);
/* A request; and until there is an answer, as over UDP nobody knows what got lost. */
void frugal_asks(const struct frugal *far, const char *method, unsigned cseq, const char *tag,
                 const char *body);
void frugal_asks_until(struct frugal *far, const char *method, unsigned cseq, const char *tag,
                       const char *body);
/* Whether the answer has that status; the tag in its To, or nothing. */
bool frugal_heard(const struct frugal *far, const char *status);
void frugal_to_tag(const struct frugal *far, char out[64]);
/* An answer to what was heard. */
void frugal_replies(struct frugal *far, const char *status, const char *tag, const char *body);
/* Its tag; nothing: there is no call, for want of memory. */
void frugal_invites(struct frugal *far, const char *body, char tag[64]);
void frugal_hangs_up(struct frugal *far, unsigned cseq, const char *tag);
/* A call that is up is heard, or it has said its end: nobody is left alone with silence. */
void frugal_hears_sound(struct frugal *far);
/* How often it was told that something is recorded, or what has come of it. */
size_t frugal_told_recording(const struct frugal *far, bool on);

#endif
