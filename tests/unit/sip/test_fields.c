#include "sip/fields.h"

#include <errno.h>
#include <stdio.h>

#include "sip/uri.h"
#include "sip/via.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* Each row gives one value to one parser, and what it says: the parts in a line, or NULL. */
enum field {
    CSEQ,
    MAX_FORWARDS,
    CONTENT_LENGTH,
    SECONDS,
    CONTACT,
    RETRY_AFTER,
    REASON,
    MEDIA_TYPE,
    TIMESTAMP,
};

/* clang-format off */
static const struct row { const char *name; enum field field; const char *in, *out; } rows[] = {
    {"CSeq", CSEQ, "1 INVITE", "1 1 INVITE"},
    {"CSeq with blanks and zeros", CSEQ, "  0009 \r\n  INVITE ", "9 1 INVITE"},
    {"CSeq of an unknown method", CSEQ, "7 invite", "7 0 invite"},
    {"CSeq at its limit", CSEQ, "2147483647 BYE", "2147483647 3 BYE"},
    {"CSeq above it", CSEQ, "2147483648 BYE", NULL},
    {"CSeq above everything", CSEQ, "36893488147419103232 REGISTER", NULL},
    {"CSeq without method", CSEQ, "1", NULL},
    {"CSeq without blank", CSEQ, "1INVITE", NULL},
    {"CSeq without number", CSEQ, "INVITE", NULL},
    {"CSeq with a third word", CSEQ, "1 INVITE x", NULL},
    {"negative CSeq", CSEQ, "-1 INVITE", NULL},

    {"Max-Forwards", MAX_FORWARDS, "70", "70"},
    {"Max-Forwards 0", MAX_FORWARDS, "0", "0"},
    {"Max-Forwards 300", MAX_FORWARDS, "300", NULL},
    {"Max-Forwards in words", MAX_FORWARDS, "many", NULL},

    {"Content-Length", CONTENT_LENGTH, " 00349 ", "349"},
    {"Content-Length above all we take", CONTENT_LENGTH, "99999999999999999999999", "65536"},
    {"negative Content-Length", CONTENT_LENGTH, "-999", NULL},
    {"Content-Length twice in one", CONTENT_LENGTH, "1, 1", NULL},
    {"empty Content-Length", CONTENT_LENGTH, "", NULL},

    {"seconds", SECONDS, "3600", "3600"},
    {"too many count as the most", SECONDS, "100000000000000000000", "4294967295"},
    {"seconds in words", SECONDS, "soon", NULL},

    {"Contact with nothing", CONTACT, "<sip:a@b>", "sip:a@b none 1000"},
    {"Contact with both", CONTACT, "<sip:a@b>;q=0.75;expires=60", "sip:a@b 60 750"},
    {"q 1.000", CONTACT, "<sip:a@b>;q=1.000", "sip:a@b none 1000"},
    {"q with four digits counts as absent", CONTACT, "<sip:a@b>;q=0.1234", "sip:a@b none 1000"},
    {"q above 1 counts as absent", CONTACT, "<sip:a@b>;q=1.5", "sip:a@b none 1000"},
    {"malformed expires counts as absent", CONTACT, "<sip:a@b>;expires=x", "sip:a@b none 1000"},
    {"huge expires", CONTACT, "<sip:a@b>;expires=280297596632815", "sip:a@b 4294967295 1000"},
    {"Contact that is none", CONTACT, "sip:a@b?x=y", NULL},

    {"Retry-After", RETRY_AFTER, "120", "120 0"},
    {"with comment and duration", RETRY_AFTER, "18000 (in a (long) \\) meeting) ;duration=3600",
     "18000 3600"},
    {"comment never closed", RETRY_AFTER, "18000 (in a meeting", NULL},
    {"comment that closes too often", RETRY_AFTER, "18000 (a))", NULL},
    {"Retry-After as a date", RETRY_AFTER, "Fri, 01 Jan 2027", NULL},

    {"Reason", REASON, "SIP ;cause=200 ;text=\"Call completed elsewhere\"", "SIP 200"},
    {"Reason of ISDN", REASON, "Q.850;cause=16;text=\"Terminated\"", "Q.850 16"},
    {"Reason without cause", REASON, "preemption;x", "preemption 0"},
    {"Reason with a cause in words", REASON, "SIP;cause=busy", NULL},
    {"Reason with a cause above all", REASON, "SIP;cause=1200", NULL},
    {"Reason without protocol", REASON, ";cause=200", NULL},
    {"Reason with more behind it", REASON, "SIP;cause=200 x", NULL},

    {"media type", MEDIA_TYPE, "application/sdp", "application sdp "},
    {"media type with parameters", MEDIA_TYPE, "text / plain ; charset=UTF-8;b=\"x;y\"",
     "text plain ; charset=UTF-8;b=\"x;y\""},
    {"any type", MEDIA_TYPE, "*/*;q=0.5", "* * ;q=0.5"},
    {"media type without subtype", MEDIA_TYPE, "application", NULL},
    {"media type with an empty subtype", MEDIA_TYPE, "application/", NULL},

    {"Timestamp", TIMESTAMP, "54.21", "54.21"},
    {"Timestamp with delay", TIMESTAMP, "54 0.3", "54"},
    {"Timestamp in words", TIMESTAMP, "now", NULL},
};
/* clang-format on */

