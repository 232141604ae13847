/* phone/media.h - the sound of calls: one media thread for all streams, seen from the signalling
 * thread.
 *
 * Every function here is called on the signalling thread and returns at once; what it asks for is
 * done by the media thread, in the order asked. Events come back through one callback on the
 * signalling loop, never from inside a function of this header. The thread starts with the first
 * stream, so a phone that only registers never pays for it; its beat runs only while a stream has
 * something to send, play or record.
 *
 *     media_stream_open      binds the ports, so that an offer can name them
 *     media_stream_play …    what is sent and where the received sound goes; may come before start
 *     media_stream_start     with what offer and answer agreed; again after each new agreement
 *     media_stream_stop      BYE in RTCP, files closed; MEDIA_CLOSED follows and is the last event
 */
#ifndef PHONE_MEDIA_H
#define PHONE_MEDIA_H

#include <uv.h>

#include "base/ip.h"
#include "base/slice.h"
#include "phone/media_voice.h"
#include "phone/command.h"
#include "phone/identity.h"
#include "rtp/dtls.h"
#include "rtp/srtp.h"
#include "rtp/xr.h"
#include "sdp/limits.h"
#include "sdp/xr.h"

#define MEDIA_PORT_FIRST 16384u /* the default range, both ends included */
#define MEDIA_PORT_LAST 32767u
#define MEDIA_MAX_FORMATS (2 * SDP_MAX_CODECS) /* payload types that a stream can receive */
#define MEDIA_MAX_DIGITS 64                    /* of one media_stream_dtmf */
#define MEDIA_WHY_MAX 256                      /* a sentence for a person, with its NUL */

struct media;
struct media_stream; /* good from media_stream_open until MEDIA_CLOSED has been delivered */

/* --- events ---------------------------------------------------------------------------------- */

enum media_event_type {
    MEDIA_FIRST_PACKET = 1, /* the first RTP of the far end that could be played; again where
                             * an agreement named another far end */
    MEDIA_DIGIT,            /* digit: the far end pressed a key (told once, at its start) */
    MEDIA_DIGIT_ENDED,      /* digit: and let it go again (not of tones) */
    MEDIA_DIGITS_SENT,      /* all digits asked for are out */
    MEDIA_DIGITS_LEFT_OUT,  /* n_digits: were asked for, but (err) -ENOBUFS: more wait than can;
                             * -ENOTSUP: events, as which they were to go, are agreed no more */
    MEDIA_FILE_ENDED,       /* the last sample of the played file or pipe has been sent */
    MEDIA_SOURCE_FAILED,    /* err, why: silence is sent instead */
    MEDIA_FILE_HEARD,       /* a fifth of a second after either: the far end has heard what was
                             * sent. All three are told only of what was asked for last */
    MEDIA_RECORDED,         /* file: it is complete, and nothing more is written to it. newest: no
                             * other was asked for since. err, why: it ended by itself, and what
                             * was written stays; else 0. Comes once for each
                             * media_stream_record, at the latest before MEDIA_CLOSED */
    MEDIA_RECORD_SLOW,      /* why: who reads what is recorded loses some of it; told once */
    MEDIA_DEVICE_FAILED,    /* err, why: the call goes on without the device */
    MEDIA_DEVICE_REPLACED,  /* why: another one stands in for it, or for the direction that it has
                             * not; of no stream, as are the next five. Told once, as is the one
                             * above */
    MEDIA_DEVICE_BACK,      /* the device works again, behind either */
    MEDIA_LEVELS,           /* stats.level_in_db: of the microphone, .level_out_db: of the
                             * loudspeaker */
    MEDIA_DEVICE_CHOSEN,    /* the end of media_device_use: err 0, or why the one before stays */
    MEDIA_TESTING,          /* serial: enum media_test, what is done now; err, why: it has failed */
    MEDIA_RING_FAILED,      /* err, why: of a device or the sound; told once for each ring. err 0:
                             * another card has the loudspeaker */
    MEDIA_CODEC_FAILED,     /* err, why: there is no encoder for what was agreed, and the
                             * stream stays silent */
    MEDIA_REMOTE_BYE,       /* the far end's RTCP said BYE; SIP decides, this is for display */
    MEDIA_KEYS,             /* DTLS has come to keys: suite; or err, why: what was agreed cannot be
                             * encrypted, by whichever way, and the stream stays silent */
    MEDIA_STATS,            /* stats: the answer to media_stream_stats */
    MEDIA_CLOSED            /* stats: the totals. The stream is gone when the callback returns */
};

