#include "ui/screen/setup_run.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "net/loop.h"
#include "net/unix.h"
#include "net/watch.h"
#include "phone/config.h"
#include "phone/folders.h"
#include "ui/ctl_line.h"
#include "ui/json.h"
#include "ui/lines.h"
#include "ui/runtime_dir.h"

#define LINE_MAX_BYTES 65536u
#define TEST_MS 45000u    /* a request that is not answered takes 32 s (RFC 3261 17.1.2.2) */
#define CONFIG_MAX 32768u /* less than a pipe holds */
#define CONFIG_FD 3
#define CONFIG_PATH "/dev/fd/3"

struct setup_run {
    struct net_loop *loop;
    struct setup *setup;
    void (*changed)(void *arg);
    void *arg;
    struct net_deadline *due; /* work is begun from the loop, or has taken too long */

    uv_process_t process;
    bool has_process; /* its handle is not closed yet */
    bool runs, freed;
    int out; /* where it writes to, or -1 */
    int in;  /* what it reads from, open as long as it is to live; or -1 */
    struct net_watch *watch;
    struct lines lines;
    bool good, settled; /* the account was accepted or refused */
    struct buf sentence;
};

/* --- the end -------------------------------------------------------------------------------- */

static void give_back(struct setup_run *r)
{
    if (!r->freed || r->has_process)
        return;
    buf_free(&r->sentence);
    free(r);
}

static void on_closed(uv_handle_t *handle)
{
    struct setup_run *r = handle->data;

    r->has_process = false;
    give_back(r);
}

static void close_output(struct setup_run *r)
{
    net_watch_free(r->watch);
    r->watch = NULL;
    if (r->out >= 0)
        close(r->out);
    r->out = -1;
    if (r->in >= 0)
        close(r->in);
    r->in = -1;
    lines_free(&r->lines);
}

static void report(struct setup_run *r)
{
    net_deadline_set(r->due, NEVER_MS);
    close_output(r);
    if (r->setup->work == SETUP_LIST_DEVICES)
        setup_listed(r->setup);
    else
        setup_tested(r->setup, r->good, buf_cstr(&r->sentence));
    r->changed(r->arg);
}

/* --- what it says --------------------------------------------------------------------------- */

static void say(struct setup_run *r, const char *text)
{
    buf_clear(&r->sentence);
    text_safe(&r->sentence, slice_of(text));
}

static void end_process(struct setup_run *r, int signal_number)
{
    if (r->runs)
        uv_process_kill(&r->process, signal_number);
}

/* It gives its registration back when it is told to end. */
static void settle(struct setup_run *r, bool good, const char *text)
{
    if (r->settled)
        return;
    r->settled = true;
    r->good = good;
    say(r, text);
    end_process(r, SIGINT);
}

/* Where the device is open and does nothing any more, the test is over. */
static void take_device_line(struct setup_run *r, const json_t *tree, const char *event)
{
    bool refused = json_is_false(json_object_get(tree, "ok")) || strcmp(event, "device") == 0 ||
                   strcmp(event, "test-ended") == 0 || strcmp(event, "outcome") == 0;

    if (refused && *ctl_text(tree, "text"))
        settle(r, false, ctl_text(tree, "text"));
    else if (strcmp(event, "test") == 0 && strcmp(ctl_text(tree, "doing"), "open") == 0)
        settle(r, true, "It was played. Where nothing was heard, another device may be the one.");
}

static void take_line(struct setup_run *r, struct slice text)
{
    json_t *tree = json_loadb(text.p, text.n, 0, NULL);
    const char *event = ctl_text(tree, "event");

    if (strcmp(ctl_text(tree, "list"), "devices") == 0) {
        struct buf name = buf_new(1024);

        text_safe(&name, slice_of(ctl_text(tree, "name")));
        setup_add_device(r->setup, buf_cstr(&name));
        buf_free(&name);
    } else if (r->setup->work == SETUP_TEST_DEVICE) {
        take_device_line(r, tree, event);
    } else if (strcmp(event, "registered") == 0) {
        settle(r, true, "The server has accepted it: registered.");
    } else if (strcmp(event, "registration-failed") == 0) {
        settle(r, false, ctl_text(tree, "text"));
    } else if (strcmp(event, "password-wanted") == 0) {
        settle(r, false, "The server is there and wants a password; you will be asked for it.");
    } else if (strcmp(event, "outcome") == 0 && *ctl_text(tree, "text")) {
        settle(r, false, ctl_text(tree, "text"));
    }
    json_decref(tree);
}

