/* tests/unit/net/tls_context.h - contexts of TLS by the certificates of tests/lib/paper.h. */
#ifndef TESTS_UNIT_NET_TLS_CONTEXT_H
#define TESTS_UNIT_NET_TLS_CONTEXT_H

#include "net/tls.h"
#include "tests/lib/paper.h"
#include "tests/lib/rows.h"

/* ca: whom it trusts; pin: one certificate, by its fingerprint; own: that it shows. Names of
 * papers; NULL: none. */
struct net_tls_context *tls_context_of(const char *ca, const char *pin, const char *own);
void tls_assert_says(const char *text, const char *piece);

#endif
