#include "sdp/xr.h"

#include "base/scan.h"
#include "sdp/attribute.h"
#include "sdp/parse.h"

#define ROOM 128 /* bytes, RFC 3611 5.1 max-size: none of our reports is longer */

/* clang-format off */
static const struct format {
    struct slice name;
    const char *printed;
    size_t at;
} formats[] = {
    {SLICE_INIT("pkt-loss-rle"), " pkt-loss-rle", offsetof(struct sdp_xr, runs)},
    {SLICE_INIT("rcvr-rtt"),     " rcvr-rtt=all", offsetof(struct sdp_xr, times)},
    {SLICE_INIT("voip-metrics"), " voip-metrics", offsetof(struct sdp_xr, voip)},
};
/* clang-format on */

static bool *member(struct sdp_xr *xr, const struct format *format)
{
    return (bool *)((char *)xr + format->at);
}

/* The size stands behind "=", or behind the colon of "rcvr-rtt=all:". */
static bool has_room(struct slice value)
{
    struct slice first = slice_cut(&value, ':'), size = value.n ? value : first;
    uint64_t n;

    return slice_number(size, UINT32_MAX, &n) != 0 || n >= ROOM;
}

static void read_format(struct sdp_xr *xr, struct slice word)
{
    struct slice name = slice_cut(&word, '=');

    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (slice_eq(name, formats[i].name) && has_room(word))
            *member(xr, &formats[i]) = true;
}

struct sdp_xr sdp_media_xr(const struct sdp_model *model, const struct sdp_media *media)
{
    struct sdp_xr out = {0};
    struct slice value, word;

    if (!sdp_attribute_find(media->lines, SLICE("rtcp-xr"), &value) &&
        !sdp_attribute_find(model->lines, SLICE("rtcp-xr"), &value))
        return out;
    while (sdp_format_next(&value, &word))
        read_format(&out, word);
    return out;
}

struct sdp_xr sdp_xr_both(struct sdp_xr a, struct sdp_xr b)
{
    return (struct sdp_xr){a.runs && b.runs, a.times && b.times, a.voip && b.voip};
}

void sdp_xr_put(struct buf *out, struct sdp_xr xr)
{
    bool any = false;

    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (!*member(&xr, &formats[i]))
            continue;
        if (!any)
            buf_puts(out, "a=rtcp-xr:");
        buf_puts(out, formats[i].printed + (any ? 0 : 1));
        any = true;
    }
    if (any)
        buf_puts(out, "\r\n");
}
