/* phone/sandbox.h - what a phone may still ask of the kernel, once it is on its way.
 *
 * A list of system calls that phones, their libraries and their threads need, and of files that
 * these calls may reach; all others are refused by an error, for every thread that comes later, and
 * for good. No program can be started, nobody else's memory looked into, no key typed for a
 * terminal, no file of the person read but those of phone/reach.h. What has to be started or opened
 * all the same goes by a helper that was forked before (phone/helper.h).
 *
 * A call of no list is ENOSYS, by which libraries take an older one (clone3, io_uring) or do
 * without; what only an intruder would want is EPERM. Neither kills: a library that tries something
 * new would end calls, and gains nothing by trying. */
#ifndef PHONE_SANDBOX_H
#define PHONE_SANDBOX_H

#include "base/buf.h"
#include "phone/reach.h"

enum sandbox_state {
    SANDBOX_CLOSED,
    SANDBOX_CALLS_ONLY, /* the kernel cannot refuse files */
    SANDBOX_NOT_HERE,   /* no filter of calls; files may be held all the same, why says so */
    SANDBOX_WATCHED,    /* sanitizers and valgrind do what is refused here */
};

/* For this thread and all that it starts. why gets a sentence where it is not SANDBOX_CLOSED. */
enum sandbox_state sandbox_close(const struct reach *reach, struct buf *why);

/* Closes it and tries, in this process, one after the other what is to be refused then. Appends a
 * line for each, "refused: …" or "ALLOWED: …" with who behind that word, or why there is no
 * sandbox. false: there is none. all: whether everything was refused. */
bool sandbox_test(const struct reach *reach, const char *who, bool *all, struct buf *out);
/* Such a line, of something else that was tried; returns is_refused. */
bool sandbox_tell(bool is_refused, const char *who, const char *what, struct buf *out);
/* The name of a file that a test makes in that folder, another one each time: one that is there
 * already would be no answer. */
void sandbox_put_name(const char *folder, struct buf *out);

#endif
