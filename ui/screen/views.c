/* The table of views, and what they draw with. */
#include <time.h>

#include "ui/json.h"
#include "ui/screen/screen.h"
#include "ui/screen/width.h"
#include "ui/status.h"

static const struct view *const views[] = {
    &view_calls,         &view_call,    &view_contacts, &view_history,      &view_dial,
    &view_help,          &view_log,     &view_setup,    &view_trace,        &view_trace_message,
    &view_trace_compare, &view_details, &view_devices,  &view_contact_list, &view_contact,
    &view_trouble,       &view_accounts};

_Static_assert(ARRAY_LEN(views) <= VIEWS_MAX, "each view has a place for its state");

const struct view *view_at(size_t i)
{
    return i < ARRAY_LEN(views) ? views[i] : NULL;
}

const struct view *view_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        if (slice_eq(slice_of(views[i]->name), name))
            return views[i];
    return NULL;
}

size_t view_place(const struct view *view)
{
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(views) && views[i] != view)
        i++;
    return i;
}

/* --- lists ---------------------------------------------------------------------------------- */

size_t view_first_row(size_t n, size_t chosen, size_t room)
{
    size_t half = room / 2;

    if (n <= room || chosen <= half)
        return 0;
    return chosen - half + room <= n ? chosen - half : n - room;
}

void view_draw_more(struct cells *cells, struct rect within, size_t n, size_t first)
{
    size_t room = within.rows > 0 ? (size_t)within.rows : 0;

    if (room > 0 && first > 0)
        cells_draw(cells, within, 0, within.cols - 1, STYLE_DIM, GLYPH_MORE_UP);
    if (room > 0 && first + room < n)
        cells_draw(cells, within, within.rows - 1, within.cols - 1, STYLE_DIM, GLYPH_MORE_DOWN);
}

void view_list(const struct screen *s, const struct view *view, struct cells *cells,
               struct rect within, view_row_fn *draw_row, const char *empty)
{
    size_t n = view->rows(s), room = within.rows > 0 ? (size_t)within.rows : 0;
    size_t chosen = screen_chosen(s, view), first = view_first_row(n, chosen, room);

    if (n == 0)
        cells_put_cut(cells, within, 0, 1, within.cols - 2, STYLE_DIM, slice_of(empty));
    for (size_t i = 0; i < room && first + i < n; i++) {
        struct rect row = {within.row + (int)i, within.col, 1, within.cols};

        draw_row(s, cells, row, first + i);
        if (first + i == chosen && screen_view(s) == view)
            cells_select(cells, row);
    }
    view_draw_more(cells, within, n, first);
}

/* --- text ----------------------------------------------------------------------------------- */

struct slice view_cut_row(struct slice *text, int cols)
{
    struct slice head = width_head(*text, cols);

    for (size_t n = head.n; head.n < text->n && n > 0; n--)
        if (text->p[n] == ' ') {
            head.n = n;
            break;
        }
    if (head.n == 0) /* there is no room for anything */
        head = *text;
    *text = slice_trim(slice_skip(*text, head.n));
    return head;
}

int view_put_text(struct cells *cells, struct rect r, int row, enum style style, struct slice text)
{
    while (text.n > 0 && row < r.rows)
        cells_put(cells, r, row++, 1, style, view_cut_row(&text, r.cols - 2));
    return row;
}

int view_text_rows(struct slice text, int cols)
{
    int n = 0;

    for (; text.n > 0; n++)
        view_cut_row(&text, cols);
    return n;
}

/* --- names, times and quality --------------------------------------------------------------- */

int view_put_name(struct cells *cells, struct rect within, int row, int col, int cols,
                  enum style style, const char *contact, const char *name, const char *uri)
{
    struct buf text = buf_new(8192);
    int n;

    model_put_called(&text, contact, name, uri);
    n = cells_put_cut(cells, within, row, col, cols, style, buf_slice(&text));
    buf_free(&text);
    return n;
}

void view_put_who(struct buf *out, const char *contact, const char *name, const char *uri)
{
    status_put_name(out, contact, name);
    buf_puts(out, *uri ? uri : "somebody");
}

void view_put_duration(struct buf *out, uint64_t ms)
{
    unsigned s = (unsigned)(ms / 1000);

    if (s >= 3600)
        buf_printf(out, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    else
        buf_printf(out, "%u:%02u", s / 60, s % 60);
}

static void say_count(struct buf *out, const char *between, unsigned n, const char *unit)
{
    buf_printf(out, "%s%u %s%s", between, n, unit, n == 1 ? "" : "s");
}

void view_say_duration(struct buf *out, uint64_t ms)
{
    unsigned s = (unsigned)(ms / 1000);
    const char *between = "";

    if (s >= 3600) {
        say_count(out, between, s / 3600, "hour");
        between = " ";
    }
    if (s / 60 % 60 > 0) {
        say_count(out, between, s / 60 % 60, "minute");
        between = " ";
    }
    if (s % 60 > 0 || s == 0)
        say_count(out, between, s % 60, "second");
}

const char *view_quality_word(float mos)
{
    return mos >= 4.0f ? "good" : mos >= 3.6f ? "fair" : mos >= 3.1f ? "poor" : "bad";
}

void view_put_time(const struct screen *screen, struct buf *out, double unix_time)
{
    time_t now = (time_t)(screen->unix_time > 0 ? screen->unix_time : (double)json_now_ms() / 1000);
    time_t when = (time_t)unix_time;
    double age = (double)now - (double)when;
    struct tm tm, today;
    char text[32] = "";

    if (!localtime_r(&when, &tm) || !localtime_r(&now, &today))
        return;
    if (tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year)
        strftime(text, sizeof text, "%H:%M", &tm);
    else if (age >= 0 && age < 6 * 86400.0)
        strftime(text, sizeof text, "%a %H:%M", &tm);
    else
        strftime(text, sizeof text, "%Y-%m-%d", &tm);
    buf_puts(out, text);
}
