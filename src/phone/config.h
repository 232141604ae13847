/* phone/config.h - the settings of a phone, from a file and from the command line alike.
 *
 * A file has lines "name = value". The value is everything behind the equals sign but the blanks
 * around it: no quotes, no comments behind it. Lines that begin with # or ; are comments. What
 * stands before any section are the phone's settings; "[account LABEL]" begins an account. Every
 * setting is also an option of the command line with the same name, and is read by the same
 * function; so are the keys of an account, but for its uri (--account). Passwords are never
 * arguments. What cannot be understood is refused with its place, never guessed at or
 * skipped. */
#ifndef PHONE_CONFIG_H
#define PHONE_CONFIG_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/list.h"
#include "phone/command.h"
#include "phone/words.h"

#define CONFIG_CODECS_MAX 8
#define CONFIG_RINGS_MAX 4
#define CONFIG_FILE_BYTES_MAX 1048576

/* Over TLS: whom we trust and who we are. Strings are owned; NULL: not said. */
struct config_tls {
    char *ca, *fingerprint;  /* neither: the system's store */
    char *certificate, *key; /* both or none */
};

/* Copies of the messages of SIP for a capture server (net/hep.h). Strings are owned. */
struct config_hep {
    char *host; /* IPv6 without brackets; NULL: nobody gets any */
    uint16_t port;
    uint32_t agent; /* how the server tells us from others; 0: 1 */
    char *password; /* wiped when freed; NULL: none */
};

/* Where SIP is listened for. */
struct config_listen {
    bool udp, tcp, tls; /* tls with the others: at the next port, where there is a certificate */
    struct ip ip;       /* family 0: every address; port 0: a free one */
    bool or_free;       /* another port where this one is taken, as by a daemon of the same file */
};

/* Whose calls an account takes; all others are answered 403 without ringing. */
enum config_accept {
    CONFIG_ACCEPT_DEFAULT, /* server with an account, anyone without */
    CONFIG_ACCEPT_ANYONE,
    CONFIG_ACCEPT_SERVER,   /* those that come by way of the account's server */
    CONFIG_ACCEPT_CONTACTS, /* those whose From stands in the file of contacts, by the server */
};

/* When keys for sound are sent in the messages of SIP (RFC 4568). */
enum config_sdes {
    CONFIG_SDES_TLS,    /* where these are encrypted themselves, up to the next server at least */
    CONFIG_SDES_ALWAYS, /* also in the clear, for whoever reads along */
    CONFIG_SDES_NEVER,
};

/* When keys for sound are agreed on the way of the sound (DTLS-SRTP, RFC 5763). */
enum config_dtls {
    CONFIG_DTLS_OFFER, /* offered with each call that may be encrypted */
    CONFIG_DTLS_TAKE,  /* where the other side offers it, or encryption is required */
    CONFIG_DTLS_NEVER,
};

/* Whether packets carry earlier frames again (RFC 2198). */
enum config_redundancy {
    CONFIG_REDUNDANCY_UNSAID, /* of an account: as the phone has it; of the phone: auto */
    CONFIG_REDUNDANCY_AUTO,   /* where the other side loses some */
    CONFIG_REDUNDANCY_OFF,    /* it is neither offered nor taken */
    CONFIG_REDUNDANCY_ALWAYS, /* also where nothing is lost */
};

/* Whether we call whom the other side of a call names instead of itself (REFER). */
struct config_transfers {
    enum config_transfers_how {
        CONFIG_TRANSFERS_UNSAID, /* of an account: as the phone has it; of the phone: ask */
        CONFIG_TRANSFERS_ASK,    /* whoever is there; where nobody is: no */
        CONFIG_TRANSFERS_REFUSE,
        CONFIG_TRANSFERS_LIST, /* those that stand there; for others as ask */
    } how;
    char *list; /* hosts and addresses with commas between them; owned */
};
/* Whether the list has it: the same scheme or a safer one, host and port, and the user where the
 * list says one. Other parameters may be what they like, but for maddr, which is another host. */
bool config_transfers_has(const struct config_transfers *transfers, struct slice uri);

enum config_transport { CONFIG_ANY_TRANSPORT, CONFIG_UDP, CONFIG_TCP, CONFIG_TLS };

