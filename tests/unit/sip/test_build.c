#include "sip/build.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "sip/parse.h"
#include "sip/print.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

#define TO "To: Bob <sip:b@h>\r\n"
#define REQUEST(start, method, to)                                                                 \
    start "\r\nVia: SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1, SIP/2.0/TCP two\r\n"          \
          "v: SIP/2.0/UDP three\r\nRecord-Route: <sip:r1;lr>\r\nf: \"A\"\r\n <sip:a@h>;tag=x\r\n"  \
          "Record-Route: <sip:r2;lr>, <sip:r3;lr>\r\n" to "i: 1@h\r\nCSeq: 7 " method "\r\n"       \
          "Timestamp: 54.1\r\nMax-Forwards: 9\r\n"
#define INVITE REQUEST("INVITE sip:b@h SIP/2.0", "INVITE", TO) "\r\n"
#define TAGGED REQUEST("INVITE sip:b@h SIP/2.0", "INVITE", "To: <sip:b@h>;tag=theirs\r\n") "\r\n"
#define BROKEN REQUEST("INVITE sip:b@h SIP/2.0", "INVITE", "To: \"Bob <sip:b@h>\r\n") "\r\n"

#define VIAS(top) "Via: " top "\r\nVia: SIP/2.0/TCP two\r\nVia: SIP/2.0/UDP three\r\n"
#define TOP "SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1"
#define TOP_SEEN "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;received=192.0.2.1;rport=77"
#define FROM "From: \"A\"   <sip:a@h>;tag=x\r\n"
#define ID "Call-ID: 1@h\r\nCSeq: 7 INVITE\r\n"
#define END "Content-Length: 0\r\n\r\n"

static const struct ip source = {.family = 4, .bytes = {192, 0, 2, 1}, .port = 77};
static const struct sip_extra extras[] = {{SLICE_INIT("Warning"), SLICE_INIT("399 h \"x\"")}};
static const struct sip_extra injected[] = {{SLICE_INIT("Warning"), SLICE_INIT("x\r\nEvil: y")}};
static const struct sip_extra named[] = {{SLICE_INIT("X\nEvil"), SLICE_INIT("y")}};

