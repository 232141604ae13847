/* tests/bench/parse_peers.h - the same work done by libraries that others use: parse one message
 * and read From, To, Call-ID, CSeq, the topmost branch and Contact.
 *
 * Each in a file of its own, as their names and ours would meet. Each returns the lengths of what
 * it read, summed up, so that a compiler leaves nothing out; 0: it does not parse. */
#ifndef BENCH_PARSE_PEERS_H
#define BENCH_PARSE_PEERS_H

#include <stddef.h>

size_t parse_libre(const char *bytes, size_t n);
size_t parse_osip(const char *bytes, size_t n);

#endif
