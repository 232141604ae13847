#include "ui/screen/screen_helper.h"

#include <errno.h>
#include <unistd.h>

#include "net/spawner.h"
#include "phone/sandbox.h"
#include "ui/screen/screen_helper_private.h"
#include "ui/screen/trace_file.h"

#define LIMIT_MS 5000u

int screen_helper_new(const struct cli *cli, const char *draft, const char *settings,
                      struct net_spawner **out, struct buf *why)
{
    const struct screen_side side = {.cli = cli, .draft = draft, .settings = settings};
    const struct net_spawner_spec spec = {
        .answer = screen_helper_answer, .begin = screen_helper_begin, .arg = &side};
    int err;

    config_wipe_passwords(&cli->config); /* its telephone reads them itself */
    err = net_spawner_new(&spec, out);
    if (err)
        buf_printf(why,
                   "the helper of this screen, which does for it what the sandbox refuses, "
                   "cannot be started: %s",
                   strerror(-err));
    return err;
}

void screen_helper_confine(const struct cli *cli, struct model *model)
{
    const struct reach reach = {.play_fd = -1, .record_fd = -1, .stops_job = true};
    struct buf why = buf_new(2048);

    if (!cli->config.no_sandbox)
        (void)sandbox_close(&reach, &why);
    if (why.n > 0)
        model_note(model, false, buf_cstr(&why));
    buf_free(&why);
}

static int ask(const struct net_spawner *helper, enum screen_question what, struct slice asked,
               int *fd, struct buf *why)
{
    struct buf said = buf_new(SPAWNER_ANSWER_MAX);
    int err = net_spawner_ask(helper, what, asked, LIMIT_MS, fd, &said);

    if (err == -EPIPE)
        buf_puts(why, "the helper of this screen, which does that for it, has died");
    else if (err == -ETIMEDOUT)
        buf_puts(why, "the helper of this screen, which does that for it, was waited for: ");
    buf_put(why, buf_slice(&said));
    buf_free(&said);
    return err;
}

int screen_helper_start(const struct net_spawner *helper, struct buf *path, int *life,
                        struct buf *why)
{
    struct buf said = buf_new(SPAWNER_ANSWER_MAX);
    int err = ask(helper, SCREEN_START, SLICE(""), life, &said);
    struct slice rest = buf_slice(&said), first = slice_cut(&rest, '\0');

    buf_put(rest.p ? path : why, first); /* where nobody has answered there is no path */
    buf_put(why, rest);
    buf_free(&said);
    return err;
}

void screen_helper_put_last_words(const struct net_spawner *helper, bool always, struct buf *out)
{
    struct buf said = buf_new(SPAWNER_ANSWER_MAX);
    int fd, err = ask(helper, SCREEN_LAST_WORDS, always ? SLICE("always") : SLICE(""), &fd, &said);

    if (!err)
        buf_put(out, buf_slice(&said));
    buf_free(&said);
}

int screen_helper_knows_phone(const struct net_spawner *helper, struct buf *why)
{
    struct buf said = buf_new(SPAWNER_ANSWER_MAX);
    int fd, err = ask(helper, SCREEN_KNOWS_PHONE, SLICE(""), &fd, &said);

    if (err == -EPIPE)
        err = 0;
    if (err)
        buf_printf(why, "the helper of this screen could not be told of the telephone: %s",
                   said.n > 0 ? buf_cstr(&said) : strerror(-err));
    buf_free(&said);
    return err;
}

int screen_helper_try(const struct net_spawner *helper, enum setup_work work, struct slice config,
                      int *fd, struct buf *why)
{
    struct buf asked = buf_new(SPAWNER_MESSAGE_MAX / 2);
    int err;

    buf_room(&asked, config.n + 1); /* so that it never moves, and can be wiped */
    buf_clear(&asked);
    buf_putc(&asked, (char)('0' + work));
    buf_put(&asked, config);
    err = buf_ok(&asked) ? ask(helper, SCREEN_TRY, buf_slice(&asked), fd, why) : -E2BIG;
    buf_free(&asked);
    return err;
}

int screen_helper_write_settings(const struct net_spawner *helper, struct slice config,
                                 struct buf *why)
{
    int fd;

    return ask(helper, SCREEN_WRITE, config, &fd, why);
}

int screen_helper_open_trace(const struct net_spawner *helper, const char *path, int *fd,
                             struct buf *why)
{
    return helper ? ask(helper, SCREEN_TRACE, slice_of(path), fd, why) : trace_file_open(path, fd);
}

static void put_text(struct buf *out, const char *text)
{
    buf_put(out, (struct slice){text, strlen(text) + 1});
}

int screen_helper_keep(const struct net_spawner *helper, const char *path,
                       const struct config_kept *kept, size_t n, struct buf *why)
{
    struct buf asked = buf_new(SPAWNER_MESSAGE_MAX / 2);
    int fd, err;

    if (!helper)
        return config_keep(path, kept, n, why);
    for (size_t i = 0; i < n; i++) {
        put_text(&asked, kept[i].name);
        for (size_t j = 0; j < kept[i].n; j++)
            put_text(&asked, kept[i].values[j]);
        put_text(&asked, "");
    }
    err = buf_ok(&asked) ? ask(helper, SCREEN_KEEP, buf_slice(&asked), &fd, why) : -E2BIG;
    if (err && why->n == 0)
        buf_puts(why, strerror(-err));
    buf_free(&asked);
    return err;
}
