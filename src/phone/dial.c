/* A call that we start: whom it goes to, through which account, and when it may begin. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/account.h"
#include "phone/calls.h"
#include "phone/phone_private.h"
#include "phone/target.h"
#include "phone/transfer.h"
#include "sip/uri.h"

#define NO_MEMORY "the call cannot be started: no memory is left"

/* What is being found out about a PHONE_DIAL. */
struct dialling {
    struct phone *phone;
    const struct phone_command *command;
    struct account *account; /* NULL: none */
    const char *codecs[CONFIG_CODECS_MAX];
    size_t n_codecs; /* 0: nothing was said */
    struct config_sound sound;
    struct buf uri, why;
};

/* --- which account --------------------------------------------------------------------------- */

static bool is_at(const struct sip_uri *target, const char *text)
{
    struct sip_uri uri;

    return text && sip_uri_parse(slice_of(text), &uri) == 0 && slice_ieq(uri.host, target->host) &&
           uri.port == target->port;
}

/* An address in figures is somebody's own: it needs no server, unless it is one. */
static bool is_direct(const struct sip_uri *target)
{
    struct ip ip;

    return ip_parse(target->host, &ip) == 0 || slice_ieq(target->host, SLICE("localhost"));
}

/* The account of the target's own domain; else the first that has a way to anywhere; else the
 * first, which lends its name. */
static struct account *choose(struct phone *phone, struct slice text)
{
    struct sip_uri target;

    if (sip_uri_parse(text, &target) != 0)
        return NULL;
    LIST_EACH (&phone->accounts, at) {
        struct account *account = LIST_ITEM(at, struct account, link);

        if (is_at(&target, account->config->uri) || is_at(&target, account->config->registrar))
            return account;
    }
    if (is_direct(&target))
        return NULL;
    LIST_EACH (&phone->accounts, at) {
        struct account *account = LIST_ITEM(at, struct account, link);

        if (sip_account_serves(account->sip, text))
            return account;
    }
    return account_find(phone, NULL);
}

/* Whether the call has to wait until the account is registered: its server might not know us. */
static bool must_wait(const struct account *account, struct slice uri)
{
    return account && !account->config->no_register && !sip_account_is_registered(account->sip) &&
           sip_account_serves(account->sip, uri);
}

/* --- the INVITE ------------------------------------------------------------------------------ */

static int explain_invite(int err, struct buf *why)
{
    switch (err) {
    case 0:
        return 0;
    case -EINVAL:
        return phone_refuse(why, err,
                            "this address cannot be read; it is like alice@host or "
                            "sip:alice@host:5060;transport=tcp");
    case -ENOTSUP:
        return phone_refuse(why, err, "this kind of address cannot be called");
    default:
        return phone_refuse(why, err, NO_MEMORY);
    }
}

static int invite(struct call *call, struct slice uri, struct buf *why)
{
    const struct phone_config *config = call->phone->config;
    struct sip_invite_params params = {
        .target = uri,
        .user = slice_of(config->user),
        .name = slice_of(config->name),
        .contact_user = slice_of(config->user),
        .account = call->account ? call->account->sip : NULL,
        .owner = call,
        .referral = transfer_sip(call->transfer),
    };

    return explain_invite(sip_call_invite(call->phone->endpoint, &params, &call->sip, net_now_ms()),
                          why);
}

/* --- calls that wait ------------------------------------------------------------------------- */

static bool waits_for(const struct call *call, const struct account *account)
{
    return call->state == CALL_REGISTERING && call->account == account;
}

static void end_waiting(struct call *call, enum phone_outcome outcome, unsigned status,
                        const char *words)
{
    call->end.outcome = outcome;
    call->end.status = status;
    call->end.words = slice_dup(slice_of(words));
    call_input(call, CALL_NOT_REGISTERED, NULL, NULL);
}

static void start_waiting(struct call *call)
{
    struct buf why = buf_new(1024);

    timers_clear(&call->phone->timers, &call->timer);
    if (invite(call, slice_of(call->uri), &why) == 0)
        call_input(call, CALL_REGISTERED, NULL, NULL);
    else
        end_waiting(call, PHONE_FAILED, 0, buf_cstr(&why));
    buf_free(&why);
}

void account_start_calls(struct account *account)
{
    LIST_EACH (&account->phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (waits_for(call, account))
            start_waiting(call);
    }
}

void account_fail_calls(struct account *account, enum phone_outcome outcome, unsigned status,
                        const char *words)
{
    LIST_EACH (&account->phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (waits_for(call, account))
            end_waiting(call, outcome, status, words);
    }
}

/* --- the command ----------------------------------------------------------------------------- */

/* A contact's name may hold blanks, an address not: what it is that was typed shows. */
static int read_target(struct dialling *d, struct slice address, struct slice domain)
{
    const char *typed = d->command->target, *near;
    bool is_name = address.p == typed && slice_index(address, '@') < 0;
    int err;

    if (is_name && slice_index(slice_trim(address), ' ') >= 0 && !phone_is_number(address))
        err = phone_refuse(&d->why, -EINVAL,
                           "there is no contact of this name, and an address has no blanks "
                           "in it");
    else
        err = phone_target(address, domain, &d->uri, &d->why);
    near = err && is_name ? phone_near_contact(d->phone, typed) : NULL;
    if (near) {
        buf_clear(&d->why);
        buf_printf(&d->why, "there is no contact of this name; is %s meant?", near);
    }
    return err;
}

