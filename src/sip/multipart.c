/* sip/multipart.c - parts between boundaries, one look at each line. */
#include "sip/multipart.h"

#include <errno.h>
#include <stdbool.h>

#include "sip/fields.h"
#include "sip/header.h"
#include "sip/lex.h"

/* RFC 2046 5.1.1. */
#define MAX_BOUNDARY 70

/* Takes the next line off *rest, with what ends it. */
static struct slice take_line(struct slice *rest)
{
    ptrdiff_t end = slice_index(*rest, '\n');
    struct slice line = slice_head(*rest, end < 0 ? rest->n : (size_t)end + 1);

    *rest = slice_skip(*rest, line.n);
    return line;
}

enum { NO_BOUNDARY, BOUNDARY, LAST_BOUNDARY };

static int boundary_in(struct slice line, struct slice boundary)
{
    if (!slice_starts(line, SLICE("--")))
        return NO_BOUNDARY;
    line = slice_skip(line, 2);
    if (!slice_starts(line, boundary))
        return NO_BOUNDARY;
    line = slice_skip(line, boundary.n);
    if (slice_starts(line, SLICE("--")))
        return LAST_BOUNDARY;
    return slice_trim(line).n ? NO_BOUNDARY : BOUNDARY;
}

enum { OTHER, WANTED, PACKED };

/* What the header section at the front of part, which is taken off, says that it is. */
static int kind_of(struct slice *part, struct slice type, struct slice subtype)
{
    struct sip_media_type media;
    bool right = false, plain = true, packed = false;

    while (part->n) {
        struct slice line = take_line(part), value = slice_trim(line), name;

        if (!value.n)
            return !right || !plain ? OTHER : packed ? PACKED : WANTED;
        name = slice_trim(slice_cut(&value, ':'));
        value = slice_trim(value);
        if (sip_header_of(name) == SIP_HDR_CONTENT_TYPE)
            right =
                !sip_media_type_parse(value, &media) && sip_media_type_is(&media, type, subtype);
        else if (sip_header_of(name) == SIP_HDR_CONTENT_ENCODING)
            packed = packed || !slice_ieq(value, SLICE("identity"));
        else if (slice_ieq(name, SLICE("Content-Transfer-Encoding")))
            plain = plain && !slice_ieq(value, SLICE("base64")) &&
                    !slice_ieq(value, SLICE("quoted-printable"));
    }
    return OTHER; /* no empty line: no body */
}

/* The line end before a boundary belongs to it (RFC 2046 5.1.1). */
static struct slice without_line_end(struct slice s)
{
    if (s.n && s.p[s.n - 1] == '\n')
        s.n--;
    if (s.n && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

int sip_multipart_find(struct slice body, struct slice content_type, struct slice type,
                       struct slice subtype, struct slice *part)
{
    struct slice rest = body, boundary, inside = {0};
    struct sip_media_type media;
    bool is_inside = false;
    int none = -ENOENT, kind;

    if (sip_media_type_parse(content_type, &media) || !slice_ieq(media.type, SLICE("multipart")))
        return -EBADMSG;
    if (!sip_param(media.params, SLICE("boundary"), &boundary) || !boundary.n ||
        boundary.n > MAX_BOUNDARY)
        return -EBADMSG;
    while (rest.n) {
        struct slice before = rest, line = take_line(&rest);
        int found = boundary_in(line, boundary);

        if (found == NO_BOUNDARY)
            continue;
        if (is_inside) {
            inside.n = (size_t)(before.p - inside.p);
            kind = kind_of(&inside, type, subtype);
            if (kind == WANTED) {
                *part = without_line_end(inside);
                return 0;
            }
            if (kind == PACKED)
                none = -ENOTSUP;
        }
        if (found == LAST_BOUNDARY)
            return none;
        is_inside = true;
        inside = rest;
    }
    return none; /* a part without its end is no part */
}
