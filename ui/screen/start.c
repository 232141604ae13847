#include "ui/screen/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/text.h"
#include "net/spawner.h"
#include "net/unix.h"
#include "ui/runtime_dir.h"

#define LOG_MAX 4096u
#define PATH_BYTES 4096u

bool start_answers(const char *path)
{
    int fd, err = net_unix_connect(path, &fd);

    if (!err)
        close(fd);
    return err != -ENOENT && err != -ECONNREFUSED; /* else connecting says what is wrong */
}

/* --- the process ---------------------------------------------------------------------------- */

static void put_log_path(const char *socket, struct buf *out)
{
    buf_printf(out, "%s.log", socket);
}

/* In the child: standard streams away from the terminal, descriptors closed by close-on-exec. Its
 * standard input, which it does not read, tells by its end that it has ended. */
static void leave_terminal(int life, int log)
{
    int null = open("/dev/null", O_RDWR);

    setsid();
    net_spawner_reset_signals();
    dup2(life, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
    if (chdir("/") != 0)
        _exit(1);
}

static _Noreturn void run_daemon(const struct cli *cli, const char *program, const char *socket,
                                 int life, int log)
{
    const char *words[14];
    size_t n = 0;

    words[n++] = "tphone";
    words[n++] = "daemon";
    words[n++] = "--leave-with-screens";
    words[n++] = "--keep-trace"; /* for the second screen, and one that comes back */
    words[n++] = "yes";
    words[n++] = "--socket";
    words[n++] = socket;
    if (cli->config_file) {
        words[n++] = "--config";
        words[n++] = cli->config_file;
    }
    if (cli->account) {
        words[n++] = "--account";
        words[n++] = cli->account;
    }
    words[n] = NULL;
    leave_terminal(life, log);
    execv(program, (char *const *)(uintptr_t)words);
    _exit(127);
}

static int fork_daemon(const struct cli *cli, const char *socket, const char *log_path, int *life)
{
    char program[PATH_BYTES];
    size_t size = sizeof program;
    int err = uv_exepath(program, &size), log = -1, ends[2];
    pid_t pid;

    if (err)
        return err;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log < 0 || fchmod(log, 0600) != 0) /* one that was there before, too */
        err = -errno;
    pid = err ? 0 : fork();
    if (!err && pid == 0)
        run_daemon(cli, program, socket, ends[1], log);
    if (pid < 0)
        err = -errno;
    if (log >= 0)
        close(log);
    close(ends[1]);
    if (err)
        close(ends[0]);
    else
        *life = ends[0];
    return err;
}

/* --- waiting for it ------------------------------------------------------------------------- */

/* Its last line; text holds it. */
static struct slice read_last_line(const char *log_path, char text[LOG_MAX])
{
    int fd = open(log_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    off_t begin = is_file && st.st_size > LOG_MAX ? st.st_size - LOG_MAX : 0;
    ssize_t n = is_file ? pread(fd, text, LOG_MAX, begin) : 0;
    struct slice rest = slice_trim((struct slice){text, n > 0 ? (size_t)n : 0}), line = {0};

    while (rest.p && rest.n > 0)
        line = slice_cut(&rest, '\n');
    if (fd >= 0)
        close(fd);
    return line;
}

/* Without "tphone: ", by which complaints are known; always: other lines, too. */
static void put_last_line(const char *log_path, bool always, struct buf *out)
{
    char text[LOG_MAX];
    struct slice line = read_last_line(log_path, text);
    bool complains = slice_starts(line, SLICE("tphone: "));

    if (complains || always)
        text_safe(out, complains ? slice_skip(line, 8) : line);
}

bool start_has_ended(int life)
{
    struct pollfd p = {.fd = life, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

static int start(const struct cli *cli, const char *socket, int *life, struct buf *why)
{
    struct buf log_path = buf_new(PATH_BYTES);
    int err;

    put_log_path(socket, &log_path);
    err = fork_daemon(cli, socket, buf_cstr(&log_path), life);
    if (err)
        buf_puts(why, strerror(-err));
    buf_free(&log_path);
    return err ? err : -EINPROGRESS;
}

/* Names of files are as the person means them, and the daemon has another folder. */
static void make_absolute(struct buf *path)
{
    struct buf whole = buf_new(PATH_BYTES);
    char folder[PATH_BYTES];

    if (path->p[0] == '/' || !getcwd(folder, sizeof folder))
        return;
    buf_printf(&whole, "%s/%s", folder, buf_cstr(path));
    buf_clear(path);
    buf_put(path, buf_slice(&whole));
    buf_free(&whole);
}

static int find_socket(const struct cli *cli, bool make, struct buf *path, struct buf *why)
{
    int err = runtime_dir_socket(cli->socket, make, path, why);

    if (!err)
        make_absolute(path);
    return err;
}

void start_put_last_words(const struct cli *cli, bool always, struct buf *out)
{
    struct buf path = buf_new(PATH_BYTES), why = buf_new(8192), log_path = buf_new(PATH_BYTES);

    if (find_socket(cli, false, &path, &why) == 0) {
        put_log_path(buf_cstr(&path), &log_path);
        put_last_line(buf_cstr(&log_path), always, out);
    }
    buf_free(&path);
    buf_free(&why);
    buf_free(&log_path);
}

int start_phone(const struct cli *cli, struct buf *path, int *life, struct buf *why)
{
    char *config = cli->config_file ? realpath(cli->config_file, NULL) : NULL;
    struct cli absolute = *cli;
    int err = find_socket(cli, true, path, why);

    if (config)
        absolute.config_file = config;
    if (!err && !start_answers(buf_cstr(path)))
        err = start(&absolute, buf_cstr(path), life, why);
    free(config);
    return err;
}
