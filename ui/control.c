#include "ui/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ui/control_private.h"
#include "ui/json.h"

/* How long clients may take at the end to read what waits for them, and how often that is tried. */
#define LAST_WORDS_MS 200
#define LAST_WORDS_STEP_US 2000

#define EVENT_MAX 1048576u /* bytes of one line, or of a list of devices */

/* --- turns ----------------------------------------------------------------------------------- */

void control_turn_at(struct control *control, uint64_t when_ms)
{
    if (when_ms >= control->turn_ms)
        return;
    control->turn_ms = when_ms;
    net_deadline_set(control->turn, when_ms);
}

void control_turn_soon(struct control *control)
{
    control_turn_at(control, 0);
}

static void remove_client(struct client *c)
{
    struct control *control = c->control;

    control->n_clients--;
    client_free(c);
    control_let_ask(control);
    control_set_quality(control);
    control_set_levels(control);
    control_set_trace(control);
}

static bool has_work(const struct client *c)
{
    return c->due || c->more || c->rest_ms > 0 || c->leaving || !c->reads || c->writer;
}

static void on_turn(void *arg)
{
    struct control *control = arg;

    control->turn_ms = NEVER_MS;
    control_tell_messages(control);
    LIST_EACH (&control->clients, at) {
        struct client *c = LIST_ITEM(at, struct client, link);

        if (!c->gone && has_work(c))
            client_turn(c);
        if (c->gone)
            remove_client(c);
    }
}

/* --- clients --------------------------------------------------------------------------------- */

void control_set_quality(struct control *control)
{
    bool wanted = false;

    LIST_EACH (&control->clients, at) {
        const struct client *c = LIST_ITEM(at, struct client, link);

        wanted = wanted || (c->hears && c->quality);
    }
    session_want_quality(control->session, wanted);
}

void control_set_levels(struct control *control)
{
    bool wanted = false;

    LIST_EACH (&control->clients, at)
        wanted = wanted || LIST_ITEM(at, struct client, link)->levels;
    if (wanted != control->levels)
        phone_levels(control->session->phone, wanted);
    control->levels = wanted;
}

void control_let_ask(struct control *control)
{
    bool hears = false;

    LIST_EACH (&control->clients, at)
        hears = hears || LIST_ITEM(at, struct client, link)->hears;
    phone_may_ask(control->session->phone, hears);
}

static int add(struct control *control, int in, int out, bool is_socket, struct client **added)
{
    int err;
    struct client *c = client_new(control, in, out, is_socket, &err);

    if (!c)
        return err;
    list_append(&control->clients, &c->link);
    control->n_clients++;
    control_let_ask(control);
    control_set_quality(control);
    if (added)
        *added = c;
    return 0;
}

int control_add_pair(struct control *control, int in, int out, void (*on_end)(void *arg), void *arg)
{
    const struct output *results = &control->session->terminal->out;
    struct client *c = NULL;
    int err = add(control, in, out, false, &c);

    if (err)
        return err;
    c->writer = out == results->fd ? results->writer : NULL;
    c->on_end = on_end;
    c->arg = arg;
    return 0;
}

int control_add_socket(struct control *control, int fd)
{
    return add(control, fd, fd, true, NULL);
}

static void on_accept(void *arg, int fd)
{
    struct control *control = arg;
    struct buf line = buf_new(512);
    int err;

    if (control->session->stopping) { /* who wants a telephone is to start the next one */
        close(fd);
        return;
    }
    err = control->n_clients < CONTROL_CLIENTS_MAX ? control_add_socket(control, fd) : -EMFILE;

    if (err) {
        const char *text = err == -EMFILE ? "there are too many clients already" : strerror(-err);

        log_warn("control", "a client was turned away: %s", text);
        json_own(&line, &(struct json_own){.kind = JSON_DROPPED, .text = text}, json_now_ms());
        net_unix_write(fd, buf_slice(&line), NULL, 0);
        close(fd);
    }
    buf_free(&line);
}

static int explain(int err, const char *sentence, struct buf *why)
{
    if (err)
        buf_puts(why, sentence);
    return err;
}

int control_listen(struct control *control, const char *path, struct buf *why)
{
    int err = net_unix_listen(control->session->loop, path, on_accept, control, &control->listener);

    if (err == -EADDRINUSE)
        return explain(err, "another phone answers there", why);
    if (err == -EEXIST)
        return explain(err, "something else than a socket of ours is there, and stays", why);
    return explain(err, strerror(-err), why);
}

int control_adopt(struct control *control, int fd, struct buf *why)
{
    int err = net_unix_adopt(control->session->loop, fd, on_accept, control, &control->listener);

    control->adopted = !err;
    return explain(err, "this is no socket of the file system that is listened at", why);
}

size_t control_clients(const struct control *control)
{
    return control->n_clients;
}

/* --- calls that end with their client -------------------------------------------------------- */

struct tie {
    struct list link;
    struct client *client;
    uint32_t call;
};

static void untie(struct tie *tie)
{
    list_remove(&tie->link);
    free(tie);
}

int control_tie(struct client *client, uint32_t call)
{
    struct tie *tie = malloc(sizeof *tie);

    if (!tie)
        return -ENOMEM;
    *tie = (struct tie){.client = client, .call = call};
    list_append(&client->control->ties, &tie->link);
    return 0;
}

static void forget_call(struct control *control, uint32_t call)
{
    LIST_EACH (&control->ties, at) {
        struct tie *tie = LIST_ITEM(at, struct tie, link);

        if (tie->call == call)
            untie(tie);
    }
}

