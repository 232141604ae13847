/* ui/outcome.h - how a program with --json has ended, for its last line: a word, the exit status
 * and a sentence where there is one to say. */
#ifndef UI_OUTCOME_H
#define UI_OUTCOME_H

#include "base/buf.h"
#include "ui/exit.h"

struct outcome {
    enum exit_status exit; /* that word and text belong to */
    const char *word;      /* NULL: nothing was noted */
    struct buf text;
    struct buf error; /* the last sentence that was told on standard error */
    bool told;        /* the last line was another, which says as much */
};

void outcome_init(struct outcome *outcome);
void outcome_free(struct outcome *outcome);

/* What word and text would tell of this exit status; the last one counts. word lives for ever. */
void outcome_note(struct outcome *outcome, enum exit_status exit, const char *word,
                  const char *text);
void outcome_note_error(struct outcome *outcome, const char *sentence);

void outcome_told(struct outcome *outcome);

/* Appends the line, if it is not told already. */
void outcome_line(struct outcome *outcome, enum exit_status exit, struct buf *out);

#endif
