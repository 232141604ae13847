#include "config.h"

#include "base/harden.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

/* Both, as a limit of 0 means nothing to a kernel that hands cores to a program (core(5)), and as
 * not every system has the other. */
static void hide_memory(void)
{
    static const struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
#ifdef PR_SET_DUMPABLE
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void harden(bool dumpable)
{
    if (!dumpable && !IS_SANITIZED)
        hide_memory();
#ifdef PR_SET_NO_NEW_PRIVS
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
}

bool harden_is_watched(void)
{
    const char *preloaded = getenv("LD_PRELOAD"); /* by which valgrind brings its own malloc */

    return IS_SANITIZED || (preloaded && strstr(preloaded, "vgpreload"));
}
