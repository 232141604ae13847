#include "net/dns_ttl.h"

#include <stdlib.h>

#include "tests/lib/hex.h"
#include "tests/lib/rows.h"

/* Identity and flags, then how many questions and answers; no other records. */
#define HEAD(questions, answers) "0001 8180 00" questions " 00" answers " 0000 0000 "
#define QUESTION "01 61 00 0021 0001 " /* a, SRV */
#define RECORD(ttl) "c00c 0021 0001 " ttl " 0002 abcd "

static const struct row {
    const char *name, *hex;
    uint32_t ttl;
} rows[] = {
    {"one record", HEAD("01", "01") QUESTION RECORD("0000012c"), 300},
    {"the least of several counts",
     HEAD("01", "03") QUESTION RECORD("0000012c") RECORD("0000003c") RECORD("00000e10"), 60},
    {"a name in labels and a pointer",
     HEAD("01", "01") QUESTION "03 666f6f c00c 0021 0001 00000005 0000", 5},
    {"no answers", HEAD("01", "00") QUESTION, 0},
    {"the highest bit, RFC 2181 8", HEAD("01", "01") QUESTION RECORD("80000001"), 0},
    {"the second record is cut", HEAD("01", "02") QUESTION RECORD("0000012c") "c00c 0021", 0},
    {"data beyond the end", HEAD("01", "01") QUESTION "c00c 0021 0001 0000012c 0003 abcd", 0},
    {"a label beyond the end", HEAD("01", "01") "3f 61", 0},
    {"a label of 64 bytes, which is none", HEAD("01", "01") "40 61", 0},
    {"a pointer cut in two", HEAD("01", "01") QUESTION "c0", 0},
    {"half a header", "0001 8180", 0},
    {"nothing", "", 0},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct slice bytes = hex_bytes(row->hex);

    assert_int_equal(net_dns_ttl((const unsigned char *)bytes.p, bytes.n), row->ttl);
    free((void *)bytes.p);
}

int main(void)
{
    return RUN_ROWS("net/dns_ttl", rows, check);
}
