/* on-event: which events start which command. */
#include <errno.h>
#include <stdlib.h>

#include "phone/config_private.h"
#include "phone/event_names.h"
#include "phone/spelling.h"

#define NAMES_MAX 64

static size_t list_names(const char **names)
{
    size_t n = 0;

    while ((names[n] = event_name_at(n)))
        n++;
    return n;
}

static int refuse_event(struct slice value, struct slice name, const char *const *names, size_t n,
                        struct config_fault *fault)
{
    const char *near = spelling_nearest(name, names, n);

    config_wrong(fault, value, name.p, "there is no such event; ");
    if (near)
        buf_printf(&fault->text, "is %s meant?", near);
    else
        buf_puts(&fault->text, "tphone-control(7) lists them, and * stands for all");
    return -EINVAL;
}

/* What comes many times a second is for clients that ask for it. */
static bool is_for_clients(struct slice name)
{
    return slice_ieq(name, SLICE("sip")) || slice_ieq(name, SLICE("levels"));
}

/* "*" is not what comes every second, nor what would come of itself without end. */
static uint64_t all_events(const char *const *names, size_t n)
{
    uint64_t all = 0;

    for (size_t i = 0; i < n; i++)
        if (!slice_eq(slice_of(names[i]), SLICE("quality")) &&
            !slice_eq(slice_of(names[i]), SLICE("hook-failed")) &&
            !is_for_clients(slice_of(names[i])))
            all |= UINT64_C(1) << i;
    return all;
}

static int read_event(struct slice value, struct slice name, uint64_t *events,
                      struct config_fault *fault)
{
    const char *names[NAMES_MAX];
    size_t n = list_names(names);

    if (name.n == 0)
        return config_wrong(fault, value, name.p,
                            "the name of an event is missing here; commas part names, without "
                            "blanks, and a blank comes before the command");
    if (slice_eq(name, SLICE("*"))) {
        *events |= all_events(names, n);
        return 0;
    }
    if (slice_ieq(name, SLICE("hook-failed")))
        return config_wrong(fault, value, name.p,
                            "no command can be started by this event, as one that fails would "
                            "start itself again");
    if (is_for_clients(name))
        return config_wrong(fault, value, name.p,
                            "no command can be started by this event, which is for clients that "
                            "ask for it alone");
    for (size_t i = 0; i < n; i++) {
        if (!slice_ieq(name, slice_of(names[i])))
            continue;
        *events |= UINT64_C(1) << i;
        return 0;
    }
    return refuse_event(value, name, names, n, fault);
}

static int read_events(struct slice value, struct slice list, uint64_t *events,
                       struct config_fault *fault)
{
    int err = 0;

    *events = 0;
    while (!err && list.p) {
        struct slice name = slice_cut(&list, ',');

        err = read_event(value, name, events, fault);
    }
    return err;
}

static int read_command(struct slice value, struct slice command, struct words *words,
                        struct config_fault *fault)
{
    const char *sentence;
    size_t at = 0;
    int err = words_split(command, words, &at, &sentence);

    return err == -EINVAL ? config_wrong(fault, value, command.p + at, sentence) : err;
}

static size_t to_blank(struct slice s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    return n;
}

static int add(struct list *hooks, struct slice value, struct config_fault *fault)
{
    size_t n = to_blank(value);
    struct slice events = slice_head(value, n), command = slice_trim(slice_skip(value, n));
    struct hook_config read = {0}, *hook;
    int err = value.n == 0
                  ? config_refuse_empty(fault, "a list of events, with a command behind it,")
                  : read_events(value, events, &read.events, fault);

    if (!err)
        err = read_command(value, command, &read.words, fault);
    if (err)
        return err;
    hook = malloc(sizeof *hook);
    if (!hook) {
        words_free(&read.words);
        return -ENOMEM;
    }
    *hook = read;
    list_append(hooks, &hook->link);
    return 0;
}

int config_set_on_event(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;

    if (!slice_ieq(value, SLICE("none")))
        return add(&config->hooks, value, fault);
    config_free_hooks(&config->hooks);
    return 0;
}

void config_free_hooks(struct list *hooks)
{
    LIST_EACH (hooks, at) {
        struct hook_config *hook = LIST_ITEM(at, struct hook_config, link);

        list_remove(&hook->link);
        words_free(&hook->words);
        free(hook);
    }
}
