/* ui/screen/setup.h - the first start: a few questions, and a configuration made of the answers.
 *
 * Pure: a table of steps, what was answered, and what is to be done meanwhile by whoever holds it
 * (ui/screen/setup_run.h). A view of the screen shows it, the line mode asks it. Every step can be
 * passed over with an empty answer. Nothing is written before the last step says so. */
#ifndef UI_SCREEN_SETUP_H
#define UI_SCREEN_SETUP_H

#include "base/buf.h"

#define SETUP_DEVICES_MAX 64u

enum setup_kind {
    SETUP_TEXT,
    SETUP_SECRET, /* what is typed may not be shown */
    SETUP_TEST,   /* of the account; asked for what is next when its outcome is known */
    SETUP_DEVICE, /* a number of the list, or a name */
    SETUP_WRITE,  /* yes or no */
};

struct setup;

struct setup_step {
    const char *name; /* one word */
    enum setup_kind kind;
    const char *question;
    const char *help; /* what an empty answer means */
    /* Whether it is asked at all, by what was answered; NULL: always. */
    bool (*asked)(const struct setup *setup);
    const char *key; /* of the account in tphone.conf that the answer is; NULL: none */
};

/* What whoever holds a set-up is to do; answered by setup_tested, … */
enum setup_work {
    SETUP_NOTHING,
    SETUP_TEST_ACCOUNT,
    SETUP_LIST_DEVICES,
    SETUP_TEST_DEVICE, /* device_test of device */
    SETUP_WRITE_FILE,
};

#define SETUP_STEPS 7u

struct setup {
    size_t at; /* the step; SETUP_STEPS: it is over */
    bool written;
    enum setup_work work;
    bool working;               /* work was begun and is not done */
    char *answers[SETUP_STEPS]; /* owned, never NULL; wiped */
    struct buf why;             /* what is wrong with the last answer */
    struct buf outcome;         /* of the last test, or of writing */
    bool good;                  /* that it was well */
    const char *device_test;    /* "tone" or "record" */
    char *device;               /* that is tried; owned; "default": the usual one */
    char *devices[SETUP_DEVICES_MAX];
    size_t n_devices;
    char *path;                 /* of the file */
    void (*changed)(void *arg); /* work is to be done, or no longer; NULL: nobody can */
    void *arg;
};

/* path: where the file will be; "": nowhere, so it cannot be written. */
void setup_init(struct setup *setup, const char *path);
void setup_free(struct setup *setup);
/* From the beginning; forgets all answers. */
void setup_restart(struct setup *setup);

/* NULL: it is over. */
const struct setup_step *setup_step(const struct setup *setup);
/* The i-th of all; NULL behind the last. */
const struct setup_step *setup_step_at(size_t i);
bool setup_is_over(const struct setup *setup);
/* Takes the answer of this step, and goes to the next or says in why what is wrong with it. Nothing
 * happens while work is done. */
void setup_answer(struct setup *setup, struct slice answer);
/* To the step before; false: there is none. */
bool setup_back(struct setup *setup);
/* Ends it with nothing written. */
void setup_cancel(struct setup *setup);

/* What was answered to a step, for people: a secret is only "given". */
void setup_put_answer(const struct setup *setup, size_t step, struct buf *out);

/* What is done now, in a sentence; "": nothing. */
const char *setup_doing(const struct setup *setup);

/* --- for who does the work ------------------------------------------------------------------ */

/* The configuration that has been answered so far, with comments; it holds the password. */
void setup_put_config(const struct setup *setup, struct buf *out);
/* The account or a device was tested; a safe sentence. */
void setup_tested(struct setup *setup, bool good, const char *sentence);
/* One device that there is, safe text; setup_listed says that there are no more. */
void setup_add_device(struct setup *setup, const char *name);
void setup_listed(struct setup *setup);
/* The file was written, or why not. */
void setup_wrote(struct setup *setup, bool good, const char *sentence);

/* Whether a configuration says only what a set-up makes one say; trusted: a program for the
 * password and a file as a device are among that. For who has it from somebody else. */
bool setup_is_draft(struct slice text, bool trusted);
/* Writes text to path, which may not exist yet, so that it is there whole or not at all: mode 0600,
 * in a folder that is made with 0700 where there is none. 0; -EEXIST: something is there already;
 * another negative errno. */
int setup_write_file(const char *path, struct slice text);

#endif
