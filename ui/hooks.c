#include "ui/hooks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/loop.h"
#include "phone/event_names.h"
#include "phone/program.h"
#include "ui/hooks_environment.h"
#include "ui/json.h"

#define MINUTE_MS 60000u

/* One command for one event. */
struct job {
    struct list link; /* in waiting or running */
    struct hooks *hooks;
    const struct hook_config *config;
    const char *event;       /* its name */
    char *line;              /* of JSON, owned */
    struct program *program; /* NULL: it still waits */
    struct program_spec spec;
    char out[HOOKS_OUT_BYTES_MAX];
};

struct hooks {
    struct net_loop *loop;
    const struct phone_config *config;
    hooks_failed_fn *on_failed;
    void (*on_idle)(void *arg); /* NULL: not asked for */
    void *arg;
    struct list waiting, running;
    unsigned n_waiting, n_running;
    struct net_deadline *turn; /* for what is not done from within an event */
    uint64_t until_ms;         /* NEVER_MS: the phone is there */
    bool full;                 /* told already that the oldest are dropped */
    uint64_t minute_ms;        /* when the present minute of failures began */
    unsigned told;
};

/* --- what is told ---------------------------------------------------------------------------- */

static bool may_tell(struct hooks *hooks)
{
    uint64_t now_ms = net_now_ms();

    if (now_ms - hooks->minute_ms >= MINUTE_MS) {
        hooks->minute_ms = now_ms;
        hooks->told = 0;
    }
    return hooks->told++ < HOOKS_TOLD_MAX;
}

static void tell(struct hooks *hooks, const char *sentence)
{
    if (may_tell(hooks))
        hooks->on_failed(hooks->arg, sentence);
    else
        log_info("hooks", "%s", sentence);
}

/* "on-event ended: notify-send" */
static void put_name(const struct job *job, struct buf *out)
{
    buf_printf(out, "on-event %s: ", job->event);
    text_safe(out, slice_of(job->config->words.v[0]));
}

static void log_output(const struct job *job, struct slice text)
{
    struct buf line = buf_new(16384);

    while (text.n > 0) {
        struct slice one = slice_trim(slice_cut(&text, '\n'));

        if (one.n == 0)
            continue;
        put_name(job, &line);
        buf_puts(&line, ": ");
        text_safe(&line, one);
        log_info("hooks", "%s", buf_cstr(&line));
        buf_clear(&line);
    }
    buf_free(&line);
}

static void tell_end(struct job *job, const struct program_end *end)
{
    struct buf sentence = buf_new(8192);

    log_output(job, end->out);
    put_name(job, &sentence);
    program_put_fault(end, &job->spec, &sentence);
    program_put_said(end, &sentence);
    if (end->fault != PROGRAM_WELL)
        tell(job->hooks, buf_cstr(&sentence));
    else if (end->said.n > 0)
        log_info("hooks", "%s", buf_cstr(&sentence));
    buf_free(&sentence);
}

/* --- jobs ------------------------------------------------------------------------------------ */

static void drop(struct job *job)
{
    struct hooks *hooks = job->hooks;

    list_remove(&job->link);
    if (job->program)
        hooks->n_running--;
    else
        hooks->n_waiting--;
    program_free(job->program);
    free(job->line);
    free(job);
}

static struct job *first(const struct list *list)
{
    struct list *link = list_first(list);

    return link ? LIST_ITEM(link, struct job, link) : NULL;
}

static void wake(struct hooks *hooks)
{
    net_deadline_set(hooks->turn, 0);
}

static void on_end(void *arg, const struct program_end *end)
{
    struct job *job = arg;
    struct hooks *hooks = job->hooks;

    tell_end(job, end);
    drop(job);
    wake(hooks);
}

static int start(struct job *job)
{
    struct hooks *hooks = job->hooks;
    char **environment = hooks_environment(slice_of(job->line));
    int err = -ENOMEM;

    job->spec = (struct program_spec){.words = (char **)job->config->words.v,
                                      .environment = environment,
                                      .input = slice_of(job->line),
                                      .out = job->out,
                                      .out_max = sizeof job->out,
                                      .ms = HOOKS_MS_MAX,
                                      .grace_ms = HOOKS_GRACE_MS,
                                      .is_group = true};
    if (environment)
        err = program_start(hooks->loop, &job->spec, on_end, job, &job->program);
    hooks_environment_free(environment);
    return err;
}

static void start_or_tell(struct job *job)
{
    struct hooks *hooks = job->hooks;

    if (start(job) == 0) {
        list_remove(&job->link);
        list_append(&hooks->running, &job->link);
        hooks->n_waiting--;
        hooks->n_running++;
        return;
    }
    tell(hooks, "on-event: no memory is left to start a command");
    drop(job);
}

static void drop_oldest(struct hooks *hooks)
{
    drop(first(&hooks->waiting));
    if (hooks->full)
        return;
    hooks->full = true;
    tell(hooks, "on-event: events come faster than their commands end; the oldest are left out");
}