/* clang-format off */
static const struct answer {
    const char *name, *request;
    struct sip_response response;
    const char *out; /* NULL: -EINVAL */
} answers[] = {
    {"Vias, From, To, Call-ID, CSeq are copied (8.2.6.2)", INVITE,
     {.status = 486, .to_tag = SLICE_INIT("ours")},
     "SIP/2.0 486 Busy Here\r\n" VIAS(TOP) FROM "To: Bob <sip:b@h>;tag=ours\r\n" ID END},
    {"received and rport (18.2.1, RFC 3581 4)", INVITE,
     {.status = 404, .to_tag = SLICE_INIT("ours"), .source = &source},
     "SIP/2.0 404 Not Found\r\n" VIAS(TOP_SEEN) FROM "To: Bob <sip:b@h>;tag=ours\r\n" ID END},
    {"a tag that is there stays", TAGGED, {.status = 481, .to_tag = SLICE_INIT("ours")},
     "SIP/2.0 481 Call/Transaction Does Not Exist\r\n" VIAS(TOP) FROM "To: <sip:b@h>;tag=theirs\r\n"
     ID END},
    {"a 100 has no tag of ours and the Timestamp (8.2.6.1)", INVITE,
     {.status = 100, .to_tag = SLICE_INIT("ours")},
     "SIP/2.0 100 Trying\r\n" VIAS(TOP) FROM TO ID "Timestamp: 54.1\r\n" END},
    {"what makes a dialog copies Record-Route (12.1.1)", INVITE,
     {.status = 200, .to_tag = SLICE_INIT("t"), .dialog = true, .contact = SLICE_INIT("<sip:c@h>"),
      .user_agent = SLICE_INIT("phone/1"), .with = SIP_WITH_ALLOW | SIP_WITH_SUPPORTED,
      .content_type = SLICE_INIT("application/sdp"), .body = SLICE_INIT("v=0\r\n")},
     "SIP/2.0 200 OK\r\n" VIAS(TOP) "Record-Route: <sip:r1;lr>\r\nRecord-Route: <sip:r2;lr>, "
     "<sip:r3;lr>\r\n" FROM "To: Bob <sip:b@h>;tag=t\r\n" ID "Contact: <sip:c@h>\r\nServer: "
     "phone/1\r\nAllow: " SIP_OUR_METHODS "\r\nSupported: " SIP_OUR_EXTENSIONS "\r\n"
     "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"},
    {"a reason of our own, Accept, a further header", INVITE,
     {.status = 415, .reason = SLICE_INIT("No"), .to_tag = SLICE_INIT("t"), .with = SIP_WITH_ACCEPT,
      .extra = extras, .n_extra = 1},
     "SIP/2.0 415 No\r\n" VIAS(TOP) FROM "To: Bob <sip:b@h>;tag=t\r\n" ID "Accept: " SIP_OUR_TYPES
     "\r\nWarning: 399 h \"x\"\r\n" END},
    {"a broken request gets its 400", BROKEN, {.status = 400, .to_tag = SLICE_INIT("t")},
     "SIP/2.0 400 Bad Request\r\n" VIAS(TOP) FROM "To: \"Bob <sip:b@h>;tag=t\r\n" ID END},
    {"of a broken Via what can be read, and what is a Via behind it",
     "OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=x;;,;,,\r\nVia: SIP/2.0/TCP p\r\n"
     FROM TO ID "\r\n", {.status = 400, .to_tag = SLICE_INIT("t"), .source = &source},
     "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;branch=x;received=192.0.2.1\r\n"
     "Via: SIP/2.0/TCP p\r\n" FROM "To: Bob <sip:b@h>;tag=t\r\n" ID END},
    {"no line end in the reason", INVITE, {.status = 200, .reason = SLICE_INIT("a\r\nX: y")}, NULL},
    {"no line end in the tag", INVITE, {.status = 200, .to_tag = SLICE_INIT("a\nX: y")}, NULL},
    {"no line end in Contact", INVITE, {.status = 200, .contact = SLICE_INIT("a\rb")}, NULL},
    {"no NUL in Server", INVITE, {.status = 200, .user_agent = SLICE_INIT("long enough \0 b")},
     NULL},
    {"no line end in another value", INVITE, {.status = 200, .extra = injected, .n_extra = 1}, NULL},
    {"no line end in another name", INVITE, {.status = 200, .extra = named, .n_extra = 1}, NULL},
    {"no body without a type", INVITE, {.status = 200, .body = SLICE_INIT("x")}, NULL},
    {"no status 99", INVITE, {.status = 99}, NULL},
    {"no status 700", INVITE, {.status = 700}, NULL},
};

#define PLAIN                                                                                      \
    .uri = SLICE_INIT("sip:b@h"), .transport = SIP_UDP,                                            \
    .sent_by = {.family = 4, .bytes = {192, 0, 2, 9}, .port = 5060},                               \
    .branch = SLICE_INIT("z9hG4bKz"), .from = SLICE_INIT("<sip:a@h>"), .to = SLICE_INIT("<sip:b@h>"), \
    .call_id = SLICE_INIT("i"), .cseq = 3
static const struct slice routes[] = {SLICE_INIT("<sip:r1;lr>"), SLICE_INIT("<sip:r2;lr>")};

