/* tests/bench/rounds.h - how long a short piece of work takes. */
#ifndef TESTS_BENCH_ROUNDS_H
#define TESTS_BENCH_ROUNDS_H

/* Nanoseconds for one: the median of five rounds of at least 50 ms each. */
double rounds_ns(void (*work)(void *arg), void *arg);

#endif
