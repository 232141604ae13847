/* A message that parses is read through every door, answered, and its answer parses too. */
#include <stdint.h>
#include <stdlib.h>

#include "sip/build.h"
#include "sip/digit.h"
#include "sip/lex.h"
#include "sip/parse.h"
#include "sip/refer_to.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Slices stay within the message. */
static void check_values(const struct sip_msg *msg)
{
    struct slice value, inner;

    for (unsigned id = 0; id < SIP_HDRS; id++) {
        struct sip_values values = sip_msg_values(msg, (enum sip_hdr)id);

        while (sip_values_next(&values, &value)) {
            must(value.p >= msg->bytes.p && value.p + value.n <= msg->bytes.p + msg->bytes.n);
            sip_param(value, SLICE("tag"), &inner);
        }
    }
}

static void check_fields(const struct sip_msg *msg)
{
    struct sip_contact contact;
    struct sip_retry_after retry;
    struct sip_reason reason;
    struct slice stamp;

    sip_msg_contact(msg, &contact);
    sip_retry_after_parse(sip_msg_header(msg, SIP_HDR_RETRY_AFTER), &retry);
    sip_reason_parse(sip_msg_header(msg, SIP_HDR_REASON), &reason);
    sip_timestamp_parse(sip_msg_header(msg, SIP_HDR_TIMESTAMP), &stamp);
    sip_msg_body_is(msg, SLICE("application"), SLICE("sdp"));
    sip_msg_header_named(msg, SLICE("x"));
}

/* Not of one header, so rather too many. */
static size_t count_params(struct slice bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.n; i++)
        n += bytes.p[i] == ';';
    return n;
}

static void check_answer(const struct sip_msg *msg, bool valid)
{
    static const struct ip source = {.family = 4, .bytes = {192, 0, 2, 1}, .port = 5060};
    struct buf b = buf_new(4 * SIP_MAX_MESSAGE);
    struct sip_msg answer;
    struct sip_response response = {
        .status = valid ? 200 : msg->error_status, .to_tag = SLICE("t"), .source = &source};

    must(sip_build_response(&b, msg, &response) == 0);
    if (valid && b.n <= SIP_MAX_MESSAGE) {
        int err = sip_parse(buf_slice(&b), false, &answer);

        /* A header may have grown beyond its limits by what was added to it (a tag; received and
         * rport); no other way. */
        must(err == 0 || msg->bytes.n > SIP_MAX_HEADER_LINE - 200 ||
             count_params(msg->bytes) >= SIP_MAX_PARAMS - 1);
    }
    buf_free(&b);
}

/* The key in a body of INFO. */
static void check_digit(const struct sip_msg *msg)
{
    struct sip_digit digit;

    if (sip_digit_read(msg, &digit) == 0)
        must(digit.digit && strchr("0123456789*#ABCD!", digit.digit) && digit.ms > 0 &&
             digit.ms <= SIP_DIGIT_MOST_MS);
}

static bool is_line(struct slice text)
{
    return slice_index(text, '\r') < 0 && slice_index(text, '\n') < 0 &&
           slice_index(text, '\0') < 0;
}

/* What a REFER asks for, whatever else the message is, goes into a request of ours. */
static void check_refer(const struct sip_msg *msg)
{
    struct sip_refer_to to;
    unsigned status = sip_refer_to_read(msg, &to);
    struct sip_uri uri;

    must(status == 0 || status == 400 || status == 416 || status == 503 || status == 603);
    if (!status) {
        must(sip_uri_parse(buf_slice(&to.target), &uri) == 0 && !uri.headers.n);
        must(is_line(buf_slice(&to.target)) && is_line(buf_slice(&to.replaces)) &&
             is_line(buf_slice(&to.by)));
        must(!slice_ihas(buf_slice(&to.replaces), SLICE(" ")) &&
             !slice_ihas(buf_slice(&to.replaces), SLICE(",")));
    }
    sip_refer_to_free(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    for (int datagram = 0; datagram < 2; datagram++) {
        struct sip_msg msg, *copy;
        int err = sip_parse((struct slice){(const char *)bytes, n}, datagram, &msg);

        must(!err == !msg.error || msg.n_headers == 0);
        check_values(&msg);
        check_fields(&msg);
        if (msg.can_answer)
            check_answer(&msg, !err);
        if (!err) {
            check_digit(&msg);
            check_refer(&msg);
        }
        if (!err && sip_msg_copy(&msg, &copy) == 0) {
            must(slice_eq(copy->call_id, msg.call_id) && slice_eq(copy->body, msg.body));
            sip_msg_free(copy);
        }
    }
    return 0;
}