static const struct ask {
    const char *name;
    struct sip_request request;
    const char *out; /* NULL: -EINVAL */
} asks[] = {
    {"the least that a request has (8.1.1)", {PLAIN, .method = SIP_BYE},
     "BYE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKz\r\nMax-Forwards: 70\r\n"
     "From: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: i\r\nCSeq: 3 BYE\r\n" END},
    {"all that it may have",
     {PLAIN, .method = SIP_INVITE, .rport = true, .max_forwards = 5, .routes = routes, .n_routes = 2,
      .from_tag = SLICE_INIT("f"), .to_tag = SLICE_INIT("t"), .contact = SLICE_INIT("<sip:c@h>"),
      .user_agent = SLICE_INIT("phone/1"), .with = SIP_WITH_ALLOW, .extra = extras, .n_extra = 1,
      .content_type = SLICE_INIT("application/sdp"), .body = SLICE_INIT("v=0")},
     "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bKz\r\n"
     "Max-Forwards: 5\r\nRoute: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\nFrom: <sip:a@h>;tag=f\r\n"
     "To: <sip:b@h>;tag=t\r\nCall-ID: i\r\nCSeq: 3 INVITE\r\nContact: <sip:c@h>\r\n"
     "User-Agent: phone/1\r\nAllow: " SIP_OUR_METHODS "\r\nWarning: 399 h \"x\"\r\n"
     "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"},
    {"a method of another name", {PLAIN, .method_name = SLICE_INIT("DANCE")},
     "DANCE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKz\r\nMax-Forwards: 70\r\n"
     "From: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: i\r\nCSeq: 3 DANCE\r\n" END},
    {"no method", {PLAIN}, NULL},
};

#define FIELD(field) offsetof(struct sip_request, field)
static const struct spoiled { /* the request with all of it, one slice replaced */
    const char *name;
    size_t field;
    struct slice value;
} spoileds[] = {
    {"a blank in the URI", FIELD(uri), SLICE_INIT("sip:b@h SIP/2.0")},
    {"a line end in the URI", FIELD(uri), SLICE_INIT("sip:b@h\r\nX:y")},
    {"no URI", FIELD(uri), {0}},
    {"a line end in From", FIELD(from), SLICE_INIT("<sip:a@h>\r\nX: y")},
    {"no From", FIELD(from), {0}},
    {"a line end in its tag", FIELD(from_tag), SLICE_INIT("a\r\nX: y")},
    {"a line end in To", FIELD(to), SLICE_INIT("\n<sip:a@h>")},
    {"no To", FIELD(to), {0}},
    {"a line end in its tag", FIELD(to_tag), SLICE_INIT("a\r")},
    {"a line end in Call-ID", FIELD(call_id), SLICE_INIT("a\nb")},
    {"no Call-ID", FIELD(call_id), {0}},
    {"a line end in the branch", FIELD(branch), SLICE_INIT("z9hG4bK\r\n")},
    {"no branch", FIELD(branch), {0}},
    {"a line end in Contact", FIELD(contact), SLICE_INIT("<sip:c@h>\n")},
    {"a NUL in User-Agent", FIELD(user_agent), SLICE_INIT("phone\0")},
    {"a line end in Content-Type", FIELD(content_type), SLICE_INIT("a/b\r\n\r\n")},
    {"a body without type", FIELD(content_type), {0}},
};

static const struct phrase { const char *name; unsigned status; const char *text; } phrases[] = {
    {"100", 100, "Trying"}, {"603", 603, "Decline"}, {"488", 488, "Not Acceptable Here"},
    {"an unknown one of a class", 499, "Request Failure"}, {"no class", 999, "Unknown"},
};
/* clang-format on */

static void check_answer(void **state)
{
    const struct answer *row = *state;
    struct slice in = exact_copy(row->request);
    struct buf b = buf_new(5000);
    struct sip_msg msg;

    buf_putc(&b, '>'); /* what stands there before stays */
    assert_true(sip_parse(in, true, &msg) == 0 || msg.can_answer);
    assert_int_equal(sip_build_response(&b, &msg, &row->response), row->out ? 0 : -EINVAL);
    assert_slice(slice_skip(buf_slice(&b), 1), row->out);
    assert_true(buf_ok(&b));
    buf_free(&b);
    exact_free(in);
}

static void check_ask(void **state)
{
    const struct ask *row = *state;
    struct buf b = buf_new(5000);
    struct sip_msg msg;

    assert_int_equal(sip_build_request(&b, &row->request), row->out ? 0 : -EINVAL);
    assert_slice(buf_slice(&b), row->out);
    if (row->out)
        assert_int_equal(sip_parse(buf_slice(&b), false, &msg), 0);
    assert_true(buf_ok(&b));
    buf_free(&b);
}

