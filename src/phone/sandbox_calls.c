/* Which system calls there are for a phone. By name, as some are not on every machine. */
#include <config.h> /* the one of configure, not of this folder */

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "base/slice.h"
#include "phone/sandbox_private.h"

/* clang-format off */
const char *const sandbox_allowed[] = {
    /* descriptors */
    "close", "close_range", "dup", "dup2", "dup3", "lseek", "pipe", "pipe2", "pread64",
    "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readv", "sendfile", "write",
    "writev", "copy_file_range", "splice", "eventfd2", "memfd_create", "flock", "fsync",
    "fdatasync", "ftruncate", "fallocate", "fadvise64", "sync_file_range",
    /* waiting */
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
    "pselect6", "select", "timerfd_create", "timerfd_settime", "timerfd_gettime", "signalfd4",
    "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "nanosleep", "clock_nanosleep",
    "pause", "restart_syscall",
    /* sockets; socket itself below */
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    "socketpair",
    /* files */
    "access", "faccessat", "faccessat2", "fchown", "open",
    "openat", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "getcwd",
    "getdents64", "getdents", "link", "linkat", "mkdir", "mkdirat", "readlink", "readlinkat",
    "rename", "symlink", "symlinkat", "renameat", "renameat2", "rmdir", "unlink", "unlinkat",
    "umask", "fgetxattr", "getxattr",
    /* memory */
    "brk", "madvise", "mincore", "mlock", "mlock2", "mremap", "msync", "munlock", "munmap",
    "membarrier", "pkey_alloc", "pkey_free", "shmctl", "shmdt", "shmget", "semget",
    "semop", "semctl", "semtimedop", /* of ALSA */
    /* threads; clone below */
    "arch_prctl", "exit", "exit_group", "futex", "futex_waitv", "get_robust_list", "gettid",
    "rseq", "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
    "sched_get_priority_max", "sched_get_priority_min", "sched_setaffinity", "sched_setattr",
    "sched_setscheduler", "sched_yield", "set_robust_list", "set_tid_address", "getcpu",
    "getpriority", "setpriority",
    /* time, oneself, signals; kill below */
    "clock_getres", "clock_gettime", "gettimeofday", "time", "times", "getrandom", "getpid",
    "getppid", "getpgrp", "getpgid", "getsid", "getuid", "geteuid", "getgid", "getegid",
    "getresuid", "getresgid", "getgroups", "getrusage", "getrlimit", "setrlimit", "sysinfo",
    "uname", "capget", "alarm", "getitimer", "setitimer", "timer_create", "timer_settime",
    "timer_delete", "timer_gettime", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack", "wait4", "waitid",
    /* the same where a word has 32 bits, and time once had; nothing on other machines */
    "_llseek", "_newselect", "fstat64", "stat64", "lstat64", "fstatat64", "statfs64", "fstatfs64",
    "ftruncate64", "sendfile64", "fadvise64_64", "arm_fadvise64_64", "arm_sync_file_range",
    "sync_file_range2", "fchown32", "getuid32", "geteuid32", "getgid32", "getegid32",
    "getresuid32", "getresgid32", "getgroups32", "ugetrlimit", "send", "recv", "sigreturn",
    "sigaction", "sigprocmask", "waitpid", "set_thread_area", "set_tls", "cacheflush",
    "riscv_flush_icache", "clock_gettime64", "clock_getres_time64", "clock_nanosleep_time64",
    "futex_time64", "ppoll_time64", "pselect6_time64", "recvmmsg_time64",
    "rt_sigtimedwait_time64", "semtimedop_time64", "timer_gettime64", "timer_settime64",
    "timerfd_gettime64", "timerfd_settime64",
    NULL,
};

/* What would be of use to who has taken us over: an error that nothing tries to go around. */
const char *const sandbox_refused[] = {
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
    "pidfd_getfd", "pidfd_open", "pidfd_send_signal", "process_madvise", "mount", "umount2",
    "pivot_root", "chroot", "unshare", "setns", "bpf", "perf_event_open", "userfaultfd", "keyctl",
    "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load",
    "reboot", "swapon", "swapoff", "personality", "open_by_handle_at", "name_to_handle_at",
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "capset",
    "acct", "quotactl", "iopl", "ioperm", "modify_ldt", "kcmp", "fanotify_init", "syslog",
    NULL,
};
/* clang-format on */

#define ALL_BITS 0xffffffffu
#define TYPE_BITS 0xff00u /* of what ioctl is asked for: whose it is */
#define WRITES 0x40000000u
#define READS 0x80000000u

/* What ioctl is asked for on this list has 32 bits for the kernel, whatever stands above; what
 * types keys for the shell that comes behind us (TIOCSTI, TIOCLINUX) is not on it. */
