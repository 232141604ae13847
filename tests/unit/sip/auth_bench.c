#include "tests/unit/sip/auth_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/limits.h"
#include "sip/parse.h"
#include "tests/lib/exact.h"

struct auth_bench *auth_bench_new(const char *realm, const char *password)
{
    struct slice hosts[] = {SLICE("Example.org"), SLICE("sip.example.org")};
    struct auth_bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    b->rng = rng_seeded(3);
    b->auth = sip_auth_new(&b->rng, SLICE("alice"), slice_of(realm), hosts, ARRAY_LEN(hosts));
    assert_non_null(b->auth);
    assert_int_equal(sip_auth_set_password(b->auth, slice_of(password)), 0);
    b->out = buf_new(SIP_MAX_MESSAGE);
    b->why = buf_new(4096);
    return b;
}

void auth_bench_free(struct auth_bench *b)
{
    sip_auth_free(b->auth);
    buf_free(&b->out);
    buf_free(&b->why);
    free(b);
}

enum sip_auth_verdict auth_bench_challenged(struct auth_bench *b, const char *method,
                                            const char *lines)
{
    struct buf text = buf_new(SIP_MAX_MESSAGE);
    enum sip_auth_verdict verdict;
    struct slice whole;
    struct sip_msg msg;

    buf_printf(&text,
               "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
               "From: <sip:a@h>;tag=a\r\nTo: <sip:a@h>;tag=b\r\nCall-ID: c\r\nCSeq: 1 %s\r\n",
               method);
    for (const char *p = lines; *p; p++)
        buf_put(&text, *p == '\n' ? SLICE("\r\n") : (struct slice){p, 1});
    buf_puts(&text, "Content-Length: 0\r\n\r\n");
    whole = exact_bytes(text.p, text.n);
    assert_int_equal(sip_parse(whole, true, &msg), 0);
    buf_clear(&b->why);
    verdict = sip_auth_challenged(b->auth, &msg, !strcmp(method, "REGISTER"), &b->tries, &b->why);
    exact_free(whole);
    buf_free(&text);
    return verdict;
}

size_t auth_bench_put(struct auth_bench *b, const char *method)
{
    size_t lines = 0;

    buf_clear(&b->out);
    assert_int_equal(sip_auth_put(b->auth, &b->tries, &b->out, slice_of(method),
                                  SLICE("sip:bob@example.org"), SLICE("body")),
                     0);
    for (size_t i = 0; i < b->out.n; i++)
        lines += b->out.p[i] == '\n';
    return lines;
}

bool auth_bench_has(struct auth_bench *b, const char *text)
{
    return strstr(buf_cstr(&b->out), text) != NULL;
}

void auth_bench_another(struct auth_bench *b)
{
    b->tries = (struct sip_auth_tries){0};
}