/* The account that was named, and the URI. */
static int find_target(struct dialling *d)
{
    struct account *local = account_find(d->phone, d->command->account);
    struct slice domain = slice_of(local ? local->domain : NULL);
    const char *typed = phone_dialled(d->phone, d->command->target);

    if (d->command->account) {
        if (!local)
            return account_missing(d->phone, d->command->account, &d->why);
        d->account = local;
    }
    return read_target(d, slice_of(typed), domain);
}

static struct call *make_call(const struct dialling *d, bool waits)
{
    struct call *call = call_new(d->phone, waits ? CALL_REGISTERING : CALL_LOCATING);

    if (!call)
        return NULL;
    call->account = d->account;
    call->encryption = d->command->encryption;
    call->keys.mode = d->command->dtmf;
    call->sound = d->sound;
    call->uri = slice_dup(buf_slice(&d->uri));
    call->peer = phone_safe_dup(buf_slice(&d->uri));
    if (call->uri && call->peer && call_codecs_set(call, d->codecs, d->n_codecs) == 0 &&
        call_set_sound(call, d->command) == 0 &&
        phone_note_contact(call, d->command->target, buf_slice(&d->uri)) == 0)
        return call;
    call_free(call);
    return NULL;
}

/* An account that is not registered will be challenged now. */
static bool needs_password(const struct account *account, struct slice uri)
{
    return account && account->config->no_register && sip_account_serves(account->sip, uri);
}

/* Frees the call where it cannot be. */
static int begin(struct call *call, struct buf *why)
{
    struct account *account = call->account;
    int err = 0;

    if (call->state == CALL_REGISTERING) {
        account_register(account);
        call_set_timer(call, ACCOUNT_PATIENCE_MS);
    } else {
        err = invite(call, slice_of(call->uri), why);
    }
    if (!err && needs_password(account, slice_of(call->uri)))
        account_prepare(account);
    if (!err)
        calls_hear(call);
    else
        call_free(call);
    return err;
}

static int start(struct dialling *d, uint32_t *number)
{
    struct call *call = make_call(d, must_wait(d->account, buf_slice(&d->uri)));
    uint32_t its = call ? call->number : 0;
    int err;

    if (!call)
        return phone_refuse(&d->why, -ENOMEM, NO_MEMORY);
    err = begin(call, &d->why);
    if (!err && number)
        *number = its;
    return err;
}

int phone_dial(struct phone *phone, const struct phone_command *command, uint32_t *number,
               struct buf *why)
{
    struct dialling d = {
        .phone = phone, .command = command, .uri = buf_new(8192), .why = buf_new(2048)};
    int err = find_target(&d);

    if (!err && phone->quitting)
        err = phone_refuse(&d.why, -EBUSY, "the phone is about to end");
    if (!err && command->codecs)
        err = call_codecs_read(command->codecs, d.codecs, &d.n_codecs, &d.why);
    if (!err && command->settings)
        err = call_sound_read(command->settings, &d.sound, &d.why);
    if (!err && !d.account)
        d.account = choose(phone, buf_slice(&d.uri));
    if (!err)
        err = start(&d, number);
    if (err && why)
        buf_put(why, buf_slice(&d.why));
    buf_free(&d.uri);
    buf_free(&d.why);
    return err;
}

/* --- somebody else asks for it ---------------------------------------------------------------- */

static struct call *make_as(struct phone *phone, const char *uri, const struct transfer_manner *as)
{
    bool waits = must_wait(as->account, slice_of(uri));
    struct call *call = call_new(phone, waits ? CALL_REGISTERING : CALL_LOCATING);

    if (!call)
        return NULL;
    call->account = as->account;
    call->encryption = as->encryption;
    call->keys.mode = as->dtmf;
    call->sound = as->sound;
    call->device = as->device;
    call->microphone = as->microphone;
    call->mutes = as->muted;
    call->unattended = as->unattended;
    call->sides = as->sides;
    call->hangs_up = as->hangs_up;
    call->uri = slice_dup(slice_of(uri));
    call->peer = phone_safe_dup(slice_of(uri));
    call->codecs = as->n_codecs ? calloc(as->n_codecs, sizeof *call->codecs) : NULL;
    if (call->codecs)
        memcpy(call->codecs, as->codecs, as->n_codecs * sizeof *call->codecs);
    call->n_codecs = call->codecs ? as->n_codecs : 0;
    if (call->uri && call->peer && call->n_codecs == as->n_codecs &&
        phone_set_text(&call->play, as->play) == 0 &&
        phone_set_text(&call->record, as->record) == 0 &&
        phone_note_contact(call, uri, slice_of(uri)) == 0)
        return call;
    call_free(call);
    return NULL;
}

int transfer_dial(struct phone *phone, struct transfer *transfer, const char *uri,
                  const struct transfer_manner *as, struct call **out, struct buf *why)
{
    struct call *call = make_as(phone, uri, as);
    int err;

    if (!call)
        return phone_refuse(why, -ENOMEM, NO_MEMORY);
    call->transfer = transfer;
    err = begin(call, why);
    *out = err ? NULL : call;
    return err;
}
