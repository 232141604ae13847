#include "phone/mask.h"

#include "base/scan.h"

#define HIDDEN "..."

/* Headers of credentials. Of those of digests only some parameters are secret. */
static const struct {
    struct slice name;
    bool has_scheme; /* another one than Digest is secret as a whole */
} headers[] = {
    {SLICE_INIT("Authorization"), true},
    {SLICE_INIT("Proxy-Authorization"), true},
    {SLICE_INIT("Authentication-Info"), false},
    {SLICE_INIT("Proxy-Authentication-Info"), false},
};

static const struct slice secrets[] = {
    SLICE_INIT("response"),  SLICE_INIT("cnonce"),  SLICE_INIT("nonce"),
    SLICE_INIT("nextnonce"), SLICE_INIT("rspauth"),
};

/* What the line before leaves open for one that continues it (RFC 3261 7.3.1). */
enum open {
    OPEN_NOTHING,
    OPEN_PARAMETERS, /* of credentials */
    OPEN_QUOTE,      /* of a value that is hidden */
    OPEN_ALL,        /* nothing of the header is shown */
    OPEN_TYPE,       /* of a body */
};

struct reader {
    enum open open;
    bool begun; /* line ends may stand before a message (RFC 3261 7.5) */
    bool in_body;
    bool digits; /* the body is a key that was pressed: PINs are made of them */
    bool parts;  /* it is made of several, each with headers of its own */
    bool in_part_headers;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice skip_blanks(struct slice s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = slice_skip(s, 1);
    return s;
}

/* --- values --------------------------------------------------------------------------------- */

/* Up to behind the quote that ends a string. *open: whether there is none on this line. */
static struct slice skip_quoted(struct slice s, bool *open)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != '"')
        n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
    *open = n >= s.n;
    return slice_skip(s, *open ? n : n + 1);
}

/* The end of a line is shown as it came, also where all before it is hidden. */
static struct slice line_end(struct slice line)
{
    size_t n = line.n;

    while (n > 0 && (line.p[n - 1] == '\n' || line.p[n - 1] == '\r'))
        n--;
    return slice_skip(line, n);
}

/* Whether s begins with a secret parameter; *value is what stands behind its equals sign. */
static bool find_secret(struct slice s, struct slice *value)
{
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        struct slice rest =
            slice_istarts(s, secrets[i]) ? skip_blanks(slice_skip(s, secrets[i].n)) : SLICE("");

        if (rest.n == 0 || rest.p[0] != '=')
            continue;
        *value = skip_blanks(slice_skip(rest, 1));
        return true;
    }
    return false;
}

/* Behind the value, which is hidden. */
static struct slice hide_value(struct buf *out, struct slice value, enum open *open)
{
    bool unclosed = false;

    if (value.n > 0 && value.p[0] == '"') {
        value = skip_quoted(slice_skip(value, 1), &unclosed);
        buf_puts(out, unclosed ? "\"" HIDDEN : "\"" HIDDEN "\"");
        *open = unclosed ? OPEN_QUOTE : OPEN_PARAMETERS;
        return unclosed ? SLICE("") : value;
    }
    buf_puts(out, HIDDEN);
    while (value.n > 0 && value.p[0] != ',' && !is_blank(value.p[0]))
        value = slice_skip(value, 1);
    return value;
}

static enum open hide_rest(struct buf *out, struct slice shown, struct slice end)
{
    buf_put(out, shown);
    buf_puts(out, HIDDEN);
    buf_put(out, end);
    return OPEN_ALL;
}

/* Whether a parameter may end before s, as a quoted string has ended: what goes on behind it was
 * not quoted, and what seemed to be was not either. */
static bool may_end(struct slice s)
{
    s = skip_blanks(s);
    return s.n == 0 || s.p[0] == ',';
}

/* Shows what is quoted, where it ends as it should. */
static bool put_quoted(struct buf *out, struct slice *s)
{
    bool unclosed;
    struct slice rest = skip_quoted(slice_skip(*s, 1), &unclosed);

    if (unclosed || !may_end(rest))
        return false;
    buf_put(out, slice_head(*s, s->n - rest.n));
    *s = rest;
    return true;
}

/* Names of secrets in quotes are none: a realm may be like one, to have what follows shown. */
static enum open put_parameters(struct buf *out, struct slice s, struct slice end)
{
    enum open open = OPEN_PARAMETERS;
    bool begins = true; /* a parameter may begin here */

    while (s.n > 0) {
        struct slice value;

        if (begins && find_secret(s, &value)) {
            buf_put(out, slice_head(s, (size_t)(value.p - s.p)));
            s = hide_value(out, value, &open);
            begins = false;
            if (!may_end(s))
                return hide_rest(out, SLICE(" "), end);
            continue;
        }
        begins = s.p[0] == ',' || s.p[0] == ':' || is_blank(s.p[0]);
        if (s.p[0] == '"') {
            if (!put_quoted(out, &s))
                return hide_rest(out, SLICE(""), end);
            continue;
        }
        buf_putc(out, s.p[0]);
        s = slice_skip(s, 1);
    }
    buf_put(out, end);
    return open;
}

/* --- lines ---------------------------------------------------------------------------------- */

static bool is_type(struct slice line)
{
    struct slice value = line, name = slice_trim(slice_cut(&value, ':'));

    return value.p && (slice_ieq(name, SLICE("Content-Type")) || slice_ieq(name, SLICE("c")));
}

