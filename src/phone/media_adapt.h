/* phone/media_adapt.h - how a stream is sent so that it survives its network: how often each frame
 * is repeated and how much later (RFC 2198), how much the codec guards against loss, with how many
 * bits, in packets of what length.
 *
 * Pure: reports of the far end and their times in, a plan out. While nothing is lost nothing is
 * repeated. Loss at random is met by repeating each frame in the next packets, bursts by repeating
 * it further away, and by the codec's own FEC where the far end knows no redundancy. All this adds
 * to what is sent; so where delay grows along with loss, or loss with what is sent, the network is
 * full, and less is sent instead. More is tried again later, and later each time that it fails. */
#ifndef PHONE_MEDIA_ADAPT_H
#define PHONE_MEDIA_ADAPT_H

#include <stdbool.h>
#include <stdint.h>

#define MEDIA_ADAPT_DEPTH 3 /* more copies of a frame are never sent */
#define MEDIA_ADAPT_FEW 20  /* of fewer packets a share says nothing */

/* What was agreed, and what the codec can. */
struct media_adapt_can {
    bool red;          /* the far end takes redundancy */
    bool always;       /* and gets it, whether or not anything is lost */
    bool fec;          /* the codec has FEC of its own, and the far end wants it */
    bool any_rate;     /* the codec's bit rate can be chosen */
    uint32_t rate_bps; /* what is sent where nothing is lost, without redundancy */
    uint32_t most_bps; /* of the codec: the far end takes no more. 0: any */
    unsigned ptime_ms, maxptime_ms;
    unsigned channels; /* that are sent, 1 or 2: twice as many bits are spent on two */
};

/* What the far end says of our packets, since its report before. */
struct loss_report {
    double lost;          /* share of them, 0 to 1 */
    double burst;         /* how many are lost in a row, on average, */
    double burst_of;      /* of so many that were lost; of a few nothing is learnt */
    double round_trip_ms; /* below 0: not known */
    double jitter_ms;     /* of our packets and of theirs together, as RFC 3550 6.4.1 has it */
    unsigned packets;     /* that we have sent in that time; of a few nothing is learnt */
};

struct media_plan {
    unsigned depth;    /* earlier frames in each packet */
    unsigned distance; /* of the first to the packet, and of each other to the next, in packets */
    unsigned fec_percent; /* loss that the codec itself is to guard against */
    uint32_t bitrate;     /* of the codec */
    unsigned ptime_ms;
};

struct media_adapt {
    struct media_adapt_can can;
    struct media_plan plan;

    /* The loss, as it is believed to be. */
    bool known, reported; /* by the far end */
    bool burst_told;      /* likewise */
    uint64_t reported_ms;
    double lost, burst;
    double heard;   /* what we lose ourselves, which counts while reports were about few packets, */
    double told_of; /* that many */
    double lately;  /* lost, by the last few reports alone */
    double lately_of; /* packets, at most */

    /* Round trips: the least of this half minute and the one before. */
    double least_ms[2], latest_ms; /* below 0: none */
    uint64_t half_minute;

    /* What the network has room for. */
    double share;     /* of the bit rate */
    unsigned allowed; /* depth */
    bool longer;      /* packets are */
    uint64_t wait_until_ms;
    unsigned failures; /* in a row */
    unsigned crowded;  /* reports in a row with delay that has grown, the first by so much: */
    double crowded_ms;
    unsigned rising; /* reports in a row with more delay than the one before */

    /* More, or less, has been sent since the last report, and what was lost before. */
    enum { MEDIA_ADAPT_STEADY, MEDIA_ADAPT_MORE, MEDIA_ADAPT_LESS } trial;
    double lost_before, lost_before_of;
};

/* Nothing is known, and the plan is that for a good network. */
void media_adapt_init(struct media_adapt *a, const struct media_adapt_can *can);
/* Another agreement: what is known of the network stays. */
void media_adapt_agreed(struct media_adapt *a, const struct media_adapt_can *can);
/* What is sent takes more bits from now on, or fewer, as it has another number of channels: where
 * that is more than before it is found out whether the network has room for it. */
void media_adapt_rate(struct media_adapt *a, uint32_t rate_bps, unsigned channels);
/* A report that came at now_ms. True: the plan has changed. */
bool media_adapt_report(struct media_adapt *a, const struct loss_report *report, uint64_t now_ms);
/* What we lose ourselves of what the far end sends: as long as it has said little, of its loss or
 * of bursts, it may fare alike. True: the plan has changed. */
bool media_adapt_heard(struct media_adapt *a, const struct loss_report *heard, uint64_t now_ms);

/* How long a key is to last so that hardly ever all packets of it are lost, each of which tells it:
 * least_ms, and more where much is lost, or in bursts. */
unsigned media_adapt_key_ms(const struct media_adapt *a, unsigned least_ms);

#endif
