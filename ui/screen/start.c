#include "ui/screen/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "base/text.h"
#include "net/unix.h"
#include "ui/runtime_dir.h"

#define LOG_MAX 4096u
#define PATH_BYTES 4096u

static bool answers(const char *path)
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

/* In the child: standard streams away from the terminal, descriptors closed by close-on-exec. */
static void leave_terminal(int log)
{
    int null = open("/dev/null", O_RDWR);

    setsid();
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
    if (chdir("/") != 0)
        _exit(1);
}

static void run_daemon(const struct cli *cli, const char *program, const char *socket, int log)
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
    leave_terminal(log);
    execv(program, (char *const *)(uintptr_t)words);
    _exit(127);
}

static int fork_daemon(const struct cli *cli, const char *socket, const char *log_path, pid_t *pid)
{
    char program[PATH_BYTES];
    size_t size = sizeof program;
    int err = uv_exepath(program, &size), log;

    if (err)
        return err;
    log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log < 0)
        return -errno;
    *pid = fork();
    if (*pid == 0)
        run_daemon(cli, program, socket, log);
    err = *pid < 0 ? -errno : 0;
    close(log);
    return err;
}

/* --- waiting for it ------------------------------------------------------------------------- */

/* Its last line; text holds it. */
static struct slice read_last_line(const char *log_path, char text[LOG_MAX])
{
    int fd = open(log_path, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    ssize_t n = fd >= 0 ? pread(fd, text, LOG_MAX, size > LOG_MAX ? size - LOG_MAX : 0) : 0;
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

void start_put_last_words(const char *socket, struct buf *out)
{
    struct buf path = buf_new(PATH_BYTES);

    put_log_path(socket, &path);
    put_last_line(buf_cstr(&path), false, out);
    buf_free(&path);
}

int start_look(pid_t pid, const char *socket, struct buf *why)
{
    struct buf log_path = buf_new(PATH_BYTES);
    int err = answers(socket) ? 0 : -EINPROGRESS;

    if (err && waitpid(pid, NULL, WNOHANG) == pid) {
        err = -ECHILD;
        put_log_path(socket, &log_path);
        put_last_line(buf_cstr(&log_path), true, why);
    }
    buf_free(&log_path);
    return err;
}

static int start(const struct cli *cli, const char *socket, pid_t *pid, struct buf *why)
{
    struct buf log_path = buf_new(PATH_BYTES);
    int err;

    put_log_path(socket, &log_path);
    err = fork_daemon(cli, socket, buf_cstr(&log_path), pid);
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

void start_reap(pid_t *pid)
{
    if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) != 0)
        *pid = 0;
}

int start_phone(const struct cli *cli, struct buf *path, pid_t *pid, struct buf *why)
{
    char *config = cli->config_file ? realpath(cli->config_file, NULL) : NULL;
    struct cli absolute = *cli;
    int err = runtime_dir_socket(cli->socket, true, path, why);

    if (config)
        absolute.config_file = config;
    if (!err)
        make_absolute(path);
    if (!err && !answers(buf_cstr(path)))
        err = start(&absolute, buf_cstr(path), pid, why);
    free(config);
    return err;
}