/* Whether nothing is sent in silence. */
enum config_dtx { CONFIG_DTX_UNSAID, CONFIG_DTX_ASKED, CONFIG_DTX_YES, CONFIG_DTX_NO };
/* Whether packets of Opus have one size, both ways. */
enum config_cbr { CONFIG_CBR_UNSAID, CONFIG_CBR_NO, CONFIG_CBR_YES };
/* Whether Opus has two channels where both sides want them, each way by itself. */
enum config_stereo { CONFIG_STEREO_UNSAID, CONFIG_STEREO_NO, CONFIG_STEREO_YES };

/* How calls sound, beside the list of codecs. 0: not said; then the account's holds for a call, and
 * the phone's for an account. */
struct config_sound {
    uint8_t ptime_ms;    /* of packets, as we ask for them; of nobody: 20 */
    uint8_t maxptime_ms; /* and at most, both ways */
    enum config_dtx dtx;
    uint32_t opus_bitrate; /* bit/s at most, both ways */
    uint32_t opus_rate_hz; /* samples a second at most, both ways */
    enum config_cbr opus_cbr;
    enum config_stereo opus_stereo;
    uint8_t opus_complexity; /* 1 to 10, at most; of nobody: 9 */
    uint16_t jitter_max_ms;  /* that what comes is held back at most; of nobody: 500 */
};

/* One section [account LABEL]. Strings are owned; NULL: not said. */
struct account_config {
    struct list link; /* in phone_config.accounts, in the order of the file */
    size_t line;      /* of the file where the section begins; 0: it is of the command line */
    char *label;      /* of the section, or the URI of --account */
    char *uri;        /* address of record, checked: sip:alice@example.org or sips: */
    char *name, *auth_user, *realm;
    char *password;          /* wiped when freed */
    char *password_command;  /* its first line of output is the password; run without a shell */
    bool password_keyring;   /* it is asked of the desktop's keyring (phone/keyring.h) */
    char *registrar, *proxy; /* URIs */
    struct config_tls tls;   /* what it does not say, the phone's does */
    enum config_transport transport;
    unsigned expires_s; /* 0: 3600 */
    unsigned keep_alive_s;
    enum phone_dtmf dtmf;
    const char *codecs[CONFIG_CODECS_MAX]; /* static names; n_codecs 0: those of the phone */
    size_t n_codecs;
    struct config_sound sound;
    enum config_accept accept;
    struct config_transfers transfers;
    enum phone_encryption encryption;
    enum config_redundancy redundancy;
    bool no_register; /* register = no: calls go out through it, none come in */
};

/* One line of on-event: a command, and the events that start it. */
struct hook_config {
    struct list link;   /* in phone_config.hooks, in the order of the file */
    uint64_t events;    /* bits: places of their names (phone/event_names.h) */
    struct words words; /* the command */
};

enum config_lines { CONFIG_LINES_AUTO, CONFIG_LINES_UTF8, CONFIG_LINES_ASCII };

/* One line of bind. */
struct bind_config {
    struct list link; /* in screen_config.binds, in the order of the file */
    char *text;       /* "KEY COMMAND", as the screen reads it */
};

/* How the screen looks. */
struct screen_config {
    const char *theme; /* static; NULL: not said */
    bool colours_said;
    int colours; /* 0, 8, 16, 256 */
    enum config_lines lines;
    bool mouse;
    struct list binds; /* of struct bind_config */
};

