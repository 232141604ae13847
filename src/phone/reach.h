/* phone/reach.h - which files a phone and its libraries need once it is on its way.
 *
 * To be read: what every program may read of the system (/etc, /usr), settings of sound servers,
 * the folder of the configuration, and files that the settings name. To be written: the folder of
 * the state, that of the history, and what sound goes through. All sound files but those that were
 * named at the start go by the helper (phone/helper.h). */
#ifndef PHONE_REACH_H
#define PHONE_REACH_H

#include "phone/config.h"
#include "phone/landlock.h"

struct reach {
    const struct phone_config *config; /* NULL: it is no phone, and has no sound */
    const char *play, *record;         /* files of the command line, or NULL */
    int play_fd, record_fd; /* sound of other programs, which is opened once more; -1: none */
    const char *socket;     /* that clients are heard at; NULL: none of ours */
    bool stops_job;         /* a screen: it stops all of its job where Ctrl-Z is typed */
};

/* Names all of it. Makes the folder of the state, as only what is there can be named. */
void reach_allow(const struct reach *reach, const struct landlock *landlock);
/* What of that opens more than one would think: a sentence with its newline for each file that lies
 * in the home folder itself, beside the folder of the settings, or among what programs put where
 * all do ($XDG_RUNTIME_DIR, $TMPDIR, /tmp, /var/tmp, /dev/shm), with what to do. */
void reach_warn(const struct reach *reach, struct buf *out);
/* Whether somebody outside is to be reached by a name of no file system. */
bool reach_needs_abstract_sockets(void);

#endif
