#include "ui/screen/traced.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "ui/screen/width.h"

#define LABEL_COLS 64 /* of each part */
#define AGAIN_MAX 32u /* messages back that a repeated one is looked for */

/* --- what is kept --------------------------------------------------------------------------- */

static size_t bytes_of(const struct traced *t)
{
    return sizeof *t + strlen(t->raw) + strlen(t->text);
}

static void free_one(struct traced *t)
{
    free(t->transport);
    free(t->local);
    free(t->remote);
    free(t->raw);
    free(t->text);
    free(t);
}

const struct traced *traced_at(const struct traced_list *list, size_t i)
{
    return i < list->n ? list->ring[(list->first + i) % TRACED_MAX] : NULL;
}

const struct traced *traced_find(const struct traced_list *list, uint64_t number)
{
    uint64_t first = list->numbers - list->n + 1;

    return number < first ? NULL : traced_at(list, (size_t)(number - first));
}

static void drop_oldest(struct traced_list *list)
{
    struct traced *t = list->ring[list->first];

    list->bytes -= bytes_of(t);
    list->first = (list->first + 1) % TRACED_MAX;
    list->n--;
    free_one(t);
}

void traced_clear(struct traced_list *list)
{
    while (list->n > 0)
        drop_oldest(list);
    free(list->ring);
    list->ring = NULL;
    list->first = 0;
}

/* A message that nobody answered is sent again as it was (RFC 3261 17). */
static bool is_again(const struct traced_list *list, const struct traced *t)
{
    for (size_t back = 1; back <= list->n && back <= AGAIN_MAX; back++) {
        const struct traced *before = traced_at(list, list->n - back);

        if (before->sent == t->sent && strcmp(before->remote, t->remote) == 0 &&
            strcmp(before->raw, t->raw) == 0)
            return true;
    }
    return false;
}

/* --- reading -------------------------------------------------------------------------------- */

/* The form that is shown: header names and values are looked for in it. NULL without memory. */
static char *safe_text(const char *raw)
{
    size_t n = strlen(raw);
    struct buf out = buf_new(3 * n + 1);
    char *text;

    text_safe_lines(&out, (struct slice){raw, n});
    for (size_t i = 0; i < out.n; i++)
        if (out.p[i] == '\t')
            out.p[i] = ' ';
    text = buf_ok(&out) ? slice_dup(buf_slice(&out)) : NULL;
    buf_free(&out);
    return text;
}

/* RFC 3261 7.3.3 and 20 */
static const struct {
    char compact;
    const char *name;
} compacts[] = {
    {'i', "Call-ID"},         {'m', "Contact"},      {'e', "Content-Encoding"},
    {'l', "Content-Length"},  {'f', "From"},         {'c', "Content-Type"},
    {'s', "Subject"},         {'t', "To"},           {'v', "Via"},
    {'k', "Supported"},       {'o', "Event"},        {'r', "Refer-To"},
    {'x', "Session-Expires"}, {'u', "Allow-Events"},
};

static struct slice full_name(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(compacts) && name.n == 1; i++)
        if ((name.p[0] | 0x20) == compacts[i].compact)
            return slice_of(compacts[i].name);
    return name;
}

/* The value of its first header of this name (or its compact form), on one line; empty: none. */
static struct slice header_of(const struct traced *t, const char *name)
{
    struct slice rest = slice_of(t->text);

    slice_cut(&rest, '\n');
    while (rest.n > 0) {
        struct slice value = slice_cut(&rest, '\n'), it;

        if (value.n == 0)
            break;
        it = slice_cut(&value, ':');
        if (value.p && slice_ieq(full_name(slice_trim(it)), slice_of(name)))
            return slice_trim(value);
    }
    return SLICE("");
}

/* RFC 3261 7.1, 7.2 */
static void read_start(struct traced *t)
{
    struct slice rest = slice_of(t->text), line = slice_cut(&rest, '\n');
    uint64_t status;

    t->start = line;
    t->method = slice_cut(&line, ' ');
    if (!slice_istarts(t->method, SLICE("SIP/")))
        return;
    if (slice_number(slice_cut(&line, ' '), 699, &status) == 0)
        t->status = (unsigned)status;
    t->reason = line;
    line = header_of(t, "CSeq");
    slice_cut(&line, ' ');
    t->method = slice_trim(line);
}

/* From the first line behind the headers that begins a description, up to a boundary of MIME. */
static struct slice find_sdp(const struct traced *t)
{
    struct slice rest = slice_of(t->text), sdp = {NULL, 0};
    bool body = false;