struct media_stats {
    uint64_t packets_sent, bytes_sent;         /* bytes: RTP payload, as in an SR */
    uint64_t packets_received, bytes_received; /* RTP that was accepted */
    uint64_t packets_refused;   /* malformed, of an unknown payload type, or from a stranger */
    int64_t lost;               /* expected - received, RFC 3550 A.3; below 0 with duplicates */
    uint64_t late;              /* came after their time to be played */
    uint64_t concealed;         /* frames that had to be invented */
    uint64_t recovered;         /* frames got back from the next packet's FEC */
    uint64_t frames_refused;    /* earlier frames in packets that cannot be, or of no known codec */
    uint64_t redundant;         /* frames got back from copies in later packets (RFC 2198) */
    unsigned copies, copies_ms; /* of each frame that we send: how many now, and the last of them so
                                 * much later; 0: none */
    double jitter_ms;           /* RFC 3550 A.8, of what we receive */
    double round_trip_ms;       /* from LSR and DLSR; below 0: not known */
    double round_trip_mean_ms;  /* of all so far; 0: not known */
    double playout_delay_ms;    /* what the jitter buffer adds now, */
    double playout_delay_mean_ms; /* and has added on average */
    double level_in_db;           /* of what was heard since media_stream_stats was called before,
                                   * dB of full scale, -96: silence; NAN: nobody listens, or the first
                                   * time, as nothing is measured before somebody asks */
    double level_out_db;          /* of what was sent */
    double remote_lost_percent;   /* the far end's last report about us; below 0: none came */
    double remote_jitter_ms;      /* likewise */
    struct xr_loss left;          /* of what came: missing after all repair, or too late */
    bool listened;                /* somebody hears what comes, or has */
    double packet_ms;             /* of what we send */
    bool has_remote;              /* it sends extended reports, of which this is the latest: */
    struct xr_voip remote;
    char heard_codec[16];   /* name of the codec of what comes; "": nothing has */
    double heard_packet_ms; /* and of what time a packet of that is */
    char codec[16];         /* name of the codec we send with; "" before the start */
    uint32_t rate_hz;       /* its sampling rate */
    bool voiced;            /* the stream has a microphone, and this is what is done to it: */
    struct voice_stats voice;
};

struct media_event {
    enum media_event_type type;
    struct media_stream *stream;
    void *arg;               /* of media_stream_open */
    char digit;              /* 0-9, *, #, A-D, ! for flash */
    bool tone;               /* it was heard in the sound */
    size_t n_digits;         /* pauses do not count */
    int err;                 /* negative errno */
    char why[MEDIA_WHY_MAX]; /* a whole sentence: which file or device, and what is wrong */
    const char *file;        /* lives until the callback returns */
    unsigned serial;         /* of what was played or recorded, or of keys, for media.c */
    bool newest;
    enum suite suite;
    struct media_stats stats;
};

/* The event is good until the callback returns; the callback may call everything in this header
 * except media_free. */
typedef void media_event_fn(void *arg, const struct media_event *event);

/* --- the media of a phone -------------------------------------------------------------------- */

struct media_config {
    uv_loop_t *loop;          /* of the signalling thread; must outlive media_free */
    media_event_fn *on_event; /* of all streams */
    void *arg;
    const char *cname;   /* SDES CNAME (RFC 3550 6.5.1), copied; NULL: a random one (RFC 7022) */
    const char *device;  /* a name as audio/device.h lists them, "default", "null" (a device made
                          * of the beat, which hears silence); NULL or "none": there is none, and
                          * silence takes its place. Copied. It is opened by a worker with the
                          * first stream that wants it, and closed with the last */
    bool unattended;     /* nobody is there: where the device named is gone, the system's default
                          * plays in its place and captures nothing */
    int opus_complexity; /* 0 to 10; below 0: 9 */
    const struct net_spawner *helper; /* opens files where we may not; NULL: nobody does */
};

/* 0, or -ENOMEM or what libuv said. Starts no thread yet. */
int media_new(const struct media_config *config, struct media **out);
/* Stops all streams without further events, ends the thread and waits for it (a recording is
 * closed first, so some milliseconds). The caller goes on running its loop once, so that the one
 * handle in it can close; on_closed (may be NULL) is called from there with arg of the config.
 * False: a sound device does not close. The worker that waits for it never ends, and libuv would
 * wait for the worker when the program ends: it is to end by _exit. */
