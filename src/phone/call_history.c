/* What the history of calls notes of a call: its beginning, and how it truly ended. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "phone/account.h"
#include "phone/folders.h"
#include "phone/phone_private.h"

/* --- the file ------------------------------------------------------------------------------- */

static void on_trouble(void *arg, const char *sentence)
{
    struct buf text = buf_new(16384);

    buf_printf(&text, "the history of calls cannot be written: %s", sentence);
    phone_tell(arg, &(struct phone_event){.kind = PHONE_NOTICE, .text = buf_cstr(&text)});
    buf_free(&text);
}

int phone_open_history(struct phone *phone)
{
    struct buf path = buf_new(8192);
    int err = 0;

    if (phone->config->no_history)
        return 0;
    if (folders_history(phone->config, &path) == 0)
        err = history_new(buf_cstr(&path), on_trouble, phone, &phone->history);
    else
        on_trouble(phone, "there is no $HOME; name a file with --history-file");
    buf_free(&path);
    return err;
}

/* --- the outcome ---------------------------------------------------------------------------- */

/* It came in and was not answered. SIP_END_LOCAL is our own refusal, which says what it means by
 * its status; where the phone is told to end while it rings, or not to disturb, nobody was
 * asked. */
static enum history_outcome of_incoming(const struct call *call)
{
    switch (call->end.cause) {
    case SIP_END_CANCELLED:
    case SIP_END_TIMEOUT:
        return HISTORY_MISSED;
    case SIP_END_ELSEWHERE:
        return HISTORY_ELSEWHERE;
    case SIP_END_LOCAL:
        break;
    default:
        return HISTORY_FAILED;
    }
    if (call->phone->quitting || call->turned_away)
        return HISTORY_MISSED;
    if (call->end.own_words)
        return HISTORY_FAILED; /* no codec in common, no port: nobody was asked */
    return call->end.status == 486 || call->end.status == 600 ? HISTORY_BUSY : HISTORY_DECLINED;
}

/* "No answer" is of a person: where nothing was heard at all the call has failed. */
static enum history_outcome of_outgoing(const struct call *call, enum phone_outcome outcome)
{
    switch (outcome) {
    case PHONE_BUSY:
        return HISTORY_BUSY;
    case PHONE_DECLINED:
        return HISTORY_DECLINED;
    case PHONE_INTERRUPTED:
        return HISTORY_CANCELLED;
    case PHONE_NO_ANSWER:
        return call->end.cause == SIP_END_REFUSED || call->told_status > 0 ? HISTORY_NO_ANSWER
                                                                           : HISTORY_FAILED;
    default:
        return HISTORY_FAILED;
    }
}

enum history_outcome call_history_outcome(const struct call *call, enum phone_outcome outcome)
{
    if (call->answered || outcome == PHONE_OK)
        return HISTORY_ANSWERED;
    return call->outgoing ? of_outgoing(call, outcome) : of_incoming(call);
}

/* --- rows ----------------------------------------------------------------------------------- */

static int64_t unix_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct history_row row_of(const struct call *call)
{
    return (struct history_row){
        .id = call->history_id,
        .began_us = call->began_us,
        .outgoing = call->outgoing,
        .account = call->account ? call->account->uri : NULL,
        .peer = call->peer,
        .name = call->peer_name,
        .contact = call->contact,
    };
}

void call_note_begin(struct call *call)
{
    struct phone *phone = call->phone;

    if (!phone->history || call->began_us > 0)
        return;
    call->began_us = unix_us();
    phone->notes_due = true;
    phone_wake(phone);
}

/* 0 or a negative errno. */
static int note(struct call *call)
{
    struct history_row row = row_of(call);
    int64_t id = history_begin(call->phone->history, &row);

    call->history_id = id > 0 ? id : 0;
    return id > 0 ? 0 : (int)id;
}

/* Once for each cause, as a call after the other would say the same. */
static void tell_unnoted(struct phone *phone, int err)
{
    if (err == phone->notes_err)
        return;
    phone->notes_err = err;
    if (err == -ENOBUFS)
        log_error("history", "calls are not noted: too many wait for the disk");
    else if (err == -ENOMEM)
        log_error("history", "calls are not noted: no memory is left");
    else
        log_error("history", "calls are not noted: no thread can be started: %s", strerror(-err));
}

void phone_note_calls(struct phone *phone)
{
    if (!phone->notes_due)
        return;
    phone->notes_due = false;
    LIST_EACH (&phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (call->began_us > 0 && call->history_id == 0)
            (void)note(call); /* else at its end */
    }
}

bool phone_history_waits(const struct phone *phone)
{
    return phone->history && (phone->notes_due || history_waits(phone->history));
}

void call_note_end(struct call *call, const struct phone_event *ended)
{
    struct history_row row;
    int err;

    if (!call->phone->history)
        return;
    call_note_begin(call); /* of a call that never got as far as that */
    err = call->history_id == 0 ? note(call) : 0;
    row = row_of(call);
    row.outcome = call_history_outcome(call, ended->outcome);
    row.status = ended->status;
    row.text = ended->text;
    row.talk_ms = ended->result.talk_ms;
    row.file = ended->file;
    if (!err)
        err = history_end(call->phone->history, &row);
    if (err)
        tell_unnoted(call->phone, err);
}
