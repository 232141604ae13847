/* What the helper is asked to do, read and judged. Nothing here trusts who asks, or acts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "net/spawner_private.h"

extern char **environ;

bool spawner_read_order(struct slice *message, struct spawner_order *order)
{
    if (message->n < sizeof *order)
        return false;
    memcpy(order, message->p, sizeof *order);
    *message = slice_skip(*message, sizeof *order);
    return true;
}

/* --- starting ------------------------------------------------------------------------------- */

static bool same_words(char *const *a, char *const *b)
{
    while (*a && *b && strcmp(*a, *b) == 0)
        a++, b++;
    return !*a && !*b;
}

static bool is_allowed(const struct net_spawner_spec *spec, char *const *words)
{
    for (size_t i = 0; i < spec->n; i++)
        if (same_words(words, spec->commands[i].words))
            return true;
    return false;
}

/* Fills list with n texts of the message and NULL; false: there are fewer. */
static bool take_texts(struct slice *rest, char **list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *end = rest->n > 0 ? memchr(rest->p, '\0', rest->n) : NULL;

        if (!end)
            return false;
        list[i] = (char *)(uintptr_t)rest->p;
        *rest = slice_skip(*rest, (size_t)(end - rest->p) + 1);
    }
    list[n] = NULL;
    return true;
}

int spawner_read_start(const struct net_spawner_spec *spec, const struct spawner_order *order,
                       struct slice rest, struct spawner_start *out)
{
    if (order->words == 0 || order->words > SPAWNER_WORDS_MAX ||
        order->variables > SPAWNER_VARIABLES_MAX || !take_texts(&rest, out->words, order->words) ||
        !take_texts(&rest, out->variables, order->variables))
        return -EINVAL;
    return is_allowed(spec, out->words) ? 0 : -EPERM;
}

/* --- the environment ------------------------------------------------------------------------ */

static bool is_ours(const char *variable)
{
    return strncmp(variable, SPAWNER_VARIABLES, strlen(SPAWNER_VARIABLES)) == 0;
}

char **spawner_join_environment(char *const *theirs)
{
    size_t n = 0, ours = 0;
    char **all;

    while (environ[ours])
        ours++;
    all = calloc(ours + SPAWNER_VARIABLES_MAX + 1, sizeof *all);
    for (size_t i = 0; all && i < ours; i++)
        if (!is_ours(environ[i]))
            all[n++] = environ[i];
    for (size_t i = 0; all && theirs[i]; i++)
        if (is_ours(theirs[i]))
            all[n++] = theirs[i];
    return all;
}
