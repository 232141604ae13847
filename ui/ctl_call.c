#include "ui/ctl_call.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "base/text.h"
#include "net/loop.h"
#include "net/unix.h"
#include "phone/choices.h"
#include "phone/folders.h"
#include "ui/confine.h"
#include "ui/ctl_ask.h"
#include "ui/ctl_client.h"
#include "ui/followed.h"
#include "ui/pipes.h"
#include "ui/runtime_dir.h"
#include "ui/signals.h"
#include "ui/status.h"
#include "ui/tell.h"

/* A daemon that does not even say hello in this time is none. */
#define HELLO_MS 2000
/* Hanging up takes a round trip; a call whose daemon is stuck ends when we go. */
#define HANG_UP_MS 2000
/* When nothing has happened for so long a person wonders why. */
#define WHY_MS 1000

#define LINE_MAX_BYTES 65536u

/* The "id" of our commands. */
enum { HELLO = 1, DIAL, HANG_UP, WHY, STAY };

struct placed {
    const struct cli *cli;
    struct terminal *terminal;
    const char *path;
    struct buf dial; /* the command that places the call, and what goes with it */
    int fds[NET_UNIX_FDS_MAX];
    size_t n_fds;
    struct net_loop *loop;
    struct ctl_client *client;
    struct signals *signals;
    struct flush *flush;
    struct net_deadline *due; /* --for is over */
    struct net_deadline *give_up;
    struct net_deadline *why; /* nothing happens */
    bool greeted;             /* it is a daemon: from here on there is no way back */
    bool interrupted;
    bool sound_failed;
    uint32_t first; /* the call that was placed; 0: not known yet */
    struct followed calls;
    enum exit_status exit;
};

/* --- commands ------------------------------------------------------------------------------- */

static void leave(struct placed *p, enum exit_status exit)
{
    p->exit = exit;
    net_loop_stop(p->loop);
}

static void send_of(struct placed *p, int id, const char *command, uint32_t call)
{
    struct buf line = buf_new(256);

    buf_printf(&line, "{\"id\":%d,\"command\":\"%s\",\"call\":%" PRIu32 "}\n", id, command, call);
    ctl_client_send(p->client, buf_slice(&line), NULL, 0);
    buf_free(&line);
}

static void send_hang_up(struct placed *p)
{
    send_of(p, HANG_UP, "hangup", p->calls.call);
    if (p->calls.other)
        send_of(p, HANG_UP, "hangup", p->calls.other);
}

/* False: text is no UTF-8, which JSON cannot say, or there is no memory. */
static bool put_text(json_t *command, const char *name, const char *text)
{
    return !text || json_object_set_new(command, name, json_string(text)) == 0;
}

/* The daemon has another folder than we. */
static bool put_file(json_t *command, const char *name, const char *file)
{
    struct buf path = buf_new(16384);
    bool done;

    if (file)
        folders_absolute(file, &path);
    done = put_text(command, name, file ? buf_cstr(&path) : NULL);
    buf_free(&path);
    return done;
}

static bool put_flag(json_t *command, const char *name, bool on)
{
    return !on || json_object_set_new(command, name, json_true()) == 0;
}

static bool put_number(json_t *command, const char *name, unsigned number)
{
    return !number || json_object_set_new(command, name, json_integer(number)) == 0;
}

/* The descriptors that we were started with. False too where the two have not the same channels,
 * which cannot be said. */
static bool put_audio(json_t *command, const struct phone_sound *sound)
{
    const struct phone_pipe *pipe = sound->in ? sound->in : sound->out;
    json_t *audio;

    if (!pipe)
        return put_flag(command, "hangup_at_eof", sound->hangs_up);
    if (sound->in && sound->out && sound->in->channels != sound->out->channels)
        return false;
    audio = json_object();
    return json_object_set_new(command, "audio", audio) == 0 && put_flag(audio, "in", sound->in) &&
           put_flag(audio, "out", sound->out) && put_flag(audio, "live", pipe->live) &&
           put_flag(audio, "hangup_at_eof", sound->hangs_up && sound->in) &&
           put_flag(command, "hangup_at_eof", sound->hangs_up && !sound->in) &&
           put_number(audio, "rate", pipe->rate_hz) &&
           put_number(audio, "channels", pipe->channels);
}

