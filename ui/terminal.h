/* ui/terminal.h - where a command's words go: results to standard output, the rest to standard
 * error, SIP messages to the trace. Where sound leaves by standard output, results go to standard
 * error as well. */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include "ui/cli.h"
#include "ui/outcome.h"
#include "ui/output.h"

struct terminal {
    struct output out; /* standard output */
    struct output err; /* our private copy of standard error */
    struct output trace_file;
    struct output *trace; /* one of the two above, or NULL: no trace is wanted */
    struct outcome outcome;
    uint64_t gone_by_ms; /* of net_now_ms: readers are not waited for any longer; 0: nobody is in a
                            hurry */
    bool left;           /* a thread that nobody waits for: the program ends by _exit */
    int library_fd;      /* what libraries write on descriptor 2 is read here; -1: not caught */
};

/* Opens the file of --trace and makes descriptor 2 a pipe where quiet_libraries is true, which is
 * needed once a sound device is opened (doc/design.md, "When things go wrong"). 0, or a negative
 * errno with a sentence in why. */
int terminal_open(struct terminal *t, const struct cli *cli, bool quiet_libraries, struct buf *why);
/* Gives readers and disks a moment to take what still waits. 0, or a negative errno where results
 * or the trace could not be written, which is told; a reader that went away does not count. */
int terminal_close(struct terminal *t);

/* From now on a loop runs, which waits for no disk. 0 or a negative errno. */
int terminal_write_behind(struct terminal *t);

/* "tphone: " and one line on standard error; sentence is ours or was made safe. */
void terminal_error(struct terminal *t, const char *sentence);
/* The same about a file, whose path comes first and is made safe. */
void terminal_error_at(struct terminal *t, const char *path, const char *sentence);
/* Logs what libraries wrote since the last time. Never waits. */
void terminal_drain_libraries(struct terminal *t);

#endif
