/* phone/media_stream.h - one stream on the media thread, from socket to sound and back.
 *
 * These functions are called stream_…; the names media_stream_… belong to the other side, media.h.
 * A struct media_stream is made by the signalling thread, then the media thread's alone, except
 * for the members that say otherwise; with its MEDIA_CLOSED it goes back. */
#ifndef PHONE_MEDIA_STREAM_H
#define PHONE_MEDIA_STREAM_H

#include "audio/comfort.h"
#include "audio/dtmf.h"
#include "audio/level.h"
#include "audio/playout.h"
#include "audio/resample.h"
#include "audio/tone.h"
#include "net/rtp_pair.h"
#include "phone/media_adapt.h"
#include "phone/media_file.h"
#include "phone/media_microphone.h"
#include "phone/media_thread.h"
#include "rtp/event.h"
#include "rtp/latch.h"
#include "rtp/loss.h"
#include "rtp/red.h"
#include "rtp/rtcp.h"
#include "rtp/rtcp_timing.h"
#include "rtp/session.h"
#include "rtp/source.h"
#include "rtp/srtp.h"
#include "rtp/xr.h"

enum media_source { SOURCE_SILENCE, SOURCE_FILE, SOURCE_PIPE, SOURCE_DEVICE };

/* Extended reports, both ways. */
struct media_xr {
    struct rtp_loss heard; /* what became of their packets */
    uint32_t asked_by;     /* whose receiver reference time waits for an answer */
    uint32_t asked;        /* its middle; 0: none does */
    uint64_t asked_us;     /* when it came */
    struct xr_loss ours;   /* what was lost of ours, before any repair, by their latest report */
    uint64_t ours_us;      /* when it came */
    const struct audio_codec *codec; /* of their latest packet of sound, */
    double packet_ms;                /* and how long it was */
};

/* How it is sent so that it survives its network. */
struct media_red {
    struct media_adapt adapt;
    bool begun;
    unsigned ptime_ms;           /* of the packet that is due next; 0: of none */
    struct rtp_red_sender *sent; /* NULL: nothing has been repeated yet */
    struct loss_report told;     /* since we made something of it, of so many packets */
    bool is_told;                /* by the compound packet that is being read, too */
    uint32_t reported;           /* packets that were sent when it came last */

    /* What we lose ourselves, since looked_us */
    uint64_t looked_us;
    uint32_t extended, received; /* at that moment */
    uint32_t latest, gaps, missing;
    uint64_t came; /* bit i: latest - i did */
    bool anew;     /* by another source, or its first packets */
};

/* The earlier frames of a packet; the number of blocks is 0 where it has none. */
struct red_frames {
    struct rtp_red_block block[RTP_RED_BLOCKS];
    int n;
};

struct media_pipe_in;
struct mix_member; /* of media_mix.c */

struct media_stream {
    /* The signalling thread's */
    struct media *media;
    void *arg;
    uint16_t port;
    bool stopped;
    bool discarded; /* nobody is told any more */
    bool can_dtmf;
    bool stereo;                  /* media_open; nobody changes it */
    unsigned n_plays, n_records;  /* so many were asked for */
    unsigned keying;              /* media_stream_keying, and what it was counted for: */
    struct media_dtls *said_dtls; /* NULL: no handshake */
    struct media_command open, stop;
    struct media_command *spare; /* for when there is no memory; NULL: used, and not yet replaced */

    /* Given to the media thread with `open` */
    struct net_rtp_pair pair;

    /* The media thread's from here on */
    struct media_thread *thread;
    struct list link;
    struct media_message closed;
    unsigned holds; /* files that must close before the stream is gone */
    bool stopping;

    struct media_agreement *agreed; /* NULL before the start */
    bool may_send;
    struct rtp_latch latch;
    struct net_sockaddr rtp_to, rtcp_to; /* of latch.rtp and latch.rtcp */
    bool keyed;                          /* nothing goes or comes without srtp */
    struct rtp_srtp *srtp;               /* NULL: there is none, not yet, or no memory for it */
    struct rtp_srtp *resting;            /* it, until there are keys that can be used; else NULL */
    struct rtp_srtp *srtcp;              /* of RTCP, where it has keys of its own (DTLS) */
    struct rtp_dtls *dtls[2];            /* of RTP, and of RTCP without mux; NULL: not begun */
    struct ip dtls_heard; /* where who shakes hands has shown that he is there; family 0: nowhere */
    struct {              /* behind a NAT, perhaps: a handshake that began from another address */
        struct rtp_dtls *dtls;
        struct ip from;
        uint64_t since_ms;
    } elsewhere;
    enum suite dtls_suite;
    bool dtls_told; /* MEDIA_KEYS, whichever way it ended */

