/* ui/screen/model.h - what the phone is like, as the screen knows it: plain data that only the
 * lines of the phone change (tphone-control(7)), and no terminal.
 *
 * Strings are safe to show, never NULL and the model's; they live until the next line. Times in ms
 * are of the monotonic clock that the caller brings, 0 where there is none. */
#ifndef UI_SCREEN_MODEL_H
#define UI_SCREEN_MODEL_H

#include "phone/phone.h"
#include "ui/ctl_line.h"
#include "ui/screen/traced.h"

#define MODEL_NOTES_MAX 500u   /* of the log */
#define MODEL_SECONDS_MAX 240u /* that graphs of a call go back */
#define MODEL_WISHES_MAX 16u /* questions at once: the telephone asks no more */
#define MODEL_TENTHS_MAX 128u  /* of seconds that levels of the sound device go back */

/* How a call was heard in one second; NAN: not known. */
struct model_second {
    float loss, their_loss, jitter, round_trip, delay, level_in, level_out, mos, their_mos, ear;
};

struct model_call {
    uint32_t call;
    enum phone_call_phase phase;
    bool incoming, answered, on_hold, held, muted, device, recording;
    char *peer, *peer_name, *contact, *account, *target;
    char *codec, *remote, *local, *encryption, *suite; /* of the sound */
    char *safe;                                        /* signalling_encryption, "" without TLS */
    char *play, *record;                            /* files, "-" for a descriptor, "" for none */
    char *text;                                     /* what was last said of it: "Ringing" */
    char *digits;                                   /* that came */
    uint32_t conference;                            /* 0: none */
    uint64_t began_ms;                              /* when we heard of it */
    uint64_t up_ms;                                 /* when it was answered */
    struct model_second seconds[MODEL_SECONDS_MAX]; /* the newest is n_seconds - 1, going round */
    uint64_t n_seconds;                             /* since the beginning */
    uint64_t sent, received, lost, late, concealed; /* packets, */
    uint64_t refused;                               /* and of others, or such as nobody wants */
};

/* The other side of a call, which may be over, asks us to call somebody else. */
struct model_wish {
    uint32_t call;
    char *peer, *peer_name, *contact; /* who asks */
    char *to;
};

struct model_account {
    char *account, *uri;
    bool registers, registered, wants_password;
    char *text;                                              /* why it is not registered */
    char *server, *transport, *our_contact, *seen_at, *safe; /* safe: signalling_encryption */
    unsigned expires_s;
};

/* A call that is over, or in HISTORY_OPEN under way. */
struct model_past {
    double time; /* of Unix */
    bool outgoing;
    char *outcome; /* "answered", "missed", … */
    uint64_t talk_ms;
    unsigned status;
    char *peer, *peer_name, *contact, *account, *file, *text;
};

struct model_contact {
    char *name, *address;
};

struct model_device {
    char *name, *host_api;
    unsigned inputs, outputs, rate;
    bool is_default;
};

/* The sound device in use. Levels are in dB of full scale, -96 is silence; they come ten times a
 * second while it is open, where they were asked for. */
struct model_sound {
    char *device; /* "none" */
    char **rings; /* devices that ring */
    size_t n_rings;
    char *doing; /* what its test does: "open", "tone", "record", "play"; "": there is none */
    char *text;  /* why another one was not taken, or the test has ended */
    enum phone_voice echo, noise, level; /* what is done to the microphone; unsaid: not known */
    bool is_open;
    float microphone[MODEL_TENTHS_MAX], speaker[MODEL_TENTHS_MAX]; /* the newest is n_tenths - 1, */
    uint64_t n_tenths;                                             /* going round */
};

/* A line of the log. */
struct model_note { /* time 0: before we were there */
    double time;    /* of Unix */
    bool bad;
    char *text;
};

