/* phone/program.h - a program that runs beside us for a while: without a shell, with nothing of
 * ours open but the three standard streams, and never longer or with more to say than we bear.
 *
 * Of its standard output the owner keeps the first bytes, of its standard error the first lines go
 * into the sentence that says what went wrong. Lives on one loop, on its thread. */
#ifndef PHONE_PROGRAM_H
#define PHONE_PROGRAM_H

#include "base/buf.h"

#define PROGRAM_SAID_BYTES_MAX 1024 /* that are kept of standard error */
#define PROGRAM_SAID_LINES_MAX 3    /* that are told of them */
#define PROGRAM_SURPLUS_MAX 1048576 /* bytes beyond what is kept; one that writes more is ended */
#define PROGRAM_AFTER_EXIT_MS 1000  /* for what others, whom it left behind, still write */

struct net_loop;
struct program;

struct program_spec {
    char **words;       /* its name and arguments, NULL behind the last */
    char **environment; /* NULL: ours */
    struct slice input; /* what it reads, copied; empty: /dev/null */
    char *out;          /* the owner's room for what it writes */
    size_t out_max;     /* … and how much that is */
    bool first_line;   /* only that counts: when it is there and the program has ended well, nothing
                          more is waited for; one that does not fit ends the program */
    uint64_t ms;       /* so long it may run */
    uint64_t grace_ms; /* then it gets SIGTERM, and so long to obey; 0: SIGKILL at once */
    bool is_group;     /* leads a session of its own: what it starts is ended with it, and no key
                          of our terminal reaches it; else it may ask there */
};

enum program_fault {
    PROGRAM_WELL,
    PROGRAM_NOT_STARTED, /* number: a negative errno */
    PROGRAM_LINE_TOO_LONG,
    PROGRAM_ENDLESS, /* wrote more than is borne */
    PROGRAM_LATE,
    PROGRAM_SIGNAL, /* number */
    PROGRAM_STATUS, /* number, not 0 */
};

/* How it ended. The slices live until the call returns. */
struct program_end {
    enum program_fault fault;
    int number;
    struct slice out;  /* with first_line: that line */
    struct slice said; /* the first bytes of its standard error */
};

/* Runs from the loop, once, also where the program cannot be started; it may free the program. */
typedef void program_fn(void *arg, const struct program_end *end);

/* words and environment need to live only until this returns. 0 or -ENOMEM. */
int program_start(struct net_loop *loop, const struct program_spec *spec, program_fn *on_end,
                  void *arg, struct program **out);
/* Kills it where it still runs; on_end will not run any more. NULL is fine. */
void program_free(struct program *program);

/* Appends what went wrong, as " ended with status 3"; nothing where all is well. */
void program_put_fault(const struct program_end *end, const struct program_spec *spec,
                       struct buf *sentence);
/* Appends the first lines that it said, as ": one / two", fit to be shown. */
void program_put_said(const struct program_end *end, struct buf *sentence);

#endif
