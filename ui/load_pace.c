#include "ui/load_pace.h"

struct load_pace load_pace_new(uint64_t now_us, uint64_t milli_rate)
{
    return (struct load_pace){.start_us = now_us, .milli_rate = milli_rate};
}

uint64_t load_pace_due_us(const struct load_pace *pace)
{
    return pace->start_us + pace->placed * UINT64_C(1000000000) / pace->milli_rate;
}

bool load_pace_take(struct load_pace *pace, uint64_t now_us)
{
    uint64_t due_us = load_pace_due_us(pace), late_us = now_us > due_us ? now_us - due_us : 0;

    if (now_us < due_us)
        return false;
    if (late_us > LOAD_CATCH_UP_US) {
        pace->start_us += late_us - LOAD_CATCH_UP_US;
        pace->stalled_us += late_us - LOAD_CATCH_UP_US;
    }
    pace->placed++;
    return true;
}
