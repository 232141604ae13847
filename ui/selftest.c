#include "ui/selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/spawner.h"
#include "phone/helper.h"
#include "phone/sandbox.h"
#include "ui/screen/screen_helper.h"

#define LINES_BYTES 65536u
#define PATH_BYTES 256u
#define TO_THE_SCREEN " to the screen"

static bool cannot(const char *what, int number, struct buf *out)
{
    buf_printf(out, "%s: %s\n", what, strerror(number));
    return false;
}

/* --- a phone -------------------------------------------------------------------------------- */

static bool refuses_sound(const struct net_spawner *helper, bool writes)
{
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    int fd, err = helper_open_sound(helper, "/etc/passwd", writes, &fd, &why);

    buf_free(&why);
    return err == -EBADMSG || err == -EINVAL;
}

static bool try_phone(const struct cli *cli, struct buf *out)
{
    const struct reach reach = {.config = &cli->config, .play_fd = -1, .record_fd = -1};
    struct net_spawner *helper;
    bool all;
    int err = helper_new(&cli->config, NULL, &helper);

    if (err)
        return cannot("the helper of a phone cannot be started", -err, out);
    if (sandbox_test(&reach, "", &all, out)) {
        all &= sandbox_tell(refuses_sound(helper, false), "", "have the helper read no sound", out);
        all &= sandbox_tell(refuses_sound(helper, true), "", "have the helper write no sound", out);
    }
    net_spawner_free(helper);
    return all;
}

/* --- a screen ------------------------------------------------------------------------------- */

static bool refuses_internet(const struct net_spawner *helper)
{
    static const int families[] = {AF_INET, AF_INET6}, types[] = {SOCK_STREAM, SOCK_DGRAM};
    bool all = true;

    (void)helper;
    for (size_t i = 0; i < ARRAY_LEN(families) * ARRAY_LEN(types); i++) {
        int fd = socket(families[i / 2], types[i % 2] | SOCK_CLOEXEC, 0);

        all = all && fd < 0 && errno == ENOSYS;
        if (fd >= 0)
            close(fd);
    }
    return all;
}

/* Where sound goes through, which a screen does not hear. */
static bool refuses_sound_server(const struct net_spawner *helper)
{
    struct buf path = buf_new(PATH_BYTES);
    int fd, err;

    (void)helper;
    sandbox_put_name("/dev/shm", &path);
    fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    err = errno;
    if (fd >= 0) {
        unlink(buf_cstr(&path));
        close(fd);
    }
    buf_free(&path);
    return fd < 0 && (err == EACCES || err == ENOENT);
}

static bool refuses_trace(const struct net_spawner *helper)
{
    struct buf why = buf_new(SPAWNER_ANSWER_MAX), path = buf_new(PATH_BYTES);
    int fd, err;

    sandbox_put_name("/dev/shm", &path);
    err = screen_helper_open_trace(helper, buf_cstr(&path), &fd, &why);
    buf_free(&why);
    buf_free(&path);
    return err == -EACCES;
}

static bool refuses_program(const struct net_spawner *helper)
{
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    int fd, err;

    err = screen_helper_knows_phone(helper, &why);
    if (!err)
        err = screen_helper_try(
            helper, SETUP_TEST_ACCOUNT,
            SLICE("[account a]\nuri = sip:a@localhost\npassword-command = true\n"), &fd, &why);
    buf_free(&why);
    return err == -EACCES;
}

static bool refuses_setting(const struct net_spawner *helper)
{
    static const char *const values[] = {"none\non-event = listening true"};
    const struct config_kept kept = {"device", values, 1};
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    int err = screen_helper_keep(helper, NULL, &kept, 1, &why);

    buf_free(&why);
    return err == -EACCES;
}

static bool try_screen(const struct cli *cli, struct buf *out)
{
    static const struct {
        bool (*refuses)(const struct net_spawner *helper);
        const char *what;
    } attempts[] = {
        {refuses_internet, "speak with the internet"},
        {refuses_sound_server, "write where sound servers read"},
        {refuses_trace, "have its helper make a file that is called like no trace"},
        {refuses_program, "have its helper try settings that name a program"},
        {refuses_setting, "have its helper keep more than a device in the settings"},
    };
    const struct reach reach = {.play_fd = -1, .record_fd = -1, .stops_job = true};
    struct cli confined = {.socket = cli->socket}; /* whatever the settings say */
    struct net_spawner *helper;
    bool closed, all;

    config_init(&confined.config);
    if (screen_helper_new(&confined, "", "/dev/null", &helper, out) != 0) {
        buf_putc(out, '\n');
        return false;
    }
    closed = sandbox_test(&reach, TO_THE_SCREEN, &all, out);
    for (size_t i = 0; closed && i < ARRAY_LEN(attempts); i++)
        all &= sandbox_tell(attempts[i].refuses(helper), TO_THE_SCREEN, attempts[i].what, out);
    net_spawner_free(helper);
    config_free(&confined.config);
    return all;
}

/* --- both ----------------------------------------------------------------------------------- */

static _Noreturn void try_and_tell(bool (*try)(const struct cli *cli, struct buf *out),
                                   const struct cli *cli, int to)
{
    struct buf lines = buf_new(LINES_BYTES);
    bool all = try(cli, &lines);

    all = write(to, lines.p, lines.n) == (ssize_t)lines.n && all;
    _exit(all ? 0 : 1);
}

static bool in_a_process(bool (*try)(const struct cli *cli, struct buf *out), const struct cli *cli,
                         struct buf *out)
{
    int ends[2], status = 1;
    char some[4096];
    ssize_t n;
    pid_t pid;

    if (pipe(ends) != 0)
        return cannot("nothing was tried, as there is no pipe", errno, out);
    pid = fork();
    if (pid == 0)
        try_and_tell(try, cli, ends[1]);
    if (pid < 0)
        cannot("nothing was tried, as there is no process", errno, out);
    close(ends[1]);
    while ((n = read(ends[0], some, sizeof some)) > 0)
        buf_put(out, (struct slice){some, (size_t)n});
    close(ends[0]);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

bool selftest_sandbox(const struct cli *cli, struct buf *out)
{
    bool phone = in_a_process(try_phone, cli, out);
    struct buf more = buf_new(LINES_BYTES);
    bool screen = in_a_process(try_screen, cli, &more);

    /* Why there is none is the same for both. */
    if (!slice_eq(buf_slice(&more), buf_slice(out)))
        buf_put(out, buf_slice(&more));
    buf_free(&more);
    return phone && screen;
}
