#include <config.h> /* the one of configure, not of this folder */

#include "phone/landlock.h"

#include <errno.h>

#ifdef __linux__

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The interface of the kernel, whole: the headers of the system may know less of it. */
#define SYS_CREATE_RULESET 444
#define SYS_ADD_RULE 445
#define SYS_RESTRICT_SELF 446
#define ASK_VERSION 1u
#define PATH_BENEATH 1

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,

    SCOPE_ABSTRACT = 1 << 0,
    SCOPE_SIGNAL = 1 << 1,
};

#define VERSION_SCOPES 6

struct ruleset {
    uint64_t files, net, scoped;
};

struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* What each version of the kernel's interface has added. */
static const struct {
    int version;
    uint64_t rights;
} added[] = {
    {1, EXECUTE | WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR |
            MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM},
    {2, REFER},
    {3, TRUNCATE},
    {5, IOCTL_DEV},
};

static const uint64_t of_files = WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

int landlock_begin(struct landlock *out, bool scope_sockets, bool scope_signals)
{
    long version = syscall(SYS_CREATE_RULESET, NULL, (size_t)0, ASK_VERSION);
    struct ruleset rules = {0};
    size_t size = version >= VERSION_SCOPES ? sizeof rules : sizeof rules.files;

    if (version < 0)
        return -errno;
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        if (version >= added[i].version)
            rules.files |= added[i].rights;
    rules.scoped = (scope_signals ? SCOPE_SIGNAL : 0u) | (scope_sockets ? SCOPE_ABSTRACT : 0u);
    out->handled = rules.files;
    out->ruleset = (int)syscall(SYS_CREATE_RULESET, &rules, size, 0u);
    return out->ruleset < 0 ? -errno : 0;
}

static uint64_t kernel_rights(unsigned rights)
{
    uint64_t out = 0;

    if (rights & LANDLOCK_READ)
        out |= READ_FILE | READ_DIR;
    if (rights & LANDLOCK_WRITE)
        out |= WRITE_FILE | TRUNCATE | IOCTL_DEV;
    if (rights & LANDLOCK_MAKE)
        out |= MAKE_REG | MAKE_DIR | MAKE_SOCK | REMOVE_FILE | REMOVE_DIR;
    return out;
}

/* Pipes and sockets are refused here, and need no rule. */
void landlock_allow_open(const struct landlock *landlock, int fd, unsigned rights)
{
    struct beneath rule = {kernel_rights(rights) & landlock->handled, fd};
    struct stat st;

    if (fstat(fd, &st) != 0)
        return;
    if (!S_ISDIR(st.st_mode))
        rule.allowed &= of_files;
    (void)syscall(SYS_ADD_RULE, landlock->ruleset, PATH_BENEATH, &rule, 0u);
}

void landlock_allow(const struct landlock *landlock, const char *path, unsigned rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return;
    landlock_allow_open(landlock, fd, rights);
    close(fd);
}

int landlock_enter(struct landlock *landlock)
{
    int err = syscall(SYS_RESTRICT_SELF, landlock->ruleset, 0u) == 0 ? 0 : -errno;

    close(landlock->ruleset);
    landlock->ruleset = -1;
    return err;
}

#else

int landlock_begin(struct landlock *out, bool scope_sockets, bool scope_signals)
{
    (void)scope_sockets;
    (void)scope_signals;
    *out = (struct landlock){.ruleset = -1};
    return -ENOSYS;
}

void landlock_allow(const struct landlock *landlock, const char *path, unsigned rights)
{
    (void)landlock;
    (void)path;
    (void)rights;
}

void landlock_allow_open(const struct landlock *landlock, int fd, unsigned rights)
{
    (void)landlock;
    (void)fd;
    (void)rights;
}

int landlock_enter(struct landlock *landlock)
{
    (void)landlock;
    return -ENOSYS;
}

#endif
