/* phone/landlock.h - files that a process may still reach, by Landlock of Linux 5.13 and later.
 *
 * First all that is allowed is named, then the door is closed for this thread and all that it
 * starts; what is open stays open. What an older kernel cannot refuse, it does not. */
#ifndef PHONE_LANDLOCK_H
#define PHONE_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum landlock_right {
    LANDLOCK_READ = 1,  /* files, and lists of folders */
    LANDLOCK_WRITE = 2, /* to files that are there; settings of devices, too */
    LANDLOCK_MAKE = 4,  /* and remove: files, folders, sockets; no symbolic links */
    LANDLOCK_ALL = 7,
};

struct landlock {
    int ruleset;
    uint64_t handled; /* what this kernel can refuse of files */
};

/* scope_sockets, scope_signals: abstract sockets of others, signals to them are refused as well,
 * where the kernel can. 0; -ENOSYS and -EOPNOTSUPP: the kernel has no Landlock, or it is off;
 * another negative errno. */
int landlock_begin(struct landlock *out, bool scope_sockets, bool scope_signals);
/* A file, or a folder with all below it. What is not there is passed over. */
void landlock_allow(const struct landlock *landlock, const char *path, unsigned rights);
/* The file that is open as fd. */
void landlock_allow_open(const struct landlock *landlock, int fd, unsigned rights);
/* Closes the door. The landlock is gone either way. 0 or a negative errno. */
int landlock_enter(struct landlock *landlock);

#endif
