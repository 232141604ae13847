/* What a screen asks its helper; each is a text. */
#ifndef UI_SCREEN_SCREEN_HELPER_PRIVATE_H
#define UI_SCREEN_SCREEN_HELPER_PRIVATE_H

#include "ui/cli.h"

enum screen_question {
    SCREEN_START,       /* no text; answered by the path of the socket, a NUL, and why */
    SCREEN_LAST_WORDS,  /* "always" or nothing */
    SCREEN_KNOWS_PHONE, /* no text */
    SCREEN_TRY,         /* a digit, an enum setup_work, and the configuration */
    SCREEN_WRITE,       /* the configuration */
    SCREEN_TRACE,       /* a path */
    SCREEN_KEEP,        /* of each setting its name, its values and "", each with a NUL */
};

/* What the helper knows: arg, on its side. */
struct screen_side {
    const struct cli *cli;
    const char *draft;    /* "": none */
    const char *settings; /* NULL: none */
    bool *knows_phone; /* shared by the helper and what answers; NULL: there is no memory for it */
};

/* The helper's side: a function of struct net_spawner_spec each. */
void screen_helper_begin(const void *arg);
int screen_helper_answer(const void *arg, unsigned what, struct slice asked, int *fd,
                         struct buf *text);

#endif
