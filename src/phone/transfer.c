#include "phone/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phone/account.h"
#include "phone/calls.h"
#include "phone/phone_private.h"
#include "sip/limits.h"

struct transfer {
    struct list link; /* in phone->transfers */
    struct phone *phone;
    struct sip_call *sip;             /* where it was asked; it stays as long as this */
    uint32_t number;                  /* of that call; */
    struct call *asked;               /* NULL: it has ended */
    struct call *made;                /* what came of it; NULL: nobody has decided */
    uint64_t until_ms;                /* somebody may */
    bool held;                        /* the call that it was asked in was put on hold for it */
    char *uri, *to;                   /* whom to call; safe to show */
    char *peer, *peer_name, *contact; /* who asks; or NULL */
    struct transfer_manner manner;
};

static void drop(struct transfer *t)
{
    if (t->made)
        t->made->transfer = NULL;
    list_remove(&t->link);
    t->phone->n_transfers--;
    free(t->uri);
    free(t->to);
    free(t->peer);
    free(t->peer_name);
    free(t->contact);
    free(t->manner.codecs);
    free(t->manner.play);
    free(t->manner.record);
    free(t);
}

static void tell(const struct transfer *t, struct phone_event event)
{
    event.call = t->number;
    event.account = t->manner.account ? t->manner.account->label : NULL;
    event.peer = t->peer;
    event.peer_name = t->peer_name;
    event.contact = t->contact;
    event.to = t->to;
    phone_tell(t->phone, &event);
}

/* --- it is asked for -------------------------------------------------------------------------- */

/* A person hears the new call and may say what is to be played and recorded. */
static int copy_manner(const struct call *call, struct transfer_manner *out)
{
    *out = (struct transfer_manner){.account = call->account,
                                    .encryption = call->encryption,
                                    .dtmf = call->keys.mode,
                                    .sound = call->sound,
                                    .n_codecs = call->n_codecs,
                                    .device = call->device,
                                    .microphone = true};

    if (call->n_codecs > 0) {
        out->codecs = calloc(call->n_codecs, sizeof *out->codecs);
        if (!out->codecs)
            return -ENOMEM;
        memcpy(out->codecs, call->codecs, call->n_codecs * sizeof *out->codecs);
    }
    return 0;
}

static bool is_pipe(const char *file)
{
    return file && strcmp(file, "-") == 0;
}

/* Which cannot go along. */
static bool uses_pipes(const struct call *call)
{
    return is_pipe(call->play) || is_pipe(call->record);
}

/* "heard.wav" becomes "heard-transferred.wav", of a further transfer in the same call
 * "heard-transferred-2.wav": what is there stays. */
static char *next_name(const char *name, unsigned n)
{
    const char *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
    size_t stem = dot && dot > (slash ? slash + 1 : name) ? (size_t)(dot - name) : strlen(name);
    struct buf out = buf_new(8192);

    buf_put(&out, (struct slice){name, stem});
    buf_puts(&out, "-transferred");
    if (n > 1)
        buf_printf(&out, "-%u", n);
    buf_puts(&out, name + stem);
    return buf_take(&out);
}

/* Nobody is there to say it: the new call goes on as the one before. */
static int copy_sound(struct call *call, struct transfer_manner *out)
{
    out->microphone = call->microphone;
    out->hangs_up = call->hangs_up;
    out->unattended = call->unattended;
    out->sides = call->sides;
    if (call->record) {
        out->record = next_name(call->record, ++call->recorded_elsewhere);
        if (!out->record)
            return -ENOMEM;
    }
    return phone_set_text(&out->play, call->play);
}

/* NULL without memory. */
static struct transfer *transfer_new(struct call *call, const struct sip_call_event *event)
{
    struct transfer *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    *t = (struct transfer){
        .phone = call->phone, .sip = event->call, .number = call->number, .asked = call};
    list_init(&t->link);
    list_append(&call->phone->transfers, &t->link);
    call->phone->n_transfers++;
    t->uri = slice_dup(event->to_uri);
    t->to = phone_safe_dup(event->to_uri);
    if (t->uri && t->to && phone_set_text(&t->peer, call->peer) == 0 &&
        phone_set_text(&t->peer_name, call->peer_name) == 0 &&
        phone_set_text(&t->contact, call->contact) == 0 && copy_manner(call, &t->manner) == 0)
        return t;
    drop(t);
    return NULL;
}

static const struct config_transfers *rules(const struct call *call)
{
    const struct account *account = call->account;

    if (account && account->config->transfers.how != CONFIG_TRANSFERS_UNSAID)
        return &account->config->transfers;
    return &call->phone->config->transfers;
}