static void on_output(void *arg, int events)
{
    struct setup_run *r = arg;
    struct slice line;
    char *at;
    size_t room = lines_room(&r->lines, &at);
    ssize_t n = room > 0 ? read(r->out, at, room) : 0;
    enum lines_got got;

    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        lines_add(&r->lines, (size_t)n);
    while ((got = lines_take(&r->lines, n <= 0, &line)) != LINES_NONE)
        if (got == LINES_LINE)
            take_line(r, line);
    if (n <= 0)
        report(r);
}

static void on_gone(uv_process_t *process, int64_t status, int signal_number)
{
    struct setup_run *r = process->data;

    (void)status;
    (void)signal_number;
    r->runs = false;
    uv_close((uv_handle_t *)process, on_closed);
}

/* --- the process ---------------------------------------------------------------------------- */

/* Both ends close-on-exec, and the one of this process never waits: end 0 where it reads. */
static int open_pipe(int ours, int out[2])
{
    int err;

    if (pipe(out) != 0)
        return -errno;
    for (int i = 0; i < 2; i++)
        fcntl(out[i], F_SETFD, FD_CLOEXEC);
    err = fcntl(out[ours], F_SETFL, fcntl(out[ours], F_GETFL) | O_NONBLOCK) < 0 ? -errno : 0;
    if (err) {
        close(out[0]);
        close(out[1]);
        out[0] = out[1] = -1;
    }
    return err;
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* All of it: what we have to say is less than what a pipe holds. */
static int open_pipe_with(struct slice text, int out[2])
{
    int err = open_pipe(1, out);

    if (!err && text.n > 0 && write(out[1], text.p, text.n) != (ssize_t)text.n) {
        close_all(out, 2);
        out[0] = out[1] = -1;
        err = -EIO;
    }
    return err;
}

/* In a session of its own, so that it asks nobody on this terminal. */
static int spawn(struct setup_run *r, const char *const *words, int in, int out, int config)
{
    char program[4096];
    size_t size = sizeof program;
    uv_stdio_container_t stdio[CONFIG_FD + 1] = {
        {.flags = UV_INHERIT_FD, .data.fd = in},
        {.flags = UV_INHERIT_FD, .data.fd = out},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = config},
    };
    uv_process_options_t options = {.exit_cb = on_gone,
                                    .file = program,
                                    .args = (char **)(uintptr_t)words,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio = stdio,
                                    .stdio_count = CONFIG_FD + 1};
    int err = uv_exepath(program, &size);

    if (err)
        return err;
    r->process.data = r;
    r->has_process = true;
    err = uv_spawn(net_loop_uv(r->loop), &r->process, &options);
    if (err)
        uv_close((uv_handle_t *)&r->process, on_closed);
    r->runs = !err;
    return err;
}

static int listen_to(struct setup_run *r)
{
    int err = lines_init(&r->lines, LINE_MAX_BYTES);

    if (!err)
        err = net_watch_new(r->loop, r->out, on_output, r, &r->watch);
    if (!err)
        net_watch_set(r->watch, NET_READABLE);
    return err;
}

/* commands: for its standard input, which ends when we do, and it with it; config: what it reads
 * from CONFIG_FD. */
static int run(struct setup_run *r, const char *const *words, struct slice commands,
               struct slice config)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, file[2] = {-1, -1};
    int err = r->has_process ? -EBUSY : open_pipe_with(commands, in);

    if (!err)
        err = open_pipe_with(config, file);
    if (!err)
        err = open_pipe(0, out);
    if (!err)
        err = spawn(r, words, in[0], out[1], file[0]);
    r->in = in[1];
    r->out = out[0];
    close_all((int[]){in[0], out[1], file[0], file[1]}, 4);
    return err ? err : listen_to(r);
}

/* --- work ----------------------------------------------------------------------------------- */

static int test_account(struct setup_run *r)
{
    static const char *const words[] = {"tphone",    "register", "--config", CONFIG_PATH,
                                        "--control", "-",        "-q",       NULL};
    struct buf config = buf_new(CONFIG_MAX);
    int err;

    buf_room(&config, config.max); /* so that it never moves, and can be wiped */
    buf_clear(&config);
    setup_put_config(r->setup, &config);
    err = run(r, words, SLICE(""), buf_slice(&config));
    buf_free(&config);
    return err;
}

static int list_devices(struct setup_run *r)
{
    static const char *const words[] = {"tphone",    "devices", "--config",
                                        "/dev/null", "--json",  NULL};

    return run(r, words, SLICE(""), SLICE(""));
}