static bool put_sound(json_t *command, const struct phone_sound *sound)
{
    bool records = sound->record || sound->out;
    const char *sides = records ? choices_word(&choices_sides, sound->sides) : NULL;

    return put_file(command, "play", sound->play) && put_file(command, "record", sound->record) &&
           put_text(command, "sides", sides) &&
           json_object_set_new(command, "device", json_boolean(sound->device)) == 0 &&
           put_audio(command, sound);
}

/* How it sounds, where something is said of that. */
static bool put_settings(json_t *command, const struct buf *said)
{
    return said->n == 0 ||
           (buf_ok(said) &&
            json_object_set_new(command, "settings", json_stringn(said->p, said->n)) == 0);
}

static bool put_members(json_t *command, const struct cli *cli, const struct phone_sound *sound)
{
    const struct account_config *account = config_first_account(&cli->config);

    return put_text(command, "command", "call") && put_text(command, "target", cli->args[0]) &&
           put_text(command, "account", cli->account ? account->label : NULL) &&
           put_text(command, "digits", cli->digits) &&
           put_text(command, "encryption", cli->encryption) &&
           put_text(command, "dtmf_mode", cli->dtmf_mode) && put_settings(command, &cli->sound) &&
           put_number(command, "id", DIAL) && put_flag(command, "tied", true) &&
           put_sound(command, sound);
}

static int add_piece(const char *piece, size_t n, void *line)
{
    buf_put(line, (struct slice){piece, n});
    return 0;
}

/* The line that places the call. False: it cannot be said in JSON. */
static bool make_dial(struct placed *p)
{
    json_t *command = json_object();
    struct pipes pipes;
    struct phone_sound sound = pipes_sound(p->cli, &pipes);
    bool made = command && put_members(command, p->cli, &sound) &&
                json_dump_callback(command, add_piece, &p->dial, JSON_COMPACT) == 0;

    buf_putc(&p->dial, '\n');
    json_decref(command);
    if (sound.in)
        p->fds[p->n_fds++] = sound.in->fd;
    if (sound.out)
        p->fds[p->n_fds++] = sound.out->fd;
    return made && buf_ok(&p->dial);
}

static void send_dial(struct placed *p)
{
    ctl_client_send(p->client, buf_slice(&p->dial), p->fds, p->n_fds);
    ctl_client_limit(p->client, CTL_ANSWER_MS);
}

/* --- what comes ----------------------------------------------------------------------------- */

static void refused(struct placed *p, const struct ctl_line *line)
{
    struct buf why = buf_new(8192);
    enum exit_status exit = ctl_exit_of(line->error);

    if (*p->cli->args[0]) {
        text_safe(&why, slice_of(p->cli->args[0]));
        buf_puts(&why, ": ");
    }
    buf_puts(&why, line->text);
    terminal_error(p->terminal, buf_cstr(&why));
    buf_free(&why);
    leave(p, exit == EXIT_NOT_FOUND ? EXIT_USAGE : exit); /* an account, not who was called */
}

/* The account of that name in a reply to "status"; NULL: none. */
static const json_t *find_account(const json_t *reply, const char *name)
{
    const json_t *list = json_object_get(reply, "accounts");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(ctl_text(json_array_get(list, i), "account"), name) == 0)
            return json_array_get(list, i);
    return NULL;
}

