#include "ui/screen/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "net/loop.h"
#include "phone/folders.h"
#include "ui/ctl_client.h"
#include "ui/screen/screen_helper.h"
#include "ui/screen/start.h"

#define AGAIN_MS 1000u  /* between two attempts to find the phone again */
#define START_MS 10000u /* that a phone which was started has for answering */
#define LOOK_MS 10u     /* meanwhile it is looked for so often; */
#define REST_MS 50u     /* and so often where one that is leaving is waited for */
#define PAST_MAX 500    /* calls of the history that are asked for */
#define LEAVE_MS 1000u  /* that a good-bye has for being heard */
#define GATHER_MS 150u  /* that news of calls and people are gathered for, and asked about once */

enum state {
    RESTS,  /* nobody is waited for: a phone is there, or now and then looked for */
    BEGUN,  /* one was started, and is looked for until it answers */
    LEAVES, /* the one that was found was leaving: another one is to be started */
};

struct connection {
    struct net_loop *loop;
    const struct cli *cli;
    struct screen *screen;
    struct connection_events events;
    void *arg;
    struct buf path; /* of the socket */
    struct ctl_client *client;
    struct net_deadline *again, *people;
    enum state state;
    int life;           /* of the phone that we have started, as start_phone has it; -1: none */
    uint64_t since_ms;  /* when a phone was asked for, or has been begun */
    bool once_more;     /* a start was asked for while one was under way */
    bool unheard;       /* it was there when it was asked for, and has not said a word yet */
    bool leaving, left; /* good-bye was said; and heard */
};

static void set_state(struct connection *c, enum state state)
{
    c->state = state;
    c->screen->starts = state != RESTS;
}

/* --- lines ---------------------------------------------------------------------------------- */

static void on_line(void *arg, struct slice text)
{
    struct connection *c = arg;
    struct ctl_line line;
    unsigned news;

    c->unheard = false;
    if (ctl_line_read(text, &line) != 0)
        return;
    c->screen->now_ms = net_now_ms();
    news = c->events.line(c->arg, &line);
    ctl_line_free(&line);
    if (c->leaving && screen_is_answered(c->screen)) {
        c->left = true;
        net_loop_stop(c->loop);
    }
    if (news & MODEL_PEOPLE)
        net_deadline_set(c->people, c->screen->now_ms + GATHER_MS);
}

static void on_people(void *arg)
{
    struct connection *c = arg;

    if (!c->screen->send)
        return;
    screen_ask(c->screen, ASK_HISTORY, "history", ",\"limit\":%d", PAST_MAX);
    screen_ask(c->screen, ASK_CONTACTS, "contacts", "%s", "");
}

static void send_line(void *arg, struct slice line)
{
    struct connection *c = arg;

    ctl_client_send(c->client, line, NULL, 0);
}

static void ask_all(struct connection *c)
{
    struct screen *s = c->screen;

    screen_ask(s, ASK_DO, "screen", "%s", "");
    traced_clear(&s->model->traced); /* those that the phone has kept are told again */
    screen_ask(s, ASK_DO, "trace", "%s", "");
    if (s->watches)
        screen_ask(s, ASK_DO, "levels", "%s", "");
    screen_ask(s, ASK_STATUS, "status", "%s", "");
    screen_ask(s, ASK_VOLUME, "volume", "%s", "");
    screen_ask(s, ASK_VOICE, "voice", "%s", "");
    on_people(c);
}

/* --- there and gone ------------------------------------------------------------------------- */

/* What is wrong, why, and where to look. */
static void tell_trouble(struct connection *c, const char *head, struct slice why)
{
    struct buf *out = &c->screen->trouble, file = buf_new(4096);

    if (c->cli->config_file)
        buf_puts(&file, c->cli->config_file);
    else if (folders_config_file("tphone.conf", &file) != 0)
        buf_clear(&file);
    buf_clear(out);
    buf_printf(out, "%s\n%" PRI_SLICE "\n", head, ARG_SLICE(why));
    if (file.n > 0) {
        buf_puts(out, "The settings are in ");
        text_safe(out, buf_slice(&file));
        buf_puts(out, "; man tphone.conf explains them, and an option such as --listen is a line "
                      "\"listen = ADDR:PORT\" there.\n");
    }
    if (c->path.n > 0) {
        buf_puts(out, "What the telephone has said is in ");
        text_safe(out, buf_slice(&c->path));
        buf_puts(out, ".log.\n");
    }
    buf_puts(out, "Put it right, then try again. The questions of the first start write no file "
                  "over another one: give a bad one a new name first.\n");
    buf_free(&file);
}

