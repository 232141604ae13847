/* tests/lib/memory_srtp.h - what libsrtp2 allocates fails on demand, too: it goes through
 * tests/lib/memory.h, and so does what it gives back. Not so what the cryptographic library below
 * it allocates (NSS, OpenSSL, or none), and not what srtp_stream_list_alloc takes, without which
 * libsrtp2 2.5 crashes: src/rtp/srtp.c looks beforehand whether there is memory. For programs
 * linked with $(memory_srtp_ldflags). */
#ifndef TESTS_LIB_MEMORY_SRTP_H
#define TESTS_LIB_MEMORY_SRTP_H

/* How many allocations of libsrtp2 came by here. */
unsigned memory_srtp_taken(void);

#endif
