/* tests/unit/phone/lone.h - one stream of a media thread, and the sockets of a far end whose
 * packets a test makes by hand. */
#ifndef TESTS_UNIT_PHONE_LONE_H
#define TESTS_UNIT_PHONE_LONE_H

#include "net/address.h"
#include "net/rtp_pair.h"
#include "phone/media.h"
#include "tests/lib/loop_time.h"
#include "tests/lib/rows.h"

struct lone {
    uv_loop_t loop;
    struct media *media;
    struct media_stream *stream;     /* NULL once it has told its end */
    unsigned told[MEDIA_CLOSED + 1]; /* events of each type */
    int err;                         /* of MEDIA_KEYS */
    struct media_stats stats;
    struct media_params params; /* PCMU with the far end, both ways; nothing is started */
    /* the far end */
    struct net_rtp_pair pair;
    struct net_sockaddr to[2]; /* RTP and RTCP of the stream */
    uint16_t sequence;
};

/* device: as in struct media_config. */
void lone_init(struct lone *lone, const char *device);
/* Ends the stream where nobody did; nothing may be left on the loop. */
void lone_free(struct lone *lone);
/* Until it has told its end. */
void lone_stop(struct lone *lone);
struct media_stats lone_stats(struct lone *lone);
/* This machine. */
struct ip lone_address(uint16_t port);

#endif
