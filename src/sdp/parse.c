#include "sdp/parse.h"

#include <errno.h>
#include <string.h>

#include "base/scan.h"

static bool is_blank(char c)
{
    return c == ' ';
}

/* Wider than the token of RFC 8866 9, but nothing that could break a line of ours that echoes
 * it. */
static bool is_visible(char c)
{
    return c > ' ' && c < 0x7f;
}

/* What is only compared and looked up, never echoed, may have bytes above 127 (user names do). */
static bool is_word(char c)
{
    return is_visible(c) || (unsigned char)c >= 0x80;
}

bool sdp_line_next(struct slice *text, char *letter, struct slice *value)
{
    struct slice rest = *text, line = slice_cut(&rest, '\n');

    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n < 2 || line.p[1] != '=')
        return false;
    *letter = line.p[0];
    *value = slice_skip(line, 2);
    *text = rest;
    return true;
}

bool sdp_format_next(struct slice *formats, struct slice *out)
{
    struct scan s = {*formats, false};

    scan_maybe(&s, is_blank);
    *out = scan_maybe(&s, is_visible);
    *formats = s.rest;
    return out->n != 0;
}

/* o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address> */
static int parse_origin(struct slice value, struct sdp_model *out)
{
    struct scan s = {slice_trim(value), false};

    scan_span(&s, is_word);
    scan_span(&s, is_blank);
    out->session_id = scan_span(&s, is_digit);
    scan_span(&s, is_blank);
    out->session_version = scan_span(&s, is_digit);
    for (int i = 0; i < 3; i++) {
        scan_span(&s, is_blank);
        scan_span(&s, is_word);
    }
    return scan_ok_at_end(&s) ? 0 : -EBADMSG;
}

/* c=<nettype> <addrtype> <connection-address>; the first one counts. */
static int parse_connection(struct slice value, struct sdp_connection *out)
{
    struct scan s = {slice_trim(value), false};
    struct slice net, type, address;
    bool known;

    net = scan_span(&s, is_visible);
    scan_span(&s, is_blank);
    type = scan_span(&s, is_visible);
    scan_span(&s, is_blank);
    address = scan_span(&s, is_visible);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    if (out->there)
        return 0;
    known = slice_ieq(net, SLICE("IN")) &&
            (slice_ieq(type, SLICE("IP4")) || slice_ieq(type, SLICE("IP6")));
    *out = (struct sdp_connection){.there = true};
    if (known)
        out->host = slice_cut(&address, '/');
    out->multicast = known && address.p;
    return 0;
}

/* t=<start-time> <stop-time> */
static int parse_time(struct slice value, struct sdp_model *out)
{
    struct scan s = {slice_trim(value), false};
    struct slice whole = s.rest;

    scan_span(&s, is_digit);
    scan_must(&s, ' ');
    scan_span(&s, is_digit);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    if (out->time.n == 0)
        out->time = whole;
    return 0;
}

static int count_formats(struct slice formats)
{
    struct slice format;
    int n = 0;

    while (sdp_format_next(&formats, &format))
        n++;
    return formats.n == 0 && n >= 1 && n <= SDP_MAX_FORMATS ? 0 : -EBADMSG;
}

/* m=<media> <port>["/"<number of ports>] <proto> 1*(SP <fmt>) */
static int parse_media(struct slice value, struct sdp_model *out)
{
    struct scan s = {slice_trim(value), false};
    struct sdp_media m = {0};

    if (out->n_media == SDP_MAX_MEDIA)
        return -EBADMSG;
    m.type = scan_span(&s, is_visible);
    scan_span(&s, is_blank);
    m.port = (uint16_t)scan_number(&s, UINT16_MAX);
    if (scan_try(&s, '/'))
        scan_number(&s, UINT16_MAX);
    scan_span(&s, is_blank);
    m.proto = scan_span(&s, is_visible);
    scan_span(&s, is_blank);
    m.formats = s.rest;
    if (s.bad || count_formats(m.formats) != 0)
        return -EBADMSG;
    out->media[out->n_media++] = m;
    return 0;
}

static int parse_line(char letter, struct slice value, struct sdp_model *out, size_t *attributes)
{
    struct sdp_media *m = out->n_media ? &out->media[out->n_media - 1] : NULL;

    switch (letter) {
    case 'c':
        return parse_connection(value, m ? &m->connection : &out->connection);
    case 't':
        return m ? 0 : parse_time(value, out);
    case 'm':
        return parse_media(value, out);
    case 'a':
        return ++*attributes <= SDP_MAX_ATTRIBUTES ? 0 : -EBADMSG;
    default:
        return 0;
    }
}

/* RFC 8866 5.7: a c= line at session level stands for each medium without its own. */
static void inherit_connection(struct sdp_model *model)
{
    for (size_t i = 0; i < model->n_media; i++)
        if (!model->media[i].connection.there)
            model->media[i].connection = model->connection;
}

/* Empty lines at the end come with bodies that somebody padded. */
static bool only_line_ends(struct slice rest)
{
    return slice_trim(rest).n == 0;
}

int sdp_parse(struct slice text, struct sdp_model *out)
{
    struct sdp_model model = {0};
    struct slice rest = text, value;
    size_t attributes = 0;
    char letter;

    if (text.n > SDP_MAX_BYTES || (text.n && memchr(text.p, 0, text.n)))
        return -EBADMSG;
    if (!sdp_line_next(&rest, &letter, &value) || letter != 'v' ||
        !slice_eq(slice_trim(value), SLICE("0")))
        return -EBADMSG;
    if (!sdp_line_next(&rest, &letter, &value) || letter != 'o' || parse_origin(value, &model) != 0)
        return -EBADMSG;
    model.lines = (struct slice){rest.p, 0};
    for (struct slice before = rest; sdp_line_next(&rest, &letter, &value); before = rest) {
        struct slice *lines;

        if (parse_line(letter, value, &model, &attributes) != 0)
            return -EBADMSG;
        lines = model.n_media ? &model.media[model.n_media - 1].lines : &model.lines;
        if (letter == 'm')
            *lines = (struct slice){rest.p, 0};
        else
            lines->n += before.n - rest.n;
    }
    if (!only_line_ends(rest))
        return -EBADMSG;
    inherit_connection(&model);
    *out = model;
    return 0;
}
