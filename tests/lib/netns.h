/* tests/lib/netns.h - a network of a test's own, in which it may do what it likes. */
#ifndef TESTS_LIB_NETNS_H
#define TESTS_LIB_NETNS_H

/* Puts this process into a new network namespace, where only the loopback interface is up; fails
 * the test where that is not allowed. Each test program calls it at most once, before it has
 * threads. */
void netns_enter(void);
/* Gives the loopback interface one more IPv4 address, under a label (lo:LABEL); NULL takes the
 * one of this label away. */
void netns_address(const char *label, const char *address);

/* Gives it one more IPv6 address. */
void netns_address_6(const char *address);
/* A route to a network of 256 addresses, over the loopback interface. */
void netns_route(const char *network);

#endif
