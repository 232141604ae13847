/* phone/config_private.h - what the files of config share. */
#ifndef PHONE_CONFIG_PRIVATE_H
#define PHONE_CONFIG_PRIVATE_H

#include "phone/choices.h"
#include "phone/config.h"

/* Reads value into a struct phone_config or struct account_config, or changes nothing and returns
 * -EINVAL with the fault, or -ENOMEM. */
typedef int config_set_fn(void *into, struct slice value, struct config_fault *fault);

/* How a value is read into one member, for what many settings have. */
struct config_kind {
    int (*read)(const struct config_kind *kind, struct slice value, void *member,
                struct config_fault *fault);
    const char *missing;           /* of a text: what an empty value lacks; NULL: it may be empty */
    const struct choices *choices; /* of an enum or a flag: the words, in any case */
    unsigned on;                   /* of a flag: the place of the word that sets it */
};

struct config_option {
    struct config_key key;
    config_set_fn *set;             /* or, where this is NULL, … */
    const struct config_kind *kind; /* … a value of this kind for … */
    size_t member;                  /* … what lies here in the struct of the section */
};

#define CONFIG_INTO(section, what, how) .kind = &(how), .member = offsetof(section, what)
/* A row has the one or the other. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CONFIG_KEYS_MAX 56

/* The rows of a section: config_phone.c, config_account.c. A row without name ends them. */
extern const struct config_option config_phone_options[];
extern const struct config_option config_account_options[];
const struct config_option *config_options(enum config_section section);
/* The place of a key among the rows of its section; -1: there is none. */
ptrdiff_t config_find(enum config_section section, struct slice name);
/* Explains that there is no such key; -ENOENT. */
int config_refuse_name(enum config_section section, struct slice name, struct config_fault *fault);
/* Reads the value of the i-th key. */
int config_set_at(enum config_section section, size_t i, void *into, struct slice value,
                  struct config_fault *fault);

struct account_config *config_account_new(struct slice label);

/* --- config_phone.c: ring-device -------------------------------------------------------------- */

/* Adds a device to those before; "none" takes them away. */
int config_set_ring_device(void *into, struct slice value, struct config_fault *fault);
void config_free_rings(struct phone_config *config);

/* --- config_sound.c: how calls sound --------------------------------------------------------- */

/* clang-format off */
/* Each setting of struct config_sound, which phone, account and call have alike: name, values,
 * help, what holds where the phone says nothing, member, kind. */
#define CONFIG_SOUND_SETTINGS(X)                                                                   \
    X("ptime", "MS", "sound in a packet, as we ask for it: 10 to 120", "20",                       \
      ptime_ms, config_ptime)                                                                      \
    X("maxptime", "MS", "sound in a packet at most, both ways: 10 to 120", "120",                  \
      maxptime_ms, config_ptime)                                                                   \
    X("dtx", "yes|asked|no", "whether nothing is sent in silence", "asked: by the other side",     \
      dtx, config_dtx)                                                                             \
    X("opus-bitrate", "BITS", "of Opus, a second at most, both ways",                              \
      "30000 a channel, or what is asked for", opus_bitrate, config_opus_bitrate)                  \
    X("opus-rate", "8000|12000|16000|24000|48000",                                                 \
      "samples of Opus a second at most, both ways", "48000", opus_rate_hz, config_opus_rate)      \
    X("opus-cbr", "yes|no", "packets of Opus of one size, which tell nothing of what is said",     \
      "no", opus_cbr, config_opus_cbr)                                                             \
    X("opus-stereo", "yes|no", "two channels of Opus where the other side has them too", "no",     \
      opus_stereo, config_opus_stereo)                                                             \
    X("opus-complexity", "N", "how hard Opus works at most, 1 to 10", "9",                         \
      opus_complexity, config_opus_complexity)                                                     \
    X("jitter-max", "MS", "how long sound waits for what is late at most: 10 to 500", "500",       \
      jitter_max_ms, config_jitter_max)
/* clang-format on */

extern const struct config_kind config_ptime, config_dtx;
extern const struct config_kind config_opus_bitrate, config_opus_rate, config_opus_cbr;
extern const struct config_kind config_opus_stereo, config_opus_complexity;
extern const struct config_kind config_jitter_max;

/* --- config_hep.c ---------------------------------------------------------------------------- */

config_set_fn config_set_hep, config_set_hep_id, config_set_hep_password;
void config_free_hep(struct config_hep *hep);

/* --- config_hooks.c: "EVENTS COMMAND" --------------------------------------------------------- */

/* May stand several times: each adds to those before, but "none" takes them
 * away. */
int config_set_on_event(void *into, struct slice value, struct config_fault *fault);
void config_free_hooks(struct list *hooks);

/* --- config_tls.c ----------------------------------------------------------------------------- */

extern const struct config_kind config_fingerprint;
void config_free_tls(struct config_tls *tls);

/* --- config_screen.c -------------------------------------------------------------------------- */

config_set_fn config_set_theme, config_set_colours;
extern const struct config_kind config_lines;
/* "KEY COMMAND"; adds to those before, as on-event does. */
config_set_fn config_set_bind;
void config_free_binds(struct list *binds);

/* --- config_values.c: kinds of values that several keys have --------------------------------- */

/* A fault at where, which points into value; -EINVAL. */
int config_wrong(struct config_fault *fault, struct slice value, const char *where,
                 const char *sentence);
/* An empty value, which no setting has; -EINVAL. */
int config_refuse_empty(struct config_fault *fault, const char *what);
int config_replace(char **text, struct slice value);
/* One of these words, in any case: what it stands for in *out. */
int config_word(struct slice value, const struct choices *choices, unsigned *out,
                struct config_fault *fault);
/* Whole seconds from least to most. */
int config_seconds(struct slice value, unsigned least, unsigned most, unsigned *out,
                   struct config_fault *fault);
/* Into a char *, which is replaced; an enum whose values are above or at 0; a bool. */
int config_take_text(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault);
int config_take_word(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault);
int config_take_flag(const struct config_kind *kind, struct slice value, void *member,
                     struct config_fault *fault);
/* Members of these kinds. */
#define CONFIG_TEXT(what) .read = config_take_text, .missing = (what)
#define CONFIG_CHOICES(which) .read = config_take_word, .choices = (which)
#define CONFIG_WORDS(value, ...)                                                                   \
    CONFIG_CHOICES(&((const struct choices)CHOICES(value, __VA_ARGS__)))
#define CONFIG_FLAG(place, ...)                                                                    \
    .read = config_take_flag, .on = (place),                                                       \
    .choices = &((const struct choices)CHOICES(0, __VA_ARGS__))
extern const struct config_kind config_any_text, config_file;
extern const struct config_kind config_yes, config_no; /* no: of a flag that yes takes away */
extern const struct config_kind config_accept, config_dtmf, config_encryption, config_redundancy;
extern const struct config_kind config_transfers; /* config_transfers.c */
/* An address of record, and the URI of a server; "sip:" may be left out and is added. */
int config_address(struct slice value, char **out, struct config_fault *fault);
int config_server(struct slice value, char **out, struct config_fault *fault);

#endif
