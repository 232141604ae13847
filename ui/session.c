#include "ui/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ui/confine.h"
#include "ui/control.h"
#include "ui/flush.h"
#include "ui/hooks.h"
#include "ui/json.h"
#include "ui/pipes.h"
#include "ui/prompt.h"
#include "ui/signals.h"
#include "ui/status.h"
#include "ui/tell.h"
#include "ui/trace.h"

/* Commands of the last events have so long to end. */
#define HOOKS_LAST_MS 2000
/* Where a signal asks us to leave we are gone within 2 s. That is one time for all who may be
 * waited for, each behind the other: servers and who is called, until PHONE_QUIT_REST_MS before it;
 * commands; sound devices, the certificate, the history; workers, the helper; readers of ours. */
#define GONE_MS 1800
#define BEHIND_HOOKS_MS 200
#define LEAST_MS 30 /* for each of the last, where nothing is left */
#define HELPER_LAST_MS 500

void session_error(struct session *s, const char *sentence)
{
    terminal_error(s->terminal, sentence);
}

void session_put_result(struct session *s, const struct phone_event *event)
{
    tell_result(s->cli, s->terminal, s->flush, event);
}

static void put_trace(struct session *s, const struct phone_event *event)
{
    struct buf text = buf_new(OUTPUT_WAITING_MAX);

    trace_put(&text, event, net_now_ms() - s->started_ms);
    flush_put(s->flush, s->terminal->trace, buf_slice(&text));
    buf_free(&text);
}

static bool is_load(const struct session *s)
{
    return s->cli->command->bit == CLI_LOAD;
}

/* What one of many calls does, only who asks twice wants to know. */
static bool is_of_many(const struct session *s, const struct phone_event *event)
{
    return is_load(s) && event->call != 0 && s->cli->verbosity < 2;
}

/* Where a free port is only the curious want to know; nor, in a call, that its account works, and
 * where it does not, the end of the call says so. */
static bool is_told(const struct session *s, const struct phone_event *event)
{
    if (tell_verbosity(s->cli) > 0)
        return true;
    switch (event->kind) {
    case PHONE_LISTENING:
        return s->cli->config.listen_said || s->cli->config.listen.ip.port != 0;
    case PHONE_REGISTERED:
    case PHONE_REGISTER_FAILED:
    case PHONE_UNREGISTERED:
        return !(s->cli->command->bit & (CLI_CALL | CLI_LOAD));
    default:
        return true;
    }
}

static void put_message(struct session *s, const struct phone_event *event)
{
    if (s->terminal->trace)
        put_trace(s, event);
    if (s->control && s->clients_trace)
        control_message(s->control, event);
}

/* --- passwords ------------------------------------------------------------------------------ */

struct wanted {
    struct list link;
    char *account, *question;
};

static void free_wanted(struct wanted *w)
{
    if (!w)
        return;
    free(w->account);
    free(w->question);
    free(w);
}

static void drop_wanted(struct wanted *w)
{
    list_remove(&w->link);
    free_wanted(w);
}

/* NULL: there is none, and what waits for it fails. */
static void give_password(struct session *s, const char *account, const char *password)
{
    phone_do(s->phone,
             &(struct phone_command){.kind = PHONE_PASSWORD, .account = account, .text = password},
             NULL, NULL);
}

static struct wanted *first_wanted(const struct session *s)
{
    return list_empty(&s->wanted) ? NULL : LIST_ITEM(s->wanted.next, struct wanted, link);
}

static void give_and_drop(struct session *s, struct wanted *w, const char *password)
{
    give_password(s, w->account, password);
    drop_wanted(w);
}

static void ask_next(struct session *s);

static void on_password(void *arg, struct slice line)
{
    struct session *s = arg;
    char *password = line.n > 0 ? slice_dup(line) : NULL;

    prompt_free(s->prompt);
    s->prompt = NULL;
    give_and_drop(s, first_wanted(s), password);
    mem_wipe_free(password);
    ask_next(s);
}

/* One after the other; without a terminal there are none. */
static void ask_next(struct session *s)
{
    struct wanted *w;

    while (!s->prompt && (w = first_wanted(s)))
        if (s->stopping || prompt_open(s->loop, w->question, on_password, s, &s->prompt) != 0)
            give_and_drop(s, w, NULL);
}

/* NULL without memory: it is a server that wants this, and calls are to go on. */
static struct wanted *new_wanted(const struct phone_event *event)
{
    struct wanted *w = calloc(1, sizeof *w);
    struct buf question = buf_new(8192);

    if (!w)
        return NULL;
    buf_printf(&question, "Password for %s", event->peer);
    if (*event->text)
        buf_printf(&question, " (%s)", event->text);
    buf_puts(&question, ": ");
    w->account = slice_dup(slice_of(event->account));
    w->question = buf_ok(&question) ? slice_dup(buf_slice(&question)) : NULL;
    buf_free(&question);
    if (w->account && w->question)
        return w;
    free_wanted(w);
    return NULL;
}

