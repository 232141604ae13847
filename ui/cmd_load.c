#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/cmd.h"
#include "ui/flush.h"
#include "ui/json.h"
#include "ui/load_pace.h"
#include "ui/load_report.h"
#include "ui/session.h"

/* What --calls, --per-second and --for are where they are not said. */
#define CALLS 10u
#define MILLI_RATE 10000u
#define FOR_MS 10000u

#define PROGRESS_MS 1000u
#define RING_MS_MAX 60000u /* a call that is not answered by then is given up: "no answer" */
#define SETUP_MS 1000u   /* that a call may take until it is answered, in what is told beforehand */
#define HANG_UPS_MAX 64u /* in one turn of the loop */

/* RTP and RTCP; the file that is played. */
#define DESCRIPTORS_OF_CALL 2u
#define DESCRIPTORS_OF_FILE 1u
#define DESCRIPTORS_OF_PHONE 64u

struct load_call {
    struct list link; /* in ringing or up */
    uint32_t call;    /* its number, the key of the map */
    uint64_t calling_us;
    uint64_t due_ms; /* when it is hung up */
    bool answered, hung_up;
};

struct loader {
    struct session session;
    const struct cli *cli;
    uint64_t for_ms;
    struct load_pace pace;
    struct load_report report;
    struct map calls;          /* of struct load_call */
    struct list ringing, up;   /* of them, earliest due first: all of a list wait equally long */
    struct list ending;        /* have been hung up */
    struct net_deadline *turn; /* to place calls, and to hang up */
    struct net_deadline *progress;
    struct rng rng;
    uint64_t begun_us;
    size_t at_once_max;
    enum exit_status refused; /* why no call could be placed */
};

static struct slice key_of(const struct load_call *call)
{
    return (struct slice){(const char *)&call->call, sizeof call->call};
}

static struct load_call *find(const struct loader *l, uint32_t number)
{
    return map_get(&l->calls, (struct slice){(const char *)&number, sizeof number});
}

static void forget(struct loader *l, struct load_call *call)
{
    map_remove(&l->calls, key_of(call));
    list_remove(&call->link);
    free(call);
}

/* --- placing --------------------------------------------------------------------------------- */

/* The cost of a handshake would be measured, and not that of a call; unless somebody has said that
 * he wants it. */
static enum phone_encryption encryption(const struct phone_config *config)
{
    enum phone_encryption said = config->encryption;

    LIST_EACH (&config->accounts, at)
        if (!said)
            said = LIST_ITEM(at, struct account_config, link)->encryption;
    return said ? PHONE_ENCRYPT_UNSAID : PHONE_ENCRYPT_OFF;
}

static int dial(struct loader *l, uint32_t *number, struct buf *why)
{
    const struct account_config *account = config_first_account(&l->cli->config);
    struct phone_command command = {
        .kind = PHONE_DIAL,
        .target = l->cli->args[0],
        .sound = {.play = l->cli->play},
        .encryption = encryption(&l->cli->config),
        .account = l->cli->account && account ? account->label : NULL,
    };

    return phone_do(l->session.phone, &command, number, why);
}

static int keep(struct loader *l, uint32_t number)
{
    struct load_call *call = calloc(1, sizeof *call);
    int err = -ENOMEM;

    if (call) {
        call->call = number;
        call->due_ms = net_now_ms() + RING_MS_MAX;
        err = map_put(&l->calls, key_of(call), call);
    }
    if (err) {
        free(call);
        return err;
    }
    list_append(&l->ringing, &call->link);
    if (map_count(&l->calls) > l->report.at_once)
        l->report.at_once = map_count(&l->calls);
    return 0;
}

static void hang_up(struct loader *l, uint32_t number)
{
    phone_do(l->session.phone, &(struct phone_command){.kind = PHONE_HANG_UP, .call = number}, NULL,
             NULL);
}

/* What is wrong with the first call is wrong with all. */
static void tell_refused(struct loader *l, int err, struct buf *why)
{
    struct buf sentence = buf_new(4096);

    text_safe(&sentence, slice_of(l->cli->args[0]));
    buf_printf(&sentence, ": %s", buf_cstr(why));
    session_error(&l->session, buf_cstr(&sentence));
    l->refused = err == -ENOMEM ? EXIT_OTHER : EXIT_USAGE;
    buf_free(&sentence);
}

static void place(struct loader *l)
{
    struct buf why = buf_new(2048);
    uint32_t number = 0;
    int err = dial(l, &number, &why);

    l->report.placing_us = net_now_us() - l->begun_us;
    l->report.placed++;
    if (!err && keep(l, number) != 0) {
        hang_up(l, number);
        err = -ENOMEM;
    }
    if (err && l->report.placed == 1) {
        tell_refused(l, err, &why);
        session_stop(&l->session);
    } else if (err) {
        l->report.ended++;
        l->report.outcomes[PHONE_FAILED]++;
    }
    buf_free(&why);
}

/* --- by the clock ---------------------------------------------------------------------------- */

static struct load_call *first(const struct list *list)
{
    struct list *link = list_first(list);

