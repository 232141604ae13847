/* tests/lib/hex.h - packets in tests, written as hexadecimal digits. */
#ifndef TESTS_LIB_HEX_H
#define TESTS_LIB_HEX_H

#include "base/slice.h"

/* The bytes of digits (blanks between them do not count), in an allocation of exactly their length,
 * so that a sanitizer sees an over-read. The caller frees .p. */
struct slice hex_bytes(const char *digits);

#endif
