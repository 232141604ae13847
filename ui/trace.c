#include "ui/trace.h"

#include <inttypes.h>

#include "base/text.h"
#include "phone/mask.h"

static void put_line(struct buf *out, struct slice line)
{
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    buf_puts(out, line.n > 0 ? "  | " : "  |");
    text_safe(out, line);
    buf_putc(out, '\n');
}

void trace_put(struct buf *out, const struct phone_event *event, uint64_t ms)
{
    struct buf masked = buf_new(TRACE_MESSAGE_MAX);
    char where[IP_TEXT_MAX];
    struct slice rest;

    buf_printf(out, "%" PRIu64 ".%03" PRIu64 " %s %s %s, %zu bytes\n", ms / 1000, ms % 1000,
               event->sent ? "sent to" : "received from", event->transport,
               ip_text(&event->where, where), event->bytes.n);
    mask_event(&masked, event);
    rest = buf_slice(&masked);
    while (rest.n > 0)
        put_line(out, slice_cut(&rest, '\n'));
    buf_free(&masked);
}
