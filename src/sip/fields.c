#include "sip/fields.h"

#include <errno.h>

#include "base/scan.h"
#include "sip/lex.h"
#include "sip/limits.h"

int sip_cseq_parse(struct slice text, struct sip_cseq *out)
{
    struct scan s = {slice_trim(text), false};
    struct sip_cseq cseq;

    cseq.number = (uint32_t)scan_number(&s, SIP_MAX_CSEQ);
    sip_scan_span(&s, SIP_BLANK);
    cseq.method_name = sip_scan_span(&s, SIP_TOKEN);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    cseq.method = sip_method_of(cseq.method_name);
    *out = cseq;
    return 0;
}

int sip_max_forwards_parse(struct slice text, unsigned *out)
{
    uint64_t number;

    if (slice_number(slice_trim(text), SIP_MAX_MAX_FORWARDS, &number) != 0)
        return -EBADMSG;
    *out = (unsigned)number;
    return 0;
}

/* A number above max counts as above; digits only. */
static int capped_number(struct slice text, uint64_t max, uint64_t above, uint64_t *out)
{
    int err = slice_number(slice_trim(text), max, out);

    if (err == -ERANGE)
        *out = above;
    return err == -ERANGE ? 0 : err;
}

int sip_content_length_parse(struct slice text, size_t *out)
{
    uint64_t number;
    int err = capped_number(text, SIP_MAX_MESSAGE, SIP_MAX_MESSAGE + 1, &number);

    if (!err)
        *out = (size_t)number;
    return err;
}

int sip_delta_seconds_parse(struct slice text, uint32_t *out)
{
    uint64_t number;
    int err = capped_number(text, SIP_MAX_DELTA_SECONDS, SIP_MAX_DELTA_SECONDS, &number);

    if (!err)
        *out = (uint32_t)number;
    return err;
}

/* qvalue = "0" ["." 0*3DIGIT] / "1" ["." 0*3"0"], in thousandths. */
static int q_parse(struct slice text, unsigned *out)
{
    struct scan s = {text, false};
    unsigned q = (unsigned)scan_number(&s, 1) * 1000;

    if (scan_try(&s, '.'))
        for (unsigned unit = 100; unit > 0 && is_digit((char)scan_peek(&s)); unit /= 10) {
            q += unit * (unsigned)(*s.rest.p - '0');
            s.rest = slice_skip(s.rest, 1);
        }
    if (!scan_ok_at_end(&s) || q > 1000)
        return -EBADMSG;
    *out = q;
    return 0;
}

int sip_contact_parse(struct slice text, struct sip_contact *out)
{
    struct sip_contact contact = {.expires_s = SIP_EXPIRES_NONE, .q = 1000};
    struct slice value;
    uint32_t expires_s;
    int err = sip_address_parse(text, &contact.address);

    if (err)
        return err;
    if (sip_param(contact.address.params, SLICE("expires"), &value) &&
        sip_delta_seconds_parse(value, &expires_s) == 0)
        contact.expires_s = expires_s;
    if (sip_param(contact.address.params, SLICE("q"), &value))
        q_parse(value, &contact.q);
    *out = contact;
    return 0;
}

/* "(" *( text / quoted-pair / comment ) ")", nested without recursion. */
static void scan_comment(struct scan *s)
{
    size_t depth = 0, i;

    for (i = 0; i < s->rest.n; i++) {
        char c = s->rest.p[i];

        if (c == '\\')
            i++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            break;
    }
    if (i >= s->rest.n)
        scan_fail(s);
    s->rest = slice_skip(s->rest, i + 1);
}

int sip_retry_after_parse(struct slice text, struct sip_retry_after *out)
{
    struct scan s = {slice_trim(text), false};
    struct sip_retry_after retry = {0};
    struct slice name, value;

    if (sip_delta_seconds_parse(scan_span(&s, is_digit), &retry.seconds) != 0)
        return -EBADMSG;
    sip_scan_blanks(&s);
    if (scan_peek(&s) == '(')
        scan_comment(&s);
    while (sip_scan_param(&s, &name, &value))
        if (slice_ieq(name, SLICE("duration")) &&
            sip_delta_seconds_parse(value, &retry.duration_s) != 0)
            scan_fail(&s);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    *out = retry;
    return 0;
}

int sip_reason_parse(struct slice text, struct sip_reason *out)
{
    struct scan s = {slice_trim(text), false};
    struct sip_reason reason = {.protocol = sip_scan_span(&s, SIP_TOKEN)};
    struct slice name, value;
    uint64_t cause = 0;

    while (sip_scan_param(&s, &name, &value))
        if (slice_ieq(name, SLICE("cause")) && slice_number(value, 999, &cause) != 0)
            scan_fail(&s);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    reason.cause = (unsigned)cause;
    *out = reason;
    return 0;
}

int sip_media_type_parse(struct slice text, struct sip_media_type *out)
{
    struct scan s = {slice_trim(text), false};
    struct sip_media_type media;
    struct slice name, value;

    media.type = sip_scan_span(&s, SIP_TOKEN);
    if (!sip_scan_sep(&s, '/'))
        scan_fail(&s);
    media.subtype = sip_scan_span(&s, SIP_TOKEN);
    sip_scan_blanks(&s);
    media.params = s.rest;
    while (sip_scan_param(&s, &name, &value))
        continue;
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    *out = media;
    return 0;
}

bool sip_media_type_is(const struct sip_media_type *media, struct slice type, struct slice subtype)
{
    return slice_ieq(media->type, type) && slice_ieq(media->subtype, subtype);
}

static bool is_number(char c)
{
    return is_digit(c) || c == '.';
}

int sip_timestamp_parse(struct slice text, struct slice *out)
{
    struct scan s = {slice_trim(text), false};
    struct slice number = scan_span(&s, is_number);

    sip_scan_blanks(&s);
    scan_maybe(&s, is_number);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    *out = number;
    return 0;
}
