/* tests/lib/memory_openssl.h - what OpenSSL allocates fails on demand, too: it goes through
 * tests/lib/memory.h while that is asked for. */
#ifndef TESTS_LIB_MEMORY_OPENSSL_H
#define TESTS_LIB_MEMORY_OPENSSL_H

#include <stdbool.h>

/* First of all in main, before OpenSSL has allocated anything. False: it was too late. */
bool memory_openssl_prepare(void);
/* Whether its allocations count among those that may fail; at first they do not. What it gives back
 * is searched (memory_watch) in any case. */
void memory_openssl_counts(bool counts);

#endif