static void tell_lost(struct connection *c, int err)
{
    struct buf why = buf_new(8192), words = buf_new(8192);

    ctl_client_explain(err, buf_cstr(&c->path), &why);
    screen_say(c->screen, STYLE_BAD, "%s", buf_cstr(&why));
    model_note(c->screen->model, true, buf_cstr(&why));
    if (c->screen->model->leaves) { /* else its log is another's */
        screen_helper_put_last_words(c->screen->helper, false, &words);
        if (words.n > 0)
            buf_printf(&why, ", and said: %s", buf_cstr(&words));
    }
    tell_trouble(c, "The telephone has ended.", buf_slice(&why));
    model_disconnected(c->screen->model);
    buf_free(&why);
    buf_free(&words);
}

/* It was there when it was asked for, and has gone before it said a word: it was leaving. */
static bool comes_anew(struct connection *c)
{
    uint64_t now_ms = net_now_ms();

    if (!c->unheard || now_ms - c->since_ms >= START_MS)
        return false;
    set_state(c, LEAVES);
    net_deadline_set(c->again, now_ms + REST_MS);
    return true;
}

/* A phone that ends takes nobody any more; whoever asked for one just then is to get the next. The
 * client must not be freed in here; that is done when it is looked for again. */
static void on_lost(void *arg, int err)
{
    struct connection *c = arg;

    if (c->leaving) {
        net_loop_stop(c->loop);
        return;
    }
    c->screen->send = NULL;
    if (!comes_anew(c)) {
        net_deadline_set(c->again, net_now_ms() + AGAIN_MS);
        tell_lost(c, err);
    }
    c->events.changed(c->arg);
}

/* Nothing is read of it before the helper knows. why: only where that is what fails. */
static int connect_to(struct connection *c, struct buf *why)
{
    static const struct ctl_client_events events = {on_line, on_lost};
    int err = ctl_client_new(c->loop, buf_cstr(&c->path), &events, c, &c->client);

    if (err)
        return err;
    err = screen_helper_knows_phone(c->screen->helper, why);
    if (err) {
        screen_say(c->screen, STYLE_BAD, "%s", buf_cstr(why));
        ctl_client_free(c->client);
        c->client = NULL;
    }
    return err;
}

static int begin(struct connection *c, struct buf *why)
{
    int err = connect_to(c, why);

    if (err)
        return err;
    c->screen->send = send_line;
    c->screen->arg = c;
    c->screen->now_ms = net_now_ms();
    screen_forget_asked(c->screen);
    ask_all(c);
    return 0;
}

/* Begun in vain. A helper that is silent would hold us up each time: a person has to ask for
 * that. */
static void look_again(struct connection *c, int err)
{
    net_deadline_set(c->again, err == -ETIMEDOUT ? NEVER_MS : net_now_ms() + AGAIN_MS);
}

static void forget_life(struct connection *c)
{
    if (c->life >= 0)
        close(c->life);
    c->life = -1;
}

/* The settings may have been put right since the start that has just failed. -EINPROGRESS: the
 * next one is under way. */
static int start_once_more(struct connection *c)
{
    int err = connection_start(c);

    return connection_is_starting(c) ? -EINPROGRESS : err;
}

static int tell_failed(struct connection *c, int err, struct buf *why)
{
    if (why->n == 0)
        buf_puts(why, strerror(-err));
    model_note(c->screen->model, true, buf_cstr(why));
    tell_trouble(c, "The telephone could not be started.", buf_slice(why));
    return err;
}

/* What comes of a start: err, or the phone is there. -EINPROGRESS: it is looked for again. */
static int settle(struct connection *c, int err, struct buf *why)
{
    int begun = 0;

    set_state(c, RESTS);
    forget_life(c);
    ctl_client_free(c->client);
    c->client = NULL;
    if (!err) {
        err = begun = begin(c, why);
        if ((err == -ENOENT || err == -ECONNREFUSED) && comes_anew(c))
            return -EINPROGRESS;
        if (err && why->n == 0)
            ctl_client_explain(err, buf_cstr(&c->path), why);
    }
    if (err && c->once_more)
        return start_once_more(c);
    if (err && c->path.n > 0)
        look_again(c, begun);
    else
        net_deadline_set(c->again, NEVER_MS);
    return err ? tell_failed(c, err, why) : 0;
}

/* -EINPROGRESS: it is looked for again. */
static int find_or_start(struct connection *c)
{
    struct buf why = buf_new(8192);
    int err;

    buf_clear(&c->path);
    err = screen_helper_start(c->screen->helper, &c->path, &c->life, &why);
    c->unheard = err == 0;
    if (err == -EINPROGRESS) {
        set_state(c, BEGUN);
        c->since_ms = net_now_ms();
        net_deadline_set(c->again, c->since_ms + LOOK_MS);
    } else {
        err = settle(c, err, &why);
    }
    buf_free(&why);
    return err;
}

