/* tests/lib/paper.h - certificates made for a test, as files in a folder of its own. */
#ifndef TESTS_LIB_PAPER_H
#define TESTS_LIB_PAPER_H

#include <stdbool.h>
#include <stddef.h>

struct paper {
    const char *name;         /* of its files: NAME.pem, NAME.key */
    const char *issuer;       /* name of the one that signs it; NULL: itself */
    const char *common_name;  /* NULL: the same as name */
    const char *alternatives; /* "DNS:a.test,URI:sip:a.test,IP:192.0.2.1"; NULL: none */
    int from_days, to_days;   /* from now; both 0: -1 to 30 */
    bool is_authority;
};

/* Makes a folder; its path is good for as long as the test runs. */
const char *paper_folder(void);
/* Ends the test where it cannot be made. */
void paper_make(const struct paper *paper);
/* NAME.pem has the certificate of the issuer, and behind it its list of those that it has revoked:
 * one, for so many days from now. */
void paper_make_list(const char *name, const char *issuer, const char *revoked, int from_days,
                     int to_days);
/* Path of a file in the folder, in one of a few places that are used in turn. */
const char *paper_path(const char *name, const char *ending);
/* SHA-256 of NAME.pem in hex, with colons, likewise. */
const char *paper_fingerprint(const char *name);
void paper_remove(void);

#endif
