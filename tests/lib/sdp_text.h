/* tests/lib/sdp_text.h - what tests of offers and answers share: a phone's capabilities, and a
 * stream put in words, so that a row of a table can say what it expects. */
#ifndef TESTS_LIB_SDP_TEXT_H
#define TESTS_LIB_SDP_TEXT_H

#include "sdp/exchange.h"

/* Opus (96), PCMU, PCMA, digits, ptime 20, rtcp-mux, at 198.51.100.1:4000. */
struct sdp_local sdp_test_local(void);

#define SDP_WORDS_MAX 400

/* "sendrecv opus@96 rx 96,0,8 ev 101<101/8000 to 192.0.2.7:5004 rtcp 5005 ptime 20/120", with
 * "held", "mux" and Opus parameters where they are so. ev: what we send, what we receive. */
const char *sdp_words(const struct sdp_stream *stream, char out[SDP_WORDS_MAX]);

/* Whether what stands behind t= in a description of ours is expected, where " | " is for a line
 * end; shows both where not. */
bool sdp_lines_are(struct slice sdp, const char *expected);

/* Whether a description has part in it, which may be several lines. */
bool sdp_says(struct slice sdp, const char *part);

/* What an exchange has agreed on for its stream. */
const struct sdp_secured *sdp_secured_of(const struct sdp_exchange *x);

#endif
