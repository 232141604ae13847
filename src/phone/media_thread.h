/* phone/media_thread.h - the media thread: its loop, its beat, its streams, its device.
 *
 * There is one beat for all streams, with the shortest packet time in use (10 ms while a device is
 * open), on absolute deadlines, and none without a started stream. On each beat the microphone is
 * read, every stream takes in what has come, plays, and sends what is due; those of a conference
 * send when all have played (phone/media_mix.h). Then the loudspeaker gets the sum. Everything here
 * runs on the media thread, except where it says otherwise. */
#ifndef PHONE_MEDIA_THREAD_H
#define PHONE_MEDIA_THREAD_H

#include "audio/codec.h"
#include "audio/effort.h"
#include "base/rand.h"
#include "net/loop.h"
#include "net/pacer.h"
#include "net/rtp_batch.h"
#include "net/rtp_pair.h"
#include "phone/media.h"
#include "phone/media_desk.h"
#include "phone/media_device.h"
#include "phone/media_jobs.h"
#include "phone/media_link.h"

/* What one agreement says, its codecs looked up. */
struct media_agreement {
    struct media_params params;
    const struct audio_codec *send;
    const struct audio_codec *receive[MEDIA_MAX_FORMATS];
    unsigned ptime_ms;
    unsigned keying; /* media_stream_keying, as it was then */
};

/* Wipes its keys. NULL is fine. */
void media_agreement_free(struct media_agreement *agreement);

enum media_do {
    MEDIA_DO_OPEN,
    MEDIA_DO_START,     /* agreement */
    MEDIA_DO_MOVE,      /* pair */
    MEDIA_DO_MAY_SEND,  /* number */
    MEDIA_DO_PLAY,      /* text, a path; serial */
    MEDIA_DO_PLAY_PIPE, /* pipe, serial */
    MEDIA_DO_PLAY_DEVICE,
    MEDIA_DO_PLAY_SILENCE,
    MEDIA_DO_RECORD, /* text, a path or NULL; pipe, or NULL; number, which sides; serial */
    MEDIA_DO_LISTEN, /* number */
    MEDIA_DO_TONE,   /* number */
    MEDIA_DO_DTMF,   /* text; number: as tones */
    MEDIA_DO_MUTE,   /* number */
    MEDIA_DO_MIX,    /* number */
    MEDIA_DO_STATS,
    MEDIA_DO_STOP,
    MEDIA_DO_VOLUME, /* gains */
    MEDIA_DO_VOICE,  /* modes */
    MEDIA_DO_LEVELS, /* number */
    MEDIA_DO_DEVICE, /* text, a name or NULL */
    MEDIA_DO_TEST,   /* number, enum media_test */
    MEDIA_DO_RING,   /* ring, or NULL: it ends */
    MEDIA_DO_LEAVE,  /* until_ms */
    MEDIA_DO_QUIT
};

/* From signalling to media. */
struct media_command {
    struct list link;
    enum media_do what;
    bool embedded;               /* part of a longer-lived object: not to be freed */
    struct media_stream *stream; /* NULL from VOLUME on */
    int number;
    uint64_t until_ms;
    struct media_gains gains;
    struct media_voice_modes modes;
    unsigned serial;                   /* how many of the kind were asked for of the stream */
    struct media_agreement *agreement; /* on the heap, the receiver's */
    char *text;                        /* likewise */
    struct net_rtp_pair *pair;         /* likewise, with its sockets */
    struct media_pipe *pipe;           /* likewise, with its descriptor */
    struct media_ring *ring;           /* likewise */
};

/* Frees what a command carries, where nobody has taken it over. */
void media_command_drop(const struct media_command *command);

/* From media to signalling. */
struct media_message {
    struct list link;
    bool embedded;
    struct media_event event;
    char *file; /* that event names, or NULL */
};

void media_message_free(struct media_message *message);

struct media_thread {
    uv_thread_t id;
    struct media_link inbox;     /* of struct media_command */
    struct media_link *outbox;   /* of struct media_message; the signalling thread's */
    struct media_message *spare; /* for it; NULL: used, and not yet replaced */
    struct net_loop *loop;
    struct net_pacer *pacer;
    struct net_rtp_batch *batch;
    uint64_t take_until_us; /* until then a beat takes what floods bring, of all streams together */
    struct media_jobs jobs;
    uv_prepare_t prepare;           /* active while the beat or the device may have to change */
    bool at_once;                   /* and the beat perhaps at once */
    bool unattended;                /* see media_config */
    struct media_device *device;    /* NULL: there was never one */
    struct media_gains gains;       /* of it */
    struct media_voice_modes modes; /* likewise */
    struct media_desk desk;         /* what is done with it beside calls */
    struct list rings; /* of struct media_ring: one that rings, others that are being closed */
    struct list streams;
    struct list mixes; /* of struct media_mix: empty without a conference */
    struct rng rng;
    const char *cname;
    struct effort effort; /* that encoders may make */
    uint32_t period_us;   /* of the beat; 0: it stands still */
    uint64_t last_beat_us;
    uint64_t leave_by_ms; /* when all is to be closed; NEVER_MS: nobody is in a hurry */
    uint64_t leave_ms;    /* since when devices are being closed; 0: they are not */
    bool quitting, finished;
    bool waits_for_devices;        /* to close, while it is quitting */
    struct net_deadline *patience; /* with them, and with files; */
    bool left;                     /* they are left behind then, and the loop with them */
    /* Room for one packet's samples, of two channels perhaps, and for the same in one, for whoever
     * is at work; nobody keeps anything in it. */
    int16_t samples[2 * AUDIO_PACKET_MAX_SAMPLES];
    int16_t mono[AUDIO_PACKET_MAX_SAMPLES];
    uint8_t packet[NET_RTP_MAX_BYTES]; /* likewise for one packet that was decrypted */
};

/* On the signalling thread: makes all that the thread needs and starts it. device NULL: none. */
int media_thread_start(struct media_thread *t, struct media_link *outbox, const char *cname,
                       const char *device, int opus_complexity);
/* On the signalling thread, once nobody posts commands any more: ends all streams, waits for the
 * thread and frees what _start made. False: a sound device has not closed after a second, or by
 * the time of MEDIA_DO_LEAVE, as some never do, and is left with the worker that closes it. */
bool media_thread_end(struct media_thread *t);

/* A stream was started, stopped, or has another packet time; or the device is needed or not: looked
 * at before the loop sleeps. With at_once the beat is moved to now where nobody else would
 * notice. */
void media_thread_rhythm(struct media_thread *t, bool at_once);
/* Something that must be closed before the thread ends has been. */
void media_thread_closed(struct media_thread *t);
/* The device, made where there was none; NULL without memory. */
struct media_device *media_thread_device(struct media_thread *t);
/* Sends a copy of event to the signalling thread. False: there is no memory, and it is lost. */
bool media_thread_tell(struct media_thread *t, const struct media_event *event);
/* The same, with the name of a file, which is taken over in any case. */
bool media_thread_tell_file(struct media_thread *t, const struct media_event *event, char *file);
/* Something of the stream was closed. If that was the last of it, it is hung out of the list and
 * given back by its own MEDIA_CLOSED. */
void media_thread_stream_closed(struct media_stream *s);

#endif