/* What a call waits for that has not begun: its account, which may wait for a person. */
static void tell_why(struct placed *p, const json_t *reply)
{
    const json_t *calls = json_object_get(reply, "calls");
    struct buf line = buf_new(8192);

    for (size_t i = 0; i < json_array_size(calls); i++) {
        const json_t *call = json_array_get(calls, i);
        const char *name = ctl_text(call, "account"),
                   *text = ctl_text(find_account(reply, name), "text");

        if (json_integer_value(json_object_get(call, "call")) == p->calls.call && *text &&
            strcmp(ctl_text(call, "phase"), "waiting") == 0 && tell_verbosity(p->cli) >= 0)
            buf_printf(&line, "account %s is not registered: %s\n", name, text);
    }
    flush_put(p->flush, &p->terminal->err, buf_slice(&line));
    buf_free(&line);
}

static void on_why(void *arg)
{
    struct placed *p = arg;
    struct buf line = buf_new(256);

    buf_printf(&line, "{\"id\":%d,\"command\":\"status\"}\n", WHY);
    ctl_client_send(p->client, buf_slice(&line), NULL, 0);
    buf_free(&line);
}

static void on_reply(struct placed *p, const struct ctl_line *line)
{
    if (line->id == WHY && line->ok)
        tell_why(p, line->tree);
    if (line->id == HELLO && !p->greeted) {
        p->greeted = true;
        send_dial(p);
        confine_client(p->cli); /* behind it, as that takes a while */
    } else if (line->id == DIAL && !line->ok) {
        refused(p, line);
    } else if (line->id == DIAL) {
        ctl_client_limit(p->client, 0);
        p->calls.call = p->first = line->call;
        net_deadline_set(p->why, net_now_ms() + WHY_MS);
        if (p->interrupted)
            send_hang_up(p);
    }
}

static void on_over(struct placed *p, const struct phone_event *event)
{
    enum exit_status exit = exit_of(event->outcome);

    tell_result(p->cli, p->terminal, p->flush, event);
    leave(p, !exit && p->sound_failed ? EXIT_SOUND : exit);
}

/* As it would be told if the call were our own: the only one, with files by the names we know. One
 * that it was transferred to is the second. Nobody is here to be asked about that. */
static void on_event(struct placed *p, const struct phone_event *event)
{
    bool second = event->call != p->first;
    struct phone_event told = *event;
    struct buf line = buf_new(16384);

    net_deadline_set(p->why, NEVER_MS);
    told.call = second ? 2 : 1;
    told.other = event->other ? 2 : 0;
    if (p->cli->record && *told.file && !second)
        told.file = p->cli->record;
    status_line(&line, &told, tell_verbosity(p->cli));
    flush_put(p->flush, &p->terminal->err, buf_slice(&line));
    buf_free(&line);
    p->sound_failed |= tell_sound_failed(p->terminal, &told);
    if (told.kind == PHONE_ANSWERED && !second && p->cli->for_ms > 0)
        net_deadline_set(p->due, net_now_ms() + p->cli->for_ms);
    if (told.kind == PHONE_TRANSFER_ASKED)
        send_of(p, STAY, "stay", event->call);
    if (followed_event(&p->calls, event))
        on_over(p, &told);
}

static void put_raw(struct placed *p, struct slice raw)
{
    struct buf line = buf_new(3 * raw.n + 1);

    text_safe_own(&line, raw); /* what a daemon says is that already */
    buf_putc(&line, '\n');
    flush_put(p->flush, &p->terminal->out, buf_slice(&line));
    buf_free(&line);
}

static void on_line(void *arg, struct slice raw)
{
    struct placed *p = arg;
    struct ctl_line line;

    if (ctl_line_read(raw, &line) != 0)
        return; /* nothing that is for us */
    if (line.kind == CTL_REPLY) {
        on_reply(p, &line);
    } else if (line.kind == CTL_OWN) {
        terminal_error(p->terminal, line.text); /* the end follows */
    } else if (line.kind == CTL_EVENT && followed_has(&p->calls, line.event.call)) {
        if (p->cli->json)
            put_raw(p, raw);
        on_event(p, &line.event);
    }
    ctl_line_free(&line);
}

static void tell_end(struct placed *p, int err, const char *consequence)
{
    struct buf why = buf_new(2048);

    ctl_client_explain(err, p->path, &why);
    buf_puts(&why, consequence);
    terminal_error(p->terminal, buf_cstr(&why));
    buf_free(&why);
}

