/* Settings of how calls sound, beside the list of codecs. */
#include <errno.h>

#include "phone/config_private.h"

const struct config_kind config_dtx = {CONFIG_WORDS(CONFIG_DTX_ASKED, "asked", "yes", "no")};

int config_set_ptime(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    uint64_t ms;

    if (slice_number(value, 120, &ms) != 0 || ms < 10 || ms % 10 != 0)
        return config_wrong(fault, value, value.p,
                            "not the time of a packet: it is a multiple of 10 from 10 to 120 (ms)");
    config->sound.ptime_ms = (uint8_t)ms;
    return 0;
}

int config_set_opus_bitrate(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    uint64_t bits;

    if (slice_number(value, 510000, &bits) != 0 || bits < 6000)
        return config_wrong(fault, value, value.p,
                            "not a bit rate of Opus: it is a number from 6000 to 510000");
    config->sound.opus_bitrate = (uint32_t)bits;
    return 0;
}

int config_set_opus_rate(void *into, struct slice value, struct config_fault *fault)
{
    static const uint32_t rates[] = {8000, 12000, 16000, 24000, 48000};
    struct phone_config *config = into;
    uint64_t hz = 0;

    if (slice_number(value, 48000, &hz) == 0)
        for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
            if (rates[i] == hz) {
                config->sound.opus_rate_hz = (uint32_t)hz;
                return 0;
            }
    return config_wrong(fault, value, value.p,
                        "not a rate of Opus: it is 8000, 12000, 16000, 24000 or 48000");
}
