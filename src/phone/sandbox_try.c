/* The test of oneself: everything that the sandbox is to refuse, tried. */
#include "phone/sandbox.h"

#include <unistd.h>
#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#endif

#include "base/rand.h"
#include "phone/folders.h"

void sandbox_put_name(const char *folder, struct buf *out)
{
    struct rng rng = rng_system();
    char letters[13];

    rng_token(&rng, letters, sizeof letters - 1);
    buf_printf(out, "%s/.tphone-selftest-%ld-%s", folder, (long)getpid(), letters);
}

bool sandbox_tell(bool is_refused, const char *who, const char *what, struct buf *out)
{
    buf_printf(out, "%s%s: %s\n", is_refused ? "refused" : "ALLOWED", who, what);
    return is_refused;
}

#ifdef __linux__

#define PATH_BYTES 8192

/* Others than ours may be refused by who one is; ours come before anything is looked at. */
static bool is_refusal(void)
{
    return errno == EPERM || errno == ENOSYS || errno == EACCES;
}

/* Were it started, the test would end with status 1. */
static long try_execve(void)
{
    char name[] = "/bin/false", *words[] = {name, NULL};

    return execve(words[0], words, NULL);
}

static long try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid;
}

static long try_ptrace(void)
{
    return syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0);
}

static long try_memory_of_others(void)
{
    return syscall(SYS_process_vm_readv, getppid(), NULL, 0L, NULL, 0L, 0L);
}

static long try_kill(void)
{
    return kill(getppid(), 0);
}

/* Of which a screen may send one other. */
static long try_kill_job(void)
{
    return kill(0, SIGCONT);
}

static long try_raw_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static long try_raw_internet(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);

    return fd < 0 ? socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP) : fd;
}

/* Input on what is ours would be a signal to whom we like. */
static long try_signals_of_input(void)
{
    return fcntl(STDIN_FILENO, F_SETOWN, getppid());
}

static long try_typing(void)
{
    char key = ' ';

    /* The kernel looks at 32 bits, a filter may look at more. */
    if (syscall(SYS_ioctl, STDIN_FILENO, 1ul << 32 | TIOCSTI, &key) == 0)
        return 0;
    return is_refusal() ? ioctl(STDIN_FILENO, TIOCSTI, &key) : 0;
}

static long try_own_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED
               ? -1
               : 0;
}

static long try_own_code_shared(void)
{
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700);
    bool is_there = id >= 0 && shmat(id, NULL, SHM_EXEC) != (void *)-1;
    int err = errno;

    if (id >= 0)
        shmctl(id, IPC_RMID, NULL);
    errno = err;
    return is_there ? 0 : -1;
}

static long try_mount(void)
{
    return syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
}

static long try_unshare(void)
{
    return syscall(SYS_unshare, 0);
}

static long try_keys(void)
{
    return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}

/* --- files ---------------------------------------------------------------------------------- */

static long open_below(const char *folder, const char *name, int flags)
{
    struct buf path = buf_new(PATH_BYTES);
    int fd;

    buf_printf(&path, "%s%s", folder ? folder : "", name);
    fd = open(buf_cstr(&path), flags | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    buf_free(&path);
    return fd;
}

static long make_in(const char *folder)
{
    struct buf path = buf_new(PATH_BYTES);
    int fd;

    sandbox_put_name(folder ? folder : "", &path);
    fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        unlink(buf_cstr(&path));
        close(fd);
    }
    buf_free(&path);
    return fd;
}

static long try_home(void)
{
    return open_below(getenv("HOME"), "/", O_RDONLY | O_DIRECTORY);
}

/* Where there is none, nothing of it is read. */
static long try_keys_of_ssh(void)
{
    long fd = open_below(getenv("HOME"), "/.ssh", O_RDONLY | O_DIRECTORY);

    if (fd < 0 && errno == ENOENT)
        errno = EACCES;
    return fd;
}

static long try_new_file(void)
{
    return make_in(getenv("HOME"));
}

