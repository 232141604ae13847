/* A configuration file and what people type as an address: nothing breaks, and each refusal says
 * why in one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phone/config.h"
#include "phone/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(int err, struct buf *why)
{
    if ((err != 0) != (why->n > 0) || (why->n > 0 && memchr(why->p, '\n', why->n)))
        abort();
    buf_free(why);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};
    struct buf why = buf_new(16384), uri = buf_new(SIZE_MAX / 2);
    struct phone_config config;

    config_init(&config);
    check(config_read_text(&config, in, "file", &why), &why);
    config_free(&config);
    check(phone_target(in, SLICE(""), &uri, &why), &why);
    check(phone_target(in, SLICE("example.org"), &uri, &why), &why);
    buf_free(&uri);
    return 0;
}
