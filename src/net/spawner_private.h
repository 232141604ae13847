/* What the two ends of a spawner say to each other: one message each, without waiting for answers.
 * Both are the same program in the same moment, so structs go as they are. */
#ifndef NET_SPAWNER_PRIVATE_H
#define NET_SPAWNER_PRIVATE_H

#include "net/spawner.h"

/* At the same time; who asks for more gets -EAGAIN. */
#define SPAWNER_CHILDREN_MAX 128
#define SPAWNER_ANSWERING_MAX 32

enum spawner_verb { SPAWNER_START, SPAWNER_SIGNAL, SPAWNER_ASK };

/* Behind it the words and the variables, each with its NUL, or what is asked. With START come three
 * descriptors, with ASK one, the socket that is answered on. */
struct spawner_order {
    uint32_t verb; /* an enum spawner_verb */
    uint32_t id;
    int32_t number;                     /* of the signal, or what is asked */
    uint32_t is_group, has_environment; /* no bool: who has taken us over may put anything there */
    uint32_t words, variables;
};

/* What is to be started, as texts of the order. */
struct spawner_start {
    char *words[SPAWNER_WORDS_MAX + 1];
    char *variables[SPAWNER_VARIABLES_MAX + 1]; /* NULL behind the last, as in words */
};

/* The program with this id has ended, or could not be started (err). */
struct spawner_news {
    uint32_t id;
    int err, status, by_signal;
};

/* The answer to a question; behind it its text, beside it perhaps a descriptor. */
struct spawner_answer {
    int err;
};

/* What an order says; nothing is done yet, and whoever sent it is not trusted. message gets what is
 * behind its head. */
bool spawner_read_order(struct slice *message, struct spawner_order *order);
/* The rest of SPAWNER_START. 0; -EINVAL: it makes no sense; -EPERM: no command of spec. */
int spawner_read_start(const struct net_spawner_spec *spec, const struct spawner_order *order,
                       struct slice rest, struct spawner_start *out);
/* Our environment but for what begins with SPAWNER_VARIABLES, and of theirs what does; the list is
 * the caller's. NULL: no memory. */
char **spawner_join_environment(char *const *theirs);

/* Does not return. fd: the only descriptor that it needs. */
_Noreturn void spawner_serve(int fd, const struct net_spawner_spec *spec);
/* Closes first and all above. */
void spawner_close_from(int first);
/* The same for where close_range does not. false: nothing lists them. */
bool spawner_close_listed(int first);

/* One message of two parts with up to SPAWNER_FDS_MAX descriptors. 0 or a negative errno. */
#define SPAWNER_FDS_MAX 3
int spawner_send(int fd, const void *head, size_t n_head, struct slice rest, const int *fds,
                 size_t n_fds);
/* The other side of that: bytes, 0 at the end, or a negative errno. n_fds gets how many came.
 * -EMSGSIZE: it had more bytes or descriptors than that, which are closed; the next one may do. */
ptrdiff_t spawner_receive(int fd, char *to, size_t room, int fds[SPAWNER_FDS_MAX], size_t *n_fds);

#endif
