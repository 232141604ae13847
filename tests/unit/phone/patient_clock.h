/* tests/unit/phone/patient_clock.h - the clocks of this program stand while nobody lets it run.
 *
 * A machine that stands still for a tenth of a second, as a guest whose host is busy, tears a hole
 * in any sound of real time. Here a stop of the whole program is a moment: all clocks, also those
 * that libuv looks at, go on by some milliseconds at most from one reading to the next, and while
 * it runs there are readings all the time. What waits by the kernel's clock, as a timerfd with an
 * absolute time, does not know of it: src/net/pacer_uv.c does, and belongs to the program. */
#ifndef TESTS_UNIT_PHONE_PATIENT_CLOCK_H
#define TESTS_UNIT_PHONE_PATIENT_CLOCK_H

/* From now on, until stop. Once. */
void patient_clock_start(void);
void patient_clock_stop(void);

#endif