static int test_device(struct setup_run *r)
{
    static const char *const words[] = {"tphone",    "register", "--config", "/dev/null",
                                        "--control", "-",        "--listen", "udp:127.0.0.1:0",
                                        "-q",        NULL};
    struct buf lines = buf_new(8192);
    int err;

    buf_puts(&lines, "{\"command\":\"device\",\"name\":");
    json_put_string(&lines, r->setup->device);
    buf_printf(&lines, "}\n{\"command\":\"test\",\"what\":\"%s\"}\n", r->setup->device_test);
    err = run(r, words, buf_slice(&lines), SLICE(""));
    buf_free(&lines);
    return err;
}

/* It is read as it will be at the next start, before it is anywhere. */
static int check_draft(struct slice draft, struct buf *why)
{
    struct phone_config config;
    int err;

    config_init(&config);
    err = config_read_text(&config, draft, "the settings", why);
    config_free(&config);
    return err;
}

static void put_written(const char *path, int err, struct buf *out)
{
    text_safe(out, slice_of(path));
    if (!err)
        buf_puts(out, " is written; only you can read it.");
    else if (err == -EEXIST)
        buf_puts(out, " is there already, and stays as it is.");
    else
        buf_printf(out, " cannot be written: %s", strerror(-err));
}

static void write_file(struct setup_run *r)
{
    struct buf config = buf_new(CONFIG_MAX), why = buf_new(8192);
    const char *path = r->setup->path;
    int err;

    buf_room(&config, config.max); /* so that it never moves, and can be wiped */
    buf_clear(&config);
    setup_put_config(r->setup, &config);
    err = check_draft(buf_slice(&config), &why);
    if (!err) {
        err = *path ? setup_write_file(path, buf_slice(&config)) : -ENOENT;
        put_written(path, err, &why);
    }
    setup_wrote(r->setup, !err, buf_cstr(&why));
    buf_free(&config);
    buf_free(&why);
    r->changed(r->arg);
}

static void begin(struct setup_run *r)
{
    int err;

    r->good = r->settled = false;
    say(r, "The test ended without a result.");
    err = r->setup->work == SETUP_TEST_ACCOUNT  ? test_account(r)
          : r->setup->work == SETUP_TEST_DEVICE ? test_device(r)
                                                : list_devices(r);
    if (err == -EBUSY) { /* the last one is on its way out */
        net_deadline_set(r->due, net_now_ms() + 50);
    } else if (err) {
        say(r, strerror(-err));
        report(r);
    } else {
        net_deadline_set(r->due, net_now_ms() + TEST_MS);
    }
}

static void on_due(void *arg)
{
    struct setup_run *r = arg;

    if (r->watch) {
        settle(r, false, "The server does not answer.");
        end_process(r, SIGKILL);
        report(r);
    } else if (r->setup->work == SETUP_WRITE_FILE) {
        write_file(r);
    } else if (r->setup->work) {
        begin(r);
    }
}

/* What still runs is not waited for any more. */
static void on_work(void *arg)
{
    struct setup_run *r = arg;

    end_process(r, SIGTERM);
    close_output(r);
    net_deadline_set(r->due, net_now_ms());
}

/* --- begin and end -------------------------------------------------------------------------- */

int setup_run_new(struct net_loop *loop, struct setup *setup, void (*changed)(void *arg), void *arg,
                  struct setup_run **out)
{
    struct setup_run *r = calloc(1, sizeof *r);
    int err = r ? net_deadline_new(loop, on_due, r, &r->due) : -ENOMEM;

    if (err) {
        free(r);
        return err;
    }
    r->loop = loop;
    r->setup = setup;
    r->changed = changed;
    r->arg = arg;
    r->out = r->in = -1;
    r->sentence = buf_new(8192);
    setup->changed = on_work;
    setup->arg = r;
    *out = r;
    return 0;
}

void setup_run_free(struct setup_run *r)
{
    if (!r)
        return;
    r->setup->changed = NULL;
    net_deadline_free(r->due);
    close_output(r);
    end_process(r, SIGTERM);
    if (r->has_process && !uv_is_closing((uv_handle_t *)&r->process))
        uv_close((uv_handle_t *)&r->process, on_closed);
    r->freed = true;
    give_back(r);
}

static bool phone_is_there(const struct cli *cli)
{
    struct buf path = buf_new(4096), why = buf_new(8192);
    int fd, err = runtime_dir_socket(cli->socket, false, &path, &why);

    if (!err)
        err = net_unix_connect(buf_cstr(&path), &fd);
    if (!err)
        close(fd);
    buf_free(&path);
    buf_free(&why);
    return !err;
}

bool setup_is_due(const struct cli *cli, struct buf *path)
{
    if (folders_config_file("tphone.conf", path) != 0)
        return false;
    return !cli->config_file && !cli->account && access(buf_cstr(path), F_OK) != 0 &&
           errno == ENOENT && !phone_is_there(cli);
}
