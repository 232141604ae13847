/* audio/effort.h - how hard encoders may work on this machine: complexity of Opus, lowered while
 * sound is made too late or most of the time, and given back when there has been calm.
 *
 * Pure: the owner of the beat says of each how it went, and no clock is read here. */
#ifndef AUDIO_EFFORT_H
#define AUDIO_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

struct effort {
    uint8_t most, level; /* complexity: at best, now */
    uint32_t beats, late;
    uint64_t busy_us, span_us; /* of the second that is being looked at */
    uint32_t calm_s, wait_s;   /* without trouble; so long it takes until more is dared */
    bool dared;                /* more was, and has not been shown to go well */
};

void effort_init(struct effort *e, uint8_t most);
/* A beat that stands for span_us began late_us behind its time and took busy_us. Whether the level
 * is another now. */
bool effort_note(struct effort *e, uint64_t late_us, uint64_t busy_us, uint64_t span_us);

#endif