static void on_ended(void *arg, int err)
{
    struct placed *p = arg;

    if (!p->greeted && !p->interrupted)
        tell_end(p, err, p->cli->socket ? "" : "; the call is placed without it");
    else if (!p->interrupted)
        tell_end(p, err, err ? "; the call is given up" : ", and the call with it");
    leave(p, p->interrupted ? EXIT_INTERRUPTED : EXIT_OTHER);
}

static const struct ctl_client_events events = {on_line, on_ended};

/* --- what ends it --------------------------------------------------------------------------- */

static void on_due(void *arg)
{
    send_hang_up(arg);
}

static void on_give_up(void *arg)
{
    leave(arg, EXIT_INTERRUPTED);
}

static void on_signal(void *arg)
{
    struct placed *p = arg;

    p->interrupted = true;
    if (!p->greeted)
        leave(p, EXIT_INTERRUPTED);
    if (p->calls.call)
        send_hang_up(p);
    net_deadline_set(p->give_up, net_now_ms() + HANG_UP_MS);
}

/* --- the way there -------------------------------------------------------------------------- */

static int begin(struct placed *p)
{
    struct buf hello = buf_new(256);
    int err = flush_new(p->loop, p->terminal, &p->flush);

    if (!err)
        err = net_deadline_new(p->loop, on_due, p, &p->due);
    if (!err)
        err = net_deadline_new(p->loop, on_give_up, p, &p->give_up);
    if (!err)
        err = net_deadline_new(p->loop, on_why, p, &p->why);
    if (!err)
        err = signals_new(p->loop, on_signal, NULL, p, &p->signals);
    buf_printf(&hello, "{\"id\":%d,\"command\":\"events\",\"on\":true,\"quality\":%s}\n", HELLO,
               p->cli->json ? "true" : "false");
    if (!err)
        err = ctl_client_send(p->client, buf_slice(&hello), NULL, 0);
    buf_free(&hello);
    if (!err)
        ctl_client_limit(p->client, HELLO_MS);
    return err;
}

static void end(struct placed *p)
{
    ctl_client_free(p->client);
    flush_free(p->flush);
    net_deadline_free(p->due);
    net_deadline_free(p->give_up);
    net_deadline_free(p->why);
    signals_free(p->signals);
    net_loop_free(p->loop);
}

/* Whether somebody listens there; who has asked for a daemon by its path gets that or nothing. */
static bool connects(struct placed *p)
{
    int err = net_loop_new(&p->loop);

    if (!err)
        err = ctl_client_new(p->loop, p->path, &events, p, &p->client);
    if (!err)
        return true;
    p->exit = EXIT_UNREACHABLE;
    if (p->cli->socket)
        tell_end(p, err, "");
    else if (err != -ENOENT && err != -ECONNREFUSED)
        tell_end(p, err, "; the call is placed without it");
    return false;
}

static bool place(struct placed *p)
{
    bool placed = connects(p);

    if (placed) {
        int err = begin(p);

        if (err)
            tell_end(p, err, "");
        else
            net_loop_run(p->loop);
        placed = p->greeted || p->interrupted || err;
    }
    end(p);
    return placed || p->cli->socket;
}

bool ctl_call(const struct cli *cli, struct terminal *terminal, enum exit_status *out)
{
    struct placed p = {
        .cli = cli, .terminal = terminal, .dial = buf_new(LINE_MAX_BYTES), .exit = EXIT_OTHER};
    struct buf path = buf_new(4096), why = buf_new(8192);
    bool placed = false;

    if (runtime_dir_socket(cli->socket, false, &path, &why) == 0) {
        p.path = buf_cstr(&path);
        placed = make_dial(&p) && place(&p);
    } else if (why.n > 0) {
        terminal_error(terminal, buf_cstr(&why));
        placed = cli->socket;
    }
    buf_free(&p.dial);
    buf_free(&path);
    buf_free(&why);
    *out = p.exit;
    return placed;
}
