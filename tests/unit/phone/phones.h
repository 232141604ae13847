/* tests/unit/phone/phones.h - several phones on one loop, and a far end of straw that says what a
 * test tells it to, over real sockets of loopback. */
#ifndef TESTS_UNIT_PHONE_PHONES_H
#define TESTS_UNIT_PHONE_PHONES_H

#include "net/loop.h"
#include "net/udp.h"
#include "phone/phone.h"
#include "tests/lib/rows.h"

#define PHONES_LIMIT_MS 10000
#define PHONES_SEEN_MAX 256
#define PHONES_MAX 5

struct phones_seen {
    enum phone_event_kind kind;
    uint32_t call;
    enum phone_outcome outcome;
    unsigned status;
    bool on;
    uint32_t conference;
    double microphone_db, speaker_db;
    struct ip where;
    char text[128];
    char file[96];
    char to[64];
    uint32_t other;
};

/* A phone, with what it was told. */
struct phones_end {
    struct phones *owner;
    struct phone_config config;
    struct phone *phone;
    struct ip where;   /* it listens there */
    uint32_t incoming; /* the last call that came */
    bool answers;      /* takes calls by itself */
    bool short_of_all; /* memory: one that is told of may have been refused by then */
    bool device;       /* with the sound device */
    struct phones_seen seen[PHONES_SEEN_MAX];
    size_t n, from;     /* from: those before have been looked at: phones_forget */
    char offered[16];   /* direction of the last SDP that it sent: "sendrecv" … */
    unsigned n_491;     /* that it said */
    unsigned n_invites; /* that it sent */
};

struct phones {
    struct net_loop *loop;
    struct phones_end at[PHONES_MAX];
    size_t n;
    struct far_end *far;
};

/* n phones that listen on UDP at free ports of 127.0.0.1, with the sound device "null", which
 * hears silence. */
void phones_open(struct phones *p, size_t n);
/* The same, where listen says ("udp:0.0.0.0:0"). */
void phones_open_at(struct phones *p, size_t n, const char *listen);
/* The same at free ports, and their calls are noted in that file. */
void phones_open_noted(struct phones *p, size_t n, const char *history);
/* Ends their calls; fails where one is not gone. */
void phones_close(struct phones *p);
/* The same for cmocka, whose state they are. */
int phones_set_up(void **state, size_t n);
int phones_tear_down(void **state);
/* One turn of the loop, and for some time. */
void phones_turn(struct phones *p);
void phones_run(struct phones *p, unsigned ms);

/* The next event of the kind of that call (0: of any) since phones_forget; waits for it. */
const struct phones_seen *phones_wait(struct phones_end *end, enum phone_event_kind kind,
                                      uint32_t call);
/* The same, or NULL at once. */
const struct phones_seen *phones_find(const struct phones_end *end, enum phone_event_kind kind,
                                      uint32_t call);
/* What has been told so far no longer counts. */
void phones_forget(struct phones *p);
int phones_do(struct phones_end *end, enum phone_command_kind kind, uint32_t call);
int phones_join(struct phones_end *end, uint32_t call, uint32_t other);
/* Dials; the number of the call. */
uint32_t phones_dial(struct phones_end *end, const struct ip *to, bool device);
/* From end to other, who answers; until both are told. */
uint32_t phones_connect(struct phones_end *end, struct phones_end *other, bool device);

/* --- the far end ------------------------------------------------------------------------------ */

#define FAR_FORKS 3

struct far_end {
    struct phones *owner;
    struct net_udp *sip, *media[FAR_FORKS];
    struct ip from;    /* where the phone sends from */
    char invite[4096]; /* the first that came */
    char last[4096];   /* the last request that came */
    unsigned n_invites, n_acks, n_byes;
    char bye_to[256]; /* To of the last BYE */
    struct far_media {
        unsigned rtp;   /* packets that came */
        struct ip from; /* the last of them */
    } heard[FAR_FORKS];
    unsigned n_notifies, n_answers;  /* answers that came to what it sent */
    char notify[4096], answer[4096]; /* the last ones */
    unsigned reinvite_status; /* what it says to further INVITEs; 0: nothing. Below 300: with SDP */
    const char *direction;    /* of that SDP */
};

/* One a test; phones_close closes it. */
void far_open(struct phones *p, struct far_end *far);
struct ip far_where(const struct far_end *far);
/* Answers the first INVITE: "180 Ringing"; fork: its To tag and the media that it names in SDP. */
void far_say(struct far_end *far, const char *status, unsigned fork, bool sdp);
/* A request of its own in the call that it answered as fork 0; lines: headers, CRLF behind each. */
void far_request(struct far_end *far, const char *method, unsigned cseq, const char *lines);
/* A packet of sound from the fork's media to where the phone's SDP says. */
void far_speak(struct far_end *far, unsigned fork, uint16_t sequence);

#define PHONES_UNTIL(p, condition)                                                                 \
    do {                                                                                           \
        uint64_t until_ms_ = net_now_ms() + PHONES_LIMIT_MS;                                       \
        while (!(condition)) {                                                                     \
            if (net_now_ms() > until_ms_)                                                          \
                fail_msg("did not come about: %s", #condition);                                    \
            phones_turn(p);                                                                        \
        }                                                                                          \
    } while (0)

#endif
