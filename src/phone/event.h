/* phone/event.h - what the phone tells its front ends: plain structs, no behaviour.
 *
 * Every string in an event is safe for a terminal already (base/text.h), is never NULL and lives
 * until the listener returns. The one exception is PHONE_MESSAGE, whose bytes are raw, and which is
 * told at the moment when the message goes by, also within phone_do: whoever hears it gives no
 * commands. Numbers that do not apply are 0. */
#ifndef PHONE_EVENT_H
#define PHONE_EVENT_H

#include "base/ip.h"
#include "base/slice.h"
#include "phone/command.h"

enum phone_event_kind {
    PHONE_LISTENING = 1, /* transport, where */
    PHONE_INCOMING,      /* call, peer, peer_name, contact, target, where: take it, refuse it or
                            ring */
    PHONE_TURNED_AWAY, /* as PHONE_INCOMING, of a call that is refused as nobody is to be disturbed:
                          status; its PHONE_ENDED follows */
    PHONE_CALLING,     /* call, peer, contact, transport, where: the INVITE is on its way */
    PHONE_RINGING,     /* call, status, reason: the other side rings */
    PHONE_EARLY, /* call, codec, where, encryption: sound of the other side before it answers; again
                    where another phone that rings is heard instead */
    PHONE_ANSWERED,    /* call, codec, where (media goes there), encryption */
    PHONE_MEDIA_MOVED, /* call, codec, where, encryption: the other side changed codec or address */
    PHONE_HELD,        /* call: the other side does not want to hear us */
    PHONE_RESUMED,     /* call: it does again */
    PHONE_DIGIT,       /* call, text, way: one digit came */
    PHONE_DIGITS_SENT, /* call, way: the last of them has left */
    PHONE_PLAY_ENDED,  /* call, file: what was played is over. text: why before its end, as by
                          PHONE_STOP, or empty. Not told where something else is played in its
                          place, or the call ends */
    PHONE_SOUND_FAILED, /* call, file, text: what is played gave up, and PHONE_PLAY_ENDED follows;
                           the call goes on */
    PHONE_NOTICE,       /* text: something a person should know once */
    PHONE_WAITING,      /* text: what has not answered for a while, told once */
    PHONE_ENDED,        /* call, peer, outcome, status, reason, text, result, codec,
                           encryption, file, digits: the last event of a call */
    PHONE_TRANSFER_ASKED, /* call, peer, peer_name, contact, to: the other side asks us to call that
                             instead. Answer by PHONE_FOLLOW or PHONE_STAY, in a minute. The call
                             may end meanwhile, which is no answer */
    PHONE_TRANSFER_FOLLOWED, /* likewise, and other: the number of the call that is made. What the
                                other side does with the call that it asked in is up to it: it hangs
                                up as a rule, and where the new call fails it may not */
    PHONE_TRANSFER_REFUSED,  /* likewise, status, text: why it is not called, by whomever */
    PHONE_REGISTERED,   /* account, peer (address of record), text (our Contact), where (server),
                           transport, expires_s, bindings, seen_at: told when something changed */
    PHONE_REGISTER_FAILED, /* account, peer, status, reason, outcome, text: cause and remedy in
                            words; retry_ms: from now, 0: not again by itself */
    PHONE_UNREGISTERED,    /* account, peer */
    PHONE_PASSWORD_WANTED, /* account, peer, text (realm): neither password nor password-command is
                            configured; answer by PHONE_PASSWORD */
    PHONE_ON_HOLD,         /* call, on: our own PHONE_HOLD or PHONE_RESUME is agreed, or another
                              call has taken the ear. status: the other side refused; a hold holds
                              on our side all the same, a resume has come to nothing */
    PHONE_MOVED,           /* call, where: our side of the sound is at a new address */
    PHONE_MEDIA,           /* call, codec, where (theirs), local (ours), encryption, suite, on (our
                              sound may leave, as agreed), redundancy, result.answered (false: early): what
                              has been           agreed, told at first and whenever it changes */
    PHONE_MUTED,           /* call, on */
    PHONE_PLAYING,         /* call, file: by PHONE_PLAY or from the beginning; "-": a descriptor */
    PHONE_RECORDING,       /* call, file ("-": a descriptor), on. Each that begins ends once, at the
                              latest before PHONE_ENDED, when the file is complete; text: why it
                              ended by itself, as a disk is full, or empty */
    PHONE_JOINED,          /* call, conference */
    PHONE_PARTED,          /* call, conference: that it was in; also where the call has ended */
    PHONE_QUALITY, /* call, quality: once a second of each answered call, where phone_quality
                      asks for it */
    PHONE_LEVELS,  /* microphone_db, speaker_db: how loud they are, in dB of full scale, ten times
                      a second while the device is open, where phone_levels asks for it; both
                      NAN: it has been closed */
    PHONE_DEVICE_IN_USE, /* device, by PHONE_DEVICE; text: why it is still the one before, or empty
                          */
    PHONE_TESTED,      /* text: what is done now, by PHONE_TEST and what follows of itself: "open",
                          "tone", "record", "play" */
    PHONE_TEST_ENDED,  /* text: why by itself, or empty */
    PHONE_DND_SET,     /* on: by PHONE_DND */
    PHONE_VOLUMES,     /* microphone_db, speaker_db: by PHONE_VOLUME */
    PHONE_VOICE_SET,   /* echo, noise, level: by PHONE_VOICE */
    PHONE_DEVICE_LIST, /* devices, or text: why there are none to be told */
    PHONE_CONTACTS_CHANGED, /* other names stand in the file, whoever has written it: told where
                               phone_config.watches_contacts says so */
    PHONE_HOOK_FAILED, /* text: a command of on-event (ui/hooks.h), which the phone knows not of */
    PHONE_MESSAGE,     /* a SIP message went by: bytes, sent, transport, where, local */
    PHONE_CLOSED,      /* after PHONE_QUIT: nothing follows but, in phone_free, a PHONE_NOTICE of
                          the history */
};

