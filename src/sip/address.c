#include "sip/address.h"

#include <errno.h>
#include <string.h>

#include "base/scan.h"
#include "sip/lex.h"
#include "sip/limits.h"

/* *( SEMI generic-param ), the tag among them. */
static void scan_params(struct scan *s, struct sip_address *address)
{
    const char *from;
    struct slice name, value;
    unsigned n = 0;

    sip_scan_blanks(s);
    from = s->rest.p;
    while (sip_scan_param(s, &name, &value)) {
        if (++n > SIP_MAX_PARAMS)
            return scan_fail(s);
        if (slice_ieq(name, SLICE("tag")) && !address->tag.p)
            address->tag = value;
    }
    if (n > 0)
        address->params = (struct slice){from, (size_t)(s->rest.p - from)};
}

static struct slice scan_bracketed(struct scan *s)
{
    struct slice uri;

    scan_must(s, '<');
    uri = sip_scan_span(s, SIP_URI);
    scan_must(s, '>');
    return uri;
}

int sip_address_parse(struct slice text, struct sip_address *out)
{
    struct scan s = {slice_trim(text), false};

    *out = (struct sip_address){0};
    if (slice_eq(s.rest, SLICE("*"))) {
        out->any = true;
        return 0;
    }
    if (scan_peek(&s) == '"') {
        out->display = sip_scan_quoted(&s);
        sip_scan_blanks(&s);
        out->uri = scan_bracketed(&s);
    } else if (s.rest.n > 0 && memchr(s.rest.p, '<', s.rest.n)) {
        out->display =
            scan_peek(&s) == '<' ? (struct slice){0} : slice_trim(sip_scan_span(&s, SIP_DISPLAY));
        out->uri = scan_bracketed(&s);
    } else {
        out->uri = sip_scan_span(&s, SIP_BARE_URI);
    }
    /* Every URI has a scheme; this refuses "<>" and bare words. */
    if (slice_index(out->uri, ':') < 1)
        scan_fail(&s);
    scan_params(&s, out);
    return scan_ok_at_end(&s) ? 0 : -EBADMSG;
}

void sip_address_put_display(struct buf *b, const struct sip_address *address)
{
    struct slice text = address->display;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        else if (text.p[i] == '\r' || text.p[i] == '\n')
            continue; /* the blank behind the fold stays */
        buf_putc(b, text.p[i]);
    }
}

static bool is_printable(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\r' || text.p[i] == '\n' || text.p[i] == '\0')
            return false;
    return true;
}

void sip_address_put(struct buf *b, struct slice display, struct slice uri)
{
    if (!is_printable(display) || !is_printable(uri) || slice_index(uri, '>') >= 0) {
        b->failed = true;
        return;
    }
    if (display.n > 0) {
        buf_putc(b, '"');
        for (size_t i = 0; i < display.n; i++) {
            if (display.p[i] == '"' || display.p[i] == '\\')
                buf_putc(b, '\\');
            buf_putc(b, display.p[i]);
        }
        buf_puts(b, "\" ");
    }
    buf_putc(b, '<');
    buf_put(b, uri);
    buf_putc(b, '>');
}