/* Who waits for the one waits for what comes of it. Without memory it ends, as with its client. */
static void tie_other(struct control *control, const struct phone_event *event)
{
    struct phone_command hang_up = {.kind = PHONE_HANG_UP, .call = event->other};

    LIST_EACH (&control->ties, at) {
        const struct tie *tie = LIST_ITEM(at, struct tie, link);

        if (tie->call != event->call)
            continue;
        if (control_tie(tie->client, event->other) != 0)
            phone_do(control->session->phone, &hang_up, NULL, NULL);
        return;
    }
}

static void end_calls_of(const struct client *client)
{
    LIST_EACH (&client->control->ties, at) {
        struct tie *tie = LIST_ITEM(at, struct tie, link);
        struct phone_command hang_up = {.kind = PHONE_HANG_UP, .call = tie->call};

        if (tie->client != client)
            continue;
        untie(tie);
        phone_do(client->control->session->phone, &hang_up, NULL, NULL);
    }
}

void control_set_tester(struct client *client, bool tests)
{
    LIST_EACH (&client->control->clients, at)
        LIST_ITEM(at, struct client, link)->tests = false;
    client->tests = tests;
}

static void end_test_of(struct client *client)
{
    if (client->tests)
        phone_do(client->control->session->phone, &(struct phone_command){.kind = PHONE_TEST}, NULL,
                 NULL);
    client->tests = false;
}

void control_forget(struct client *client)
{
    void (*on_end)(void *arg) = client->on_end;

    client->hears = client->wants_devices = client->more = client->trace = false;
    control_let_ask(client->control);
    client->levels = false;
    client->on_end = NULL;
    client_close_fds(client);
    control_lose_screen(client);
    end_calls_of(client);
    end_test_of(client);
    control_set_quality(client->control);
    control_set_levels(client->control);
    control_turn_soon(client->control);
    if (on_end)
        on_end(client->arg);
}

/* --- events ---------------------------------------------------------------------------------- */

static bool hears(struct client *c, const struct phone_event *event)
{
    bool asked = event->kind == PHONE_DEVICE_LIST && c->wants_devices;

    if (event->kind == PHONE_LEVELS)
        return c->levels;
    if (event->kind == PHONE_DEVICE_LIST)
        c->wants_devices = false;
    return asked || (c->hears && (event->kind != PHONE_QUALITY || c->quality));
}

static void note(struct control *control, const struct phone_event *event)
{
    if (event->kind == PHONE_ENDED)
        forget_call(control, event->call);
    if (event->kind == PHONE_TRANSFER_FOLLOWED)
        tie_other(control, event);
    if (event->kind != PHONE_VOLUMES)
        return;
    control->microphone_db = event->microphone_db;
    control->speaker_db = event->speaker_db;
}

/* Printed once, when it turns out that somebody hears it. */
static void tell(struct control *control, const struct phone_event *event, const struct client *but)
{
    struct buf line = buf_new(EVENT_MAX);

    LIST_EACH (&control->clients, at) {
        struct client *c = LIST_ITEM(at, struct client, link);

        if (c == but || !hears(c, event))
            continue;
        if (line.n == 0)
            json_event(&line, event, json_now_ms());
        if (buf_ok(&line))
            client_put(c, buf_slice(&line));
        else
            client_drop(c, "there is no memory for an event");
    }
    buf_free(&line);
}

void control_event(struct control *control, const struct phone_event *event)
{
    control_tell_messages(control);
    note(control, event);
    tell(control, event, NULL);
}

void control_notice(const struct client *about, const char *text)
{
    struct phone_event event = {.kind = PHONE_NOTICE, .text = text};

    session_error(about->control->session, text);
    tell(about->control, &event, about);
}

/* --- begin and end --------------------------------------------------------------------------- */

int control_new(struct session *session, struct control **out)
{
    struct control *control = calloc(1, sizeof *control);
    int err;

    if (!control)
        return -ENOMEM;
    control->session = session;
    control->turn_ms = NEVER_MS;
    list_init(&control->clients);
    list_init(&control->ties);
    err = net_deadline_new(session->loop, on_turn, control, &control->turn);
    if (err) {
        free(control);
        return err;
    }
    control_begin_trace(control);
    *out = control;
    return 0;
}

static bool all_written(struct control *control)
{
    bool done = true;

    LIST_EACH (&control->clients, at)
        done = client_flush(LIST_ITEM(at, struct client, link)) && done;
    return done;
}

static void say_last_words(struct control *control)
{
    uint64_t by_ms = net_now_ms() + LAST_WORDS_MS;

    LIST_EACH (&control->clients, at)
        LIST_ITEM(at, struct client, link)->on_end = NULL;
    while (!all_written(control) && net_now_ms() < by_ms)
        usleep(LAST_WORDS_STEP_US);
}

void control_stop(struct control *control)
{
    if (control && control->adopted && control->listener)
        net_unix_listener_pause(control->listener);
}

struct net_unix_listener *control_take_listener(struct control *control)
{
    struct net_unix_listener *listener = control ? control->listener : NULL;

    if (listener) {
        net_unix_listener_pause(listener);
        control->listener = NULL;
    }
    return listener;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    net_unix_listener_free(control->listener);
    control_end_trace(control);
    say_last_words(control);
    LIST_EACH (&control->ties, at)
        untie(LIST_ITEM(at, struct tie, link));
    LIST_EACH (&control->clients, at)
        client_free(LIST_ITEM(at, struct client, link));
    net_deadline_free(control->turn);
    net_deadline_free(control->alone);
    free(control);
}