static void check_spoiled(void **state)
{
    const struct spoiled *row = *state;
    struct sip_request request = asks[1].request;
    struct buf b = buf_new(5000);

    memcpy((char *)&request + row->field, &row->value, sizeof row->value);
    assert_int_equal(sip_build_request(&b, &request), -EINVAL);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void check_numbers(void **state)
{
    struct sip_request request = asks[1].request;
    struct buf b = buf_new(5000);

    (void)state;
    request.cseq = SIP_MAX_CSEQ + 1;
    assert_int_equal(sip_build_request(&b, &request), -EINVAL);
    request.cseq = SIP_MAX_CSEQ;
    assert_int_equal(sip_build_request(&b, &request), 0);
    request.sent_by.family = 0;
    assert_int_equal(sip_build_request(&b, &request), -EINVAL);
    buf_free(&b);
}

#define OURS                                                                                       \
    "INVITE sip:b@h;x SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1\r\nRoute: <sip:r1;lr>\r\n" \
    "Route: <sip:r2;lr>\r\n" FROM TO ID "Contact: <sip:a@h>\r\n\r\nv=0"

static void check_ack(void **state)
{
    struct buf b = buf_new(5000);
    struct sip_msg response;

    (void)state;
    assert_int_equal(sip_parse(SLICE("SIP/2.0 486 Busy\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n" FROM
                                     "To: <sip:b@h>;tag=theirs\r\n" ID "\r\n"),
                               true, &response),
                     0);
    assert_int_equal(sip_build_ack(&b, SLICE(OURS), &response), 0);
    assert_slice(buf_slice(&b), "ACK sip:b@h;x SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1\r\n"
                                "Max-Forwards: 70\r\nRoute: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\n"
                                "From: \"A\"   <sip:a@h>;tag=x\r\nTo: <sip:b@h>;tag=theirs\r\n"
                                "Call-ID: 1@h\r\nCSeq: 7 ACK\r\n" END);
    buf_free(&b);
}

static void check_cancel(void **state)
{
    struct buf b = buf_new(5000);

    (void)state;
    assert_int_equal(sip_build_cancel(&b, SLICE(OURS)), 0);
    assert_slice(buf_slice(&b),
                 "CANCEL sip:b@h;x SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1\r\n"
                 "Max-Forwards: 70\r\nRoute: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\n"
                 "From: \"A\"   <sip:a@h>;tag=x\r\n" TO "Call-ID: 1@h\r\nCSeq: 7 CANCEL\r\n" END);
    assert_int_equal(sip_build_cancel(&b, SLICE("SIP/2.0 200 OK\r\n\r\n")), -EINVAL);
    buf_free(&b);
}

/* A ceiling at every length: an error, and the buffer as it was. */
static void check_room(void **state)
{
    size_t whole = slice_of(asks[1].out).n;

    (void)state;
    for (size_t max = 0; max < whole; max++) {
        struct buf b = buf_new(max);

        assert_int_equal(sip_build_request(&b, &asks[1].request), -EINVAL);
        assert_int_equal(b.n, 0);
        assert_true(buf_ok(&b));
        buf_free(&b);
    }
}

static void check_phrase(void **state)
{
    const struct phrase *row = *state;

    assert_slice(sip_reason_phrase(row->status), row->text);
}

int main(void)
{
    static const struct phrase numbers[] = {{"CSeq beyond its limit, no address", 0, ""}};
    static const struct phrase ack[] = {{"ACK to a refusal (17.1.1.3)", 0, ""}};
    static const struct phrase cancel[] = {{"CANCEL (9.1)", 0, ""}};
    static const struct phrase room[] = {{"no room", 0, ""}};

    return RUN_ROWS("sip/build: responses", answers, check_answer) +
           RUN_ROWS("sip/build: requests", asks, check_ask) +
           RUN_ROWS("sip/build: refused", spoileds, check_spoiled) +
           RUN_ROWS("sip/build: refused numbers", numbers, check_numbers) +
           RUN_ROWS("sip/build: ACK", ack, check_ack) +
           RUN_ROWS("sip/build: CANCEL", cancel, check_cancel) +
           RUN_ROWS("sip/build: room", room, check_room) +
           RUN_ROWS("sip/print: reason phrases", phrases, check_phrase);
}
