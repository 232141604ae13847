/* phone/command.h - what a front end can ask of the phone: plain structs, no behaviour.
 *
 * phone_do (phone/phone.h) takes them; each that concerns a call ends in one PHONE_ENDED event of
 * that call (phone/event.h). Strings are the caller's and need to live only until phone_do
 * returns. A zeroed member means "not said".
 *
 * One conversation at a time is heard on the sound device, a call or a conference: to dial, answer
 * or resume a call that uses it puts the one before on hold. Calls with files alone go on side by
 * side. */
#ifndef PHONE_COMMAND_H
#define PHONE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum phone_command_kind {
    PHONE_DIAL = 1,   /* target, sound, digits: starts a call, whose number phone_do hands out */
    PHONE_RING,       /* call: tell the caller that it rings here (180) */
    PHONE_ANSWER,     /* call, sound, digits: take an incoming call */
    PHONE_REJECT,     /* call, status: refuse an incoming call, 300 to 699 */
    PHONE_HANG_UP,    /* call: end it, whatever its state: CANCEL, BYE, or a refusal */
    PHONE_HOLD,       /* call: stop both directions (RFC 3264 8.4); PHONE_ON_HOLD follows */
    PHONE_RESUME,     /* call: undo PHONE_HOLD; PHONE_ON_HOLD follows, also of those who were put on
                         hold together with it, as a conference */
    PHONE_DIGITS,     /* call, digits: send them by the way of the configuration (dtmf-mode) */
    PHONE_MUTE,       /* call, on: send silence instead of what is said or played here; others of a
                         conference are passed on all the same */
    PHONE_SWAP,       /* call: hold the call that is heard, resume this one, which is on hold */
    PHONE_REGISTER,   /* account: register, and stay registered; also again after a refusal */
    PHONE_UNREGISTER, /* account */
    PHONE_PASSWORD,   /* account, text: answers PHONE_PASSWORD_WANTED; text NULL: there is none */
    PHONE_PLAY,       /* call, sound.play or sound.in: the other side hears it from now on, in place
                         of what it heard; PHONE_PLAY_ENDED follows, and the microphone where that
                         was on before. On a call that is not answered yet: from the answer on;
                         on hold: once it is resumed */
    PHONE_STOP,       /* call: what is played ends; the microphone where the call has the sound
                         device, else silence */
    PHONE_RECORD,     /* call, sound.record or sound.out, sound.sides: from now on, or from the
                         answer on, in place of what was recorded to; both NULL: the recording
                         ends. PHONE_RECORDING follows */
    PHONE_JOIN,    /* call, other, both answered: they are in one conference from now on, with all
                      that either was joined with, and not on hold; PHONE_JOINED of each that is
                      new in it follows. Each hears all others and not itself, beside what it is
                      sent alone: its file, or the microphone, which all share as they do the
                      loudspeaker, where one of them has the sound device */
    PHONE_PART,    /* call: leaves its conference; PHONE_PARTED follows, also of one that would be
                      left in it alone. With the sound device it is put on hold, where others
                      keep that */
    PHONE_VOLUME,  /* microphone_db, speaker_db: of the sound device, for all calls;
                      PHONE_VOLUMES follows. What is recorded of the other side stays as loud as
                      it came */
    PHONE_VOICE,   /* echo, noise, level: what is done to the microphone's sound, for all calls;
                      PHONE_VOICE_SET follows */
    PHONE_DEVICES, /* PHONE_DEVICE_LIST follows */
    PHONE_DEVICE,  /* device: another sound device from now on, for all calls, "none" for none;
                      ring_device: what rings. PHONE_DEVICE_IN_USE follows */
    PHONE_TEST,    /* test: the sound device without a call; PHONE_TESTED and in the end
                      PHONE_TEST_ENDED follow. Not while a call has the device, and over when one
                      gets it, or rings */
    PHONE_DND,     /* on: from now on calls that come in are refused without ringing;
                      PHONE_DND_SET follows */
    PHONE_FOLLOW,  /* call, in which PHONE_TRANSFER_ASKED was told, or that has ended since: call
                      whom it names; PHONE_TRANSFER_FOLLOWED follows */
    PHONE_STAY,    /* likewise: do not; PHONE_TRANSFER_REFUSED follows */
    PHONE_QUIT,    /* end all calls, then PHONE_CLOSED: 1.5 s at most, or 4 s where on is true and
                      messages are being lost; PHONE_QUIT_REST_MS before until_ms, where that is
                      said, and phone_free keeps to it then. Twice is fine; what is sooner counts */
};

