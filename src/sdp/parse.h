/* sdp/parse.h - from text to a model (RFC 8866 5 and 9). */
#ifndef SDP_PARSE_H
#define SDP_PARSE_H

#include "sdp/model.h"

/* Reads text, which *out points into from then on. Lines may end in CRLF or LF; types of line that
 * nobody needs are passed over unread. 0, or -EBADMSG where it is no SDP, lacks v= or o=, or is
 * above a limit of sdp/limits.h. */
int sdp_parse(struct slice text, struct sdp_model *out);

/* Takes the next line off *text: its letter and what stands behind "=". false at the end, and where
 * a line is no "x=value"; *text is then empty, or begins with that line. */
bool sdp_line_next(struct slice *text, char *letter, struct slice *value);
/* Takes the next word off a list with blanks, such as the formats of an m= line. */
bool sdp_format_next(struct slice *formats, struct slice *out);

#endif
