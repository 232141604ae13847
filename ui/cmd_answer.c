#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "ui/cmd.h"
#include "ui/pipes.h"
#include "ui/registering.h"

/* A call that rings until its delay is over. */
struct ringing {
    struct list link;
    uint32_t call;
    uint64_t due_ms;
};

struct answerer {
    struct session session;
    struct registering accounts;
    const struct cli *cli;
    struct list ringing; /* of struct ringing, earliest first: all wait equally long */
    struct net_deadline *next;
    unsigned taken, ended; /* calls that count for --times */
    unsigned turned_away;  /* whose ends do not count, */
    unsigned followed;     /* nor those of calls that came of others */
    unsigned recorded;     /* files of --record used so far */
    uint32_t piped;        /* the call that has the pipes; 0: none */
};

/* "message.wav", "message-2.wav", "message-3.wav" … into out. */
static const char *record_name(const char *name, unsigned number, struct buf *out)
{
    struct slice all = slice_of(name);
    const char *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
    size_t stem = dot && dot > (slash ? slash + 1 : name) ? (size_t)(dot - name) : all.n;

    buf_put(out, slice_head(all, stem));
    if (number > 1)
        buf_printf(out, "-%u", number);
    buf_put(out, slice_skip(all, stem));
    return buf_cstr(out);
}

/* One call at a time has the pipes; others, which --max-calls let in, do without. */
static struct phone_sound sound_of(struct answerer *a, uint32_t call, struct pipes *pipes)
{
    struct phone_sound sound = pipes_sound(a->cli, pipes);

    if (a->piped)
        sound.in = sound.out = NULL;
    else if (sound.in || sound.out)
        a->piped = call;
    return sound;
}

static void answer(struct answerer *a, uint32_t call)
{
    const struct cli *cli = a->cli;
    struct phone_command command = {.kind = PHONE_ANSWER, .call = call};
    struct buf name = buf_new(8192), why = buf_new(2048);
    struct pipes pipes;
    int err;

    if (cli->code > 0) {
        command.kind = PHONE_REJECT;
        command.status = cli->code;
    } else {
        command.sound = sound_of(a, call, &pipes);
        command.sound.unattended = true;
        if (cli->record)
            command.sound.record = record_name(cli->record, ++a->recorded, &name);
    }
    err = phone_do(a->session.phone, &command, NULL, &why);
    if (err == -ENOMEM || err == -EINVAL) /* else it is over, and its end says why */
        session_error(&a->session, buf_cstr(&why));
    buf_free(&name);
    buf_free(&why);
}

/* --- delay ---------------------------------------------------------------------------------- */

static void set_next(struct answerer *a)
{
    struct list *first = list_first(&a->ringing);

    net_deadline_set(a->next, first ? LIST_ITEM(first, struct ringing, link)->due_ms : NEVER_MS);
}

static void forget(struct ringing *r)
{
    list_remove(&r->link);
    free(r);
}

static void on_due(void *arg)
{
    struct answerer *a = arg;
    uint64_t now_ms = net_now_ms();
    struct list *first;

    while ((first = list_first(&a->ringing))) {
        struct ringing *r = LIST_ITEM(first, struct ringing, link);
        uint32_t call = r->call;

        if (r->due_ms > now_ms)
            break;
        forget(r);
        answer(a, call);
    }
    set_next(a);
}

static void ring(struct answerer *a, uint32_t call)
{
    struct ringing *r = malloc(sizeof *r);

    phone_do(a->session.phone, &(struct phone_command){.kind = PHONE_RING, .call = call}, NULL,
             NULL);
    if (!r) {
        answer(a, call); /* too early rather than never */
        return;
    }
    *r = (struct ringing){.call = call, .due_ms = net_now_ms() + a->cli->delay_ms};
    list_append(&a->ringing, &r->link);
    set_next(a);
}

/* --- events --------------------------------------------------------------------------------- */

static void on_incoming(struct answerer *a, uint32_t call)
{
    if (a->cli->times > 0 && a->taken == a->cli->times) {
        /* The last call we were asked to take is still on. */
        phone_do(a->session.phone,
                 &(struct phone_command){.kind = PHONE_REJECT, .call = call, .status = 486}, NULL,
                 NULL);
        return;
    }
    a->taken++;
    if (a->cli->delay_ms > 0)
        ring(a, call);
    else
        answer(a, call);
}

static bool has_enough(const struct answerer *a)
{
    return a->ended >= a->cli->times + a->turned_away + a->followed;
}

static void on_ended(struct answerer *a, const struct phone_event *event)
{
    LIST_EACH (&a->ringing, at) {
        struct ringing *r = LIST_ITEM(at, struct ringing, link);

        if (r->call == event->call)
            forget(r);
    }
    if (event->call == a->piped)
        a->piped = 0;
    set_next(a);
    session_put_result(&a->session, event);
    a->ended++;
    if (a->cli->times > 0 && has_enough(a) && phone_calls(a->session.phone) == 0)
        session_stop(&a->session);
}

/* All servers have refused us for good, and others may not call. */
static bool nobody_can_call(const struct answerer *a)
{
    enum config_accept accept = a->cli->config.accept;

    return registering_is_hopeless(&a->accounts) && phone_calls(a->session.phone) == 0 &&
           (accept == CONFIG_ACCEPT_DEFAULT || accept == CONFIG_ACCEPT_SERVER);
}

static void on_event(void *arg, const struct phone_event *event)
{
    struct answerer *a = arg;

    if (event->kind == PHONE_INCOMING)
        on_incoming(a, event->call);
    else if (event->kind == PHONE_TURNED_AWAY)
        a->turned_away++;
    else if (event->kind == PHONE_TRANSFER_FOLLOWED)
        a->followed++;
    else if (event->kind == PHONE_ENDED)
        on_ended(a, event);
    else if (registering_note(&a->accounts, event) && nobody_can_call(a))
        session_stop(&a->session);
}

/* --- the command ---------------------------------------------------------------------------- */

static enum exit_status result(const struct answerer *a)
{
    bool enough = a->cli->times == 0 || has_enough(a);

    if (nobody_can_call(a))
        return registering_exit(&a->accounts);
    if (!enough)
        return EXIT_INTERRUPTED;
    return a->session.sound_failed ? EXIT_SOUND : EXIT_OK;
}

static enum exit_status run(struct answerer *a)
{
    enum exit_status refused = registering_begin(&a->accounts, &a->session);

    if (!refused && net_deadline_new(a->session.loop, on_due, a, &a->next) != 0)
        refused = EXIT_OTHER;
    if (refused)
        return refused;
    session_run(&a->session);
    return result(a);
}

int cmd_answer(const struct cli *cli, struct terminal *terminal)
{
    struct answerer a = {.cli = cli};
    enum exit_status exit = session_check_files(cli, terminal);

    list_init(&a.ringing);
    if (!exit)
        exit = session_open(&a.session, cli, terminal, &cli->config, on_event, &a);
    if (exit)
        return (int)exit;
    exit = run(&a);
    LIST_EACH (&a.ringing, at)
        forget(LIST_ITEM(at, struct ringing, link));
    registering_free(&a.accounts);
    net_deadline_free(a.next);
    session_close(&a.session);
    return (int)exit;
}
