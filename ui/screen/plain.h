/* ui/screen/plain.h - the telephone in lines, for screen readers, dumb terminals and pipes.
 *
 * The same screen (ui/screen/screen.h), never drawn: what is typed is a command of its table, the
 * name of a view, which is then read out, or one of its keys; what happens is a line, who first and
 * then what. Nothing is ever said twice unless it is asked for. Knows no terminal. */
#ifndef UI_SCREEN_PLAIN_H
#define UI_SCREEN_PLAIN_H

#include "ui/screen/screen.h"

#define PLAIN_OUT_MAX (4u << 20) /* bytes that wait for being printed */
#define PLAIN_ROWS 20u           /* of a list that are read out at once */

/* How much is told of what happens. */
enum plain_tell { PLAIN_LITTLE = -1, PLAIN_NORMAL, PLAIN_MUCH };

struct plain {
    struct screen *screen;
    struct buf asked;       /* what a form has asked last */
    struct buf out;         /* lines to print, safe; whoever prints them clears it */
    uint64_t rest_until_ms; /* the next line waits so long, as somebody has said */
    bool greeted;           /* the state of the telephone was said at the beginning, */
    bool knows_missed;      /* and how many calls were missed before it */
    enum plain_tell tell;
    bool owes; /* the view on top is read out when the phone has said what is in it */
    /* What was read out last: rows from to to (without it) of a list, and what each said. */
    const struct view *read;
    size_t from, to;
    uint64_t heard[PLAIN_ROWS];
};

/* verbosity as in ui/cli.h. */
void plain_init(struct plain *plain, struct screen *screen, int verbosity);
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
/* The same to the line that was typed last, whose work took a while. */
void plain_answer(struct plain *plain);

/* Tab behind text: what the line becomes, as far as that is clear; else it is said what it can
 * become. */
void plain_tab(struct plain *plain, struct slice text, struct buf *now);

/* --- its parts ------------------------------------------------------------------------------ */

/* How the telephone is: accounts, missed calls, what is asked, calls. */
void plain_put_status(struct plain *plain);
/* Whether something is to be said that the telephone does not tell by itself. */
bool plain_has_news(const struct screen *screen);
/* Reads a view out, now or when the phone has said what is in it. */
void plain_read_when_known(struct plain *plain, const struct view *view);

/* Carries a line out: a command, a view or a key. */
void plain_run(struct plain *plain, struct slice line);
/* Reads the rows with this text: of the list that is open, else of people, else of the history. */
void plain_search_for(struct plain *plain, struct slice text);
/* Lists what the line can become. */
void plain_say_completions(struct plain *plain, struct slice begun);

/* Appends what the line is to a person, in one line; nothing where it is no news, or too small a
 * one. Called before the model has it, as the end of a call takes its name away. */
void plain_put_event(const struct screen *screen, const struct ctl_line *line, enum plain_tell tell,
                     struct buf *out);

/* What somebody asks, in one line. */
void plain_put_wish(const struct model_wish *wish, struct buf *out);

/* Who a line is about: "Bob, call 1". A contact stands bare, what a stranger calls itself in
 * quotes, as in ui/status.h; the number tells calls with the same one apart, and is what commands
 * take. */
void plain_put_name(struct buf *out, const char *contact, const char *name, const char *peer,
                    uint32_t call);

/* As much of what strangers choose as one listens to. */
void plain_put_head(struct slice text, int cols, struct buf *out);

/* Reads a view out: the page of its rows around the chosen one, or what it says in lines with a
 * label each. */
void plain_read(struct plain *plain, const struct view *view);
/* What it is called, and how much is in it. */
void plain_read_title(struct plain *plain, const struct view *view);
void plain_read_row(struct plain *plain, const struct view *view, size_t row);
/* The page before or behind the one that was read last. */
void plain_read_on(struct plain *plain, bool back);
/* Whether the row still says what it said when it was read out. */
bool plain_row_holds(const struct plain *plain, const struct view *view, size_t row);
/* How many rows have that text. */
size_t plain_matches(const struct plain *plain, const struct view *view, struct slice text);
void plain_read_matches(struct plain *plain, const struct view *view, struct slice text);
/* How the call is heard; or all calls that are up, NULL. */
void plain_read_quality(struct plain *plain, const struct model_call *call);

/* What can be done now; "all": every command; else about that one. */
void plain_help(struct plain *plain, struct slice about);
/* The i-th way to complete the text; false: there are no more. */
bool plain_complete(const struct plain *plain, struct slice text, size_t i, struct buf *out);

/* A command that only makes sense in lines, or is told in other words there. */
struct plain_command {
    const char *name, *value, *help; /* as of a struct command; help NULL: as that says */
    void (*run)(struct plain *plain, struct slice argument);
};

/* NULL: there is none of that name; behind the last. */
const struct plain_command *plain_command_find(struct slice name);
const struct plain_command *plain_command_at(size_t i);

#endif