/* application/dtmf, dtmf-relay, vnd.nortelnetworks.digits, kpml-response+xml (RFC 4730), with
 * blanks wherever they may be. */
static bool names_digits(struct slice line)
{
    return slice_ihas(line, SLICE("dtmf")) || slice_ihas(line, SLICE("digits")) ||
           slice_ihas(line, SLICE("kpml"));
}

static enum open put_header(struct buf *out, struct slice line, struct slice end)
{
    struct slice value = line, name = slice_cut(&value, ':');

    name = slice_trim(name);
    for (size_t i = 0; value.p && i < ARRAY_LEN(headers); i++) {
        if (!slice_ieq(name, headers[i].name))
            continue;
        value = skip_blanks(value);
        if (headers[i].has_scheme && !slice_istarts(value, SLICE("Digest ")))
            return hide_rest(out, slice_head(line, (size_t)(value.p - line.p)), end);
        return put_parameters(out, line, end);
    }
    buf_put(out, line);
    buf_put(out, end);
    return is_type(line) ? OPEN_TYPE : OPEN_NOTHING;
}

static enum open put_continued(struct buf *out, struct slice line, struct slice end, enum open open)
{
    struct slice rest = line;
    bool unclosed;

    if (open == OPEN_TYPE) {
        buf_put(out, line);
        buf_put(out, end);
        return open;
    }
    if (open == OPEN_PARAMETERS)
        return put_parameters(out, line, end);
    if (open == OPEN_QUOTE) {
        rest = skip_quoted(line, &unclosed);
        buf_puts(out, unclosed ? " " HIDDEN : " " HIDDEN "\"");
        if (!unclosed && !may_end(rest))
            return hide_rest(out, SLICE(" "), end);
        if (!unclosed)
            return put_parameters(out, rest, end);
        buf_put(out, end);
        return open;
    }
    return hide_rest(out, slice_head(line, 1), end);
}

/* Only how long the key was pressed is shown. */
static void put_digit_line(struct buf *out, struct slice line, struct slice end)
{
    struct slice value = line, name = slice_trim(slice_cut(&value, '='));
    uint64_t ms;

    if (line.n == 0 || (slice_ieq(name, SLICE("Duration")) && value.p &&
                        slice_number(slice_trim(value), UINT32_MAX, &ms) == 0)) {
        buf_put(out, line);
        buf_put(out, end);
        return;
    }
    hide_rest(out, value.p ? slice_head(line, (size_t)(value.p - line.p)) : SLICE(""), end);
}

static void put_body_line(struct buf *out, struct slice line, struct slice end)
{
    static const struct slice crypto = SLICE_INIT("a=crypto:"), inlined = SLICE_INIT("inline:");

    if (slice_istarts(line, SLICE("k="))) {
        hide_rest(out, slice_head(line, 2), end);
        return;
    }
    for (size_t i = 0; slice_istarts(line, crypto) && i < line.n; i++) {
        if (!slice_istarts(slice_skip(line, i), inlined))
            continue;
        hide_rest(out, slice_head(line, i + inlined.n), end);
        return;
    }
    buf_put(out, line);
    buf_put(out, end);
}

/* Of a body that is made of several: a line of its own begins each, then come headers and an empty
 * line (RFC 2046 5.1), or one of blanks, as sip/multipart.c has it. Whether it is of a key is told
 * by any of these headers that says so. */
static void put_part_line(struct reader *r, struct buf *out, struct slice line, struct slice end)
{
    bool begins = slice_istarts(line, SLICE("--"));

    if (begins)
        r->digits = false;
    if (r->digits && !r->in_part_headers)
        put_digit_line(out, line, end);
    else
        put_body_line(out, line, end);
    r->digits |= r->in_part_headers && !begins && names_digits(line);
    r->in_part_headers = begins || (r->in_part_headers && slice_trim(line).n > 0);
}

static void put_line(struct reader *r, struct buf *out, struct slice line, struct slice end)
{
    bool continued = r->open && line.n > 0 && is_blank(line.p[0]);

    if (r->in_body && r->parts)
        put_part_line(r, out, line, end);
    else if (r->in_body && r->digits)
        put_digit_line(out, line, end);
    else if (r->in_body)
        put_body_line(out, line, end);
    else if (continued)
        r->open = put_continued(out, line, end, r->open);
    else
        r->open = put_header(out, line, end);
    if (!r->in_body && r->open == OPEN_TYPE) {
        r->parts |= slice_ihas(line, SLICE("multipart"));
        r->digits |= names_digits(line);
    }
    r->in_body |= r->begun && line.n == 0;
    r->begun |= line.n > 0;
}

void mask_message(struct buf *out, struct slice message)
{
    struct reader reader = {.open = OPEN_NOTHING};

    while (message.n > 0) {
        ptrdiff_t at = slice_index(message, '\n');
        struct slice line = at < 0 ? message : slice_head(message, (size_t)at + 1);
        struct slice end = line_end(line);

        message = slice_skip(message, line.n);
        put_line(&reader, out, slice_head(line, line.n - end.n), end);
    }
}

void mask_event(struct buf *out, const struct phone_event *event)
{
    if (event->unmasked)
        buf_put(out, event->bytes);
    else
        mask_message(out, event->bytes);
}
