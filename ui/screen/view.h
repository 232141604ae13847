/* ui/screen/view.h - a view: from model and state to cells. One file each, one row in the table of
 * views.c each.
 *
 * Panes lie side by side on the main screen (ui/screen/layout.h says where); whole views take its
 * place until they are closed; popups lie above it. */
#ifndef UI_SCREEN_VIEW_H
#define UI_SCREEN_VIEW_H

#include "ui/screen/cells.h"
#include "ui/screen/key.h"

#define VIEWS_MAX 24u

struct screen;

enum view_kind { VIEW_PANE, VIEW_WHOLE, VIEW_POPUP };

struct view {
    const char *name;  /* for keys (ui/screen/keys.h) and commands: "calls" */
    const char *title; /* for people: "Calls" */
    enum view_kind kind;
    int high, wide;    /* of a popup, with its frame; less where there is less room */
    size_t state_size; /* of its own memory, zeroed at the start; 0: needs none */

    /* All but draw may be NULL. screen_state finds the view's memory. */
    void (*open)(struct screen *screen);  /* it becomes visible */
    void (*close)(struct screen *screen); /* it is closed */
    void (*end)(struct screen *screen);   /* gives back what its memory holds */
    /* Draws the inside; titles and frames are drawn around it. Changes nothing. */
    void (*draw)(const struct screen *screen, struct cells *cells, struct rect within);
    /* A key before all bindings, for views where one types. True: it was for the view. */
    bool (*key)(struct screen *screen, const struct key *key);
    /* A click on a row of within, where it draws; for lists that is done. */
    void (*click)(struct screen *screen, struct rect within, int row);
    /* In lines (ui/screen/plain.h), for a form: what it asks for now, nothing while it asks for
     * nothing; and the line that answers it. */
    void (*ask)(const struct screen *screen, struct buf *out);
    void (*typed)(struct screen *screen, struct slice line);

    /* A list: how many rows, and what one says, in words: for the search, and for those who hear it
     * (ui/screen/plain.h). Keys for lists then work. */
    size_t (*rows)(const struct screen *screen);
    void (*text)(const struct screen *screen, size_t row, struct buf *out);
    /* Enter on a row. */
    void (*enter)(struct screen *screen, size_t row);
    /* What stands in the right corner of its title, for people: "/ search". */
    const char *hint;
    int head_rows; /* that stand above its list, within what it draws */
    bool follows;  /* where the last row is chosen it stays so as others come */
};

/* The i-th of the table, NULL behind the last. */
const struct view *view_at(size_t i);
/* NULL: there is none of that name. */
const struct view *view_find(struct slice name);
/* Its place in the table. */
size_t view_place(const struct view *view);

/* The views, each in its file. */
extern const struct view view_calls, view_contacts, view_call, view_history, view_dial, view_help,
    view_log, view_setup, view_trace, view_trace_message, view_trace_compare, view_details,
    view_devices, view_contact_list, view_contact, view_trouble, view_accounts;

/* Something has happened to screen->setup: closes its view when it is over. */
void view_setup_changed(struct screen *screen);

/* --- for views ------------------------------------------------------------------------------ */

/* Draws one row of a list. */
typedef void view_row_fn(const struct screen *screen, struct cells *cells, struct rect row,
                         size_t i);
/* Draws the rows around the chosen one, with its background, and signs where there are more; empty:
 * what stands there where the list has none. */
void view_list(const struct screen *screen, const struct view *view, struct cells *cells,
               struct rect within, view_row_fn *draw_row, const char *empty);
/* The signs where there are more, for lists that are drawn otherwise. */
void view_draw_more(struct cells *cells, struct rect within, size_t n, size_t first);

/* Text between words, in as many rows from that one on as it takes. Returns the row behind it. */
int view_put_text(struct cells *cells, struct rect within, int row, enum style style,
                  struct slice text);
/* How many rows it takes. */
int view_text_rows(struct slice text, int cols);
/* Cuts off the part of *text that goes into one row. */
struct slice view_cut_row(struct slice *text, int cols);

/* The first row that is shown of n, where room fit: the chosen one is in the middle where there is
 * enough on both sides. */
size_t view_first_row(size_t n, size_t chosen, size_t room);
/* Who it is, in cols columns at most: a contact stands bare, what strangers call themselves in
 * quotes, so that none can be taken for the other; else the URI. Columns taken. */
int view_put_name(struct cells *cells, struct rect within, int row, int col, int cols,
                  enum style style, const char *contact, const char *name, const char *uri);
/* The same in words: "Bob, sip:bob@example.org". */
void view_put_who(struct buf *out, const char *contact, const char *name, const char *uri);
/* "3:12", "1:02:03". */
void view_put_duration(struct buf *out, uint64_t ms);
/* The same as it is said, "3 minutes 12 seconds", which nobody takes for a time of day. */
void view_say_duration(struct buf *out, uint64_t ms);
/* What people say of a call of such a quality, as the E-model has it (G.107 annex B). */
const char *view_quality_word(float mos);
/* "12:30" of today, "Fri 12:30" of this week, "2026-11-20" else, in local time. */
void view_put_time(const struct screen *screen, struct buf *out, double unix_time);

#endif
