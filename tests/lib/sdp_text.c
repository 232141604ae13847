#include "tests/lib/sdp_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sdp_local sdp_test_local(void)
{
    struct sdp_local local = {
        .codecs = {{"opus", 48000, 2, 96, "useinbandfec=1", NULL},
                   {"PCMU", 8000, 1, 0, NULL, NULL},
                   {"PCMA", 8000, 1, 8, NULL, NULL}},
        .n_codecs = 3,
        .telephone_event = true,
        .ptime_ms = 20,
        .rtcp_mux = true,
        .direction = SDP_SENDRECV,
    };

    ip_parse_with_port(SLICE("198.51.100.1:4000"), &local.address);
    return local;
}

static void put_receive(struct buf *b, const struct sdp_stream *s)
{
    buf_puts(b, " rx ");
    for (size_t i = 0; i < s->n_receive; i++)
        buf_printf(b, i ? ",%u" : "%u", s->receive[i].type);
}

static void put_opus(struct buf *b, const struct sdp_opus *opus)
{
    if (opus->useinbandfec)
        buf_puts(b, " fec");
    if (opus->usedtx)
        buf_puts(b, " dtx");
    if (opus->cbr)
        buf_puts(b, " cbr");
    if (opus->stereo)
        buf_puts(b, " stereo");
    if (opus->maxaveragebitrate_bps)
        buf_printf(b, " rate %u", opus->maxaveragebitrate_bps);
    if (opus->maxplaybackrate_hz)
        buf_printf(b, " playback %u", opus->maxplaybackrate_hz);
}

static void put_target(struct buf *b, const struct sdp_stream *s)
{
    buf_puts(b, " to ");
    if (s->remote_rtp.family)
        ip_put_with_port(b, &s->remote_rtp);
    else
        buf_printf(b, "%s:%u", s->remote_host, s->remote_rtp.port);
    buf_puts(b, " rtcp ");
    if (s->remote_rtcp.family && !ip_same_host(&s->remote_rtp, &s->remote_rtcp))
        ip_put_with_port(b, &s->remote_rtcp);
    else
        buf_putu(b, s->remote_rtcp.port);
    if (s->rtcp_mux)
        buf_puts(b, " mux");
}

const char *sdp_words(const struct sdp_stream *s, char out[SDP_WORDS_MAX])
{
    struct buf b = buf_new(SDP_WORDS_MAX - 1);

    buf_printf(&b, "%s%s %s@%u", sdp_direction_name(s->direction), s->held ? " held" : "",
               s->codec.name, s->send_type);
    put_receive(&b, s);
    if (s->event_send.type != SDP_NO_TYPE)
        buf_printf(&b, " ev %u<%u/%u", s->event_send.type, s->event_receive.type,
                   s->event_send.rate_hz);
    if (s->red_send != SDP_NO_TYPE)
        buf_printf(&b, " red %u<%u", s->red_send, s->red_receive);
    put_target(&b, s);
    buf_printf(&b, " ptime %u/%u%s", s->ptime_ms, s->maxptime_ms, s->said_maxptime ? " said" : "");
    put_opus(&b, &s->opus);
    snprintf(out, SDP_WORDS_MAX, "%s", buf_cstr(&b));
    buf_free(&b);
    return out;
}

bool sdp_lines_are(struct slice sdp, const char *expected)
{
    struct buf got = buf_new(8192);
    bool same, in_media = false;

    while (sdp.n) {
        struct slice line = slice_trim(slice_cut(&sdp, '\n'));

        in_media = in_media || slice_starts(line, SLICE("m="));
        if (!in_media)
            continue;
        if (got.n)
            buf_puts(&got, " | ");
        buf_put(&got, line);
    }
    same = strcmp(buf_cstr(&got), expected) == 0;
    if (!same)
        fprintf(stderr, "got  %s\nnot  %s\n", buf_cstr(&got), expected);
    buf_free(&got);
    return same;
}

bool sdp_says(struct slice sdp, const char *part)
{
    char *text = slice_dup(sdp);
    bool says = text && strstr(text, part);

    free(text);
    return says;
}

const struct sdp_secured *sdp_secured_of(const struct sdp_exchange *x)
{
    return &sdp_exchange_stream(x)->secured;
}
