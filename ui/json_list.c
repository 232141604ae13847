#include "ui/json_list.h"

#include <inttypes.h>

#include "phone/event.h"
#include "phone/history.h"
#include "ui/json.h"

static void begin(struct buf *out, const char *list)
{
    buf_printf(out, "{\"v\":%d,\"list\":\"%s\"", JSON_VERSION, list);
}

void json_history(struct buf *out, const struct history_row *row)
{
    begin(out, "history");
    buf_printf(out, ",\"time\":%" PRId64 ".%06u", row->began_us / 1000000,
               (unsigned)(row->began_us % 1000000));
    json_put_text(out, "direction", row->outgoing ? "out" : "in");
    json_put_text(out, "outcome", history_word(row->outcome));
    if (row->outcome == HISTORY_ANSWERED)
        buf_printf(out, ",\"duration\":%" PRIu64 ".%03u", row->talk_ms / 1000,
                   (unsigned)(row->talk_ms % 1000));
    if (row->status > 0)
        buf_printf(out, ",\"status\":%u", row->status);
    json_put_text(out, "peer", row->peer);
    json_put_text(out, "contact", row->contact);
    json_put_text(out, "peer_name", row->name);
    json_put_text(out, "account", row->account);
    json_put_text(out, "file", row->file);
    json_put_text(out, "text", row->text);
    buf_puts(out, "}\n");
}

void json_contact(struct buf *out, const char *name, const char *address)
{
    begin(out, "contacts");
    json_put_text(out, "name", name);
    json_put_text(out, "address", address);
    buf_puts(out, "}\n");
}

void json_device(struct buf *out, const struct phone_device *device)
{
    begin(out, "devices");
    buf_putc(out, ',');
    json_put_device(out, device);
    buf_puts(out, "}\n");
}