    /* What we send */
    struct rtp_session session;
    struct audio_encoder *encoder;
    unsigned sent_channels; /* by an encoder that has two; 0: nothing was sent yet */
    struct media_red red;
    uint64_t next_send_us; /* 0: with the next beat */
    struct rtp_event_sender keys;
    struct dtmf_sender tones;         /* the same in the sound */
    bool keys_pending;                /* MEDIA_DIGITS_SENT is due */
    struct comfort_listener listener; /* to what is silence */
    enum media_source source;
    struct media_player *player;
    char *play_path; /* to be opened when the codec is known */
    unsigned play_serial;
    struct media_pipe_in *pipe_in;
    unsigned unheard_ms; /* since a file or pipe has ended; MEDIA_FILE_HEARD is due at 0 */
    struct media_microphone microphone;
    bool muted;
    struct mix_member *mix; /* its place in a conference, or NULL */
    uint64_t sent_ms;       /* when RTP was last sent */

    /* What we receive */
    struct rtp_source heard;
    bool has_heard, told_first;
    struct ip conflict;   /* from where our SSRC came last; family 0: from nowhere, */
    uint64_t conflict_ms; /* and when */
    int64_t lost_before;  /* of sources that have been replaced */
    uint32_t heard_clock_hz;
    uint64_t heard_ms;      /* when RTP last came */
    uint64_t received_us;   /* the beat on which the socket was last looked at */
    uint64_t crowded_us[2]; /* when there was a flood, and one of RTCP; 0: never */
    struct rtp_event_receiver pressed;
    uint32_t sound_timestamp; /* of the latest in sequence */
    struct dtmf_receiver tones_heard;
    struct playout *playout;
    uint64_t played_us;                /* sound has been taken out up to here, */
    uint64_t beat_us;                  /* on the beats up to this one */
    struct media_recording *recording; /* that takes sound, or NULL */
    struct list recordings;            /* with those that are being completed */
    bool listen;
    struct resample *listen_resample;
    uint32_t listen_from_hz;
    struct media_form listen_to; /* the device */
    enum tone_kind tone_kind;
    struct tone tone;

    bool metered; /* somebody asks for levels */
    struct level_meter heard_level, sent_level;

    /* RTCP */
    struct rtcp_timing timing;
    bool rtcp_sent, remote_left;
    struct media_xr xr;
    unsigned round_trips;      /* that are known of */
    uint64_t rtcp_received_us; /* the beat on which its socket was last looked at */

    struct media_stats count; /* what is counted on the way; stream_stats fills in the rest */
};

/* --- media_stream.c -------------------------------------------------------------------------- */

/* One command of the signalling thread; the agreement and text of it become the stream's. */
void stream_do(struct media_stream *s, struct media_command *command);
/* A beat that stands for the moment due_us. */
void stream_beat(struct media_stream *s, uint64_t due_us);
/* Begins to end: what follows comes from the loop, and MEDIA_CLOSED in the end. */
void stream_stop(struct media_stream *s);
/* Whether it needs the beat, and whether it needs the device. */
bool stream_is_running(const struct media_stream *s);
bool stream_wants_device(const struct media_stream *s);
void stream_tell(struct media_stream *s, enum media_event_type type);
bool stream_tell_failure(struct media_stream *s, enum media_event_type type, int err,
                         const char *why);
/* The latch may have moved: make the socket addresses anew. */
void stream_set_remote(struct media_stream *s);

/* --- media_secure.c -------------------------------------------------------------------------- */

/* The keys of the agreement; the same as before go on in sequence. */
void stream_prepare_keys(struct media_stream *s);
/* Until there are others, nothing goes or comes. */
void stream_rest_keys(struct media_stream *s);
/* Those are it, of RTP. What was in use before is remembered, and goes on where it was if it comes
 * back, also where keys in between could not be used. 0, or a negative errno: there are none. */
int stream_use_keys(struct media_stream *s, const struct media_keys *keys);
void stream_forget_keys(struct media_stream *s);
/* The n bytes at packet, which has room for cap, leave protected, where that is agreed; cap is at
 * least RTP_SRTP_MAX_GROWTH above n. False: there was no way to protect them, and they stay. */
bool stream_put_rtp(struct media_stream *s, uint8_t *packet, size_t n, size_t cap);
void stream_put_rtcp(struct media_stream *s, uint8_t *packet, size_t n, size_t cap);
/* What came, made readable where that is due: then bytes points into the thread's room, until the
 * next packet. False: it is not genuine, and counted so. */
bool stream_open_rtp(struct media_stream *s, struct slice *bytes);
bool stream_open_rtcp(struct media_stream *s, struct slice *bytes);

/* Whether nothing may go or come yet: there are no keys. */
bool stream_waits_for_keys(const struct media_stream *s);
/* Whether the library is awake: 0; -EAGAIN: not yet; another negative errno: it does not work. */
int stream_srtp_prepared(void);
#define STREAM_NO_SRTP "its sound cannot be encrypted: libsrtp2 does not work on this machine"