static void add(struct hooks *hooks, const struct hook_config *config, const char *event,
                struct buf *line)
{
    struct job *job = calloc(1, sizeof *job);
    char *copy = job && buf_ok(line) ? slice_dup(buf_slice(line)) : NULL;

    if (!copy) {
        free(job);
        tell(hooks, "on-event: no memory is left for an event");
        return;
    }
    job->hooks = hooks;
    job->config = config;
    job->event = event;
    job->line = copy;
    if (hooks->n_waiting == HOOKS_WAITING_MAX)
        drop_oldest(hooks);
    list_append(&hooks->waiting, &job->link);
    hooks->n_waiting++;
    wake(hooks);
}

/* --- the end --------------------------------------------------------------------------------- */

static void end_rest(struct hooks *hooks)
{
    struct buf sentence = buf_new(8192);
    struct job *job;

    if ((job = first(&hooks->running))) {
        put_name(job, &sentence);
        buf_puts(&sentence, " was ended, as the phone is");
    } else if ((job = first(&hooks->waiting))) {
        put_name(job, &sentence);
        buf_puts(&sentence, " was not started any more, as the phone ends");
    }
    if (hooks->n_running + hooks->n_waiting > 1)
        buf_printf(&sentence, "; so were %u more", hooks->n_running + hooks->n_waiting - 1);
    if (job)
        tell(hooks, buf_cstr(&sentence));
    while ((job = first(&hooks->waiting)))
        drop(job);
    while ((job = first(&hooks->running)))
        drop(job);
    buf_free(&sentence);
}

static void look_for_end(struct hooks *hooks)
{
    if (net_now_ms() >= hooks->until_ms)
        end_rest(hooks);
    if (hooks->n_running + hooks->n_waiting == 0)
        hooks->on_idle(hooks->arg);
    else
        net_deadline_set(hooks->turn, hooks->until_ms);
}

static void on_turn(void *arg)
{
    struct hooks *hooks = arg;

    /* One in a turn: to start a program takes a millisecond, in which calls must not wait. */
    if (hooks->n_running < HOOKS_RUNNING_MAX && hooks->n_waiting > 0)
        start_or_tell(first(&hooks->waiting));
    if (hooks->n_waiting == 0)
        hooks->full = false;
    if (hooks->n_running < HOOKS_RUNNING_MAX && hooks->n_waiting > 0)
        wake(hooks);
    else if (hooks->on_idle)
        look_for_end(hooks);
}

/* --- for its owner --------------------------------------------------------------------------- */

void hooks_event(struct hooks *hooks, const struct phone_event *event)
{
    int place = hooks ? event_name_place(event) : -1;
    struct buf line = buf_new(65536);

    if (place < 0)
        return;
    LIST_EACH (&hooks->config->hooks, at) {
        const struct hook_config *hook = LIST_ITEM(at, struct hook_config, link);

        if (!(hook->events & (UINT64_C(1) << place)))
            continue;
        if (line.n == 0)
            json_event(&line, event, json_now_ms());
        add(hooks, hook, event_name_at((size_t)place), &line);
    }
    buf_free(&line);
}

bool hooks_want_quality(const struct hooks *hooks)
{
    int place = event_name_place(&(struct phone_event){.kind = PHONE_QUALITY});

    if (hooks)
        LIST_EACH (&hooks->config->hooks, at)
            if (LIST_ITEM(at, struct hook_config, link)->events & (UINT64_C(1) << place))
                return true;
    return false;
}

void hooks_finish(struct hooks *hooks, uint64_t until_ms, void (*on_idle)(void *arg))
{
    hooks->until_ms = until_ms;
    hooks->on_idle = on_idle;
    wake(hooks);
}

int hooks_new(struct net_loop *loop, const struct phone_config *config, hooks_failed_fn *on_failed,
              void *arg, struct hooks **out)
{
    struct hooks *hooks;
    int err;

    *out = NULL;
    if (list_empty(&config->hooks))
        return 0;
    if (getenv("TPHONE_EVENT")) {
        log_info("hooks", "a hook runs this tphone, so it has none");
        return 0;
    }
    hooks = xzalloc(sizeof *hooks);
    *hooks = (struct hooks){
        .loop = loop, .config = config, .on_failed = on_failed, .arg = arg, .until_ms = NEVER_MS};
    list_init(&hooks->waiting);
    list_init(&hooks->running);
    err = net_deadline_new(loop, on_turn, hooks, &hooks->turn);
    if (err)
        free(hooks);
    else
        *out = hooks;
    return err;
}

void hooks_free(struct hooks *hooks)
{
    struct job *job;

    if (!hooks)
        return;
    while ((job = first(&hooks->waiting)))
        drop(job);
    while ((job = first(&hooks->running)))
        drop(job);
    net_deadline_free(hooks->turn);
    free(hooks);
}
