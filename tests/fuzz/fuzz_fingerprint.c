/* What a description says about a DTLS handshake, the lines as they come: what is read is printed,
 * and read again it is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "sdp/fingerprint.h"

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check_again(const struct sdp_dtls *dtls)
{
    struct buf text = buf_new(8192);
    struct sdp_model model = {0};
    struct sdp_media media = {0};
    struct sdp_dtls again;

    sdp_dtls_print(dtls, &text);
    must(buf_ok(&text));
    media.lines = buf_slice(&text);
    must(sdp_dtls_parse(&model, &media, &again) == 0);
    must(sdp_dtls_goes_on(dtls, &again) && again.setup == dtls->setup);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice in = {(const char *)data, n};
    struct sdp_model model = {.lines = slice_head(in, n / 3)};
    struct sdp_media media = {.lines = slice_skip(in, n / 3)};
    struct sdp_dtls dtls;
    int err = sdp_dtls_parse(&model, &media, &dtls);

    must((err == 0) == (dtls.n_fingerprints > 0));
    must(strlen(dtls.tls_id) <= SDP_MAX_TLS_ID);
    (void)sdp_setup_answer(dtls.setup);
    if (err == 0)
        check_again(&dtls);
    return 0;
}