/* --- media_dtls.c ---------------------------------------------------------------------------- */

/* Whether the association goes on from one agreement to the next (RFC 8842 5.1). On any thread. */
bool stream_dtls_goes_on(const struct media_dtls *before, const struct media_params *now);
/* The handshake of the agreement; that of the one before goes on where it may, and that of RTP also
 * where RTCP begins or ends to have one of its own. */
void stream_prepare_dtls(struct media_stream *s, const struct media_agreement *before);
void stream_forget_dtls(struct media_stream *s);
void stream_dtls_beat(struct media_stream *s, uint64_t now_us);
/* Whether it has not begun, or the library that needs its keys is not awake: then what has come
 * waits in the socket, where its first datagram may be, or the first sound. */
bool stream_dtls_sleeps(const struct media_stream *s);
/* Whether it is due or under way. */
bool stream_dtls_waits(const struct media_stream *s);
/* False: it is no DTLS, or a stranger's. */
bool stream_dtls_take(struct media_stream *s, bool rtcp, struct slice datagram,
                      const struct ip *from, uint64_t arrived_us);

/* --- media_dtls_nat.c ------------------------------------------------------------------------ */

/* A handshake from elsewhere than from where media is sent to. False: it was not taken. */
bool stream_dtls_take_elsewhere(struct media_stream *s, struct slice datagram,
                                const struct ip *from, uint64_t now_ms);
void stream_dtls_tick_elsewhere(struct media_stream *s, uint64_t now_ms);
void stream_dtls_forget_elsewhere(struct media_stream *s);

/* --- media_send.c ---------------------------------------------------------------------------- */

/* The encoder for the agreement, where that has changed. */
void stream_prepare_sending(struct media_stream *s, const struct media_agreement *before);
/* The effort of the thread is another one. */
void stream_set_effort(struct media_stream *s);
/* What was played is over, and silence sent. */
void stream_drop_source(struct media_stream *s);
/* Tells it, and goes on with silence. */
void stream_source_failed(struct media_stream *s, int err, const char *why);
/* In place of it, what comes from a descriptor, which is the stream's. */
void stream_play_pipe(struct media_stream *s, const struct media_pipe *pipe);
void stream_send_due(struct media_stream *s, uint64_t due_us);
/* What the microphone heard in this beat. */
void stream_push_microphone(struct media_stream *s, const int16_t *samples, size_t n,
                            struct media_form in);
void stream_stop_sending(struct media_stream *s);

/* --- media_red.c ----------------------------------------------------------------------------- */

/* What is sent from now on, by the agreement and what is known of the network. */
void stream_prepare_red(struct media_stream *s);
/* The encoder sends another number of channels. */
void stream_follow_channels(struct media_stream *s);
/* Now and then a look at what we lose ourselves. */
void stream_red_beat(struct media_stream *s, uint64_t due_us);
/* A report about us, of which a compound packet has but one, and the end of that packet. Those of a
 * few packets are put together. */
void stream_red_report(struct media_stream *s, double lost, double round_trip_ms);
void stream_red_reported(struct media_stream *s, uint64_t arrived_us);
/* How long packets are now. */
unsigned stream_ptime_ms(const struct media_stream *s);
/* Puts earlier frames before the n bytes at payload, which has room for cap and is of *type, where
 * that is due. Returns the bytes that it has now. */
size_t stream_red_wrap(struct media_stream *s, uint8_t *payload, size_t n, size_t cap,
                       uint8_t *type);
/* Where packet has earlier frames, it becomes the one that has none, and they go to out. False: it
 * cannot be taken apart. */
bool stream_red_open(struct media_stream *s, struct rtp_packet *packet, struct red_frames *out);
/* Presses the keys among these, oldest first, before that of the packet itself: behind a newer one
 * they would be late. */
void stream_red_press(struct media_stream *s, const struct rtp_packet *packet,
                      const struct red_frames *frames);
/* Takes the sound, of a packet that has been taken itself. */
void stream_red_take(struct media_stream *s, const struct rtp_packet *packet,
                     const struct red_frames *frames);
/* A packet has been accepted. */
void stream_red_note(struct media_stream *s, uint16_t sequence);
/* Nothing that was sent so far is repeated. */
void stream_forget_red(struct media_stream *s);

/* --- media_receive.c ------------------------------------------------------------------------- */