/* clang-format off */
static const struct condition {
    const char *call;
    unsigned argument;
    enum scmp_compare how;
    uint64_t value;
    uint64_t masked; /* of MASKED_EQ, where value is the mask */
} conditions[] = {
    {"socket",    0, SCMP_CMP_EQ, AF_UNIX, 0},
    {"socket",    0, SCMP_CMP_EQ, AF_NETLINK, 0}, /* where all are raw */
    {"clone",     0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD},
    {"prlimit64", 0, SCMP_CMP_EQ, 0, 0},
    {"prctl",     0, SCMP_CMP_EQ, PR_SET_NAME, 0},
    {"prctl",     0, SCMP_CMP_EQ, PR_GET_NAME, 0},
    {"prctl",     0, SCMP_CMP_EQ, PR_SET_TIMERSLACK, 0},
    {"prctl",     0, SCMP_CMP_EQ, PR_GET_DUMPABLE, 0},
    {"prctl",     0, SCMP_CMP_EQ, PR_CAPBSET_READ, 0}, /* libcap, when it is loaded */
    {"prctl",     0, SCMP_CMP_EQ, 0x53564d41, 0}, /* PR_SET_VMA: names of anonymous memory */
    /* Memory that can be written and run at once is where foreign code would begin. */
    {"mmap",      2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
    {"mmap",      2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC}, /* dlopen */
    {"mmap2",     2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}, /* of 32 bits */
    {"mmap2",     2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC},
    {"fchmod",    1, SCMP_CMP_MASKED_EQ, 07111, 0}, /* a file that is there becomes no program */
    {"shmat",     2, SCMP_CMP_MASKED_EQ, SHM_EXEC, 0},
    {"mprotect",  2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TCGETS},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TCSETS},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TCSETSW},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TCSETSF},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TCFLSH},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TIOCGPGRP},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TIOCGWINSZ},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, TIOCOUTQ},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, FIONREAD},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, FIONBIO},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, FIOCLEX},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, ALL_BITS, FIONCLEX},
    /* Sockets, but for the first four, which say who is sent signals. */
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS | 0x04, 0x8904},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS | 0x08, 0x8908},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS | 0x10, 0x8910},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS | 0x20, 0x8920},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS | 0x40, 0x8940},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS | 0x80, 0x8980},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS, 'A' << 8}, /* ALSA: sound, */
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS, 'H' << 8}, /* … devices of drivers, */
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS, 'U' << 8}, /* … controls, */
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, WRITES | TYPE_BITS, WRITES | 'T' << 8}, /* … timers */
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, READS | TYPE_BITS, READS | 'T' << 8},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, 0xfffffff0, 'T' << 8 | 0xa0},
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS, 'P' << 8}, /* OSS */
    {"ioctl",     1, SCMP_CMP_MASKED_EQ, TYPE_BITS, 'M' << 8},
};
/* What fcntl is asked for. Not on it: who is sent signals, and which (F_SETOWN, F_SETSIG). */
static const int fcntls[] = {
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
    5, 6, 7, 12, 13, 14, /* locks, as the kernels of 32 bits and of 64 have them */
    F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS,
};
/* clang-format on */

/* Streams and datagrams, no raw ones: their packets would be whose we like. */
static int allow_internet(scmp_filter_ctx filter)
{
    static const uint64_t families[] = {SANDBOX_INET, SANDBOX_INET6},
                          types[] = {SOCK_STREAM, SOCK_DGRAM};
    int err = 0;

    for (size_t i = 0; !err && i < ARRAY_LEN(families) * ARRAY_LEN(types); i++) {
        const struct scmp_arg_cmp arguments[] = {{0, SCMP_CMP_EQ, families[i / 2], 0},
                                                 {1, SCMP_CMP_MASKED_EQ, 0xf, types[i % 2]}};

        err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, arguments);
    }
    return err;
}

static int allow_if(scmp_filter_ctx filter, const struct condition *c)
{
    const struct scmp_arg_cmp argument = {c->argument, c->how, c->value, c->masked};
    int number = seccomp_syscall_resolve_name(c->call);

    return number == __NR_SCMP_ERROR
               ? 0
               : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &argument);
}

static int allow_fcntl(scmp_filter_ctx filter)
{
    int err = 0;

    for (size_t i = 0; !err && i < ARRAY_LEN(fcntls); i++) {
        const uint64_t asked = (uint64_t)fcntls[i];
        const struct condition one = {"fcntl", 1, SCMP_CMP_MASKED_EQ, ALL_BITS, asked};
        const struct condition other = {"fcntl64", 1, SCMP_CMP_MASKED_EQ, ALL_BITS, asked};

        err = allow_if(filter, &one);
        if (!err)
            err = allow_if(filter, &other);
    }
    return err;
}

/* Ctrl-Z, which a screen is told as any key: it stops whoever is in its job. */
static int allow_stop(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp arguments[] = {{0, SCMP_CMP_EQ, SANDBOX_OWN_JOB, 0},
                                             {1, SCMP_CMP_EQ, SIGTSTP, 0}};

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 2, arguments);
}

int sandbox_add_conditions(void *filter)
{
    const uint64_t self = SANDBOX_OWN_PROCESS;
    const struct condition signals[] = {{"kill", 0, SCMP_CMP_EQ, self, 0},
                                        {"tgkill", 0, SCMP_CMP_EQ, self, 0},
                                        {"tkill", 0, SCMP_CMP_EQ, self, 0}}; /* of musl */
    int err = allow_internet(filter);

    if (!err)
        err = allow_fcntl(filter);
    if (!err)
        err = allow_stop(filter);
    for (size_t i = 0; !err && i < ARRAY_LEN(signals); i++)
        err = allow_if(filter, &signals[i]);
    for (size_t i = 0; !err && i < ARRAY_LEN(conditions); i++)
        err = allow_if(filter, &conditions[i]);
    return err;
}
