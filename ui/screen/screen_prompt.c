#include "ui/screen/screen_prompt.h"

#include <stdlib.h>

#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/width.h"

static void end_prompt(struct screen *s)
{
    s->prompt = PROMPT_NONE;
    line_set(&s->line, SLICE(""));
}

static void enter_command(struct screen *s)
{
    char *line = slice_dup(line_text(&s->line));

    line_remember(&s->line);
    end_prompt(s);
    if (line)
        command_run(s, slice_of(line));
    free(line);
}

static void enter_search(struct screen *s)
{
    char *text = slice_dup(line_text(&s->line));

    line_remember(&s->line);
    end_prompt(s);
    screen_search_for(s, text ? slice_of(text) : SLICE(""));
    free(text);
}

/* Nothing of it stays behind in memory that moved. */
static void enter_password(struct screen *s)
{
    struct buf account = buf_new(16384), password = buf_new(16384);

    buf_room(&password, password.max);
    buf_clear(&password);
    json_put_string(&account, s->account);
    json_put_string(&password, line_cstr(&s->line));
    end_prompt(s);
    screen_ask(s, ASK_DO, "password", ",\"account\":%s,\"password\":%s", buf_cstr(&account),
               buf_cstr(&password));
    buf_free(&account);
    buf_free(&password);
}

/* Back to the row at which the search began. */
static void go_back(struct screen *s)
{
    if (s->search_from != SIZE_MAX)
        screen_choose(s, screen_view(s), s->search_from);
}

/* What the list shows goes along with what is typed. */
static void search_typed(struct screen *s)
{
    buf_clear(&s->search);
    buf_put(&s->search, line_text(&s->line));
    go_back(s);
    screen_search(s, false, true);
}

/* Tab goes on through all that the line could become, S-Tab back; what was typed comes between. */
static void complete(struct screen *s, bool back)
{
    struct buf out = buf_new(LINE_BYTES_MAX);
    size_t n;

    if (!s->completes) {
        buf_clear(&s->typed);
        buf_put(&s->typed, line_text(&s->line));
        s->completion = 0;
    }
    n = command_completions(s, buf_slice(&s->typed));
    s->completion = (s->completion + (back ? n : 1)) % (n + 1);
    if (s->completion > 0)
        command_complete(s, buf_slice(&s->typed), s->completion - 1, &out);
    line_set(&s->line, s->completion > 0 ? buf_slice(&out) : buf_slice(&s->typed));
    s->completes = true;
    buf_free(&out);
}

void prompt_key(struct screen *s, const struct key *key)
{
    if (s->prompt == PROMPT_CONFIRM) {
        void (*confirmed)(struct screen *) = s->confirmed;

        s->prompt = PROMPT_NONE;
        if (key->code == 'y' || key->code == 'Y')
            confirmed(s);
        else if (key->code != 'n' && key->code != KEY_ESCAPE)
            screen_key(s, key);
        return;
    }
    if (key->code == KEY_TAB && s->prompt == PROMPT_COMMAND) {
        complete(s, key->mods & KEY_SHIFT);
        return;
    }
    s->completes = false;
    switch (line_key(&s->line, key)) {
    case LINE_ENTERED:
        if (s->prompt == PROMPT_COMMAND)
            enter_command(s);
        else if (s->prompt == PROMPT_PASSWORD)
            enter_password(s);
        else
            enter_search(s);
        break;
    case LINE_LEFT:
        if (s->prompt == PROMPT_SEARCH)
            go_back(s);
        end_prompt(s);
        break;
    case LINE_CHANGED:
        if (s->prompt == PROMPT_SEARCH)
            search_typed(s);
        break;
    case LINE_PASSED:
    case LINE_MOVED:
        break;
    }
}

/* --- drawing -------------------------------------------------------------------------------- */

/* What the command does, once it is a whole one. */
static void draw_help(const struct command *c, struct cells *cells, struct rect row)
{
    struct buf text = buf_new(1024);

    buf_printf(&text, " %s%s%s: %s ", c->name, c->value ? " " : "", c->value ? c->value : "",
               c->help);
    cells_put_cut(cells, row, 0, 1, row.cols - 2, STYLE_DIM, buf_slice(&text));
    buf_free(&text);
}