bool connection_is_starting(const struct connection *c)
{
    return c->state != RESTS;
}

/* 0: it answers, or another one that was quicker to begin; -EINPROGRESS: not yet; another negative
 * errno with why. */
static int ask_whether_there(struct connection *c, struct buf *why)
{
    bool ended = start_has_ended(c->life); /* before it is looked for: it may have been too late */

    if (start_answers(buf_cstr(&c->path)))
        return 0;
    if (ended) {
        screen_helper_put_last_words(c->screen->helper, true, why);
        return -ECHILD;
    }
    if (net_now_ms() - c->since_ms < START_MS)
        return -EINPROGRESS;
    buf_puts(why, "it was begun, and does not answer");
    return -ETIMEDOUT;
}

/* -EINPROGRESS: it is looked for again. */
static int look(struct connection *c)
{
    struct buf why = buf_new(8192);
    int err = ask_whether_there(c, &why);

    if (err == -EINPROGRESS)
        net_deadline_set(c->again, net_now_ms() + LOOK_MS);
    else
        err = settle(c, err, &why);
    buf_free(&why);
    return err;
}

static void on_again(void *arg)
{
    struct connection *c = arg;
    struct buf why = buf_new(8192); /* takes memory only when it is filled */
    int err;

    if (c->leaving) { /* nobody has answered in time */
        net_loop_stop(c->loop);
        return;
    }
    if (connection_is_starting(c)) {
        if ((c->state == BEGUN ? look(c) : find_or_start(c)) != -EINPROGRESS)
            c->events.changed(c->arg);
        return;
    }
    ctl_client_free(c->client);
    c->client = NULL;
    err = begin(c, &why);
    if (err)
        look_again(c, err);
    if (err == -ETIMEDOUT)
        tell_trouble(c, "The telephone cannot be shown.", buf_slice(&why));
    if (!err || why.n > 0)
        c->events.changed(c->arg);
    buf_free(&why);
}

/* --- begin and end -------------------------------------------------------------------------- */

int connection_new(struct net_loop *loop, const struct cli *cli, struct screen *screen,
                   const struct connection_events *events, void *arg, struct connection **out)
{
    struct connection *c = calloc(1, sizeof *c);
    int err;

    if (!c)
        return -ENOMEM;
    *c = (struct connection){.loop = loop,
                             .cli = cli,
                             .screen = screen,
                             .events = *events,
                             .arg = arg,
                             .path = buf_new(4096),
                             .life = -1};
    err = net_deadline_new(loop, on_again, c, &c->again);
    if (!err)
        err = net_deadline_new(loop, on_people, c, &c->people);
    if (err)
        connection_free(c);
    else
        *out = c;
    return err;
}

void connection_put_why(const struct connection *c, struct buf *out)
{
    struct slice rest = buf_slice(&c->screen->trouble);

    slice_cut(&rest, '\n');
    buf_puts(out, "the telephone could not be started: ");
    buf_put(out, slice_cut(&rest, '\n'));
}

int connection_start(struct connection *c)
{
    int err;

    c->once_more = c->state == BEGUN;
    if (c->screen->send || connection_is_starting(c))
        return 0;
    c->since_ms = net_now_ms();
    err = find_or_start(c);
    return err == -EINPROGRESS ? 0 : err;
}

void connection_free(struct connection *c)
{
    if (!c)
        return;
    c->screen->send = NULL;
    forget_life(c);
    ctl_client_free(c->client);
    net_deadline_free(c->again);
    net_deadline_free(c->people);
    buf_free(&c->path);
    free(c);
}

/* A daemon that had something to say to a connection that is closed would not read what was said
 * there last, so its reply is waited for. */
void connection_leave(struct connection *c, struct net_loop *loop, bool stays)
{
    if (c && c->leaving)
        return;
    if (!c || !c->screen->send) {
        net_loop_stop(loop);
        return;
    }
    c->leaving = true;
    screen_ask(c->screen, ASK_SCREEN, "screen", ",\"on\":false%s", stays ? ",\"stay\":true" : "");
    net_deadline_set(c->again, net_now_ms() + LEAVE_MS);
}

const char *connection_farewell(const struct connection *c)
{
    const struct model *m = c ? c->screen->model : NULL;

    if (!c || !c->left || (m->leaves && m->screens == 0))
        return NULL;
    if (m->leaves)
        return "The telephone goes on, as another screen is open.";
    return "The telephone goes on; tphone shows it again, tphone ctl quit ends it.";
}