    while (rest.n > 0) {
        struct slice line = slice_cut(&rest, '\n');

        if (line.n == 0)
            body = true;
        else if (body && !sdp.p && slice_starts(line, SLICE("v=")))
            sdp.p = line.p;
        if (sdp.p && slice_starts(line, SLICE("--")))
            break;
        if (sdp.p)
            sdp.n = (size_t)(line.p - sdp.p) + line.n;
    }
    return sdp;
}

static struct traced *copy_of(const struct traced_source *source)
{
    struct traced *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->transport = slice_dup(slice_of(source->transport));
    t->local = slice_dup(slice_of(source->local));
    t->remote = slice_dup(slice_of(source->remote));
    t->raw = slice_dup(slice_of(source->message));
    t->text = safe_text(source->message);
    if (t->transport && t->local && t->remote && t->raw && t->text)
        return t;
    free_one(t);
    return NULL;
}

int traced_add(struct traced_list *list, const struct traced_source *source)
{
    struct traced *t = copy_of(source);

    if (!list->ring)
        list->ring = calloc(TRACED_MAX, sizeof(struct traced *));
    if (!list->ring || !t) {
        if (t)
            free_one(t);
        return -ENOMEM;
    }
    t->number = ++list->numbers;
    t->time = source->time;
    t->sent = source->sent;
    read_start(t);
    t->call_id = header_of(t, "Call-ID");
    t->sdp = find_sdp(t);
    t->again = is_again(list, t);
    if (list->n == TRACED_MAX)
        drop_oldest(list);
    list->ring[(list->first + list->n++) % TRACED_MAX] = t;
    list->bytes += bytes_of(t);
    while (list->bytes > TRACED_BYTES_MAX && list->n > 1)
        drop_oldest(list);
    return 0;
}

/* --- what one says -------------------------------------------------------------------------- */

struct slice traced_uri(const struct traced *t, const char *header)
{
    struct slice value = header_of(t, header), uri = value;

    slice_cut(&uri, '<');
    uri = uri.p ? slice_cut(&uri, '>') : value;
    return slice_trim(slice_cut(&uri, ';'));
}

void traced_put_label(const struct traced *t, bool brief, struct buf *out)
{
    const char *between = " (";

    if (t->status > 0) {
        buf_printf(out, "%u ", t->status);
        buf_put(out, width_head(t->reason, LABEL_COLS));
    }
    if (t->status > 0 && !brief) {
        buf_puts(out, between);
        between = ", ";
    }
    if (t->status == 0 || !brief)
        buf_put(out, width_head(t->method, LABEL_COLS));
    if (t->sdp.n > 0 && !brief) {
        buf_printf(out, "%sSDP", between);
        between = ", ";
    }
    if (t->again) {
        buf_printf(out, "%sagain", brief ? " " : between);
        between = brief ? between : ", ";
    }
    if (*between == ',')
        buf_putc(out, ')');
}

/* Names that stand in many messages, in Allow and elsewhere: who types one means its messages. */
static bool is_method(struct slice word)
{
    static const char *const methods[] = {"INVITE",  "ACK",       "BYE",    "CANCEL",  "REGISTER",
                                          "OPTIONS", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO",
                                          "REFER",   "MESSAGE",   "UPDATE", "PRACK"};

    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (slice_ieq(word, slice_of(methods[i])))
            return true;
    return false;
}

/* "486", "4xx" */
static bool is_status(struct slice word)
{
    return word.n == 3 && word.p[0] >= '1' && word.p[0] <= '6' &&
           strchr("0123456789xX", word.p[1]) && strchr("0123456789xX", word.p[2]);
}

static bool has_status(const struct traced *t, struct slice word)
{
    char digits[12];

    snprintf(digits, sizeof digits, "%u", t->status);
    for (size_t i = 0; i < 3; i++)
        if ((word.p[i] | 0x20) != 'x' && word.p[i] != digits[i])
            return false;
    return true;
}

static bool has_word(const struct traced *t, struct slice word)
{
    if (is_method(word))
        return slice_ieq(t->method, word);
    if (is_status(word))
        return t->status > 0 && has_status(t, word);
    return slice_ihas(slice_of(t->remote), word) || slice_ihas(slice_of(t->local), word) ||
           slice_ieq(slice_of(t->transport), word) || slice_ihas(slice_of(t->text), word);
}

bool traced_has(const struct traced *t, struct slice filter)
{
    while (filter.n > 0) {
        struct slice word = slice_cut(&filter, ' ');
        bool not = word.n > 1 && word.p[0] == '!';

        if (not )
            word = slice_skip(word, 1);
        if (word.n > 0 && has_word(t, word) == not )
            return false;
    }
    return true;
}
