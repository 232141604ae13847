#include "tests/bench/rounds.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 5, BATCH = 500, ROUND_NS = 50000000 };

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double rounds_ns(void (*work)(void *arg), void *arg)
{
    double ns[ROUNDS];

    for (size_t round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns(), end = start;
        size_t count = 0;

        for (; end - start < ROUND_NS; end = now_ns(), count += BATCH)
            for (size_t i = 0; i < BATCH; i++)
                work(arg);
        ns[round] = (double)(end - start) / (double)count;
    }
    qsort(ns, ROUNDS, sizeof ns[0], by_value);
    return ns[ROUNDS / 2];
}
