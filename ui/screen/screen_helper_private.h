/* What a screen asks its helper; each is a text. */
#ifndef UI_SCREEN_SCREEN_HELPER_PRIVATE_H
#define UI_SCREEN_SCREEN_HELPER_PRIVATE_H

#include <stdatomic.h>

#include "phone/config_keep.h"
#include "ui/cli.h"
#include "ui/screen/setup.h"

enum screen_question {
    SCREEN_START,       /* no text; answered by the path of the socket, a NUL, and why */
    SCREEN_LAST_WORDS,  /* "always" or nothing */
    SCREEN_KNOWS_PHONE, /* no text */
    SCREEN_TRY,         /* a digit, an enum setup_work, and the configuration */
    SCREEN_WRITE,       /* the configuration */
    SCREEN_TRACE,       /* a path */
    SCREEN_KEEP,        /* of each setting its name, its values and "", each with a NUL */
};

/* Of a set-up's tries, each a tphone of its own, at the same time; it makes one after the other.
 * More: -EAGAIN. */
#define SCREEN_TRIES_MAX 4

/* What the helper shares with those of its processes that answer. */
struct screen_shared {
    atomic_bool knows_phone;
    atomic_int tries[SCREEN_TRIES_MAX]; /* processes, some of which have ended; 0: none */
};

/* What the helper knows: arg, on its side. */
struct screen_side {
    const struct cli *cli;
    const char *draft;            /* "": none */
    const char *settings;         /* NULL: none */
    struct screen_shared *shared; /* NULL: there is no memory for it */
};

#define SCREEN_KEPT_MAX 2u
#define SCREEN_VALUES_MAX 64u /* of a setting */

/* What is asked, once it is read and judged: texts of the question. */
struct screen_asked {
    enum screen_question what;
    bool always;                              /* SCREEN_LAST_WORDS */
    enum setup_work work;                     /* SCREEN_TRY: one that is tried */
    struct slice draft;                       /* SCREEN_TRY, SCREEN_WRITE */
    const char *path;                         /* SCREEN_TRACE */
    struct config_kept kept[SCREEN_KEPT_MAX]; /* SCREEN_KEEP */
    const char *values[SCREEN_KEPT_MAX][SCREEN_VALUES_MAX];
    size_t n_kept;
};

/* asked: n bytes and a NUL behind, which out points into. 0, or a negative errno and perhaps a
 * sentence in text: it makes no sense, or the sandbox does not let it be done. */
int screen_helper_read(const struct screen_side *side, unsigned what, const char *asked, size_t n,
                       struct screen_asked *out, struct buf *text);

/* The helper's side: a function of struct net_spawner_spec each. */
void screen_helper_begin(const void *arg);
int screen_helper_answer(const void *arg, unsigned what, struct slice asked, int *fd,
                         struct buf *text);

#endif