/* How a call ended, as a person or script tells outcomes apart. */
enum phone_outcome {
    PHONE_OK = 1,      /* was answered and ended by either side */
    PHONE_BUSY,        /* 486, 600 */
    PHONE_DECLINED,    /* 603, 607, 608 */
    PHONE_NO_ANSWER,   /* 408, 480, nobody there in 64*T1, or the caller gave up */
    PHONE_NOT_FOUND,   /* 404, 410, 484, 604; the host name does not resolve */
    PHONE_NOT_ALLOWED, /* 401, 403, 407: credentials missing or refused */
    PHONE_UNREACHABLE, /* could not be sent; 500 to 504 of the way there */
    PHONE_INTERRUPTED, /* ended by us before the answer */
    PHONE_REFUSED,     /* we refused it: PHONE_REJECT, no codec in common, a limit */
    PHONE_FAILED,      /* everything else */
};

/* What a call was, for its last event. */
struct phone_result {
    bool answered;
    uint64_t talk_ms;               /* from the answer to the end */
    uint64_t sent, received, lost;  /* RTP packets */
    uint64_t from_copies, from_fec; /* frames of those lost that were got back: from copies in later
                                     * packets (RFC 2198), from what the codec adds to the next */
    uint64_t concealed;             /* and those that had to be invented */
    uint64_t refused, frames_refused; /* packets that came and were not taken, as they were broken,
                                       * of no type that was agreed on or a stranger's; and earlier
                                       * frames in packets (RFC 2198), likewise */
    double jitter_ms;                 /* of what came: RFC 3550 6.4.1 */
    double round_trip_ms;             /* by RTCP; below 0: unknown */
    double lost_percent;              /* lost of what should have come */
    double their_lost_percent;        /* as the other side reports it; below 0: it never did */
    double left_percent;              /* lost or too late, after all repair */
    /* As struct phone_quality has them, of all. */
    double mouth_to_ear_ms, rating, mos, mos_listening, their_mos;
};

/* How a call is heard: of the last second, but for what says otherwise. Where nobody listens, as
 * it has neither device, recording nor conference, nothing is delayed, measured or concealed. */
