/* tphone history: one line for each call, the newest first. */
#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "phone/folders.h"
#include "phone/history.h"
#include "ui/cmd.h"
#include "ui/exit.h"
#include "ui/json_list.h"
#include "ui/status.h"

/* A screen's worth, where nobody says how many. */
#define LIMIT 20
#define LINES_BYTES_MAX (1u << 30)

struct list_of_calls {
    const struct cli *cli;
    size_t left; /* SIZE_MAX: no limit */
    struct buf lines;
};

/* --- for a person --------------------------------------------------------------------------- */

static void put_time(struct buf *out, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    char text[32];

    if (localtime_r(&seconds, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) > 0)
        buf_puts(out, text);
    else
        buf_puts(out, "-");
}

static void put_duration(struct buf *out, const struct history_row *row)
{
    struct buf text = buf_new(32);

    if (row->outcome == HISTORY_ANSWERED)
        status_put_duration(&text, row->talk_ms / 1000);
    else
        buf_putc(&text, '-');
    buf_printf(out, "%8s", buf_cstr(&text));
    buf_free(&text);
}

static void put_peer(struct buf *out, const struct history_row *row)
{
    status_put_name(out, row->contact, row->name);
    buf_puts(out, *row->peer ? row->peer : "somebody");
}

static void put_outcome(struct buf *out, enum history_outcome outcome)
{
    char word[16];
    size_t n = 0;

    for (const char *p = outcome == HISTORY_OPEN ? "now" : history_word(outcome);
         *p && n < sizeof word - 1; p++)
        word[n++] = *p == '-' ? ' ' : *p;
    word[n] = '\0';
    buf_printf(out, "%-10s", word);
}

static void put_line(struct buf *out, const struct history_row *row)
{
    put_time(out, row->began_us);
    buf_puts(out, row->outgoing ? "  to    " : "  from  ");
    put_outcome(out, row->outcome);
    put_duration(out, row);
    buf_puts(out, "  ");
    put_peer(out, row);
    if (row->outcome != HISTORY_ANSWERED && *row->text)
        buf_printf(out, ": %s", row->text);
    buf_putc(out, '\n');
}

/* --- for a script --------------------------------------------------------------------------- */

/* Further fields may come, behind these. None holds a tab or a newline: all of them are safe. */
static void put_plain(struct buf *out, const struct history_row *row)
{
    time_t seconds = (time_t)(row->began_us / 1000000);
    char text[32] = "-";
    struct tm tm;

    if (gmtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(out, "%s.%06dZ\t%s\t%s\t%" PRIu64 ".%03u\t%u", text, (int)(row->began_us % 1000000),
               row->outgoing ? "out" : "in", history_word(row->outcome), row->talk_ms / 1000,
               (unsigned)(row->talk_ms % 1000), row->status);
    buf_printf(out, "\t%s\t%s\t%s\t%s\t%s\t%s\n", row->peer, row->contact, row->name, row->account,
               row->file, row->text);
}

/* --- the command ---------------------------------------------------------------------------- */

static bool on_row(void *arg, const struct history_row *row)
{
    struct list_of_calls *l = arg;

    if (l->cli->missed && row->outcome != HISTORY_MISSED)
        return true;
    if (l->cli->json)
        json_history(&l->lines, row);
    else if (l->cli->plain)
        put_plain(&l->lines, row);
    else
        put_line(&l->lines, row);
    if (l->left < SIZE_MAX)
        l->left--;
    return l->left > 0 && buf_ok(&l->lines);
}

/* Nothing is printed before all has been read: who looks at it page by page would keep the database
 * from being tidied up. */
static int read_calls(struct list_of_calls *l, struct buf *why)
{
    struct buf path = buf_new(8192);
    int err = folders_history(&l->cli->config, &path);

    if (err)
        buf_puts(why, "there is no $HOME; name the history with --history-file");
    else
        err = history_read(buf_cstr(&path), on_row, l, why);
    buf_free(&path);
    if (!err && !buf_ok(&l->lines)) {
        buf_puts(why, "the history is too long to be shown at once; see --limit");
        err = -ENOMEM;
    }
    return err == -ENOENT && why->n == 0 ? 0 : err;
}

int cmd_history(const struct cli *cli, struct terminal *terminal)
{
    struct list_of_calls l = {.cli = cli, .left = LIMIT, .lines = buf_new(LINES_BYTES_MAX)};
    struct buf why = buf_new(16384);
    int err;

    if (cli->limit > 0)
        l.left = cli->limit;
    else if (cli->all)
        l.left = SIZE_MAX;
    err = read_calls(&l, &why);
    if (err)
        terminal_error(terminal, buf_cstr(&why));
    else if (l.lines.n == 0 && cli->verbosity >= 0)
        terminal_error(terminal, cli->missed ? "no call was missed" : "there were no calls yet");
    output_put_all(&terminal->out, buf_slice(&l.lines));
    buf_free(&l.lines);
    buf_free(&why);
    return err ? EXIT_OTHER : EXIT_OK;
}
