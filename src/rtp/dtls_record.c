/* Which records of a datagram OpenSSL gets to see (RFC 6347 4.1).
 *
 * Until its keys are there, DTLS believes whoever writes the right address on an envelope: one
 * alert in the clear, or the beginning of a handshake in the wrong direction, would end ours. */
#include "rtp/bytes.h"
#include "rtp/dtls_private.h"

#define RECORD_HEADER_BYTES 13 /* type, version (2), epoch (2), sequence number (6), length (2) */
#define PIECE_AT 6             /* in a message: behind type, length (3) and number (2) */
#define HELLO_RANDOM_AT (RECORD_HEADER_BYTES + 12 + 2) /* header of the message, version */

enum content { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
enum handshake { CLIENT_HELLO = 1, SERVER_HELLO, HELLO_VERIFY_REQUEST };

/* Only the first message of a record is looked at: both that matter here stand alone in theirs. */
static bool admit_handshake(struct rtp_dtls *d, struct slice body)
{
    uint8_t type = body.n ? (uint8_t)body.p[0] : 0;
    bool from_client = type == CLIENT_HELLO;
    bool from_server = type == SERVER_HELLO || type == HELLO_VERIFY_REQUEST;

    if (d->role == RTP_DTLS_ACTIVE ? !from_client : !from_server)
        return true;
    dtls_suspect(d, RTP_DTLS_SAME_ROLE);
    return false;
}

static bool admit_clear(struct rtp_dtls *d, uint8_t content, struct slice body)
{
    if (d->state != RTP_DTLS_SHAKING)
        return false; /* an old flight, or a stranger: DTLS repeats its last one for epoch 1 */
    if (content == HANDSHAKE)
        return admit_handshake(d, body);
    if (content == ALERT)
        dtls_suspect(d, RTP_DTLS_REFUSED);
    return content == CHANGE_CIPHER_SPEC;
}

/* Of its first piece, if it comes in several. That has the cookie, too, so it is all that has to be
 * seen before somebody is believed, and nothing is kept until then; pieces behind it are for who is
 * at work on it already. */
static void note_hello(struct rtp_dtls *d, const uint8_t *record, size_t n)
{
    const uint8_t *message = record + RECORD_HEADER_BYTES;

    if (record[0] == HANDSHAKE && n >= HELLO_RANDOM_AT + sizeof d->hello &&
        rtp_get16(record + 3) == 0 && message[0] == CLIENT_HELLO &&
        rtp_get24(message + PIECE_AT) == 0)
        d->came = record + HELLO_RANDOM_AT;
}

struct slice dtls_hello(const struct rtp_dtls *d)
{
    const uint8_t *record = d->came ? d->came - HELLO_RANDOM_AT : d->in;

    return (struct slice){(const char *)record,
                          d->came ? RECORD_HEADER_BYTES + (size_t)rtp_get16(record + 11) : 0};
}

void dtls_admit(struct rtp_dtls *d, struct slice datagram)
{
    d->n_in = 0;
    d->came = NULL;
    while (datagram.n >= RECORD_HEADER_BYTES) {
        const uint8_t *head = (const uint8_t *)datagram.p;
        struct slice record =
            slice_head(datagram, RECORD_HEADER_BYTES + (size_t)rtp_get16(head + 11));
        struct slice body = slice_skip(record, RECORD_HEADER_BYTES);

        if (head[1] != 0xfe || body.n != rtp_get16(head + 11))
            return;
        if ((rtp_get16(head + 3) > 0 || admit_clear(d, head[0], body)) &&
            record.n <= sizeof d->in - d->n_in) {
            memcpy(d->in + d->n_in, record.p, record.n);
            note_hello(d, d->in + d->n_in, record.n);
            d->n_in += record.n;
        }
        datagram = slice_skip(datagram, record.n);
    }
}