/* The words that may come, the one that Tab has taken in bold. */
static void draw_completions(const struct screen *s, struct cells *cells, struct rect row)
{
    struct slice typed = s->completes ? buf_slice(&s->typed) : line_text(&s->line);
    struct buf out = buf_new(LINE_BYTES_MAX);
    int col = 1;

    for (size_t i = 0; col < row.cols - 2 && command_complete(s, typed, i, &out); i++) {
        bool taken = s->completes && s->completion == i + 1;
        struct slice rest = buf_slice(&out);

        if (slice_index(typed, ' ') >= 0 && slice_index(rest, ' ') >= 0)
            slice_cut(&rest, ' ');
        col += cells_put_cut(cells, row, 0, col, row.cols - col - 1,
                             taken ? STYLE_STRONG : STYLE_DIM, rest) +
               2;
    }
    buf_free(&out);
}

static void draw_command(const struct screen *s, struct cells *cells, struct rect within)
{
    struct rect above = {within.row - 1, within.col, 1, within.cols};
    struct slice typed = line_text(&s->line);
    const struct command *c = command_of_line(typed);
    struct buf out = buf_new(LINE_BYTES_MAX);
    bool more =
        typed.n > 0 && command_complete(s, s->completes ? buf_slice(&s->typed) : typed, 0, &out);

    cells_fill(cells, above, STYLE_NORMAL);
    if (more && !(c && slice_eq(buf_slice(&out), slice_trim(typed))))
        draw_completions(s, cells, above);
    else if (c)
        draw_help(c, cells, above);
    else
        cells_put_cut(cells, above, 0, 1, within.cols - 2, STYLE_DIM,
                      typed.n > 0 ? SLICE("no such command")
                                  : SLICE("Tab completes, arrows bring back"));
    buf_free(&out);
}

static void draw_password(const struct screen *s, struct cells *cells, struct rect within)
{
    int n = 1 + cells_put(cells, within, 0, 1, STYLE_WARN, SLICE("password for "));

    n += cells_put_cut(cells, within, 0, n, 40, STYLE_NORMAL, slice_of(s->account));
    n += 1 + cells_put(cells, within, 0, n, STYLE_WARN, SLICE(":"));
    for (size_t i = 0; i < s->line.text.n && n < within.cols; i++)
        n += cells_put(cells, within, 0, n, STYLE_INPUT, SLICE("*"));
}

/* At the right end; the room that is left. */
static struct rect draw_matches(const struct screen *s, struct cells *cells, struct rect within)
{
    struct buf text = buf_new(64);
    size_t at, n = screen_matches(s, &at);

    if (line_text(&s->line).n == 0)
        ;
    else if (n > 0)
        buf_printf(&text, "%zu of %zu", at, n);
    else
        buf_puts(&text, "in no row");
    cells_put_right(cells, within, 0, within.cols - 1, n > 0 ? STYLE_DIM : STYLE_WARN,
                    buf_slice(&text));
    within.cols -= width_of(buf_slice(&text)) + 3;
    buf_free(&text);
    return within;
}

void prompt_draw(const struct screen *s, struct cells *cells, struct rect within)
{
    int n;

    switch (s->prompt) {
    case PROMPT_COMMAND:
        draw_command(s, cells, within);
        n = cells_put(cells, within, 0, 0, STYLE_KEY, SLICE(":"));
        line_draw(&s->line, cells, within, 0, n);
        break;
    case PROMPT_SEARCH:
        n = cells_put(cells, within, 0, 0, STYLE_KEY, SLICE("/"));
        line_draw(&s->line, cells, draw_matches(s, cells, within), 0, n);
        break;
    case PROMPT_PASSWORD:
        draw_password(s, cells, within);
        break;
    case PROMPT_CONFIRM:
        n = 1 + cells_put(cells, within, 0, 1, STYLE_WARN, slice_of(s->question));
        cells_put(cells, within, 0, n + 1, STYLE_KEY, SLICE("y/n"));
        break;
    case PROMPT_NONE:
        break;
    }
}
