/* ui/screen/screen.h - what is looked at: which views are open, where the focus is, what is chosen
 * in them, what is typed; and how commands reach the phone.
 *
 * Knows no terminal and no socket, so that tests drive it with keys and read its cells. The times
 * it is given are of the monotonic clock. */
#ifndef UI_SCREEN_SCREEN_H
#define UI_SCREEN_SCREEN_H

#include "ui/screen/cells.h"
#include "ui/screen/keys.h"
#include "ui/screen/line_edit.h"
#include "ui/screen/model.h"
#include "ui/screen/setup.h"
#include "ui/screen/view.h"

struct net_spawner;
struct saver;

#define SCREEN_OPEN_MAX 6u /* views above each other */
#define SCREEN_COLS_MIN 40
#define SCREEN_ROWS_MIN 10
#define SCREEN_TWO_COLS_MIN 60 /* narrower ones have one column */

/* What a reply is about. */
enum screen_ask {
    ASK_DO = 1, /* only a refusal is told */
    ASK_CALL,   /* the reply's call becomes the one that is chosen */
    ASK_STATUS,
    ASK_HISTORY,
    ASK_CONTACTS,
    ASK_CONTACT, /* an edit of one (ui/screen/contacts.h) */
    ASK_DEVICES,
    ASK_VOLUME,
    ASK_SCREEN, /* how many screens there are, and whether the phone ends with them */
    ASK_TRACE,  /* the state of the call whose messages are looked at */
    ASK_QUIT,   /* the state, as somebody is asked whether to quit */
    ASK_VOICE,
    N_ASKS
};

/* What is typed in the last line. */
enum screen_prompt {
    PROMPT_NONE,
    PROMPT_COMMAND,
    PROMPT_SEARCH,
    PROMPT_CONFIRM,
    PROMPT_PASSWORD, /* not shown, not remembered, and wiped */
};

/* What the program around it is to do after a key; each is set once and cleared by the program. */
struct screen_wish {
    bool quit;    /* leave, and end the phone where it is ours */
    bool detach;  /* leave, and let the phone go on */
    bool redraw;  /* from nothing */
    bool suspend; /* as Ctrl-Z does */
    bool start;   /* the phone is to be started where there is none */
};

struct screen {
    struct model *model;
    struct keymap *keys;
    struct cells cells;
    uint64_t now_ms;
    double unix_time; /* now, for dates; 0: by the clock */

    const struct view *focus;                 /* the pane that has it */
    const struct view *open[SCREEN_OPEN_MAX]; /* above the panes, the last on top */
    size_t n_open;
    void *states[VIEWS_MAX];    /* of each view, by its place in the table */
    size_t chosen[VIEWS_MAX];   /* row of each list */
    const struct view *clicked; /* the last click was on its chosen row; or NULL */
    uint32_t call;              /* the call that keys mean; 0: none */

    enum screen_prompt prompt;
    struct line_edit line; /* what is typed there */
    bool completes;        /* it is what Tab made of typed, */
    struct buf typed;
    size_t completion; /* the so-manyth; 0: typed itself */
    struct line_history commands, searches;
    struct buf search;                        /* what is looked for, */
    size_t search_from;                       /* from this row on as it is typed */
    const char *question;                     /* of PROMPT_CONFIRM */
    char *account;                            /* of PROMPT_PASSWORD: its label */
    char *calls_as;                           /* label of the account; NULL: the phone chooses */
    void (*confirmed)(struct screen *screen); /* after a yes */
    struct buf message;                       /* shown above the key line, */
    enum style message_style;
    uint64_t message_until_ms; /* until then; 0: none is shown */
    uint32_t hung_up;          /* the call that was ended here last: its end is no news */
    struct buf digits;         /* that were sent to the call, */
    uint32_t digits_call;
    uint64_t digits_until_ms; /* shown until then: there may be a secret in them */
    bool has_seen;            /* the history is known, and */
    double seen_time;         /* missed calls until then have been seen (of Unix) */

