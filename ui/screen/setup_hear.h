/* ui/screen/setup_hear.h - what a set-up hears from the tphone that tries something for it. */
#ifndef UI_SCREEN_SETUP_HEAR_H
#define UI_SCREEN_SETUP_HEAR_H

#include "base/buf.h"
#include "ui/screen/setup.h"

enum setup_heard {
    SETUP_HEARD_NOTHING, /* that counts for that work */
    SETUP_HEARD_DEVICE,  /* there is one of that name */
    SETUP_HEARD_GOOD,    /* it works, … */
    SETUP_HEARD_BAD,     /* … or does not */
};

/* Of one line of JSON. text, which is empty, gets the name or a sentence, safe for a terminal. */
enum setup_heard setup_hear(enum setup_work work, struct slice line, struct buf *text);

#endif