    return link ? LIST_ITEM(link, struct load_call, link) : NULL;
}

/* Of one list, those that are due; how many. */
static unsigned hang_up_due(struct loader *l, struct list *list, uint64_t now_ms)
{
    struct load_call *call;
    unsigned n = 0;

    while (n < HANG_UPS_MAX && (call = first(list)) && call->due_ms <= now_ms) {
        call->hung_up = true;
        list_remove(&call->link);
        list_append(&l->ending, &call->link); /* its end is told by an event */
        hang_up(l, call->call);
        n++;
    }
    return n;
}

static bool is_over(const struct loader *l)
{
    return l->session.stopping || l->report.placed == l->report.calls;
}

static void place_due(struct loader *l)
{
    while (!is_over(l) && map_count(&l->calls) < l->at_once_max &&
           load_pace_take(&l->pace, net_now_us()))
        place(l);
    l->report.stalled_us = l->pace.stalled_us;
}

static void set_turn(struct loader *l, bool more_is_due)
{
    const struct load_call *ringing = first(&l->ringing), *up = first(&l->up);
    uint64_t next_ms = more_is_due ? net_now_ms() + 1 : NEVER_MS;

    if (ringing && ringing->due_ms < next_ms)
        next_ms = ringing->due_ms;
    if (up && up->due_ms < next_ms)
        next_ms = up->due_ms;
    if (!is_over(l) && map_count(&l->calls) < l->at_once_max) {
        uint64_t due_ms = (load_pace_due_us(&l->pace) + 999) / 1000;

        next_ms = due_ms < next_ms ? due_ms : next_ms;
    }
    net_deadline_set(l->turn, next_ms);
}

static void stop_when_over(struct loader *l)
{
    if (is_over(l) && map_count(&l->calls) == 0 && !l->session.stopping)
        session_stop(&l->session);
}

static void on_turn(void *arg)
{
    struct loader *l = arg;
    uint64_t now_ms = net_now_ms();
    unsigned n = hang_up_due(l, &l->up, now_ms) + hang_up_due(l, &l->ringing, now_ms);

    place_due(l);
    set_turn(l, n >= HANG_UPS_MAX);
    stop_when_over(l); /* also where the last one could not even be begun */
}

/* --- events ---------------------------------------------------------------------------------- */

static void on_answered(struct loader *l, struct load_call *call)
{
    if (call->answered)
        return;
    call->answered = true;
    l->report.answered++;
    l->report.up++;
    if (call->calling_us > 0)
        load_times_add(&l->report.setup, net_now_us() - call->calling_us);
    if (call->hung_up)
        return; /* the two have crossed */
    call->due_ms = net_now_ms() + l->for_ms;
    list_remove(&call->link);
    list_append(&l->up, &call->link);
    set_turn(l, false);
}

/* To be given up by us is for the phone to be interrupted. */
static void count_end(struct loader *l, struct load_call *call, const struct phone_event *event)
{
    struct phone_event counted = *event;
    bool given_up = call->hung_up && !call->answered;

    if (given_up && !l->session.stopping)
        counted.outcome = PHONE_NO_ANSWER;
    load_report_ended(&l->report, &counted, !call->hung_up && !l->session.stopping);
    if (call->answered)
        l->report.up--;
    l->report.elapsed_us = net_now_us() - l->begun_us;
}

static void on_ended(struct loader *l, struct load_call *call, const struct phone_event *event)
{
    count_end(l, call, event);
    forget(l, call);
    set_turn(l, false);
    stop_when_over(l);
}

static void on_event(void *arg, const struct phone_event *event)
{
    struct loader *l = arg;
    struct load_call *call = event->call ? find(l, event->call) : NULL;

    if (event->kind == PHONE_INCOMING) /* we are here to call, not to be called */
        phone_do(l->session.phone,
                 &(struct phone_command){.kind = PHONE_REJECT, .call = event->call, .status = 486},
                 NULL, NULL);
    if (!call)
        return;
    if (event->kind == PHONE_CALLING && call->calling_us == 0)
        call->calling_us = net_now_us();
    else if (event->kind == PHONE_ANSWERED)
        on_answered(l, call);
    else if (event->kind == PHONE_ENDED)
        on_ended(l, call, event);
}

/* --- what is told ---------------------------------------------------------------------------- */

static void put(struct loader *l, struct output *out, struct buf *text)
{
    flush_put(l->session.flush, out, buf_slice(text));
    buf_free(text);
}

static void on_progress(void *arg)
{
    struct loader *l = arg;
    struct buf line = buf_new(1024);

    l->report.elapsed_us = net_now_us() - l->begun_us;
    load_report_progress(&l->report, &line);
    buf_putc(&line, '\n');
    put(l, &l->session.terminal->err, &line);
    net_deadline_set(l->progress, net_now_ms() + PROGRESS_MS);
}

static bool wants_progress(const struct cli *cli)
{
    return cli->verbosity > 0 || (cli->verbosity == 0 && isatty(STDERR_FILENO));
}