bool media_free(struct media *media, void (*on_closed)(void *arg));
/* All will end: devices are closed from now on, whoever still wants to be heard, and media_free
 * waits for them a second from now on, but, as for files, not beyond until_ms (of net_now_ms;
 * NEVER_MS: nobody is in a hurry). Twice is fine. */
void media_leave(struct media *media, uint64_t until_ms);

/* How loud the sound device is, in units of audio/level.h: for all calls, from now on. */
struct media_gains {
    int32_t microphone, speaker;
};
void media_volume(struct media *media, const struct media_gains *gains);
/* Echo, noise and level of its microphone, likewise; all VOICE_AUTO at first. */
void media_voice(struct media *media, const struct media_voice_modes *modes);

/* Whether there is what encrypts (libsrtp2); the log says once that there is not. */
bool media_can_encrypt(void);
/* Keys may come with the next media_stream_start: wakes up what encrypts, on a thread of its own,
 * so that nobody waits for it then. Once is enough; again it does nothing. */
void media_expect_keys(struct media *media);

/* The codec of an rtpmap can be used; the log says once what is missing. */
bool media_can_codec(struct media *media, const char *name, uint32_t rate_hz);
/* A call is to speak the codec of that name: loads what it needs on a thread of its own. Once is
 * enough. */
void media_expect_codec(struct media *media, struct slice name);

/* --- the sound device, beside calls ---------------------------------------------------------- */

/* MEDIA_LEVELS ten times a second while the device is open, and once without levels when it has
 * been closed. */
void media_levels(struct media *media, bool on);
/* Another device from now on, with calls up or not; NULL: none. MEDIA_DEVICE_CHOSEN follows. 0 or a
 * negative errno. */
int media_device_use(struct media *media, const char *name);

/* Opens the device without a call; each MEDIA_TESTING says what is done. It ends by itself a minute
 * after the last of these. */
enum media_test {
    MEDIA_TEST_OFF,
    MEDIA_TEST_OPEN,   /* nothing is heard, but levels are there */
    MEDIA_TEST_TONE,   /* for a second, then OPEN */
    MEDIA_TEST_RECORD, /* 3 s of the microphone, then PLAY */
    MEDIA_TEST_PLAY,   /* what was recorded, then OPEN; only told */
};
int media_test(struct media *media, enum media_test what);

#define MEDIA_RINGS_MAX 4 /* devices that ring at once */

/* Rings on these devices, which are opened for that, until media_ring_stop: a file over and over,
 * or, where tone is NULL, a bell. 0 or -ENOMEM. */
int media_ring(struct media *media, const char *const *devices, size_t n, const char *tone);
void media_ring_stop(struct media *media);

/* Can this file be recorded to? Creates it for a moment where it does not exist; touches nothing of
 * a file that does. Blocks on the disk: for the time before the call is placed. 0, or a negative
 * errno and a sentence in why. */
int media_check_record(const char *path, char why[MEDIA_WHY_MAX]);
/* Has it an ending of a kind that can be written? Touches no disk. Likewise. */
int media_check_record_name(const char *path, char why[MEDIA_WHY_MAX]);
/* Can this file be played? Blocks. Likewise. */
int media_check_play(const char *path, char why[MEDIA_WHY_MAX]);

/* A copy of a descriptor of somebody else, to be given to media_stream_play_pipe (reads) or
 * recorded to. Refuses what is not open that way, folders and terminals. Returns it, or
 * a negative errno with a sentence in why. */
int media_pipe_own(int fd, bool reads, char why[MEDIA_WHY_MAX]);

/* --- streams --------------------------------------------------------------------------------- */

struct media_open {
    struct ip local;                /* address to bind, without port */
    uint16_t port_first, port_last; /* 0, 0: the default range */
    void *arg;                      /* comes back in each event */
    bool stereo; /* it may get two channels of Opus: a device that is opened for it has two each
                  * way, where its card has them */
};

/* Binds an even port for RTP and the next one for RTCP at once (RFC 3550 11). 0, -EADDRINUSE when
 * no pair in the range is free, -EMFILE, -EADDRNOTAVAIL, -ENOMEM … */