/* A hook in there would be carried out by the next phone. */
static long try_settings(void)
{
    struct buf path = buf_new(PATH_BYTES);
    long fd = -1;

    errno = EACCES;
    if (folders_config_file("tphone.conf", &path) == 0)
        fd = open_below(NULL, buf_cstr(&path), O_WRONLY);
    if (fd < 0 && errno == ENOENT)
        errno = EACCES;
    buf_free(&path);
    return fd;
}

static long try_file_of_tmp(void)
{
    return make_in("/tmp");
}

static long try_etc(void)
{
    return make_in("/etc");
}

static long try_processes(void)
{
    struct buf folder = buf_new(64);
    long fd;

    buf_printf(&folder, "/proc/%ld", (long)getppid());
    fd = open_below(buf_cstr(&folder), "/cmdline", O_RDONLY);
    buf_free(&folder);
    return fd;
}

/* --- all of them ---------------------------------------------------------------------------- */

static const struct attempt {
    const char *what;
    long (*attempt)(void); /* -1: refused; else it went through, or would have */
} attempts[] = {
    {"start a program", try_execve},
    {"make another process", try_fork},
    {"trace a process", try_ptrace},
    {"read the memory of a process", try_memory_of_others},
    {"send a signal to another process", try_kill},
    {"send a signal to its job", try_kill_job},
    {"open a raw socket", try_raw_socket},
    {"make packets of the internet itself", try_raw_internet},
    {"have input send signals to another process", try_signals_of_input},
    {"type on the terminal", try_typing},
    {"have memory that can be written and run at once", try_own_code},
    {"have such memory shared", try_own_code_shared},
    {"mount a file system", try_mount},
    {"change its namespaces", try_unshare},
    {"use the keys of the kernel", try_keys},
    {"list the home folder", try_home},
    {"look for keys in ~/.ssh", try_keys_of_ssh},
    {"write into the home folder", try_new_file},
    {"change its settings", try_settings},
    {"write into /tmp", try_file_of_tmp},
    {"write into /etc", try_etc},
    {"look at other processes", try_processes},
};

static bool is_refused(const struct attempt *a)
{
    errno = 0;
    return a->attempt() == -1 && is_refusal();
}

/* A thread that was there before the door was closed. */
struct early {
    pthread_t thread;
    pthread_barrier_t closed;
    bool tries, refused;
};

static void *be_early(void *arg)
{
    struct early *early = arg;

    pthread_barrier_wait(&early->closed);
    early->refused = early->tries && try_execve() == -1 && errno == EPERM;
    return NULL;
}

static void early_begin(struct early *early)
{
    *early = (struct early){.tries = false};
    pthread_barrier_init(&early->closed, NULL, 2);
    if (pthread_create(&early->thread, NULL, be_early, early) != 0)
        abort();
}

static bool early_end(struct early *early, bool tries)
{
    early->tries = tries;
    pthread_barrier_wait(&early->closed);
    pthread_join(early->thread, NULL);
    pthread_barrier_destroy(&early->closed);
    return early->refused;
}

bool sandbox_test(const struct reach *reach, const char *who, bool *all, struct buf *out)
{
    struct early early;
    bool closed, refused;

    early_begin(&early);
    closed = sandbox_close(reach, out) <= SANDBOX_CALLS_ONLY;
    if (out->n > 0)
        buf_putc(out, '\n');
    *all = closed;
    for (size_t i = 0; closed && i < ARRAY_LEN(attempts); i++)
        *all &= sandbox_tell(is_refused(&attempts[i]), who, attempts[i].what, out);
    refused = early_end(&early, closed);
    if (closed)
        *all &= sandbox_tell(refused, who, "start a program in an older thread", out);
    return closed;
}

#else

bool sandbox_test(const struct reach *reach, const char *who, bool *all, struct buf *out)
{
    (void)who;
    *all = sandbox_close(reach, out) == SANDBOX_CLOSED;
    buf_putc(out, '\n');
    return *all;
}

#endif