struct phone_config {
    struct config_listen listen;
    struct config_tls tls;
    bool listen_said;                     /* false: listen is the default, a free port */
    uint16_t rtp_first, rtp_last;         /* even ports for RTP, the odd ones above for RTCP */
    bool no_device;                       /* device = none */
    char *device;                         /* owned; NULL: the system's default */
    char *ring_devices[CONFIG_RINGS_MAX]; /* owned, n_ring_devices of them; none: device */
    size_t n_ring_devices;
    bool never_rings;                      /* ring-device = none */
    enum phone_voice echo, noise, level;   /* of the microphone */
    char *ring_tone;                       /* owned; a file; NULL: a bell */
    enum phone_dtmf dtmf;
    const char *codecs[CONFIG_CODECS_MAX]; /* in order of preference; static names */
    size_t n_codecs;
    struct config_sound sound;
    char *user;                /* owned; user part of our own URI; NULL: tphone */
    char *name;                /* owned; display name; NULL: none */
    size_t max_calls;          /* 0: no limit */
    struct list accounts;      /* of struct account_config; the first is the one that is used where
                                  nothing else decides */
    enum config_accept accept; /* of calls that are for no account */
    struct config_transfers transfers;
    enum phone_encryption encryption;
    enum config_redundancy redundancy;
    enum config_sdes sdes;
    enum config_dtls dtls;
    bool silent_to_strangers; /* strangers = silence: what is not for us gets no answer at all */
    struct ip dns_server;     /* family 0: those of the system */
    bool watches_contacts;    /* PHONE_CONTACTS_CHANGED is told: no setting, but of the program */
    bool no_history;          /* history = no */
    char *contacts_file;      /* owned; NULL: $XDG_CONFIG_HOME/tphone/contacts */
    char *history_file;       /* owned; NULL: $XDG_STATE_HOME/tphone/history.db */
    bool dnd;                 /* calls are turned away from the beginning */
    unsigned dnd_status;      /* with this; 0: 480 */
    bool keep_trace;          /* messages of SIP are kept for who asks for them later */
    struct config_hep hep;
    bool unattended;    /* calls are answered by a rule: no setting, but of the program */
    bool trace_secrets; /* nothing in a trace is masked: no setting, but of the program */
    bool no_sandbox;    /* sandbox = no */
    struct screen_config screen;
    struct list hooks; /* of struct hook_config; whoever holds the phone runs them */
};

/* What was wrong with a value: at which of its bytes, and a sentence without the place; text is
 * owned by whoever made the fault, with buf_new. */
struct config_fault {
    size_t at;
    struct buf text;
};

/* A setting of the phone or a key of an account, as manual and --help tell it. */
struct config_key {
    const char *name;
    const char *value;    /* what can be said: "yes|no" */
    const char *help;     /* one line */
    const char *standard; /* what holds where nothing is said; NULL: the help says it */
};

enum config_section { CONFIG_PHONE, CONFIG_ACCOUNT };

/* The i-th key of a section, NULL behind the last; and by its name, NULL: there is none. */
const struct config_key *config_key_at(enum config_section section, size_t i);
const struct config_key *config_key(enum config_section section, struct slice name);

/* The defaults: every address with a free port, RTP ports 16384 to 32767, Opus, PCMU and PCMA, the
 * system's default device, no accounts. */
void config_init(struct phone_config *config);
void config_free(struct phone_config *config);
/* For a process that gives them to nobody. */
void config_wipe_passwords(const struct phone_config *config);

/* Reads one setting; an earlier value of it is replaced, but on-event, bind and ring-device
 * add to what there is.
 * Returns 0; -ENOENT: no such setting (the fault names the likely right one); -EINVAL: the value is
 * wrong; -ENOMEM. On an error nothing changes. */
int config_set(struct phone_config *config, struct slice name, struct slice value,
               struct config_fault *fault);
/* The same for a key of an account. password, password-command and
 * password-keyring replace each other. */
int config_set_account(struct account_config *account, struct slice name, struct slice value,
                       struct config_fault *fault);
/* Reads a list of codecs, as the setting has it: names, CONFIG_CODECS_MAX at most, that live as
 * long as the program. 0, or -EINVAL and the fault. */
int config_codecs(struct slice value, const char **codecs, size_t *n, struct config_fault *fault);
/* Reads what one call is to have of struct config_sound: "ptime=40, dtx=yes", with the names and
 * values of the settings. 0; or -EINVAL and the fault, and nothing changes. */
int config_sound_read(struct slice list, struct config_sound *out, struct config_fault *fault);
/* What was said outweighs what out has. */
void config_sound_put_over(struct config_sound *out, const struct config_sound *said);
/* Leaves the account of this label or URI and no other; a URI that the configuration does not have
 * makes an account of its own. 0, or -EINVAL or -ENOMEM with a sentence in why. */
int config_choose_account(struct phone_config *config, struct slice which, struct buf *why);
/* The first account, which is used where nothing else decides; NULL: there is none. */
struct account_config *config_first_account(const struct phone_config *config);

/* Reads a whole file. An error is appended to why as "FILE:LINE:COLUMN: sentence", and -EINVAL or
 * the errno of opening and reading it returned; config then has the lines before the wrong one.
 * What a person should know though nothing is wrong goes to notice, one sentence. */
int config_read_file(struct phone_config *config, const char *path, struct buf *notice,
                     struct buf *why);
/* The same for text in memory; path only names it. */
int config_read_text(struct phone_config *config, struct slice text, const char *path,
                     struct buf *why);

#endif