int media_stream_open(struct media *media, const struct media_open *how, struct media_stream **out);
/* How many more there can be, as it was seen when the last one was opened. */
size_t media_streams_left(const struct media *media);
/* The RTP port; RTCP is the next. */
uint16_t media_stream_port(const struct media_stream *stream);

/* A payload type and what it means: one a=rtpmap. */
struct media_format {
    uint8_t payload_type;
    char codec[16]; /* as in SDP, any case: "opus", "PCMU", "PCMA" */
    uint32_t rate_hz;
    uint8_t channels;
};

#define MEDIA_NO_EVENTS 255 /* as a payload type: telephone-event was not agreed */

/* What packets are encrypted with; both or none. */
struct media_keys {
    struct rtp_srtp_key send, receive; /* SUITE_NONE: in the clear */
};

/* Keys are agreed on by a handshake (rtp/dtls.h), as soon as may_send allows and identity is awake;
 * MEDIA_KEYS follows. Until then nothing is sent, and what is to be sent waits. */
struct media_dtls {
    const struct identity *identity; /* outlives the media; NULL: there is no handshake */
    bool active;
    bool early; /* nobody has answered yet: its time has not begun */
    struct fingerprint fingerprints[RTP_DTLS_MAX_FINGERPRINTS]; /* of the far end */
    size_t n_fingerprints;
    char tls_id[256]; /* RFC 8842 4; "": none */
};

/* What our encoder of Opus keeps to: the far end's a=fmtp (RFC 7587), and what we want
 * ourselves. */
struct media_opus {
    bool fec; /* useinbandfec=1 */
    bool cbr;
    bool stereo;              /* stereo=1: what has two channels is sent in two */
    bool dtx;                 /* nothing is sent in silence */
    uint32_t max_bitrate;     /* maxaveragebitrate in bit/s; 0: our own choice */
    uint32_t max_playback_hz; /* maxplaybackrate; 0: 48000 */
    uint8_t complexity;       /* 1 to 10; 0: that of struct media_config */
};

/* What offer and answer agreed (RFC 3264). */
struct media_params {
    struct ip remote_rtp;   /* family or port 0, or 0.0.0.0: nothing is sent */
    struct ip remote_rtcp;  /* family 0: the next port after RTP's; ignored with rtcp_mux */
    bool rtcp_mux;          /* RFC 5761 */
    struct sdp_xr xr;       /* extended reports that are sent (RFC 3611) */
    struct ip signalling;   /* where the far end's SIP comes from. To a media address on another
                             * host that was never heard from go 50 packets, then one a second */
    bool send, receive;     /* the direction, as we see it */
    bool may_send;          /* false: nothing leaves, RTCP neither (called side before the ACK) */
    struct media_keys keys; /* from now on only packets that are genuine by these count, RTCP too */
    struct media_dtls dtls; /* the same as before: its keys stay; then keys above are none */
    struct media_format send_format;
    struct media_format receive_formats[MEDIA_MAX_FORMATS]; /* telephone-event not among them */
    uint8_t n_receive_formats;
    uint8_t event_send;     /* payload type, or MEDIA_NO_EVENTS */
    uint32_t event_rate_hz; /* of what we send, the unit of durations; 0: the codec's clock */
    uint8_t event_receive[SDP_MAX_EVENTS]; /* payload types; unused places: MEDIA_NO_EVENTS */
    uint8_t red_send, red_receive[2]; /* of packets with earlier frames (RFC 2198): payload types,
                                       * none of them static; 0: not agreed */
    bool red_always;                  /* they are sent though nothing is lost */
    uint16_t maxptime_ms; /* packets may become so long where the network is full; 0: not said, then
                           * those of Opus 120, others not longer than ptime_ms */
    uint8_t noise_send, noise_receive; /* comfort noise (RFC 3389); 0: not agreed. To send it is to
                                        * send nothing else in silence */
    bool hears_stereo; /* Opus is decoded to two channels, for who has them; all else hears both
                        * mixed. Its encoder has two as well, so that opus.stereo may change
                        * without a gap */
    bool find_tones;   /* keys are looked for in the sound, too */
    uint16_t ptime_ms; /* of what we send; 0: 20. Clamped to 10 to 120 and the codec's grid */
    uint16_t jitter_max_ms; /* what comes is held back no longer; 0: JITTER_MAX_MS. Holds from the
                             * first agreement on */
    struct media_opus opus;
};

