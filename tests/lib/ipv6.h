/* tests/lib/ipv6.h - IPv6 for tests, where the machine has switched it off too. */
#ifndef TESTS_LIB_IPV6_H
#define TESTS_LIB_IPV6_H

/* Makes sure that ::1 can be used: where it cannot (a container, usually), the process moves into a
 * network of its own, which has 127.0.0.1 and ::1 and nothing else. To be called first in main,
 * before there are threads and sockets. Ends the program with a sentence where that is impossible,
 * for a test that cannot run has failed. */
void ipv6_needed(void);

#endif