static void refuse(struct transfer *t, unsigned status, const char *words)
{
    tell(t, (struct phone_event){.kind = PHONE_TRANSFER_REFUSED, .status = status, .text = words});
    drop(t);
}

/* It was answered 202 and comes to nothing. */
static void decline(struct transfer *t, const char *words)
{
    sip_call_refer_end(t->sip, 603, net_now_ms());
    refuse(t, 603, words);
}

/* --- it is done ------------------------------------------------------------------------------- */

/* A person thinks for a minute, and may mute the call or be heard again meanwhile. */
static void take_mute(struct transfer *t)
{
    if (t->asked)
        t->manner.muted = t->asked->muted;
}

/* 0, or a negative errno with a sentence in why: then it is over. */
static int follow(struct transfer *t, struct buf *why)
{
    bool held = t->asked && t->asked->holds;
    int err;

    take_mute(t);
    err = transfer_dial(t->phone, t, t->uri, &t->manner, &t->made, why);
    if (err) {
        sip_call_refer_end(t->sip, 503, net_now_ms());
        refuse(t, 503, why->n > 0 ? buf_cstr(why) : "the call cannot be started");
        return err;
    }
    t->made->came_of = t->number;
    t->held = t->asked && t->asked->holds && !held;
    sip_call_refer_follow(t->sip, net_now_ms());
    tell(t, (struct phone_event){.kind = PHONE_TRANSFER_FOLLOWED, .other = t->made->number});
    return 0;
}

static void follow_by_rule(struct transfer *t)
{
    struct buf why = buf_new(2048);
    int err = copy_sound(t->asked, &t->manner);

    if (err)
        sip_call_refer_reject(t->sip, 503, net_now_ms());
    else
        err = sip_call_refer_accept(t->sip, false, net_now_ms());
    if (err)
        refuse(t, 503, "no memory is left");
    else
        (void)follow(t, &why);
    buf_free(&why);
}

static void ask(struct transfer *t)
{
    uint64_t now_ms = net_now_ms();

    t->until_ms = now_ms + SIP_REFER_ASK_MS;
    if (sip_call_refer_accept(t->sip, true, now_ms) == 0)
        tell(t, (struct phone_event){.kind = PHONE_TRANSFER_ASKED});
    else
        refuse(t, 503, "no memory is left");
}

/* What came of one in it is still there. What only ends is not: who hears that it came to nothing
 * may have asked for the next before its stream is closed, or its busy tone over. */
static bool has_led_to_another(const struct call *call)
{
    LIST_EACH (&call->phone->calls, at) {
        const struct call *made = LIST_ITEM(at, struct call, link);

        if (made->came_of == call->number && made->state < CALL_TONE)
            return true;
    }
    return false;
}

/* Why a list does not say that it is done; NULL: it does. */
static const char *why_no_rule(const struct call *call)
{
    if (uses_pipes(call))
        return "its sound is that of a pipe, which cannot go along";
    /* Else whoever is in a call with a script could have it fill all places for calls. */
    return has_led_to_another(call) ? "the call that was asked for before is still there" : NULL;
}

/* Why it is refused at once; NULL: it is done, or somebody is asked. */
static const char *why_not(const struct call *call, const struct config_transfers *rule,
                           bool listed)
{
    const struct phone *phone = call->phone;

    if (call->state != CALL_UP || phone->quitting || phone->n_transfers > TRANSFERS_MAX)
        return "not now";
    if (listed)
        return phone->asks ? NULL : why_no_rule(call);
    if (rule->how == CONFIG_TRANSFERS_REFUSE)
        return "the setting transfers says so";
    return phone->asks ? NULL : "nobody is here to be asked; see --transfers";
}

static void on_refer(struct call *call, const struct sip_call_event *event)
{
    const struct config_transfers *rule = rules(call);
    bool listed = config_transfers_has(rule, event->to_uri);
    struct transfer *t = transfer_new(call, event);
    const char *why = t ? why_not(call, rule, listed) : NULL;

    if (!t || why)
        sip_call_refer_reject(event->call, t ? 603 : 503, net_now_ms());
    if (why)
        refuse(t, 603, why);
    else if (t && listed && !why_no_rule(call))
        follow_by_rule(t);
    else if (t)
        ask(t);
}

static struct transfer *find(struct phone *phone, const struct sip_call *sip)
{
    LIST_EACH (&phone->transfers, at) {
        struct transfer *t = LIST_ITEM(at, struct transfer, link);

        if (t->sip == sip)
            return t;
    }
    return NULL;
}