static void put_report(struct loader *l)
{
    struct buf text = buf_new(65536);

    if (l->cli->json) {
        load_report_json(&l->report, json_now_ms(), &text);
        outcome_told(&l->session.terminal->outcome);
    } else {
        load_report_text(&l->report, &text);
    }
    put(l, &l->session.terminal->out, &text);
}

/* --- whether it can be done ------------------------------------------------------------------ */

static uint64_t descriptors_of_call(const struct cli *cli)
{
    return DESCRIPTORS_OF_CALL + (cli->play ? DESCRIPTORS_OF_FILE : 0);
}

/* How many calls there will be at once, if they are answered within a second. */
static uint64_t expected_at_once(const struct loader *l)
{
    uint64_t n = (l->pace.milli_rate * (l->for_ms + SETUP_MS) + 999999) / 1000000;

    return n < l->report.calls ? n : l->report.calls;
}

static uint64_t by_descriptors(const struct cli *cli)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    if (limit.rlim_cur <= DESCRIPTORS_OF_PHONE)
        return 0;
    return ((uint64_t)limit.rlim_cur - DESCRIPTORS_OF_PHONE) / descriptors_of_call(cli);
}

static uint64_t by_ports(const struct cli *cli)
{
    uint64_t first = (cli->config.rtp_first + 1u) & ~1u, last = cli->config.rtp_last;

    return (last + 1 - first) / 2;
}

static bool is_possible(struct loader *l, struct terminal *terminal)
{
    uint64_t wanted = expected_at_once(l), files = by_descriptors(l->cli), ports = by_ports(l->cli);
    uint64_t possible = files < ports ? files : ports;
    struct buf why = buf_new(1024);

    l->at_once_max = possible < SIZE_MAX ? (size_t)possible : SIZE_MAX;
    if (wanted <= possible)
        return true;
    buf_printf(&why, "there will be %" PRIu64 " calls at once, and ", wanted);
    if (files < ports)
        buf_printf(&why,
                   "the descriptors of this process suffice for %" PRIu64 "; ulimit -n %" PRIu64
                   " allows more, and a smaller --per-second or --for "
                   "needs fewer",
                   files, wanted * descriptors_of_call(l->cli) + DESCRIPTORS_OF_PHONE);
    else
        buf_printf(&why,
                   "--rtp-ports has ports for %" PRIu64
                   "; more of them, or a smaller --per-second or --for would do",
                   ports);
    terminal_error(terminal, buf_cstr(&why));
    buf_free(&why);
    return false;
}

/* --- the command ----------------------------------------------------------------------------- */

static void begin(struct loader *l)
{
    l->begun_us = net_now_us();
    l->pace = load_pace_new(l->begun_us, l->pace.milli_rate);
    net_deadline_set(l->turn, 0);
    if (wants_progress(l->cli))
        net_deadline_set(l->progress, net_now_ms() + PROGRESS_MS);
    session_run(&l->session);
    l->report.interrupted = l->session.by_signal;
    l->report.sound_failed = l->session.sound_failed;
}

static enum exit_status run(struct loader *l, struct terminal *terminal)
{
    enum exit_status exit =
        session_open(&l->session, l->cli, terminal, &l->cli->config, on_event, l);

    if (exit)
        return exit;
    if (encryption(&l->cli->config) != PHONE_ENCRYPT_OFF) /* else a certificate is of no use */
        phone_prepare_calls(l->session.phone);
    if (net_deadline_new(l->session.loop, on_turn, l, &l->turn) != 0 ||
        net_deadline_new(l->session.loop, on_progress, l, &l->progress) != 0)
        l->refused = EXIT_OTHER;
    else
        begin(l);
    exit = l->refused ? l->refused : load_report_exit(&l->report);
    if (!l->refused)
        put_report(l);
    net_deadline_free(l->turn);
    net_deadline_free(l->progress);
    session_close(&l->session);
    return exit;
}

static void free_loader(struct loader *l)
{
    struct list *const lists[] = {&l->ringing, &l->up, &l->ending};

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        LIST_EACH (lists[i], at)
            forget(l, LIST_ITEM(at, struct load_call, link));
    map_free(&l->calls);
    free(l);
}

int cmd_load(const struct cli *cli, struct terminal *terminal)
{
    struct loader *l = xzalloc(sizeof *l);
    enum exit_status exit = session_check_files(cli, terminal);

    l->cli = cli;
    l->for_ms = cli->for_ms ? cli->for_ms : FOR_MS;
    l->pace.milli_rate = cli->milli_rate ? cli->milli_rate : MILLI_RATE;
    l->report.target = cli->args[0];
    l->report.calls = cli->calls ? cli->calls : CALLS;
    l->rng = rng_system();
    l->calls = map_new(&l->rng);
    list_init(&l->ringing);
    list_init(&l->up);
    list_init(&l->ending);
    if (!exit && !is_possible(l, terminal))
        exit = EXIT_USAGE;
    if (!exit)
        exit = run(l, terminal);
    free_loader(l);
    return (int)exit;
}
