#include "tests/unit/audio/jitter_steps.h"

#include <stdio.h>

struct jitter *steps_new(void)
{
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter *j;

    assert_int_equal(jitter_new(&config, &j), 0);
    return j;
}

struct jitter_packet steps_packet(int i)
{
    return (struct jitter_packet){.ssrc = 1,
                                  .sequence = (uint16_t)(100 + i),
                                  .timestamp = (uint32_t)(1000 + i * PACKET),
                                  .duration = PACKET,
                                  .payload_type = (uint8_t)i,
                                  .fec = true,
                                  .carries = true,
                                  .payload = SLICE("sound")};
}

int steps_put(struct jitter *j, int i, uint64_t now_ms)
{
    struct jitter_packet p = steps_packet(i);

    return jitter_put(j, &p, now_ms * 1000);
}

const char *steps_get(struct jitter *j, uint64_t now_ms)
{
    static char text[16];
    struct jitter_decision what;

    jitter_get(j, now_ms * 1000, 0, &what);
    snprintf(text, sizeof text, "%c", "WDFCH"[what.action]);
    if (what.action == JITTER_DECODE || what.action == JITTER_FEC || what.payload.n) {
        snprintf(text + 1, sizeof text - 1, "%u", what.payload_type);
        assert_slice(what.payload, "sound");
    }
    return text;
}

struct jitter_stats steps_stats(const struct jitter *j)
{
    struct jitter_stats stats;

    jitter_stats(j, &stats);
    return stats;
}

struct jitter *steps_playing(void)
{
    struct jitter *j = steps_new();

    for (int i = 0; i < 4; i++)
        steps_put(j, i, (uint64_t)i * 20);
    assert_string_equal(steps_get(j, 40), "D0");
    assert_string_equal(steps_get(j, 60), "D1");
    return j;
}