void transfer_event(struct phone *phone, const struct sip_call_event *event)
{
    struct transfer *t = find(phone, event->call);

    if (event->kind == SIP_CALL_REFER && event->owner)
        on_refer(event->owner, event);
    else if (event->kind == SIP_CALL_REFER)
        sip_call_refer_reject(event->call, 603, net_now_ms());
    else if (t)
        refuse(t, 603, "nobody has decided in time");
}

/* --- what comes of it ------------------------------------------------------------------------- */

/* The one that was asked in is still there, and waits: who wanted to be rid of us has us back. */
static void go_back(const struct transfer *t)
{
    struct call *call = t->asked;

    if (!call || !t->held || !call->holds || call->state != CALL_UP || t->phone->heard ||
        t->phone->quitting)
        return;
    calls_resume(call);
}

void transfer_answered(struct call *call)
{
    struct transfer *t = call->transfer;

    if (!t)
        return;
    sip_call_refer_end(t->sip, 200, net_now_ms());
    drop(t);
}

/* What the other side is told of a call that came to nothing: what its own end was told, else the
 * nearest that we know. */
static unsigned status_of(const struct call *call)
{
    if (call->end.cause == SIP_END_REFUSED && call->end.status >= 300)
        return call->end.status;
    if (call->end.cause == SIP_END_TIMEOUT)
        return 408;
    if (call->end.cause == SIP_END_LOCAL && !call->end.own_words)
        return 487;
    return 503;
}

void transfer_call_ended(struct call *call)
{
    struct transfer *t = call->transfer;

    if (t) {
        sip_call_refer_end(t->sip, status_of(call), net_now_ms());
        go_back(t);
        drop(t);
    }
    /* Who hangs up himself does not want to be asked any more. */
    LIST_EACH (&call->phone->transfers, at) {
        t = LIST_ITEM(at, struct transfer, link);
        if (t->asked == call && !t->made && call->end.cause == SIP_END_LOCAL)
            decline(t, "the call was hung up");
    }
}

void transfer_forget(struct call *call)
{
    LIST_EACH (&call->phone->transfers, at) {
        struct transfer *t = LIST_ITEM(at, struct transfer, link);

        if (t->asked == call) {
            take_mute(t);
            t->asked = NULL;
        }
        if (t->made == call)
            t->made = NULL;
    }
}

void transfers_quit(struct phone *phone)
{
    LIST_EACH (&phone->transfers, at) {
        struct transfer *t = LIST_ITEM(at, struct transfer, link);

        if (!t->made)
            decline(t, "the phone ends");
    }
}

void transfers_free(struct phone *phone)
{
    LIST_EACH (&phone->transfers, at)
        drop(LIST_ITEM(at, struct transfer, link));
}

const struct sip_call *transfer_sip(const struct transfer *t)
{
    return t ? t->sip : NULL;
}

static struct transfer *waiting(struct phone *phone, uint32_t number)
{
    LIST_EACH (&phone->transfers, at) {
        struct transfer *t = LIST_ITEM(at, struct transfer, link);

        if (t->number == number && !t->made)
            return t;
    }
    return NULL;
}

const char *transfer_wanted(const struct call *call)
{
    const struct transfer *t = waiting(call->phone, call->number);

    return t ? t->to : NULL;
}

static struct phone_question question_of(const struct transfer *t)
{
    return (struct phone_question){
        .call = t->number,
        .account = t->manner.account ? t->manner.account->label : "",
        .peer = phone_text(t->peer),
        .peer_name = phone_text(t->peer_name),
        .contact = phone_text(t->contact),
        .to = t->to,
        .left_ms = net_left_ms(t->until_ms),
    };
}

size_t phone_each_question(const struct phone *phone,
                           void (*each)(void *arg, const struct phone_question *question),
                           void *arg)
{
    size_t n = 0;

    LIST_EACH (&phone->transfers, at) {
        const struct transfer *t = LIST_ITEM(at, struct transfer, link);
        struct phone_question question = question_of(t);

        if (t->made)
            continue;
        if (each)
            each(arg, &question);
        n++;
    }
    return n;
}

int transfer_do(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    struct transfer *t = waiting(phone, command->call);
    struct buf words = buf_new(2048);
    int err = 0;

    if (!t) {
        err = phone_refuse(why, -ENOENT, "nobody asks in this call to call somebody else");
    } else if (command->kind == PHONE_STAY) {
        decline(t, "a person has refused it");
    } else {
        err = follow(t, &words);
        if (err && why)
            buf_put(why, buf_slice(&words));
    }
    buf_free(&words);
    return err;
}
