/* The file that has the certificate of an installation, as somebody may have left it: it is used as
 * it is, or another certificate is, and what is promised is what is had. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "phone/identity.h"
#include "tests/fuzz/place.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* What is printed is read again as the same. */
static void check_again(const struct rtp_dtls_identity *dtls)
{
    struct buf text = buf_new(RTP_DTLS_MAX_PEM);
    struct rtp_dtls_identity *again;

    must(rtp_dtls_identity_print(dtls, &text) == 0);
    must(rtp_dtls_identity_parse(buf_slice(&text), &again) == 0);
    must(fingerprint_eq(rtp_dtls_identity_fingerprint(dtls), rtp_dtls_identity_fingerprint(again)));
    rtp_dtls_identity_free(again);
    buf_free(&text);
}

static void check_pair(struct slice pem)
{
    struct rtp_dtls_identity *dtls;

    if (rtp_dtls_identity_parse(pem, &dtls) == 0) {
        check_again(dtls);
        rtp_dtls_identity_free(dtls);
    }
}

/* The key is read on a thread; where it is not that of the first line, another one takes its place.
 */
static void check_file(void)
{
    const struct rtp_dtls_identity *dtls = NULL;
    struct identity *identity;
    int err;

    must(identity_open(fuzz_place(), &identity) == 0);
    identity_wake(identity);
    while ((err = identity_get(identity, &dtls)) == -EAGAIN)
        usleep(50);
    must(identity_mend(identity) == 0);
    must(identity_get(identity, &dtls) == 0);
    must(fingerprint_eq(identity_fingerprint(identity), rtp_dtls_identity_fingerprint(dtls)));
    must(identity_free(identity, 10000));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    check_pair((struct slice){(const char *)bytes, n});
    fuzz_place_write(bytes, n);
    check_file();
    return 0;
}
