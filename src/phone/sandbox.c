#include <config.h> /* the one of configure, not of this folder */

#include "phone/sandbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_SECCOMP
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#endif

#include "base/harden.h"
#include "base/slice.h"
#include "phone/landlock.h"
#include "phone/sandbox_private.h"

static int close_files(const struct reach *reach)
{
    struct landlock landlock;
    int err = landlock_begin(&landlock, !reach_needs_abstract_sockets(), !reach->stops_job);

    if (err)
        return err;
    reach_allow(reach, &landlock);
    return landlock_enter(&landlock);
}

#if defined __s390__
#define KNOWS_CALLS false /* clone has its flags in another argument there */
#else
#define KNOWS_CALLS true
#endif

static const char *why_no_filter(int err)
{
#ifndef HAVE_SECCOMP
    return "this program was built without libseccomp";
#endif
    return KNOWS_CALLS ? strerror(-err) : "the calls of this kind of machine are not known";
}

#ifdef HAVE_SECCOMP

static const struct sock_filter steps[] = {
#include "phone/sandbox_filter.inc"
};

/* What a number in the filter is for this process. */
static uint32_t own_number(uint32_t k, const struct reach *reach)
{
    switch (k) {
    case SANDBOX_OWN_PROCESS:
        return (uint32_t)getpid();
    case SANDBOX_OWN_JOB:
        return reach->stops_job ? 0 : k;
    case SANDBOX_INET:
        return reach->config ? AF_INET : k;
    case SANDBOX_INET6:
        return reach->config ? AF_INET6 : k;
    default:
        return k;
    }
}

/* Threads that are there already are caught as well (TSYNC): libraries may start some when they
 * are loaded. Landlock would not hold those. */
static int close_calls(const struct reach *reach)
{
    struct sock_filter own[ARRAY_LEN(steps)];
    struct sock_fprog program = {.len = ARRAY_LEN(own), .filter = own};

    if (!KNOWS_CALLS)
        return -ENOSYS;
    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        own[i] = steps[i];
        own[i].k = own_number(own[i].k, reach);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    switch (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program)) {
    case 0:
        return 0;
    case -1:
        return -errno;
    default: /* the number of a thread that has another filter */
        return -EBUSY;
    }
}

#else

static int close_calls(const struct reach *reach)
{
    (void)reach;
    return -ENOSYS;
}

#endif

enum sandbox_state sandbox_close(const struct reach *reach, struct buf *why)
{
    int files, calls;

    if (harden_is_watched()) {
        buf_puts(why,
                 "no sandbox: a sanitizer or valgrind is at work, which needs what it refuses");
        return SANDBOX_WATCHED;
    }
    files = close_files(reach);
    calls = close_calls(reach);
    if (calls)
        buf_printf(why, "%s, as there is no filter of system calls (seccomp): %s",
                   files ? "no sandbox" : "the sandbox holds files alone (Landlock)",
                   why_no_filter(calls));
    if (files)
        buf_printf(why, "%s: %s",
                   calls ? ", and files are not held, as there is no Landlock"
                         : "the sandbox holds system calls alone, and no files, as there is no "
                           "Landlock",
                   strerror(-files));
    return calls ? SANDBOX_NOT_HERE : files ? SANDBOX_CALLS_ONLY : SANDBOX_CLOSED;
}
