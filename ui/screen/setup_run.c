#include "ui/screen/setup_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "net/loop.h"
#include "net/unix.h"
#include "net/watch.h"
#include "phone/config.h"
#include "phone/folders.h"
#include "ui/json.h"
#include "ui/lines.h"
#include "ui/runtime_dir.h"
#include "ui/screen/screen_helper.h"
#include "ui/screen/setup_hear.h"

#define LINE_MAX_BYTES 65536u
#define TEST_MS 45000u    /* a request that is not answered takes 32 s (RFC 3261 17.1.2.2) */
#define CONFIG_MAX 32768u /* less than a pipe holds */

struct setup_run {
    const struct net_spawner *helper;
    struct net_loop *loop;
    struct setup *setup;
    void (*changed)(void *arg);
    void *arg;
    struct net_deadline *due; /* work is begun from the loop, or has taken too long */

    int talk; /* with who tries it (ui/screen/setup_try.h), or -1 */
    struct net_watch *watch;
    struct lines lines;
    bool good, settled; /* the account was accepted or refused */
    struct buf sentence;
};

/* --- the end -------------------------------------------------------------------------------- */

/* Who still tries something ends by that, too. */
static void close_talk(struct setup_run *r)
{
    net_watch_free(r->watch);
    r->watch = NULL;
    if (r->talk >= 0)
        close(r->talk);
    r->talk = -1;
    lines_free(&r->lines);
}

static void report(struct setup_run *r)
{
    net_deadline_set(r->due, NEVER_MS);
    close_talk(r);
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

/* It gives its registration back when it hears nothing more, and is listened to until then. */
static void settle(struct setup_run *r, bool good, const char *text)
{
    if (r->settled)
        return;
    r->settled = true;
    r->good = good;
    say(r, text);
    if (r->talk >= 0)
        shutdown(r->talk, SHUT_WR);
}

static void take_line(struct setup_run *r, struct slice line)
{
    struct buf text = buf_new(8192);
    enum setup_heard heard = setup_hear(r->setup->work, line, &text);

    if (heard == SETUP_HEARD_DEVICE)
        setup_add_device(r->setup, buf_cstr(&text));
    else if (heard != SETUP_HEARD_NOTHING)
        settle(r, heard == SETUP_HEARD_GOOD, buf_cstr(&text));
    buf_free(&text);
}

static void on_output(void *arg, int events)
{
    struct setup_run *r = arg;
    struct slice line;
    char *at;
    size_t room = lines_room(&r->lines, &at);
    ssize_t n = room > 0 ? read(r->talk, at, room) : 0;
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

/* --- who tries it --------------------------------------------------------------------------- */

static int listen_to(struct setup_run *r)
{
    int err = lines_init(&r->lines, LINE_MAX_BYTES);

    if (!err)
        err = net_watch_new(r->loop, r->talk, on_output, r, &r->watch);
    if (!err)
        net_watch_set(r->watch, NET_READABLE);
    return err;
}

/* commands: few, so there is room for them. */
static int run(struct setup_run *r, struct slice commands, struct slice config)
{
    struct buf why = buf_new(8192);
    int err = screen_helper_try(r->helper, r->setup->work, config, &r->talk, &why);

    if (why.n > 0)
        say(r, buf_cstr(&why));
    else if (err)
        say(r, strerror(-err));
    buf_free(&why);
    if (err)
        return err;
    fcntl(r->talk, F_SETFL, O_NONBLOCK);
    if (commands.n > 0 && write(r->talk, commands.p, commands.n) != (ssize_t)commands.n)
        return -EIO;
    return listen_to(r);
}

/* --- work ----------------------------------------------------------------------------------- */

static int test_account(struct setup_run *r)
{
    struct buf config = buf_new(CONFIG_MAX);
    int err;

    buf_room(&config, config.max); /* so that it never moves, and can be wiped */
    buf_clear(&config);
    setup_put_config(r->setup, &config);
    err = run(r, SLICE(""), buf_slice(&config));
    buf_free(&config);
    return err;
}

static int test_device(struct setup_run *r)
{
    struct buf lines = buf_new(8192);
    int err;

    buf_puts(&lines, "{\"command\":\"device\",\"name\":");
    json_put_string(&lines, r->setup->device);
    buf_printf(&lines, "}\n{\"command\":\"test\",\"what\":\"%s\"}\n", r->setup->device_test);
    err = run(r, buf_slice(&lines), SLICE(""));
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

/* said: by the helper. */
static void put_written(const char *path, int err, struct buf *said, struct buf *out)
{
    text_safe(out, slice_of(path));
    if (!err)
        buf_puts(out, " is written; only you can read it.");
    else if (err == -EEXIST)
        buf_puts(out, " is there already, and stays as it is.");
    else
        buf_printf(out, " cannot be written: %s", said->n > 0 ? buf_cstr(said) : strerror(-err));
}

static void write_file(struct setup_run *r)
{
    struct buf config = buf_new(CONFIG_MAX), why = buf_new(8192), said = buf_new(8192);
    const char *path = r->setup->path;
    int err;

    buf_room(&config, config.max); /* so that it never moves, and can be wiped */
    buf_clear(&config);
    setup_put_config(r->setup, &config);
    err = check_draft(buf_slice(&config), &why);
    if (!err) {
        err = screen_helper_write_settings(r->helper, buf_slice(&config), &said);
        put_written(path, err, &said, &why);
    }
    setup_wrote(r->setup, !err, buf_cstr(&why));
    buf_free(&said);
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
                                                : run(r, SLICE(""), SLICE(""));
    if (err)
        report(r);
    else
        net_deadline_set(r->due, net_now_ms() + TEST_MS);
}

static void on_due(void *arg)
{
    struct setup_run *r = arg;

    if (r->watch) {
        settle(r, false, "The server does not answer.");
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

    close_talk(r);
    net_deadline_set(r->due, net_now_ms());
}

/* --- begin and end -------------------------------------------------------------------------- */

int setup_run_new(struct net_loop *loop, const struct net_spawner *helper, struct setup *setup,
                  void (*changed)(void *arg), void *arg, struct setup_run **out)
{
    struct setup_run *r = calloc(1, sizeof *r);
    int err = r ? net_deadline_new(loop, on_due, r, &r->due) : -ENOMEM;

    if (err) {
        free(r);
        return err;
    }
    r->helper = helper;
    r->loop = loop;
    r->setup = setup;
    r->changed = changed;
    r->arg = arg;
    r->talk = -1;
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
    close_talk(r);
    buf_free(&r->sentence);
    free(r);
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

static bool is_due(const struct cli *cli, struct buf *path)
{
    if (folders_config_file("tphone.conf", path) != 0)
        return false;
    return !cli->config_file && !cli->account && access(buf_cstr(path), F_OK) != 0 &&
           errno == ENOENT && !phone_is_there(cli);
}

bool setup_prepare(const struct cli *cli, struct setup *setup, struct screen *screen)
{
    struct buf path = buf_new(4096);
    bool due = is_due(cli, &path);

    setup_init(setup, buf_cstr(&path));
    screen->setup = setup;
    screen->settings = cli->config_file ? cli->config_file : path.n > 0 ? setup->path : NULL;
    buf_free(&path);
    return due;
}