struct phone_quality {
    double loss_percent;       /* of their packets */
    double their_loss_percent; /* of ours, by their last report; below 0: none came */
    double jitter_ms;          /* RFC 3550 6.4.1 */
    double round_trip_ms;      /* by RTCP; below 0: unknown */
    double delay_ms;           /* that the jitter buffer adds now; below 0: nobody listens */
    double level_in_dbfs, level_out_dbfs; /* -96: silence; NAN: nobody listens, nothing is sent */
    double left_percent;                  /* lost, or too late, after all repair */
    double burst;                         /* of these in a row, on average; 0: there were none */
    double mouth_to_ear_ms;               /* estimate: theirs to ours */
    /* Estimates of what is heard here (phone/quality.h); below 0: nothing came. */
    double rating;             /* R of the E-model, 0 to 93.2 */
    double mos, mos_listening; /* 1 to 4.5: in conversation; and the sound alone, however late */
    /* What the other side says of our sound, or what comes of what it says; below 0: it says
     * nothing, as without RTCP XR (RFC 3611). Since the beginning, but for the delay. */
    double their_discard_percent; /* too late for it */
    double their_delay_ms;        /* that its end adds */
    double their_rating, their_mos;
    uint64_t sent, received, lost, late, concealed; /* packets, in all */
    uint64_t from_copies, from_fec;                 /* as in struct phone_result, */
    uint64_t refused, frames_refused;               /* likewise */
    unsigned copies; /* of each frame that we send, now; the last of them goes later by: */
    unsigned copies_ms;
    /* Of our microphone, where the call has one of a sound card (audio/voice.h); NAN: not known, or
     * there is none of it. */
    double echo_less_db;            /* by how much the echo is softer than it came */
    double echo_delay_ms;           /* from the loudspeaker to the microphone */
    double speech_dbfs, noise_dbfs; /* as captured */
    double gain_db;                 /* by the level control */
};

struct phone_device {
    const char *name;
    const char *host_api;
    unsigned inputs, outputs; /* channels */
    uint32_t rate_hz;
    bool is_default;
};

struct phone_event {
    enum phone_event_kind kind;
    uint32_t call;
    const char *peer;      /* URI of the other side */
    const char *peer_name; /* its display name: whatever it likes, so shown in quotes */
    const char *contact;   /* its name in our file of contacts; of a caller only where its server is
                              ours, or its URI is the address that it calls from */
    const char *target;    /* whom the caller asked for */
    const char *to;        /* TRANSFER: whom we are asked to call */
    uint32_t other;        /* likewise: the call that comes of it */
    const char *transport; /* "udp", "tcp", "tls" */
    struct ip where;
    const char *codec; /* "opus/48000/2" */
    unsigned status;   /* of a SIP response */
    const char *reason;
    const char *text;   /* for PHONE_ENDED: cause and remedy in words, one sentence */
    const char *file;   /* that is played or recorded to; of ENDED: recorded to at last */
    const char *digits; /* all that came, the first 64 */
    const char *way;    /* of digits: "rtp", "info", "inband" */
    enum phone_outcome outcome;
    struct phone_result result;
    const char *account; /* label; of calls too: "" is none */
    unsigned expires_s, bindings;
    const char *seen_at; /* "203.0.113.5:1024": how the server sees us; "" where as we do */
    uint64_t retry_ms;
    bool on;                /* ON_HOLD, MEDIA, MUTED, RECORDING */
    bool redundancy;        /* MEDIA: packets may carry earlier sound again (RFC 2198) */
    struct ip local;        /* MEDIA: where we receive; MESSAGE: ours, where it is known */
    const char *device;     /* its name, "none" */
    const char *encryption; /* of the sound: "none", "sdes", "sdes-in-the-clear" (whoever saw the
                               messages of SIP has the keys), "sdes-unverified" (they came over
                               TLS, but from whom was not verified: he may sit in between),
                               "dtls", "dtls-unverified" (whoever changed the messages may sit in
                               between: nobody was verified who sent them to us); "": nothing is
                               agreed */
    const char *suite;      /* MEDIA: of the encryption, "AES_CM_128_HMAC_SHA1_80"; "": none */
    /* INCOMING, ANSWERED, MEDIA, REGISTERED: how safe our messages are on the way to the next hop,
     * as "TLSv1.3, TLS_AES_256_GCM_SHA384, example.org verified by system store", or "nobody
     * verified" where they called us; "" without TLS. */
    const char *signalling_encryption;
    uint32_t conference; /* 1 and up, never used again */
    double microphone_db, speaker_db;
    enum phone_voice echo, noise, level;
    const struct phone_quality *quality;
    const struct phone_device *devices; /* n_devices of them */
    size_t n_devices;
    struct slice bytes;
    bool unmasked; /* secrets in them may be shown: trace_secrets of the configuration */
    bool sent;     /* by us */
};

#endif
