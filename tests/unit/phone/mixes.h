/* tests/unit/phone/mixes.h - streams of conferences without a media thread: beat by beat with a
 * clock of our own. What is sent to each is caught on a socket and decoded. */
#ifndef TESTS_UNIT_PHONE_MIXES_H
#define TESTS_UNIT_PHONE_MIXES_H

#include "phone/media_mix.h"
#include "phone/media_stream.h"
#include "tests/lib/rows.h"

#define MIXES_MEMBERS_MAX 6
#define MIXES_LOUD 3000.0 /* of each voice, which is a tone */
#define MIXES_PI 3.14159265358979

struct mixes_member {
    struct media_stream *stream;
    struct net_rtp_pair far;
    struct audio_decoder *decoder;
    double hz; /* that it says; 0: it is silent */
    uint64_t said;
    int16_t *heard;
    size_t n_heard, room;
    unsigned packets;
    uint64_t taken; /* of what its stream has sent */
};

struct mixes {
    struct media_thread thread;
    struct rng rng;
    struct mixes_member at[MIXES_MEMBERS_MAX];
    size_t n;
    unsigned beat_ms;
    uint64_t now_us;
};

/* For cmocka; the state is a struct mixes. Afterwards nothing may be left of any mix. */
int mixes_set_up(void **state);
int mixes_tear_down(void **state);
/* One more, in no mix yet. */
struct mixes_member *mixes_add(struct mixes *w, const char *codec, unsigned ptime_ms, double hz);
/* So many, with PCMU, all in mix 1: at 350 Hz, 800 Hz, and so on. */
void mixes_connect(struct mixes *w, size_t members);
/* Beats for that long, in which all speak. */
void mixes_run(struct mixes *w, unsigned ms);
/* Takes in what was sent to the member. */
void mixes_listen(struct mixes_member *m);
/* What was heard so far does not count. */
void mixes_forget(struct mixes *w);
/* Both, and some time before, for what changes of a sudden. */
void mixes_settle(struct mixes *w);
/* Whether m has heard other, who must then be as loud as it spoke. */
bool mixes_is_heard(const struct mixes_member *m, const struct mixes_member *other);
/* Fails unless each member of a mix hears all others of it, and nobody hears anybody else. mix: the
 * number of each, 0 for none. */
void mixes_check(const struct mixes *w, const unsigned mix[]);
/* The share of what m has heard that is the voices of others: gaps and steps are noise. */
double mixes_purity(const struct mixes *w, const struct mixes_member *m);

#endif
