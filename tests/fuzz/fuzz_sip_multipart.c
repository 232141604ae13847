/* Content-Type in the first line, the body behind it; a part lies within the body. */
#include <stdint.h>
#include <stdlib.h>

#include "sip/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice body = {(const char *)bytes, n}, part;
    struct slice type = slice_cut(&body, '\n');

    if (!sip_multipart_find(body, type, SLICE("application"), SLICE("sdp"), &part) &&
        (part.p < body.p || part.p + part.n > body.p + body.n))
        abort();
    return 0;
}
