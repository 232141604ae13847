/* ui/screen/key_reader.h - keys out of the bytes that a terminal sends.
 *
 * Pure. Understands what xterm and its many relatives send (CSI and SS3 sequences with their
 * modifiers, bracketed paste, SGR mouse), and the sequences that terminfo has for this terminal.
 * Unknown sequences are passed over whole, so none of their bytes is taken for a command. */
#ifndef UI_SCREEN_KEY_READER_H
#define UI_SCREEN_KEY_READER_H

#include "ui/screen/key.h"

#define KEY_PASTE_MAX 65536u /* bytes; what is longer is cut */
/* An escape that nothing follows for so long is the key of that name. */
#define KEY_ESCAPE_MS 40
/* What has begun and does not go on for so long is over: a sequence, and a paste. */
#define KEY_REST_MS 1000u
#define KEY_PASTE_MS 10000u

struct key_sequence { /* of terminfo */
    const char *bytes;
    uint32_t code;
};

struct key_reader {
    struct buf in;    /* not understood yet */
    struct buf paste; /* what has come of one */
    bool pasting;
    bool skipping;                  /* a sequence that is longer than any, or was given up */
    bool in_string;                 /* that a terminal tells, which is no text of a person */
    unsigned turns;                 /* of KEY_ESCAPE_MS in which nothing came */
    const struct key_sequence *own; /* of this terminal; ended by bytes NULL; or NULL */
};

void key_reader_init(struct key_reader *reader, const struct key_sequence *own);
void key_reader_free(struct key_reader *reader);
void key_reader_add(struct key_reader *reader, struct slice bytes);
/* The next key; false: none is complete. late: nothing came for KEY_ESCAPE_MS, so what begins a
 * sequence is all there is; it may be told again and again. The text of a paste lives until the
 * next call. */
bool key_reader_next(struct key_reader *reader, bool late, struct key *out);
/* Whether bytes wait that time decides on. */
bool key_reader_waits(const struct key_reader *reader);

#endif