static void want_password(struct session *s, const struct phone_event *event)
{
    struct wanted *w = new_wanted(event);

    if (!w) {
        give_password(s, event->account, NULL);
        return;
    }
    list_append(&s->wanted, &w->link);
    ask_next(s);
}

static void ask_no_more(struct session *s)
{
    prompt_free(s->prompt);
    s->prompt = NULL;
    LIST_EACH (&s->wanted, at)
        drop_wanted(LIST_ITEM(at, struct wanted, link));
}

/* --- events --------------------------------------------------------------------------------- */

static void put_status(struct session *s, const struct phone_event *event)
{
    struct buf line = buf_new(16384);

    if (is_told(s, event))
        status_line(&line, event, tell_verbosity(s->cli));
    flush_put(s->flush, &s->terminal->err, buf_slice(&line));
    buf_free(&line);
}

/* Who reads too slowly learns it from the first line that there is room for again. */
static void put_lost(struct session *s, struct buf *out)
{
    struct output *output = &s->terminal->out;
    struct buf text = buf_new(256);

    if (output->lost == s->lost_told || !output_has_room(output))
        return;
    buf_printf(&text, "%" PRIu64 " lines are missing here, as they were not read in time",
               output->lost - s->lost_told);
    json_event(out, &(struct phone_event){.kind = PHONE_NOTICE, .text = buf_cstr(&text)},
               json_now_ms());
    s->lost_told = output->lost;
    buf_free(&text);
}

static void put_json(struct session *s, const struct phone_event *event)
{
    struct buf line = buf_new(OUTPUT_WAITING_MAX);

    put_lost(s, &line);
    json_event(&line, event, json_now_ms());
    flush_put(s->flush, &s->terminal->out, buf_slice(&line));
    buf_free(&line);
}

/* With --once nothing is tried again, whatever the phone would do. */
static void put_event(struct session *s, const struct phone_event *event)
{
    struct phone_event told = *event;

    if (is_of_many(s, event))
        return;
    if (s->cli->once)
        told.retry_ms = 0;
    if (s->control)
        control_event(s->control, &told);
    if (s->cli->json && !is_load(s) && !(s->control && s->cli->control)) /* else it is a client's */
        put_json(s, &told);
    put_status(s, &told);
}

static void on_phone_event(void *arg, const struct phone_event *event)
{
    struct session *s = arg;

    if (event->kind == PHONE_MESSAGE) {
        put_message(s, event);
        return;
    }
    if (event->kind == PHONE_LEVELS) { /* which are for who has asked */
        if (s->control)
            control_event(s->control, event);
        return;
    }
    s->sound_failed |= tell_sound_failed(s->terminal, event);
    put_event(s, event);
    hooks_event(s->hooks, event);
    if (event->kind == PHONE_CLOSED) {
        s->closed = true;
        net_loop_stop(s->loop);
    } else {
        s->on_event(s->arg, event);
    }
    if (event->kind == PHONE_PASSWORD_WANTED && !s->control) /* else a client knows it */
        want_password(s, event);
}

static void on_hook_failed(void *arg, const char *sentence)
{
    struct phone_event event = {.kind = PHONE_HOOK_FAILED, .text = sentence};

    phone_fill_event(&event);
    on_phone_event(arg, &event);
}

static void on_hooks_idle(void *arg)
{
    struct session *s = arg;

    net_loop_stop(s->loop);
}

static void finish_hooks(struct session *s)
{
    if (!s->hooks)
        return;
    hooks_finish(s->hooks,
                 s->by_signal ? s->gone_by_ms - BEHIND_HOOKS_MS : net_now_ms() + HOOKS_LAST_MS,
                 on_hooks_idle);
    net_loop_run(s->loop);
}

/* --- signals -------------------------------------------------------------------------------- */

static void tell_phone(struct session *s)
{
    const struct phone_command quit = {
        .kind = PHONE_QUIT, .on = !s->by_signal, .until_ms = s->gone_by_ms};

    phone_do(s->phone, &quit, NULL, NULL);
}

void session_stop(struct session *s)
{
    if (!s->stopping && s->on_stop)
        s->on_stop(s->arg);
    s->stopping = true;
    control_stop(s->control);
    ask_no_more(s);
    tell_phone(s);
}

static void on_signal(void *arg)
{
    struct session *s = arg;

    s->by_signal = true;
    s->gone_by_ms = s->terminal->gone_by_ms = net_now_ms() + GONE_MS;
    if (!s->closed) {
        session_stop(s);
        return;
    }
    tell_phone(s);          /* which still has devices and files to close */
    net_loop_stop(s->loop); /* it is hooks that are waited for */
}

static void on_second_signal(void *arg)
{
    struct session *s = arg;

    prompt_leave(s->prompt);
    hooks_free(s->hooks);
}

static void on_library_text(uv_poll_t *poll, int status, int events)
{
    struct session *s = poll->data;

    (void)status;
    (void)events;
    terminal_drain_libraries(s->terminal);
}