struct model {
    bool connected;
    char *version; /* of the phone */
    char *listens; /* where calls come in: "udp 192.0.2.1:5060", "" where that is not known */
    struct model_account *accounts;
    size_t n_accounts;
    struct model_call **calls; /* in the order of their numbers */
    size_t n_calls;
    struct model_wish wishes[MODEL_WISHES_MAX]; /* the oldest first */
    size_t n_wishes;
    struct model_past *past; /* the newest first */
    size_t n_past;
    struct model_contact *contacts; /* in the order of the file */
    size_t n_contacts;
    char *contacts_file; /* its path, "": not known */
    char *contacts_text; /* what is wrong in it; where it cannot be read, these are of before */
    struct model_device *devices;
    size_t n_devices;
    char *devices_text; /* why there are none */
    struct model_sound sound;
    struct model_note *notes; /* the newest last */
    size_t n_notes;
    uint64_t noted;            /* how many there ever were */
    bool told_short;           /* that memory was missing for some of this */
    struct traced_list traced; /* messages of SIP */
    double microphone_db, speaker_db;
    bool dnd;         /* calls are turned away */
    bool leaves;      /* the phone ends when its screens have gone, */
    unsigned screens; /* of which there are so many */
};

void model_init(struct model *model);
void model_free(struct model *model);
/* Forgets calls and accounts, as the connection is lost. */
void model_disconnected(struct model *model);

/* What a line means for who looks. */
enum model_news {
    MODEL_CHANGED = 1,  /* something is to be drawn */
    MODEL_INCOMING = 2, /* a call has come in */
    MODEL_PEOPLE = 4,   /* history and contacts are to be asked for */
    MODEL_ENDED = 16,   /* a call is over: the newest note says how */
};

/* An event. enum model_news. */
unsigned model_event(struct model *model, const struct ctl_line *line, uint64_t now_ms);

/* Good replies to the commands of these names, by the tree of a ctl_line. */
void model_status(struct model *model, const void *tree, uint64_t now_ms);
void model_screens(struct model *model, const void *tree);
/* The Call-ID in the state of one call; "": it has none. */
const char *model_call_id_of(const void *tree);
void model_history(struct model *model, const void *tree);
void model_contacts(struct model *model, const void *tree);
/* Or why that was refused; those of before stay. */
void model_contacts_failed(struct model *model, const char *text);
void model_volume(struct model *model, const void *tree);
void model_voice(struct model *model, const void *tree);

/* Notes a line in the log, safe text: one of our own, that has just come to pass; or one of the
 * phone, with the time of Unix at which it did. */
void model_note(struct model *model, bool bad, const char *text);
void model_note_at(struct model *model, double time, bool bad, const char *text);

/* --- questions ------------------------------------------------------------------------------ */

/* NULL: there is none of that number. */
struct model_call *model_call(const struct model *model, uint32_t call);
/* What is asked in this call, else what is asked first; NULL: nothing is. */
const struct model_wish *model_wish(const struct model *model, uint32_t call);
/* By its name, in capital or small letters; NULL: there is none. */
const struct model_contact *model_contact(const struct model *model, struct slice name);
/* The first of that phase, NULL: none. */
const struct model_call *model_call_in(const struct model *model, enum phone_call_phase phase);
/* The newest second, or one without anything known. */
struct model_second model_call_now(const struct model_call *call);
/* Whether a device of that name rings. */
bool model_rings(const struct model *model, const char *name);
/* Who it is, for people: a contact stands bare, what strangers call themselves in quotes and with
 * none of their own, so that none can be taken for the other; else the URI for short. */
void model_put_called(struct buf *out, const char *contact, const char *name, const char *uri);
/* Whether it is encrypted, and nobody on the way can have the keys, as far as we can tell; and
 * whether somebody can. */
bool model_is_private(const struct model_call *call);
bool model_keys_are_known(const struct model_call *call);
/* "opus 48 kHz, encrypted", with that between them, and these words for how it is encrypted, where
 * that is known. */
void model_put_codec(struct buf *out, const struct model_call *call, const char *between,
                     const char *words);
/* " (DTLS, AEAD_AES_256_GCM)", what it is encrypted by; nothing where it is not. */
void model_put_keys(struct buf *out, const struct model_call *call);
/* How safe the messages are: "example.org verified by tls-ca, TLSv1.3, TLS_AES_256_GCM_SHA384", of
 * which the beginning matters most where there is no room, or "not encrypted". */
void model_put_messages(struct buf *out, const struct model_call *call);
/* Why an account is not registered, without its name where that begins it: it was said. */
struct slice model_cause(const char *text, struct slice name);
/* The URI without scheme and parameters, for short: "bob@example.org". */
struct slice model_short_uri(const char *uri);

#endif
