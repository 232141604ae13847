/* What is secret in a message is not shown, and all else is. */
#include "phone/mask.h"

#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name, *message, *wanted;
} rows[] = {
    {"nothing", "", ""},
    {"a message without secrets",
     "INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\nv=0\r\n",
     "INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\nv=0\r\n"},
    {"digest",
     "Authorization: Digest username=\"alice\", realm=\"r\", nonce=\"n1\",\r\nX: 1\r\n",
     "Authorization: Digest username=\"alice\", realm=\"r\", nonce=\"...\",\r\nX: 1\r\n"},
    {"all that the response was computed from",
     "Proxy-Authorization: Digest cnonce=\"c\",nc=00000001,nonce=\"n\",response=\"5e\",qop=auth\n",
     "Proxy-Authorization: Digest cnonce=\"...\",nc=00000001,nonce=\"...\",response=\"...\",qop=auth\n"},
    {"letters and blanks of any kind",
     "AUTHORIZATION : digest RESPONSE = \"5e\" , nc=1\n", "AUTHORIZATION : digest RESPONSE = \"...\" , nc=1\n"},
    {"without quotes", "Authorization: Digest response=5e,nc=1\n", "Authorization: Digest response=...,nc=1\n"},
    {"quotes in quotes", "Authorization: Digest response=\"a\\\"b\", nc=1\n",
     "Authorization: Digest response=\"...\", nc=1\n"},
    {"a name within a name", "Authorization: Digest xresponse=\"a\", response-x=\"b\"\n",
     "Authorization: Digest xresponse=\"a\", response-x=\"b\"\n"},
    {"on a line of its own", "Authorization: Digest nc=1,\r\n response=\"5e\"\r\nX: response=\"1\"\r\n",
     "Authorization: Digest nc=1,\r\n response=\"...\"\r\nX: response=\"1\"\r\n"},
    {"over two lines", "Authorization: Digest response=\"5\r\n e\", nc=1\r\n",
     "Authorization: Digest response=\"...\r\n ...\", nc=1\r\n"},
    {"other credentials", "Authorization: Basic YTpi\r\n more\r\nX: 1\r\n",
     "Authorization: ...\r\n ...\r\nX: 1\r\n"},
    {"a challenge is no secret", "WWW-Authenticate: Digest nonce=\"n\"\r\n",
     "WWW-Authenticate: Digest nonce=\"n\"\r\n"},
    {"what the server proves", "Authentication-Info: nextnonce=\"n\", rspauth=\"1\"\n",
     "Authentication-Info: nextnonce=\"...\", rspauth=\"...\"\n"},
    {"not in a body", "A: 1\r\n\r\nAuthorization: Digest response=\"1\"\r\n",
     "A: 1\r\n\r\nAuthorization: Digest response=\"1\"\r\n"},
    {"behind line ends", "\r\n\r\nA: 1\r\nAuthorization: Basic x\r\n\r\nk=a\r\n",
     "\r\n\r\nA: 1\r\nAuthorization: ...\r\n\r\nk=...\r\n"},
    {"keys of SDP", "A: 1\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0Rm|2^20\nk=clear:x\na=x\n",
     "A: 1\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...\nk=...\na=x\n"},
    {"a realm like a secret",
     "Authorization: Digest realm=\"x nonce=\", nonce=\"n1\", uri=\"sip:a,nonce=\", response=\"5e\"\n",
     "Authorization: Digest realm=\"x nonce=\", nonce=\"...\", uri=\"sip:a,nonce=\", response=\"...\"\n"},
    {"a realm with quotes in it",
     "Authorization: Digest realm=\"x\\\", nonce=\\\"\", nonce=\"n1\", response=\"5e\"\n",
     "Authorization: Digest realm=\"x\\\", nonce=\\\"\", nonce=\"...\", response=\"...\"\n"},
    {"quotes that do not fit", "Authorization: Digest username=\"a, response=\"5e\", nc=1\nX: 1\n",
     "Authorization: Digest username=...\nX: 1\n"},
    {"quotes that are not closed", "Authorization: Digest nc=1, realm=\"a\n response=\"5e\"\nX: 1\n",
     "Authorization: Digest nc=1, realm=...\n ...\nX: 1\n"},
    {"more behind a secret", "Authorization: Digest response=\"5e\"6f, nc=1\nX: 1\n",
     "Authorization: Digest response=\"...\" ...\nX: 1\n"},
    {"a key that was pressed", "Content-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n",
     "Content-Type: application/dtmf-relay\r\n\r\nSignal=...\r\nDuration=160\r\n"},
    {"the same, spelt otherwise", "c:\r\n Application / DTMF-relay;a=b\r\n\r\nduration = 160\rsignal=5\r\nSIGNAL = 5",
     "c:\r\n Application / DTMF-relay;a=b\r\n\r\nduration =...\r\nSIGNAL =..."},
    {"the key alone", "Content-Type: application/dtmf\r\n\r\n5\r\n", "Content-Type: application/dtmf\r\n\r\n...\r\n"},
    {"no key", "Content-Type: text/plain\r\nX: dtmf\r\n\r\nSignal=5\r\n",
     "Content-Type: text/plain\r\nX: dtmf\r\n\r\nSignal=5\r\n"},
    {"a key among several bodies",
     "Content-Type: multipart/mixed;boundary=x\r\n\r\n--x\r\nContent-Type: application/sdp\r\n\r\nSignal=1\r\n"
     "--x\r\nContent-Type:\r\n Application/DTMF-relay\r\n\r\nSignal=5\r\nDuration=160\r\n--x--\r\nSignal=2\r\n",
     "Content-Type: multipart/mixed;boundary=x\r\n\r\n--x\r\nContent-Type: application/sdp\r\n\r\nSignal=1\r\n"
     "--x\r\nContent-Type:\r\n Application/DTMF-relay\r\n\r\nSignal=...\r\nDuration=160\r\n--x--\r\nSignal=2\r\n"},
    {"one within another, and a boundary like a key",
     "c: multipart/related;\r\n boundary=dtmf\r\n\r\n--dtmf\r\nContent-Type: multipart/mixed;boundary=y\r\n\r\n"
     "--y\r\nc: application/dtmf\r\n\r\n5\r\n--y\r\n\r\n6\r\n",
     "c: multipart/related;\r\n boundary=dtmf\r\n\r\n--dtmf\r\nContent-Type: multipart/mixed;boundary=y\r\n\r\n"
     "--y\r\nc: application/dtmf\r\n\r\n...\r\n--y\r\n\r\n6\r\n"},
    {"a line of blanks ends the headers of a part",
     "c: multipart/mixed\r\n\r\n--x\r\nc: application/dtmf\r\n \t\r\n5\r\n--x--\r\n",
     "c: multipart/mixed\r\n\r\n--x\r\nc: application/dtmf\r\n \t\r\n...\r\n--x--\r\n"},
    {"digits that were collected", "Content-Type: application/vnd.nortelnetworks.digits\r\n\r\ny=Digits\r\nd=5\r\n",
     "Content-Type: application/vnd.nortelnetworks.digits\r\n\r\ny=...\r\nd=...\r\n"},
    {"digits that were reported", "c: application/kpml-response+xml\r\n\r\n<kpml-response digits=\"5\"/>\r\n",
     "c: application/kpml-response+xml\r\n\r\n<kpml-response digits=...\r\n"},
    {"keys of SDP among several bodies",
     "c: multipart/mixed\n\n--x\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0Rm\n",
     "c: multipart/mixed\n\n--x\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...\n"},
    {"an end in the middle", "Authorization: Digest response=\"5e", "Authorization: Digest response=\"..."},
    {"or before the value", "Authorization: Digest response=", "Authorization: Digest response=..."},
    {"or in the name", "Authorization", "Authorization"},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf out = buf_new(4096);

    mask_message(&out, slice_of(row->message));
    assert_string_equal(buf_cstr(&out), row->wanted);
    buf_free(&out);
}

static const struct shown {
    const char *name;
    bool unmasked;
    const char *wanted;
} shown[] = {
    {"an event is masked", false, "A: 1\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...\r\n"},
    {"but where it says otherwise", true,
     "A: 1\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^31\r\n"},
};

static void check_event(void **state)
{
    const struct shown *row = *state;
    struct phone_event event = {
        .kind = PHONE_MESSAGE,
        .bytes = SLICE("A: 1\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^31\r\n"),
        .unmasked = row->unmasked};
    struct buf out = buf_new(4096);

    mask_event(&out, &event);
    assert_string_equal(buf_cstr(&out), row->wanted);
    buf_free(&out);
}

int main(void)
{
    return RUN_ROWS("phone/mask", rows, check_row) |
           RUN_ROWS("phone/mask_event", shown, check_event);
}