static int watch_libraries(struct session *s)
{
    int err;

    if (s->terminal->library_fd < 0)
        return 0;
    err = uv_poll_init(net_loop_uv(s->loop), &s->library_poll, s->terminal->library_fd);
    s->library_poll.data = s;
    return err ? err : uv_poll_start(&s->library_poll, UV_READABLE, on_library_text);
}

/* --- clients -------------------------------------------------------------------------------- */

static void on_script_gone(void *arg)
{
    session_stop(arg);
}

int session_open_control(struct session *s)
{
    int err = s->control ? 0 : control_new(s, &s->control);

    if (!err)
        net_loop_start_workers(s->loop); /* clients may want them when memory has become short */
    return err;
}

static int open_standard_input(struct session *s)
{
    int err = session_open_control(s);

    return err ? err : control_add_pair(s->control, STDIN_FILENO, STDOUT_FILENO, on_script_gone, s);
}

/* --- begin and end -------------------------------------------------------------------------- */

static void close_handle(uv_handle_t *handle)
{
    if (handle->data && !uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* until_ms, or when the time of a signal is up before. */
static uint64_t sooner_ms(const struct session *s, uint64_t until_ms)
{
    if (!s->by_signal || until_ms < s->gone_by_ms)
        return until_ms;
    return net_at_least_ms(s->gone_by_ms, LEAST_MS);
}

/* A worker that does not come to its end keeps what it uses: the loop, and the helper. */
static void free_loop(struct session *s)
{
    net_spawner_off(s->helper);
    if (net_loop_free_by(s->loop, sooner_ms(s, NEVER_MS)))
        net_spawner_free_by(s->helper, sooner_ms(s, net_now_ms() + HELPER_LAST_MS));
    else
        s->terminal->left = true;
}

void session_close(struct session *s)
{
    struct net_unix_listener *place = control_take_listener(s->control);

    ask_no_more(s);
    control_free(s->control);
    s->control = NULL;
    hooks_free(s->hooks);
    s->hooks = NULL; /* the history may still have something to tell */
    s->terminal->left = !phone_free(s->phone);
    net_unix_listener_free(place); /* behind its ports, which the next phone wants, too */
    flush_free(s->flush);
    signals_free(s->signals);
    close_handle((uv_handle_t *)&s->library_poll);
    free_loop(s);
}

/* A phone that only registers has no use for a certificate of calls; one that calls at once makes
 * it itself, as it would only wait for a thread. */
static bool will_call(const struct cli *cli)
{
    return cli->control || cli->command->bit & (CLI_ANSWER | CLI_DAEMON);
}

enum exit_status session_open(struct session *s, const struct cli *cli, struct terminal *terminal,
                              const struct phone_config *config, phone_listener *on_event,
                              void *arg)
{
    struct buf why = buf_new(2048);
    int err;

    *s = (struct session){.cli = cli, .terminal = terminal, .on_event = on_event, .arg = arg};
    s->started_ms = net_now_ms();
    list_init(&s->wanted);
    err = confine(cli, config, terminal, &s->helper, &s->loop, &why);
    if (!err)
        err = flush_new(s->loop, terminal, &s->flush);
    if (!err)
        err = signals_new(s->loop, on_signal, on_second_signal, s, &s->signals);
    if (!err)
        err = watch_libraries(s);
    if (!err)
        err = phone_new(s->loop, config, on_phone_event, s, &why, &s->phone);
    if (!err && will_call(cli))
        phone_prepare_calls(s->phone);
    if (!err)
        err = hooks_new(s->loop, config, on_hook_failed, s, &s->hooks);
    if (!err)
        session_want_quality(s, false);
    if (!err && cli->control)
        err = open_standard_input(s);
    if (err) {
        if (why.n == 0)
            buf_puts(&why, strerror(-err));
        session_error(s, buf_cstr(&why));
        session_close(s);
    } else {
        session_want_trace(s, s->clients_trace);
    }
    buf_free(&why);
    return err ? EXIT_OTHER : EXIT_OK;
}

void session_want_quality(struct session *s, bool clients)
{
    bool printed = s->cli->json && !is_load(s) && !s->cli->control; /* else a client's */

    phone_quality(s->phone, clients || printed || hooks_want_quality(s->hooks));
}

void session_want_trace(struct session *s, bool clients)
{
    s->clients_trace = clients;
    if (s->phone)
        phone_trace(s->phone, clients || s->terminal->trace);
}

void session_run(struct session *s)
{
    net_loop_run(s->loop);
    finish_hooks(s);
}

enum exit_status session_check_files(const struct cli *cli, struct terminal *terminal)
{
    struct pipes pipes;
    struct phone_sound sound = pipes_sound(cli, &pipes);
    struct buf why = buf_new(2048);
    int err = cli->play ? phone_check_play(cli->play, &why) : 0;

    if (!err && cli->record)
        err = phone_check_record(cli->record, &why);
    if (!err && sound.in)
        err = phone_check_pipe(sound.in, true, &why);
    if (!err && sound.out)
        err = phone_check_pipe(sound.out, false, &why);
    if (err)
        terminal_error(terminal, buf_cstr(&why));
    buf_free(&why);
    return err ? EXIT_SOUND : EXIT_OK;
}