static int print_number(char *out, size_t n, int err, unsigned long long number)
{
    snprintf(out, n, "%llu", number);
    return err;
}

static int print_contact(char *out, size_t n, struct slice in)
{
    struct sip_contact contact = {0};
    int err = sip_contact_parse(in, &contact);
    char expires[24] = "none";

    if (contact.expires_s != SIP_EXPIRES_NONE)
        snprintf(expires, sizeof expires, "%llu", (unsigned long long)contact.expires_s);
    snprintf(out, n, "%" PRI_SLICE " %s %u", ARG_SLICE(contact.address.uri), expires, contact.q);
    return err;
}

static int print_words(char *out, size_t n, enum field field, struct slice in)
{
    struct sip_cseq cseq = {0};
    struct sip_media_type media = {0};
    struct sip_reason reason = {0};
    struct slice stamp = {0};
    int err;

    if (field == CSEQ) {
        err = sip_cseq_parse(in, &cseq);
        snprintf(out, n, "%u %d %" PRI_SLICE, cseq.number, (int)cseq.method,
                 ARG_SLICE(cseq.method_name));
    } else if (field == REASON) {
        err = sip_reason_parse(in, &reason);
        snprintf(out, n, "%" PRI_SLICE " %u", ARG_SLICE(reason.protocol), reason.cause);
    } else if (field == MEDIA_TYPE) {
        err = sip_media_type_parse(in, &media);
        snprintf(out, n, "%" PRI_SLICE " %" PRI_SLICE " %" PRI_SLICE, ARG_SLICE(media.type),
                 ARG_SLICE(media.subtype), ARG_SLICE(media.params));
    } else {
        err = sip_timestamp_parse(in, &stamp);
        snprintf(out, n, "%" PRI_SLICE, ARG_SLICE(stamp));
    }
    return err;
}

static int print(char *out, size_t n, enum field field, struct slice in)
{
    struct sip_retry_after retry = {0};
    unsigned hops = 0;
    size_t length = 0;
    uint32_t seconds = 0;
    int err;

    switch (field) {
    case MAX_FORWARDS:
        err = sip_max_forwards_parse(in, &hops);
        return print_number(out, n, err, hops);
    case CONTENT_LENGTH:
        err = sip_content_length_parse(in, &length);
        return print_number(out, n, err, length);
    case SECONDS:
        err = sip_delta_seconds_parse(in, &seconds);
        return print_number(out, n, err, seconds);
    case RETRY_AFTER:
        err = sip_retry_after_parse(in, &retry);
        snprintf(out, n, "%u %u", retry.seconds, retry.duration_s);
        return err;
    case CONTACT:
        return print_contact(out, n, in);
    default:
        return print_words(out, n, field, in);
    }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    char got[200];

    assert_int_equal(print(got, sizeof got, row->field, in), row->out ? 0 : -EBADMSG);
    if (row->out)
        assert_string_equal(got, row->out);
    exact_free(in);
}

static void check_media_type(void **state)
{
    struct sip_media_type media;

    (void)state;
    assert_int_equal(sip_media_type_parse(SLICE("Application/SDP"), &media), 0);
    assert_true(sip_media_type_is(&media, SLICE("application"), SLICE("sdp")));
    assert_false(sip_media_type_is(&media, SLICE("application"), SLICE("sdp2")));
}

/* What sip_msg_header gives for a header that is not there. */
static void check_missing(void **state)
{
    struct sip_address address;
    struct sip_via via;
    struct sip_uri uri;
    char got[200];

    (void)state;
    for (int field = CSEQ; field <= TIMESTAMP; field++)
        assert_int_equal(print(got, sizeof got, (enum field)field, (struct slice){0}), -EBADMSG);
    assert_int_equal(sip_address_parse((struct slice){0}, &address), -EBADMSG);
    assert_int_equal(sip_via_parse((struct slice){0}, &via), -EBADMSG);
    assert_int_equal(sip_uri_parse((struct slice){0}, &uri), -EBADMSG);
}

int main(void)
{
    static const struct row missing[] = {{"a missing header is a bad one", CSEQ, "", NULL}};
    static const struct row media[] = {{"media types in any case", MEDIA_TYPE, "", NULL}};

    return RUN_ROWS("sip/fields", rows, check_row) +
           RUN_ROWS("sip/fields: comparison", media, check_media_type) +
           RUN_ROWS("sip/fields: missing", missing, check_missing);
}
