/* tests/lib/wrap.h - a function in whose place a test has its own: the linker sends calls from
 * other files there (--wrap=NAME, in the LDFLAGS of the test).
 *
 *     WRAP(uint64_t, net_now_ms, void) { return __real_net_now_ms() + 5; }
 *
 * __real_NAME is the one of before, for whoever calls it. */
#ifndef TESTS_LIB_WRAP_H
#define TESTS_LIB_WRAP_H

#define WRAP(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

#endif
