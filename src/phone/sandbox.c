#include <config.h> /* the one of configure, not of this folder */

#include "phone/sandbox.h"

#include <errno.h>
#include <string.h>
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "base/harden.h"
#include "phone/landlock.h"
#include "phone/sandbox_private.h"

static int close_files(const struct reach *reach)
{
    struct landlock landlock;
    int err = landlock_begin(&landlock, !reach_needs_abstract_sockets());

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

static int add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names)
{
    int err = 0;

    for (size_t i = 0; !err && names[i]; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);

        if (number != __NR_SCMP_ERROR)
            err = seccomp_rule_add(filter, action, number, 0);
    }
    return err;
}

/* Threads that are there already are caught as well (TSYNC), where the kernel can: libraries may
 * start some when they are loaded. Landlock would not hold those. */
static int close_calls(void)
{
    scmp_filter_ctx filter = KNOWS_CALLS ? seccomp_init(SCMP_ACT_ERRNO(ENOSYS)) : NULL;
    int err = filter ? 0 : KNOWS_CALLS ? -ENOMEM : -ENOSYS;

    if (!err)
        err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: some 8 steps */
    if (!err)
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (!err)
        err = add_names(filter, SCMP_ACT_ALLOW, sandbox_allowed);
    if (!err)
        err = add_names(filter, SCMP_ACT_ERRNO(EPERM), sandbox_refused);
    if (!err)
        err = sandbox_add_conditions(filter);
    if (!err)
        err = seccomp_load(filter);
    if (filter)
        seccomp_release(filter);
    return err;
}

#else

static int close_calls(void)
{
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
    calls = close_calls();
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
