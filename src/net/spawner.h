/* net/spawner.h - a small process, forked before there are threads, that starts programs and opens
 * files for us, so that we need not be able to.
 *
 * It was told at its birth which commands there are and starts no other ones: who takes us over can
 * have it do what the configuration says, and nothing else. Of the environment only variables that
 * begin with SPAWNER_VARIABLES come from us. Which files it opens is decided by a function of its
 * owner, which runs on its side. It ends when our end of its socket is closed; what it has started
 * goes on. */
#ifndef NET_SPAWNER_H
#define NET_SPAWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SPAWNER_VARIABLES "TPHONE_"
#define SPAWNER_MESSAGE_MAX 131072 /* a command with its variables */
#define SPAWNER_WORDS_MAX 64
#define SPAWNER_VARIABLES_MAX 1024
#define SPAWNER_ANSWER_MAX 2048 /* the text of an answer */

struct net_loop;
struct net_spawner;
struct net_spawned;

/* Words of a command, NULL behind the last; owned by the caller, who needs them only for the
 * call. */
struct net_spawner_command {
    char *const *words;
};

/* Answers a question in a process of its own, beside the helper, as disks may wait: a descriptor in
 * *fd or none, and text as it likes. 0 or a negative errno, which goes back as well. */
typedef int net_spawner_answer_fn(const void *arg, unsigned what, struct slice asked, int *fd,
                                  struct buf *text);

/* What the helper knows; copied by its fork. */
struct net_spawner_spec {
    const struct net_spawner_command *commands;
    size_t n;
    net_spawner_answer_fn *answer;  /* NULL: it is asked nothing */
    void (*begin)(const void *arg); /* first of all, on its side: forgets what it need not know */
    const void *arg;
};

/* Forks. Before the first thread; the loop gets to hear of it by net_spawner_on. 0 or a negative
 * errno. */
int net_spawner_new(const struct net_spawner_spec *spec, struct net_spawner **out);
/* The loop knows it from now on, and programs are started, and their ends told, there. */
int net_spawner_on(struct net_spawner *spawner, struct net_loop *loop);
/* Nothing is told any more; for before the end of the loop. NULL is fine. */
void net_spawner_off(struct net_spawner *spawner);
/* When nobody asks any more. What the helper was told before, a signal say, is done and the helper
 * is gone when it returns, if that takes no longer than half a second. NULL is fine. */
void net_spawner_free(struct net_spawner *spawner);
/* The same until until_ms. */
void net_spawner_free_by(struct net_spawner *spawner, uint64_t until_ms);

/* err: it could not be started, and that is all, -EAGAIN: as too much runs already; or -EPIPE: the
 * helper has died, and nobody knows how it goes on; else how it ended. Runs from the loop, once. */
typedef void net_spawned_fn(void *arg, int err, int status, int by_signal);

/* streams: its standard ones, which stay the caller's. environment NULL: that of the helper;
 * is_group: it leads a session. 0; -EAGAIN: the helper has too much to do; -EPIPE: it has died;
 * -E2BIG … */
int net_spawn(struct net_spawner *spawner, char *const *words, char *const *environment,
              bool is_group, const int streams[3], net_spawned_fn *on_end, void *arg,
              struct net_spawned **out);
/* To its group, if it leads one; nothing happens where that has just ended. Kept until there is
 * room for it, whoever frees spawned meanwhile. 0; -EPIPE: the helper has died; -ENOMEM. */
int net_spawned_signal(struct net_spawned *spawned, int number);
/* on_end will not run any more; the program goes on. NULL is fine. */
void net_spawned_free(struct net_spawned *spawned);

/* Asks, and waits for the answer up to a limit, on any thread: what answer returned, with its
 * descriptor (-1: none) and its text appended. -EPIPE: there is no helper any more. With words in
 * text: -ETIMEDOUT, what was asked for may still be done; -EIO, who was to answer died; -EAGAIN,
 * the helper is asked too much already. */
int net_spawner_ask(const struct net_spawner *spawner, unsigned what, struct slice asked,
                    unsigned limit_ms, int *fd, struct buf *text);

/* For an answer that becomes a program: signals as any program gets them. What our parent ignores,
 * and what the helper does, is their own affair. */
void net_spawner_reset_signals(void);

#endif
