/* A SIP message laid out in rows of some width. */
#include "ui/screen/traced.h"
#include "ui/screen/width.h"

/* What the lines of SDP are, RFC 8866 5. */
static const struct {
    char type;
    const char *name;
} sdp_lines[] = {
    {'v', "version"}, {'o', "origin"},    {'s', "session"},    {'i', "information"},
    {'c', "address"}, {'b', "bandwidth"}, {'t', "time"},       {'k', "key"},
    {'m', "media"},   {'a', "attribute"}, {'u', "more about"}, {'r', "repeat"},
};

static struct slice name_of_sdp(struct slice line)
{
    for (size_t i = 0; i < ARRAY_LEN(sdp_lines) && line.n > 1 && line.p[1] == '='; i++)
        if (sdp_lines[i].type == line.p[0])
            return slice_of(sdp_lines[i].name);
    return SLICE("");
}

void traced_walk_init(struct traced_walk *walk, const struct traced *t, bool only_sdp, int cols)
{
    *walk = (struct traced_walk){.t = t, .cols = cols, .only_sdp = only_sdp};
    walk->rest = only_sdp ? t->sdp : slice_of(t->text);
    walk->part = only_sdp ? WALK_BODY : WALK_START;
}

static bool is_break(char c)
{
    return c == ' ' || c == ',' || c == ';';
}

/* The part of a value that fits in a row, up to a place where one may well break in its second
 * half. */
static struct slice cut_row(struct slice *value, int cols)
{
    struct slice head = width_head(*value, cols > 8 ? cols : 8);

    if (head.n < value->n)
        for (size_t i = head.n; i > head.n / 2; i--)
            if (is_break(head.p[i - 1])) {
                head.n = i;
                break;
            }
    if (head.n == 0)
        head = *value; /* nothing of it has a width */
    *value = slice_skip(*value, head.n);
    return head;
}

static void take_start(struct traced_walk *w, struct traced_row *out)
{
    out->kind = TRACED_START;
    w->value = slice_cut(&w->rest, '\n');
    out->text = cut_row(&w->value, w->cols);
    w->part = WALK_HEADERS;
}

static void take_header(struct traced_walk *w, struct traced_row *out)
{
    struct slice line = slice_cut(&w->rest, '\n'), value = line;
    struct slice name = slice_cut(&value, ':');

    if (line.n == 0)
        w->part = WALK_BODY;
    out->kind = TRACED_HEADER;
    if (value.p)
        out->label = slice_trim(name);
    w->value = value.p ? slice_trim(value) : line; /* a folded line has no name */
    if (w->value.n > 0 && width_of(out->label) < TRACED_LABEL_COLS)
        out->text = cut_row(&w->value, w->cols - TRACED_LABEL_COLS);
}

static bool is_sdp(const struct traced *t, struct slice line)
{
    return t->sdp.n > 0 && line.p >= t->sdp.p && line.p < t->sdp.p + t->sdp.n;
}

static void take_body(struct traced_walk *w, struct traced_row *out)
{
    w->value = slice_cut(&w->rest, '\n');
    if (is_sdp(w->t, w->value))
        out->label = name_of_sdp(w->value);
    out->kind = out->label.n > 0 ? TRACED_SDP : TRACED_BODY;
    if (w->value.n > 0)
        out->text = cut_row(&w->value, w->cols - TRACED_LABEL_COLS);
}

bool traced_walk_next(struct traced_walk *w, struct traced_row *out)
{
    *out = (struct traced_row){.kind = TRACED_MORE};
    if ((w->value.n == 0 && w->rest.n == 0) || w->n > TRACED_ROWS_MAX)
        return false;
    if (w->n++ == TRACED_ROWS_MAX) {
        out->kind = TRACED_CUT;
        out->text = SLICE("what follows is not shown");
        return true;
    }
    if (w->value.n > 0)
        out->text = cut_row(&w->value, w->cols - TRACED_LABEL_COLS);
    else if (w->part == WALK_START)
        take_start(w, out);
    else if (w->part == WALK_HEADERS)
        take_header(w, out);
    else
        take_body(w, out);
    return true;
}

size_t traced_rows(const struct traced *t, bool only_sdp, int cols)
{
    struct traced_walk walk;
    struct traced_row row;
    size_t n = 0;

    traced_walk_init(&walk, t, only_sdp, cols);
    while (traced_walk_next(&walk, &row))
        n++;
    return n;
}