/* Starts the stream, or changes a running one to a new agreement; it goes on with its SSRC, its
 * sequence numbers and its files. 0, or, with nothing changed, -ENOTSUP: a codec that audio/codec.h
 * does not have; -ENOMEM. */
int media_stream_start(struct media_stream *stream, const struct media_params *params);
/* Another number behind media_stream_start: its keys are others, and of those before nothing is
 * told any more. The same one: a handshake goes on, or what it has come to. */
unsigned media_stream_keying(const struct media_stream *stream);
/* Goes on from new ports on another address of ours, with the same SSRC, codecs, files and jitter
 * buffer; what was on its way to the old ones is lost. how.arg and .stereo do not matter. 0, or as
 * media_stream_open, and then nothing has changed. */
int media_stream_move(struct media_stream *stream, const struct media_open *how);
/* Only the "may send" of the last start, for the moment when the ACK comes. */
void media_stream_may_send(struct media_stream *stream, bool may_send);

/* What is sent. Each call replaces what went before. A file is played once from its beginning
 * (when the stream may send), then silence is sent and MEDIA_FILE_ENDED is told. */
void media_stream_play(struct media_stream *stream, const char *path);
void media_stream_play_device(struct media_stream *stream);  /* the microphone */
void media_stream_play_silence(struct media_stream *stream); /* so it begins */

/* Writes what is heard, in two channels where it is decoded to two, or both sides, to the file, on
 * the time line of the call from now on, or from the first media_stream_start if that comes later:
 * silence stands where nothing came. Our side is what is really sent. What was recorded to before
 * is completed first; NULL does only that. An existing file is overwritten, also the one before. 0;
 * -ENOMEM: nothing has changed. */
int media_stream_record(struct media_stream *stream, const char *path, enum phone_sides sides);

/* Raw sound through a descriptor: 16 bits, signed, little-endian. */
struct media_pipe {
    int fd; /* of media_pipe_own */
    uint32_t rate_hz;
    uint8_t channels; /* 1 or 2 */
    bool live;        /* one program listens and talks: it is kept close to the call */
};

/* media_stream_play and media_stream_record with a descriptor, which is the stream's from now on.
 * What is read may be WAV or Ogg as well; what is recorded is called "-" in MEDIA_RECORDED. */
void media_stream_play_pipe(struct media_stream *stream, const struct media_pipe *pipe);
int media_stream_record_pipe(struct media_stream *stream, const struct media_pipe *pipe,
                             enum phone_sides sides);
/* Received sound (and tones) also go to the loudspeaker. */
void media_stream_listen(struct media_stream *stream, bool on);

/* Tones are played to the local device only, where one is open; the far end never hears them. */
enum media_tone {
    MEDIA_TONE_NONE,
    MEDIA_TONE_RINGBACK,
    MEDIA_TONE_BUSY,
    MEDIA_TONE_BEEP,    /* once, however long it is wanted */
    MEDIA_TONE_WAITING, /* another call; quietly, as it is mixed into speech */
};
void media_stream_tone(struct media_stream *stream, enum media_tone tone);

/* Sends digits as telephone-events (RFC 4733), each 100 ms with 100 ms between; ',' and 'p' are
 * pauses of one second. Digits asked for while others are going out follow them. 0, -EINVAL where
 * one is not 0-9 * # A-D ! , or p, -E2BIG for more than MEDIA_MAX_DIGITS, -ENOTSUP where the far
 * end agreed to no telephone-event. Before the stream may send they wait. */
int media_stream_dtmf(struct media_stream *stream, struct slice digits);
/* Whether the far end agreed to telephone-event. */
bool media_stream_takes_digits(const struct media_stream *stream);
/* The same as media_stream_dtmf as tones in the sound, in place of all else that is sent. There is
 * none for flash. */
int media_stream_tones(struct media_stream *stream, struct slice digits);

/* The stream hears the others of that conference (phone/media_mix.h) and is heard by them, beside
 * its source; 0: nobody. */
void media_stream_mix(struct media_stream *stream, uint32_t conference);
/* Silence is sent in place of the source, which goes on unheard. */
void media_stream_mute(struct media_stream *stream, bool on);
/* MEDIA_STATS follows. */
void media_stream_stats(struct media_stream *stream);
/* MEDIA_CLOSED follows when the files are closed; until then only that. Twice does no harm. */
void media_stream_stop(struct media_stream *stream);
/* The same, and not even that is told: nobody knows the stream any more. */
void media_stream_discard(struct media_stream *stream);

#endif