/* Whether the sound of a call is encrypted (RFC 8643). */
enum phone_encryption {
    PHONE_ENCRYPT_UNSAID,  /* as the account has it, else the phone, else prefer */
    PHONE_ENCRYPT_OFF,     /* never; a call that must be encrypted is refused */
    PHONE_ENCRYPT_PREFER,  /* where the other side can */
    PHONE_ENCRYPT_REQUIRE, /* else there is no call */
};

/* What is done to the sound of a microphone: its echo, its noise, its level (audio/voice.h). */
enum phone_voice {
    PHONE_VOICE_UNSAID, /* as it is; at first: auto */
    PHONE_VOICE_AUTO,   /* where there is need */
    PHONE_VOICE_ON,
    PHONE_VOICE_OFF,
};

/* How keys are sent, and whether tones are looked for. */
enum phone_dtmf {
    PHONE_DTMF_UNSAID, /* as the account has it, else the phone, else auto */
    PHONE_DTMF_AUTO,   /* the best that the other side takes */
    PHONE_DTMF_RTP,    /* telephone-events (RFC 4733) or not at all */
    PHONE_DTMF_INFO,   /* INFO of SIP */
    PHONE_DTMF_INBAND, /* tones in the sound */
};

/* What of a call is recorded. */
enum phone_sides {
    PHONE_SIDES_HEARD, /* what comes from the other side: mono */
    PHONE_SIDES_APART, /* the other side left, we right: stereo */
    PHONE_SIDES_MIXED, /* both in one: mono */
};

/* A descriptor that sound comes from or goes to: samples of 16 bits, signed, little-endian, the
 * channels interleaved. What is read may also be a WAV or Ogg file, which its first bytes tell. The
 * phone works with a copy of the descriptor of its own and closes that; it never waits for it. */
struct phone_pipe {
    int fd;
    uint32_t rate_hz; /* of raw sound: 8,000 to 48,000; 0: 16,000 */
    uint8_t channels; /* 1 or 2; 0: 1 */
    bool hangs_up;    /* what is read has ended and was heard: the call ends */
    bool live;        /* one program listens and talks: it is kept close to the call */
};

/* Where a call's sound comes from and goes to. */
struct phone_sound {
    const char *play;   /* file that the other side hears once; NULL: microphone or silence */
    const char *record; /* file to record to, by its ending WAV, FLAC or Ogg; NULL: none */
    enum phone_sides sides;
    const struct phone_pipe *in;  /* in place of play */
    const struct phone_pipe *out; /* in place of record */
    bool device;                  /* use the sound card of the configuration, where there is one */
    bool unattended; /* ANSWER: by a rule. Where that opens a microphone, the room hears a beep and
                        PHONE_NOTICE says so. */
    bool hangs_up;   /* the file of play has been heard: the call ends */
};

/* What the end still takes behind PHONE_CLOSED where all of it is stuck. */
#define PHONE_QUIT_REST_MS 300u

struct phone_command {
    enum phone_command_kind kind;
    uint32_t call;      /* number of a call: 1 and up, never used again */
    const char *target; /* what a person types: a contact's name, or see phone/target.h */
    /* DIAL: label or URI of an account of the configuration; NULL: the one that the target suits,
     * or none where it is an address of its own. Others: NULL means the first account. */
    const char *account;
    const char *text;
    struct phone_sound sound;
    const char *digits; /* 0-9 * # A-D, and a comma or p for a pause of one second */
    unsigned status;
    bool on;
    uint64_t until_ms;                /* QUIT: when the phone is to be gone, by net_now_ms; 0 */
    uint32_t other;                   /* JOIN: number of a call */
    enum phone_encryption encryption; /* DIAL */
    enum phone_dtmf dtmf;             /* DIAL */
    enum phone_voice echo, noise, level;
    const char *codecs; /* DIAL: "pcma,opus"; NULL: as the account or the phone has them */
    const char *settings; /* DIAL: "ptime=40, dtx=yes"; likewise (config_sound_read) */
    const char *device, *ring_device;
    enum phone_test {
        PHONE_TEST_OFF,
        PHONE_TEST_OPEN,   /* it is open, for its levels */
        PHONE_TEST_TONE,   /* a tone of a second */
        PHONE_TEST_RECORD, /* 3 s are recorded and played back */
    } test;
    double microphone_db, speaker_db; /* -96 (silence) to 18; 0: as it comes; NAN: as it is */
};

#endif
