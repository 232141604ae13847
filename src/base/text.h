/* base/text.h - bytes of strangers made fit to be seen.
 *
 * Everything from the network that a person may see, on the screen, on standard output, in the log
 * or in JSON, passes through here and nowhere else. What could move a cursor, hide, or turn the
 * order of letters around becomes U+FFFD, the replacement character: C0 and C1 controls, DEL,
 * bidirectional and other invisible format characters, fillers, line and paragraph separators,
 * byte order marks, tags, noncharacters, and whatever is not UTF-8 (one replacement for each
 * longest piece that began well, Unicode 3.9). Everything else stays as it is. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buf.h"
#include "base/slice.h"

/* Appends foreign as one line of text. The result is UTF-8 and at most three times as long. */
void text_safe(struct buf *out, struct slice foreign);
/* The same for text that is our own, or was made safe where it came in and may have a name of our
 * own in it: zero-width joiners (U+200C, U+200D) stay where writing needs them, between two letters
 * of Arabic, of its neighbours or of an Indic script, and those that join pictures between two of
 * them. Alone, or between other letters, they would only make two names look the same. */
void text_safe_own(struct buf *out, struct slice own);
/* As text_safe, for text of several lines, such as a SIP message: tabs and line ends stay. CRLF
 * becomes LF; a CR alone, which would let a line overwrite itself, is replaced. */
void text_safe_lines(struct buf *out, struct slice foreign);

/* In which column of a line the byte at stands: from 1, counting characters as an editor does, not
 * the bytes that continue one in UTF-8. */
size_t text_column(struct slice line, size_t at);

#endif
