#include "ui/screen/setup_try.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "net/spawner.h"

#define LAST_S 60u /* more than any try takes */
#define CONFIG_FD 3
#define CONFIG_PATH "/dev/fd/3"

static const char *const *words_for(enum setup_work work)
{
    static const char *const account[] = {"tphone",    "register", "--config", CONFIG_PATH,
                                          "--control", "-",        "-q",       NULL};
    static const char *const list[] = {"tphone",    "devices", "--config",
                                       "/dev/null", "--json",  NULL};
    static const char *const device[] = {"tphone",    "register", "--config", "/dev/null",
                                         "--control", "-",        "--listen", "udp:127.0.0.1:0",
                                         "-q",        NULL};

    switch (work) {
    case SETUP_TEST_ACCOUNT:
        return account;
    case SETUP_LIST_DEVICES:
        return list;
    case SETUP_TEST_DEVICE:
        return device;
    default:
        return NULL;
    }
}

/* In the child, in a session of its own, so that it asks nobody on this terminal. First away with
 * the numbers that are to be given. */
static _Noreturn void become(const char *program, const char *const *words, int talk, int config)
{
    int null = open("/dev/null", O_RDWR);
    int high_talk = fcntl(talk, F_DUPFD_CLOEXEC, CONFIG_FD + 1);
    int high_config = fcntl(config, F_DUPFD_CLOEXEC, CONFIG_FD + 1);

    setsid();
    net_spawner_reset_signals();
    if (dup2(null, STDERR_FILENO) < 0 || dup2(high_talk, STDIN_FILENO) < 0 ||
        dup2(high_talk, STDOUT_FILENO) < 0 || dup2(high_config, CONFIG_FD) < 0)
        _exit(127);
    alarm(LAST_S);
    execv(program, (char *const *)(uintptr_t)words);
    _exit(127);
}

/* All of it goes in: a pipe holds more. */
static int open_config(struct slice config, int *out)
{
    int ends[2], err = 0;

    if (pipe(ends) != 0)
        return -errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    if (write(ends[1], config.p ? config.p : "", config.n) != (ssize_t)config.n)
        err = -EFBIG;
    close(ends[1]);
    if (err)
        close(ends[0]);
    *out = ends[0];
    return err;
}

int setup_try(enum setup_work work, struct slice config, int *fd, pid_t *pid)
{
    const char *const *words = words_for(work);
    char program[4096];
    size_t size = sizeof program;
    int ends[2], text = -1, err = words ? uv_exepath(program, &size) : -EINVAL;

    if (!err)
        err = open_config(config, &text);
    if (err)
        return err;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        close(text);
        return -errno;
    }
    *pid = fork();
    if (*pid == 0)
        become(program, words, ends[1], text);
    err = *pid < 0 ? -errno : 0;
    close(text);
    close(ends[1]);
    if (err)
        close(ends[0]);
    else
        *fd = ends[0];
    return err;
}
