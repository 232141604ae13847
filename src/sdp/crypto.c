#include "sdp/crypto.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "base/scan.h"

/* The longest key in base64, padded. */
#define MAX_TEXT ((SUITE_MAX_KEY_BYTES + 2) / 3 * 4)

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_word(char c)
{
    return !is_blank(c);
}

static bool is_base64(char c)
{
    return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

/* 0; -EBADMSG where text is not the base64 of n bytes, padded. */
static int read_key(struct slice text, size_t n, uint8_t *key)
{
    uint8_t bytes[MAX_TEXT]; /* OpenSSL writes zeros for the padding, too */
    size_t padding = (3 - n % 3) % 3;
    int err = -EBADMSG;

    if (text.n != (n + padding) / 3 * 4 ||
        slice_index(text, '=') != (padding ? (ptrdiff_t)(text.n - padding) : -1))
        return -EBADMSG;
    if (EVP_DecodeBlock(bytes, (const unsigned char *)text.p, (int)text.n) == (int)(n + padding)) {
        memcpy(key, bytes, n);
        err = 0;
    }
    mem_wipe(bytes, sizeof bytes);
    return err;
}

/* key-params: inline:KEY[|lifetime][|MKI:length] of one key (RFC 4568 6.1). */
static int read_params(struct slice params, struct sdp_crypto *out)
{
    struct scan s = {params, false};
    struct slice key;

    if (slice_index(params, ';') >= 0)
        return -ENOTSUP; /* several keys, told apart by MKI */
    if (!scan_itry(&s, SLICE("inline:")))
        return -ENOTSUP; /* another key method */
    key = scan_span(&s, is_base64);
    while (scan_try(&s, '|'))
        if (slice_index(scan_until(&s, '|'), ':') >= 0)
            return -ENOTSUP;
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    return read_key(key, suite_key_bytes(out->suite), out->key);
}

/* WSH says how far the sender looks back for replays and changes no packet (6.3.7); all others do,
 * and may be ignored only with a "-" before them (6.3). */
static bool is_harmless(struct slice param)
{
    return slice_istarts(param, SLICE("WSH=")) || slice_istarts(param, SLICE("-"));
}

static int read_line(struct slice value, struct sdp_crypto *out)
{
    struct scan s = {slice_trim(value), false};
    struct slice name, params;
    int err = 0;

    out->tag = (uint32_t)scan_number(&s, SDP_MAX_CRYPTO_TAG);
    scan_span(&s, is_blank);
    name = scan_span(&s, is_word);
    scan_span(&s, is_blank);
    params = scan_span(&s, is_word);
    if (s.bad || !out->tag)
        return -EBADMSG;
    while (scan_maybe(&s, is_blank).n)
        if (!is_harmless(scan_maybe(&s, is_word)))
            err = -ENOTSUP;
    out->suite = suite_of(name);
    if (out->suite == SUITE_NONE)
        return -ENOTSUP;
    return err ? err : read_params(params, out);
}

int sdp_crypto_parse(struct slice value, struct sdp_crypto *out)
{
    int err;

    *out = (struct sdp_crypto){0};
    err = read_line(value, out);
    if (err)
        mem_wipe(out, sizeof *out);
    return err;
}

void sdp_crypto_print(const struct sdp_crypto *crypto, struct buf *out)
{
    char text[MAX_TEXT + 1];

    EVP_EncodeBlock((unsigned char *)text, crypto->key, (int)suite_key_bytes(crypto->suite));
    buf_putu(out, crypto->tag);
    buf_putc(out, ' ');
    buf_puts(out, suite_name(crypto->suite));
    buf_puts(out, " inline:");
    buf_puts(out, text);
    mem_wipe(text, sizeof text);
}

void sdp_crypto_new(struct rng *rng, uint32_t tag, enum suite suite, struct sdp_crypto *out)
{
    *out = (struct sdp_crypto){.tag = tag, .suite = suite};
    rng_fill(rng, out->key, suite_key_bytes(suite));
}

bool sdp_crypto_same_key(const struct sdp_crypto *a, const struct sdp_crypto *b)
{
    return a->suite == b->suite && CRYPTO_memcmp(a->key, b->key, suite_key_bytes(a->suite)) == 0;
}