void stream_prepare_receiving(struct media_stream *s, const struct media_agreement *before);
/* What a payload type means in the agreement; NULL: no sound. */
const struct audio_codec *stream_codec_of(const struct media_stream *s, uint8_t payload_type);
bool stream_is_event(const struct media_stream *s, uint8_t payload_type);
/* Whether what comes is to be heard. */
bool stream_is_played(const struct media_stream *s);
/* A key, from a packet of events sent at timestamp. */
void stream_press(struct media_stream *s, struct slice payload, uint32_t timestamp);
/* What waits on the RTP socket; on a beat, where it is time to look. */
void stream_receive_due(struct media_stream *s, uint64_t due_us);
void stream_receive(struct media_stream *s);
/* Takes what waits on the socket, or that of RTCP, as far as a beat has time for it. */
typedef void stream_take(struct media_stream *s, const struct net_rtp_datagram *d);
void stream_take_waiting(struct media_stream *s, bool rtcp, stream_take *take);
/* Whether so much came lately that this socket is to be looked at on each beat. */
bool stream_is_crowded(const struct media_stream *s, bool rtcp, uint64_t now_us);
/* Recording and loudspeaker get what is to be heard up to due_us. */
void stream_play(struct media_stream *s, uint64_t due_us);
void stream_stop_receiving(struct media_stream *s);

/* --- media_record.c -------------------------------------------------------------------------- */

/* Records to path, or to pipe where that is not NULL, in place of what was recorded to; both become
 * the stream's. path NULL: to nothing more. */
void stream_record(struct media_stream *s, char *path, struct media_pipe *pipe,
                   enum phone_sides which, unsigned serial);
/* With its descriptor. */
void stream_free_pipe(struct media_pipe *pipe);
void stream_end_recording(struct media_stream *s);
/* On each beat while there is a recording: opens it, where that is due. */
void stream_begin_recording(struct media_stream *s);
/* n samples a channel of one side, which ended at end_us. Nothing happens without a recording. */
void stream_record_heard(struct media_stream *s, const int16_t *samples, size_t n,
                         unsigned channels, uint32_t rate_hz, uint64_t end_us);
void stream_record_sent(struct media_stream *s, const int16_t *samples, size_t n, unsigned channels,
                        uint32_t rate_hz, uint64_t end_us);

/* --- media_tones.c --------------------------------------------------------------------------- */

/* Keys to be sent, as tones or events; MEDIA_DIGITS_SENT follows, or MEDIA_DIGITS_LEFT_OUT. */
void stream_push_keys(struct media_stream *s, const char *digits, bool tones);
/* Those that wait to go as events are left out where the agreement has none, though it sends. */
void stream_prepare_events(struct media_stream *s);
void stream_tell_keys_sent(struct media_stream *s);
/* Looks for tones in what is heard, where that is wanted. */
void stream_find_tones(struct media_stream *s, const int16_t *samples, size_t n, uint32_t rate_hz);

/* --- media_xr.c ------------------------------------------------------------------------------ */

/* A packet of theirs that was accepted: codec NULL: it holds no sound. discarded: it came too
 * late. */
void stream_xr_note(struct media_stream *s, const struct rtp_packet *packet,
                    const struct audio_codec *codec, bool discarded);
/* What a packet held of an earlier one is there in its place, if that does not come itself. */
void stream_xr_repaired(struct media_stream *s, uint16_t sequence);
/* What the jitter buffer has thrown away since was not heard, although it came. */
void stream_xr_dropped(struct media_stream *s);
/* Another agreement: what somebody else has said is forgotten. */
void stream_xr_agreed(struct media_stream *s, const struct media_agreement *before);
/* The packet for a compound, of what the far end wants; 0: of nothing. sends: we do. */
size_t stream_xr_print(struct media_stream *s, uint64_t now_us, bool sends,
                       uint8_t out[XR_PRINT_MAX]);
/* One that came from the SSRC `from`. */
void stream_xr_take(struct media_stream *s, uint32_t from, struct slice blocks,
                    uint64_t arrived_us);
/* How many packets of ours get lost in a row on the mean, before any repair; 0: not known. lost: of
 * how many that were lost it is the mean; left as it was where they do not say. */
double stream_xr_mean_run(const struct media_stream *s, uint64_t now_us, double *lost);

/* --- media_rtcp.c ---------------------------------------------------------------------------- */

void stream_rtcp_receive(struct media_stream *s, const struct net_rtp_datagram *d);
/* Takes what has come, and sends a report, where either is due. */
void stream_rtcp_beat(struct media_stream *s, uint64_t now_us);
/* A last report with BYE (RFC 3550 6.3.7), unless nothing of ours was ever sent. */
void stream_rtcp_bye(struct media_stream *s);
/* Somebody else uses our SSRC (RFC 3550 8.2). */
void stream_collide(struct media_stream *s);
/* Another one is known: by their reports about us, or by their answers to our questions. */
void stream_note_round_trip(struct media_stream *s, double ms);

/* Everything that is known now. */
void stream_stats(struct media_stream *s, struct media_stats *out);

#endif
