/* ui/screen/plain.h - the telephone in lines, for screen readers, dumb terminals and pipes.
 *
 * The same screen (ui/screen/screen.h), never drawn: what is typed is a command of its table, the
 * name of a view, which is then read out, or one of its keys; what happens is a line, who first and
 * then what. Nothing is ever said twice unless it is asked for. Knows no terminal. */
#ifndef UI_SCREEN_PLAIN_H
#define UI_SCREEN_PLAIN_H

#include "ui/screen/screen.h"

#define PLAIN_OUT_MAX (4u << 20) /* bytes that wait for being printed */

struct plain {
    struct screen *screen;
    struct buf out;         /* lines to print, safe; whoever prints them clears it */
    uint64_t rest_until_ms; /* the next line waits so long, as somebody has said */
    bool greeted;           /* the state of the telephone was said at the beginning */
};

void plain_init(struct plain *plain, struct screen *screen);
void plain_free(struct plain *plain);

/* A line that was typed, without its newline. */
void plain_typed(struct plain *plain, struct slice line);
/* Whether what is typed next may not be shown. */
bool plain_is_secret(const struct plain *plain);
/* Asks what the set-up of the screen asks now, or says what became of it. */
void plain_ask_setup(struct plain *plain);
/* A line of the phone goes to the screen; what it means is said. enum model_news. */
unsigned plain_line(struct plain *plain, const struct ctl_line *line);
/* What the screen has to say, without having been asked. */
void plain_flush(struct plain *plain);

/* Appends what the line is to a person; nothing where it is no news. Called before the model has
 * it, as the end of a call takes its name away. */
void plain_put_event(const struct screen *screen, const struct ctl_line *line, struct buf *out);
/* Appends a view: its rows in words, or what it draws without lines and signs. */
void plain_put_view(const struct screen *screen, const struct view *view, struct buf *out);

#endif
