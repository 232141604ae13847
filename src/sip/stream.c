#include "sip/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sip/limits.h"
#include "sip/parse.h"

struct sip_stream {
    struct buf bytes;
    size_t used;     /* bytes at the front that are dealt with */
    size_t searched; /* behind used: here no header section ends */
    size_t need;     /* length of the message that stands behind used; 0: not known yet */
    bool broken;
};

struct sip_stream *sip_stream_new(void)
{
    struct sip_stream *stream = calloc(1, sizeof *stream);

    if (stream)
        stream->bytes = buf_new(SIP_MAX_MESSAGE + SIP_MAX_STREAM_FEED);
    return stream;
}

void sip_stream_free(struct sip_stream *stream)
{
    if (!stream)
        return;
    buf_free(&stream->bytes);
    free(stream);
}

static struct slice unused(const struct sip_stream *stream)
{
    return slice_skip(buf_slice(&stream->bytes), stream->used);
}

static void use(struct sip_stream *stream, size_t n)
{
    stream->used += n;
    stream->searched = 0;
    stream->need = 0;
}

int sip_stream_feed(struct sip_stream *stream, struct slice bytes)
{
    if (stream->broken)
        return 0;
    buf_drop(&stream->bytes, stream->used);
    stream->used = 0;
    buf_put(&stream->bytes, bytes);
    return buf_ok(&stream->bytes) ? 0 : -ENOMEM;
}

static enum sip_stream_found more(struct sip_stream *stream)
{
    /* Most connections are idle most of the time; they shall not hold what a message once took. */
    if (unused(stream).n == 0) {
        buf_free(&stream->bytes);
        stream->used = 0;
    }
    return SIP_STREAM_MORE;
}

static enum sip_stream_found broken(struct sip_stream *stream, struct slice headers,
                                    struct slice *message)
{
    stream->broken = true;
    *message = headers;
    return SIP_STREAM_BROKEN;
}

/* Length of the header section with its empty line, or 0: its end has not come. */
static size_t header_section(struct sip_stream *stream)
{
    struct slice all = unused(stream);
    const char *at;

    while ((at = memchr(all.p + stream->searched, '\n', all.n - stream->searched)) != NULL) {
        struct slice next = slice_skip(all, (size_t)(at + 1 - all.p));

        if (slice_starts(next, SLICE("\n")))
            return (size_t)(next.p - all.p) + 1;
        if (slice_starts(next, SLICE("\r\n")))
            return (size_t)(next.p - all.p) + 2;
        if (next.n == 0 || slice_eq(next, SLICE("\r")))
            break; /* what comes may make it an empty line: look at this "\n" again */
        stream->searched = (size_t)(next.p - all.p);
    }
    if (!at)
        stream->searched = all.n;
    return 0;
}

/* Line ends between messages: two are a ping, one is the answer to ours, or means nothing. True
 * where a ping was found. */
static bool take_line_ends(struct sip_stream *stream)
{
    for (;;) {
        struct slice all = unused(stream);

        if (slice_starts(all, SLICE("\r\n\r\n"))) {
            use(stream, 4);
            return true;
        }
        /* Half a ping, perhaps: wait. */
        if (slice_eq(all, SLICE("\r")) || slice_eq(all, SLICE("\r\n")) ||
            slice_eq(all, SLICE("\r\n\r")))
            return false;
        if (all.n == 0 || (all.p[0] != '\r' && all.p[0] != '\n'))
            return false;
        use(stream, 1);
    }
}

/* Finds out how long the message is, once its header section is there. */
static enum sip_stream_found measure(struct sip_stream *stream, struct slice *message)
{
    size_t headers_n = header_section(stream), body_n;
    struct slice headers = slice_head(unused(stream), headers_n);

    if (headers_n > SIP_MAX_HEADER_SECTION ||
        (headers_n == 0 && unused(stream).n > SIP_MAX_HEADER_SECTION))
        return broken(stream, (struct slice){0}, message);
    if (headers_n == 0)
        return SIP_STREAM_MORE;
    if (sip_parse_framing(headers, &body_n) != 0 || headers_n + body_n > SIP_MAX_MESSAGE)
        return broken(stream, headers, message);
    stream->need = headers_n + body_n;
    return SIP_STREAM_MESSAGE;
}

enum sip_stream_found sip_stream_next(struct sip_stream *stream, struct slice *message)
{
    enum sip_stream_found found;

    *message = (struct slice){0};
    if (stream->broken)
        return SIP_STREAM_MORE;
    if (stream->need == 0) {
        if (take_line_ends(stream))
            return SIP_STREAM_PING;
        if (!sip_stream_is_inside(stream))
            return more(stream);
        found = measure(stream, message);
        if (found != SIP_STREAM_MESSAGE)
            return found;
    }
    if (unused(stream).n < stream->need)
        return SIP_STREAM_MORE;
    *message = slice_head(unused(stream), stream->need);
    use(stream, stream->need);
    return SIP_STREAM_MESSAGE;
}

bool sip_stream_is_inside(const struct sip_stream *stream)
{
    struct slice all = unused(stream);

    return !stream->broken && all.n > 0 && all.p[0] != '\r' && all.p[0] != '\n';
}