    struct buf
        trouble;  /* why there is no telephone, a line for each thought; empty: there is one */
    bool starts;  /* the telephone is being started */
    bool watches; /* levels of sound are asked for: somebody sees them move */
    bool bare;    /* without lines, and one thing below the other: for copying */
    bool mouse;   /* clicks are told, which takes selecting text from the terminal but for Shift */
    const char *settings;       /* the file where what is chosen can be kept; NULL: there is none */
    struct setup *setup;        /* of the first start; NULL: there can be none */
    struct net_spawner *helper; /* opens files (ui/screen/screen_helper.h); NULL: nobody */
    struct saver *saver;        /* writes them (ui/screen/saver.h); NULL: they are waited for */
    struct screen_wish wish;
    /* Hands a line to the phone, with its newline. NULL: nobody is there. */
    void (*send)(void *arg, struct slice line);
    void *arg;
    uint64_t asked, answered; /* numbers of questions: of the last one, and of its last reply */
    uint64_t asked_ms;        /* since when one waits for its reply */
};

void screen_init(struct screen *screen, struct model *model, struct keymap *keys);
void screen_free(struct screen *screen);

/* False: nobody looks at cells, as lines are read out (ui/screen/plain.h). */
bool screen_is_drawn(const struct screen *screen);
/* Draws all into screen->cells at its size. */
void screen_draw(struct screen *screen);
void screen_key(struct screen *screen, const struct key *key);
/* A line of the phone; the news it was (enum model_news). */
unsigned screen_line(struct screen *screen, const struct ctl_line *line);
/* Missed calls of which the person does not know yet: those after the history was last looked at,
 * or after the last call that was none. */
size_t screen_missed(const struct screen *screen);
/* Those that there are have been looked at. */
void screen_see_missed(struct screen *screen);
/* When what is shown changes by itself (durations, messages that go, dates at midnight). */
uint64_t screen_deadline_ms(const struct screen *screen);

/* --- for commands and views ----------------------------------------------------------------- */

/* Sends a command of tphone-control(7): its name, and its members as JSON by a format, "" for none;
 * each begins with a comma. Foreign strings go through json_put_string first. */
void screen_ask(struct screen *screen, enum screen_ask ask, const char *command,
                const char *members, ...) __attribute__((format(printf, 4, 5)));
/* Sends a command with one member, which may be any text; call: which one it is about, 0: none. */
void screen_ask_text(struct screen *screen, const char *command, const char *member,
                     struct slice text, uint32_t call);
/* Whether all that was asked has its reply. */
bool screen_is_answered(const struct screen *screen);
/* Whether the phone has not answered for so long that it may never. */
bool screen_is_stuck(const struct screen *screen);
/* What was asked of a phone that has gone is answered by none. */
void screen_forget_asked(struct screen *screen);
/* Shows a sentence for some seconds. */
void screen_say(struct screen *screen, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Asks a question that y answers. */
void screen_confirm(struct screen *screen, const char *question,
                    void (*confirmed)(struct screen *screen));
void screen_begin_prompt(struct screen *screen, enum screen_prompt prompt, struct slice text);
/* Registers an account, by its label, or takes its registration back; NULL: all of them. */
void screen_register(struct screen *screen, const char *account, bool on);
/* Asks for the password of an account, by its label, and gives it to the phone. */
void screen_ask_password(struct screen *screen, const char *account);

/* Opens a view above what is there, or closes the topmost one; panes only get the focus. */
void screen_open(struct screen *screen, const struct view *view);
void screen_close(struct screen *screen);
/* The view that keys go to. */
const struct view *screen_view(const struct screen *screen);
void *screen_state(const struct screen *screen, const struct view *view);
/* Row of its list, one that is there; SIZE_MAX: it is empty. */
size_t screen_chosen(const struct screen *screen, const struct view *view);
void screen_choose(struct screen *screen, const struct view *view, size_t row);
/* The call that keys mean: the chosen one, where it is still there, else one that is up, not on
 * hold rather than on hold, rings here, or any. NULL: there is none. */
const struct model_call *screen_call(const struct screen *screen);

/* The account that calls go out by, or NULL: the phone chooses. */
const struct model_account *screen_calls_as(const struct screen *screen);

/* Whether what a row of the list says has that text, in capital or small letters. */
bool screen_row_has(const struct screen *screen, const struct view *view, size_t row,
                    struct slice text);
/* Searches onwards (or back) from the chosen row in the view's list; whether it was found. */
bool screen_search(struct screen *screen, bool back, bool from_here);
/* Searches for text from the chosen row on, and says where it is in none. */
void screen_search_for(struct screen *screen, struct slice text);
void screen_say_not_found(struct screen *screen);
/* How many rows have what is searched, and the so-manyth of them that is chosen; 0: it is none. */
size_t screen_matches(const struct screen *screen, size_t *at);

#endif
