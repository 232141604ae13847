#include "ui/trace.h"

#include <inttypes.h>

#include "base/text.h"

/* Where a digest's response begins in a line of credentials, behind its quote; or NULL. */
static const char *find_response(struct slice line)
{
    static const struct slice name = SLICE_INIT("response=\"");

    if (!slice_istarts(line, SLICE("Authorization")) &&
        !slice_istarts(line, SLICE("Proxy-Authorization")))
        return NULL;
    for (size_t i = 1; i < line.n; i++)
        if (strchr(", \t", line.p[i - 1]) && slice_istarts(slice_skip(line, i), name))
            return line.p + i + name.n;
    return NULL;
}

/* Traces are sent to people who look for a fault, and a password could be guessed from a response
 * at leisure. The rest of the credentials is what one looks for. */
static void put_credentials(struct buf *out, struct slice line, const char *response)
{
    struct slice rest = slice_skip(line, (size_t)(response - line.p));

    text_safe(out, slice_head(line, (size_t)(response - line.p)));
    buf_puts(out, "...\"");
    slice_cut(&rest, '"');
    text_safe(out, rest);
}

static void put_line(struct buf *out, struct slice line)
{
    const char *response = find_response(line);

    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    buf_puts(out, line.n > 0 ? "  | " : "  |");
    if (response)
        put_credentials(out, line, response);
    else
        text_safe(out, line);
    buf_putc(out, '\n');
}

void trace_put(struct buf *out, const struct phone_event *event, uint64_t ms)
{
    char where[IP_TEXT_MAX];
    struct slice rest = event->bytes;

    buf_printf(out, "%" PRIu64 ".%03" PRIu64 " %s %s %s, %zu bytes\n", ms / 1000, ms % 1000,
               event->sent ? "sent to" : "received from", event->transport,
               ip_text(&event->where, where), event->bytes.n);
    while (rest.n > 0)
        put_line(out, slice_cut(&rest, '\n'));
}
