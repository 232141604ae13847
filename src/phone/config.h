/* phone/config.h - the settings of a phone, from a file and from the command line alike.
 *
 * A file has lines "name = value". The value is everything behind the equals sign but the blanks
 * around it: no quotes, no comments behind it. Lines that begin with # or ; are comments. Every
 * setting is also an option of the command line with the same name, and is read by the same
 * function. What cannot be understood is refused with its place, never guessed at or skipped. */
#ifndef PHONE_CONFIG_H
#define PHONE_CONFIG_H

#include "base/buf.h"
#include "base/ip.h"

#define CONFIG_CODECS_MAX 8
#define CONFIG_FILE_BYTES_MAX 65536

/* Where SIP is listened for. */
struct config_listen {
    bool udp, tcp;
    struct ip ip; /* family 0: every address; port 0: a free one */
};

struct phone_config {
    struct config_listen listen;
    bool listen_said;                      /* false: listen is the default, a free port */
    uint16_t rtp_first, rtp_last;          /* even ports for RTP, the odd ones above for RTCP */
    bool no_device;                        /* device = none */
    char *device;                          /* owned; NULL: the system's default */
    const char *codecs[CONFIG_CODECS_MAX]; /* in order of preference; static names */
    size_t n_codecs;
    char *user;       /* owned; user part of our own URI; NULL: tphone */
    char *name;       /* owned; display name; NULL: none */
    size_t max_calls; /* 0: no limit */
};

/* What was wrong with a value: at which of its bytes, and a sentence without the place; text is
 * owned by whoever made the fault, with buf_new. */
struct config_fault {
    size_t at;
    struct buf text;
};

/* The defaults: every address with a free port, RTP ports 16384 to 32767, Opus, PCMU and PCMA, the
 * system's default device. */
void config_init(struct phone_config *config);
void config_free(struct phone_config *config);

/* Reads one setting; an earlier value of it is replaced. Returns 0; -ENOENT: no such setting (the
 * fault names the likely right one); -EINVAL: the value is wrong. On an error nothing changes. */
int config_set(struct phone_config *config, struct slice name, struct slice value,
               struct config_fault *fault);
/* Reads a whole file. An error is appended to why as "FILE:LINE:COLUMN: sentence", and -EINVAL or
 * the errno of opening and reading it returned; config then has the lines before the wrong one. */
int config_read_file(struct phone_config *config, const char *path, struct buf *why);
/* The same for text in memory; path only names it. */
int config_read_text(struct phone_config *config, struct slice text, const char *path,
                     struct buf *why);

/* The name of the i-th setting, NULL behind the last. */
const char *config_name(size_t i);

#endif
