#include "base/fingerprint.h"

#include <errno.h>
#include <openssl/evp.h>

#include "base/scan.h"

static const struct {
    struct slice name; /* as SDP has it */
    const char *evp;   /* as libcrypto has it */
    size_t bytes;
} hashes[] = {
    [FINGERPRINT_SHA256] = {SLICE_INIT("sha-256"), "SHA256", 32},
    [FINGERPRINT_SHA384] = {SLICE_INIT("sha-384"), "SHA384", 48},
    [FINGERPRINT_SHA512] = {SLICE_INIT("sha-512"), "SHA512", 64},
};

int fingerprint_of(enum fingerprint_hash hash, struct slice der, struct fingerprint *out)
{
    *out = (struct fingerprint){.hash = hash};
    return EVP_Q_digest(NULL, hashes[hash].evp, NULL, der.p, der.n, out->bytes, NULL) ? 0 : -EIO;
}

bool fingerprint_eq(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->hash == b->hash && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool is_among(const struct fingerprint *one, const struct fingerprint *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fingerprint_eq(one, &all[i]))
            return true;
    return false;
}

static bool are_among(const struct fingerprint *some, size_t n_some, const struct fingerprint *all,
                      size_t n)
{
    for (size_t i = 0; i < n_some; i++)
        if (!is_among(&some[i], all, n))
            return false;
    return true;
}

bool fingerprints_eq(const struct fingerprint *a, size_t n_a, const struct fingerprint *b,
                     size_t n_b)
{
    return are_among(a, n_a, b, n_b) && are_among(b, n_b, a, n_a);
}

static enum fingerprint_hash hash_of(struct slice name)
{
    for (size_t i = FINGERPRINT_SHA256; i < ARRAY_LEN(hashes); i++)
        if (slice_ieq(name, hashes[i].name))
            return (enum fingerprint_hash)i;
    return FINGERPRINT_NONE;
}

static uint8_t scan_digit(struct scan *s)
{
    int c = scan_peek(s);

    if (c < 0 || !is_hex((char)c)) {
        scan_fail(s);
        return 0;
    }
    scan_must(s, (char)c);
    return (uint8_t)(is_digit((char)c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

static uint8_t scan_byte(struct scan *s)
{
    uint8_t high = scan_digit(s);

    return (uint8_t)(high << 4 | scan_digit(s));
}

int fingerprint_parse(struct slice text, struct fingerprint *out)
{
    struct scan s = {text, false};
    struct slice name = scan_until(&s, ' ');

    *out = (struct fingerprint){.hash = hash_of(name)};
    if (name.n == 0 || s.rest.n == 0)
        return -EBADMSG;
    if (out->hash == FINGERPRINT_NONE)
        return -ENOTSUP;
    scan_must(&s, ' ');
    for (size_t i = 0; i < hashes[out->hash].bytes; i++) {
        if (i > 0)
            scan_must(&s, ':');
        out->bytes[i] = scan_byte(&s);
    }
    if (scan_ok_at_end(&s))
        return 0;
    *out = (struct fingerprint){.hash = FINGERPRINT_NONE};
    return -EBADMSG;
}

static bool is_between(char c)
{
    return c == ':' || c == ' ';
}

int fingerprint_parse_sha256(struct slice text, struct fingerprint *out)
{
    struct scan s = {slice_trim(text), false};

    if (slice_istarts(s.rest, SLICE("sha256:")))
        s.rest = slice_skip(s.rest, 7);
    else if (slice_istarts(s.rest, SLICE("sha-256 ")))
        s.rest = slice_skip(s.rest, 8);
    *out = (struct fingerprint){.hash = FINGERPRINT_SHA256};
    for (size_t i = 0; i < hashes[FINGERPRINT_SHA256].bytes; i++) {
        (void)scan_maybe(&s, is_between);
        out->bytes[i] = scan_byte(&s);
    }
    if (scan_ok_at_end(&s))
        return 0;
    *out = (struct fingerprint){.hash = FINGERPRINT_NONE};
    return -EBADMSG;
}

void fingerprint_put_hex(const struct fingerprint *fingerprint, struct buf *out)
{
    for (size_t i = 0; i < hashes[fingerprint->hash].bytes; i++)
        buf_printf(out, "%s%02X", i ? ":" : "", fingerprint->bytes[i]);
}

void fingerprint_print(const struct fingerprint *fingerprint, struct buf *out)
{
    buf_put(out, hashes[fingerprint->hash].name);
    buf_putc(out, ' ');
    fingerprint_put_hex(fingerprint, out);
}
