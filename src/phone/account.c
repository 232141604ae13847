#include "phone/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "phone/calls.h"
#include "phone/password.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"
#include "sip/uri.h"

/* --- begin and end --------------------------------------------------------------------------- */

static char *domain_of(const char *text)
{
    struct buf domain = buf_new(1024);
    struct sip_uri uri;
    char *out = NULL;

    if (sip_uri_parse(slice_of(text), &uri) == 0) {
        buf_puts(&domain, uri.host_is_ipv6 ? "[" : "");
        buf_put(&domain, uri.host);
        buf_puts(&domain, uri.host_is_ipv6 ? "]" : "");
        if (uri.port)
            buf_printf(&domain, ":%u", uri.port);
        out = slice_dup(buf_slice(&domain));
    }
    buf_free(&domain);
    return out;
}

static enum sip_transport transport_of(enum config_transport transport)
{
    static const enum sip_transport of[] = {
        [CONFIG_UDP] = SIP_UDP, [CONFIG_TCP] = SIP_TCP, [CONFIG_TLS] = SIP_TLS};

    return of[transport];
}

static int open_sip(struct account *account)
{
    const struct account_config *config = account->config;
    struct sip_account_params params = {
        .uri = slice_of(config->uri),
        .name = slice_of(config->name),
        .auth_user = slice_of(config->auth_user),
        .realm = slice_of(config->realm),
        .registrar = slice_of(config->registrar),
        .proxy = slice_of(config->proxy),
        .transport = transport_of(config->transport),
        .trust = account->trust,
        .expires_s = config->expires_s,
        .keep_alive_s = config->keep_alive_s,
        .owner = account,
    };
    int err = sip_account_new(account->phone->endpoint, &params, &account->sip);

    if (!err && config->password)
        err = sip_account_set_password(account->sip, slice_of(config->password), net_now_ms());
    account->password_set = !err && config->password;
    return err;
}

static void free_binding(struct account_binding *at)
{
    free(at->contact);
    free(at->seen_at);
    free(at->safe);
}

static void free_account(struct account *account)
{
    list_remove(&account->link);
    list_remove(&account->in_turns);
    password_command_free(account->command);
    net_deadline_free(account->patience);
    sip_account_free(account->sip);
    net_tls_context_free(account->tls);
    free(account->label);
    free(account->uri);
    free(account->domain);
    free(account->command_why);
    free(account->failure_text);
    free_binding(&account->at);
    free(account);
}

/* A call that waits says so by itself. Who has not had its turn waits for no server yet. */
static void on_patience(void *arg)
{
    struct account *account = arg;
    struct buf text = buf_new(2048);

    if (account->turn == ACCOUNT_REGISTERS)
        net_deadline_set(account->patience, net_now_ms() + ACCOUNT_PATIENCE_MS);
    else if (account->wanted && !account->settled && account_put_waiting(account, &text))
        phone_tell(account->phone,
                   &(struct phone_event){.kind = PHONE_WAITING, .text = buf_cstr(&text)});
    buf_free(&text);
}

static int open_account(struct phone *phone, const struct account_config *config, unsigned number,
                        struct buf *why)
{
    struct account *account = calloc(1, sizeof *account);
    int err;

    if (!account)
        return -ENOMEM;
    account->phone = phone;
    account->config = config;
    account->gone = true;
    account->trust = number;
    list_init(&account->in_turns);
    list_append(&phone->accounts, &account->link);
    account->n_codecs = phone_list_codecs(config->codecs, config->n_codecs, account->codecs);
    account->label = phone_safe_dup(slice_of(config->label ? config->label : config->uri));
    account->uri = phone_safe_dup(slice_of(config->uri));
    account->domain = domain_of(config->uri);
    if (!account->label || !account->uri || !account->domain)
        return -ENOMEM;
    err = net_deadline_new(phone->loop, on_patience, account, &account->patience);
    if (!err)
        err = phone_tls_open_account(account, why);
    return err ? err : open_sip(account);
}

static void explain(const struct account_config *config, int err, struct buf *why)
{
    text_safe(why, slice_of(config->label ? config->label : config->uri));
    if (err == -EINVAL)
        buf_puts(why, ": uri, registrar or proxy cannot be read; they are like "
                      "sip:alice@example.org and sip:server.example.org");
    else if (err == -ENOTSUP)
        buf_puts(why, ": the way to its server asks for something that we do not speak; there are "
                      "UDP, TCP and TLS");
    else
        buf_printf(why, ": %s", strerror(-err));
}

int accounts_open(struct phone *phone, struct buf *why)
{
    unsigned number = 0;
    int err = 0;

    LIST_EACH (&phone->config->accounts, at) {
        const struct account_config *config = LIST_ITEM(at, struct account_config, link);

        err = err ? err : open_account(phone, config, ++number, why);
        if (err && why->n == 0)
            explain(config, err, why);
    }
    return err;
}

void accounts_close(struct phone *phone)
{
    LIST_EACH (&phone->accounts, at)
        free_account(LIST_ITEM(at, struct account, link));
}

struct account *account_find(struct phone *phone, const char *label)
{
    LIST_EACH (&phone->accounts, at) {
        struct account *account = LIST_ITEM(at, struct account, link);
        const struct account_config *config = account->config;

        if (!label || (config->label && strcmp(label, config->label) == 0) ||
            strcmp(label, config->uri) == 0)
            return account;
    }
    return NULL;
}

/* --- passwords ------------------------------------------------------------------------------- */

static void set_password(struct account *account, struct slice password)
{
    account->password_refused = false;
    account->password_wanted = false;
    account->password_set =
        !sip_account_set_password(account->sip, password, net_now_ms()) && password.p;
}

static void ask_person(struct account *account, struct slice realm)
{
    char *text = phone_safe_dup(realm);

    phone_tell(account->phone, &(struct phone_event){.kind = PHONE_PASSWORD_WANTED,
                                                     .account = account->label,
                                                     .peer = account->uri,
                                                     .text = text});
    free(text);
}

static void forget_command(struct account *account)
{
    password_command_free(account->command);
    account->command = NULL;
}

static void on_password(void *arg, struct slice password, const char *sentence)
{
    struct account *account = arg;

    forget_command(account);
    account->command_why = sentence ? phone_safe_dup(slice_of(sentence)) : NULL;
    if (!sentence || account->password_wanted)
        set_password(account, password);
    if (account->when_command)
        account_take_turn(account, ACCOUNT_REGISTERS);
    account->when_command = false;
    phone_wake(account->phone); /* what SIP has to say now is taken from the loop */
}

static bool has_command(const struct account_config *config)
{
    return config->password_command || config->password_keyring;
}

static void start_command(struct account *account)
{
    const struct account_config *config = account->config;
    struct net_loop *loop = account->phone->loop;
    int err;

    if (account->command || !has_command(config))
        return;
    free(account->command_why);
    account->command_why = NULL;
    err = config->password_keyring
              ? password_keyring_start(loop, config->uri, on_password, account, &account->command)
              : password_command_start(loop, config->password_command, on_password, account,
                                       &account->command);
    if (err)
        account->command_why = phone_safe_dup(SLICE("no memory is left for password-command"));
}

void account_prepare(struct account *account)
{
    if (!account->password_set || account->password_refused)
        start_command(account);
}

/* SIP was challenged. Most commands have answered long before. */
static void password_wanted(struct account *account, const struct sip_account_event *event)
{
    account->password_wanted = true;
    if (!account->command_why)
        account_prepare(account);
    if (account->command)
        return;
    if (has_command(account->config))
        set_password(account, (struct slice){0}); /* it has failed: command_why says why */
    else
        ask_person(account, event->realm);
}

/* --- what SIP tells -------------------------------------------------------------------------- */

/* Whether the server sees us where our Contact says that we are. A connection leaves from another
 * port than that where we listen. */
static bool is_seen_as_is(const struct sip_account_event *e)
{
    struct sip_uri contact;
    struct ip ours, seen;

    if (sip_uri_parse(e->contact, &contact) != 0 || ip_parse(contact.host, &ours) != 0 ||
        ip_parse_with_port(e->seen_at, &seen) != 0)
        return false;
    ours.port = contact.port;
    return e->flow.transport == SIP_UDP ? ip_same(&ours, &seen) : ip_same_host(&ours, &seen);
}

static void set_failure_text(struct account *account, const char *text)
{
    free(account->failure_text);
    account->failure_text = text ? slice_dup(slice_of(text)) : NULL;
}

static void note_binding(struct account *account, const struct sip_account_event *e)
{
    struct slice elsewhere = is_seen_as_is(e) ? SLICE("") : e->seen_at;
    struct buf safe = buf_new(512);

    free_binding(&account->at);
    account->at = (struct account_binding){
        .server = e->flow.remote,
        .transport = phone_transport_name(e->flow.transport),
        .contact = phone_safe_dup(e->contact),
        .seen_at = phone_safe_dup(elsewhere),
        .safe = strdup(phone_tls_put_facts(account->phone, &e->flow, &safe)),
        .granted_s = e->granted_s,
        .bindings = e->n_bindings,
    };
    buf_free(&safe);
}

static void registered(struct account *account, const struct sip_account_event *e)
{
    const struct account_binding *at = &account->at;

    account->settled = true;
    account->failure = (struct account_failure){0};
    set_failure_text(account, NULL);
    note_binding(account, e);
    if (e->changed || !account->told)
        phone_tell(account->phone, &(struct phone_event){
                                       .kind = PHONE_REGISTERED,
                                       .account = account->label,
                                       .peer = account->uri,
                                       .text = at->contact,
                                       .where = at->server,
                                       .transport = at->transport,
                                       .expires_s = at->granted_s,
                                       .bindings = at->bindings,
                                       .seen_at = at->seen_at,
                                       .signalling_encryption = at->safe,
                                   });
    account->told = true;
    calls_registered(account);
    account_start_calls(account);
}

static bool is_news(const struct account *account, const struct sip_account_event *e)
{
    const struct account_failure *f = &account->failure;

    return f->cause != e->cause || f->status != e->status || f->err != e->err;
}

static void failed(struct account *account, const struct sip_account_event *e)
{
    struct buf text = buf_new(8192);
    char *reason = phone_safe_dup(e->reason);
    enum phone_outcome outcome = account_explain(account, e, &text);

    if (e->cause == SIP_ACCOUNT_REFUSED_PASSWORD || e->cause == SIP_ACCOUNT_NO_PASSWORD)
        account->password_refused = true;
    if (is_news(account, e) || !account->settled)
        phone_tell(account->phone,
                   &(struct phone_event){.kind = PHONE_REGISTER_FAILED,
                                         .account = account->label,
                                         .peer = account->uri,
                                         .where = e->flow.remote,
                                         .transport = phone_transport_name(e->flow.transport),
                                         .status = e->status,
                                         .reason = reason,
                                         .outcome = outcome,
                                         .text = buf_cstr(&text),
                                         .retry_ms = e->retry_ms == NEVER_MS ? 0 : e->retry_ms});
    account->settled = true;
    account->told = false; /* being registered again is news */
    account->failure = (struct account_failure){e->cause, e->status, e->err};
    set_failure_text(account, buf_cstr(&text));
    account_fail_calls(account, outcome, e->status, buf_cstr(&text));
    free(reason);
    buf_free(&text);
}

static void unregistered(struct account *account)
{
    bool was = account->told;

    account->gone = true;
    account->told = false;
    if (was)
        phone_tell(account->phone, &(struct phone_event){.kind = PHONE_UNREGISTERED,
                                                         .account = account->label,
                                                         .peer = account->uri});
}

void account_event(struct phone *phone, const struct sip_account_event *event)
{
    struct account *account = event->owner;

    (void)phone;
    switch (event->kind) {
    case SIP_ACCOUNT_REGISTERED:
        registered(account, event);
        break;
    case SIP_ACCOUNT_PASSWORD_WANTED:
        password_wanted(account, event);
        break;
    case SIP_ACCOUNT_FAILED:
        failed(account, event);
        break;
    case SIP_ACCOUNT_UNREGISTERED:
        unregistered(account);
        break;
    }
}

/* --- commands -------------------------------------------------------------------------------- */

/* The command that gives the password runs while the first REGISTER, which is challenged, is on
 * its way. Where the last password was refused it comes first, or a person is asked anew: the same
 * again would only bring us nearer to being locked out. */
void account_register(struct account *account)
{
    const struct account_config *config = account->config;
    bool again = account->password_refused;

    if (account->wanted && !account->settled)
        return;
    account->wanted = true;
    account->settled = account->told = account->gone = false;
    if (again && !config->password && !has_command(config))
        set_password(account, (struct slice){0});
    account_prepare(account);
    account->when_command = again && account->command;
    if (!account->when_command)
        account_take_turn(account, ACCOUNT_REGISTERS);
}

static void leave(struct account *account)
{
    bool asked = account->wanted;

    account->wanted = account->when_command = false;
    forget_command(account);
    account_fail_calls(account, PHONE_FAILED, 0, "its account is no longer to be registered");
    if (asked)
        account_take_turn(account, ACCOUNT_LEAVES);
}

int account_missing(const struct phone *phone, const char *label, struct buf *why)
{
    const char *between = "; there are ";

    if (!why)
        return -ENOENT;
    if (list_empty(&phone->accounts))
        return phone_refuse(why, -ENOENT, "no account is configured; man tphone.conf");
    buf_puts(why, "there is no account ");
    text_safe(why, slice_of(label));
    LIST_EACH (&phone->accounts, at) {
        buf_printf(why, "%s%s", between, LIST_ITEM(at, struct account, link)->label);
        between = ", ";
    }
    return -ENOENT;
}

static void register_now(struct account *account)
{
    account_register(account);
    net_deadline_set(account->patience, net_now_ms() + ACCOUNT_PATIENCE_MS);
}

/* Where the last one was refused this one is tried at once. */
static void take_password(struct account *account, struct slice password)
{
    bool refused = account->password_refused && account->settled && account->wanted;

    set_password(account, password);
    if (refused && account->password_set)
        register_now(account);
}

int account_do(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    struct account *account = account_find(phone, command->account);

    if (!account)
        return account_missing(phone, command->account, why);
    if (phone->quitting && command->kind != PHONE_UNREGISTER)
        return phone_refuse(why, -EBUSY, "the phone is about to end");
    if (command->kind == PHONE_REGISTER && account->config->no_register)
        return phone_refuse(why, -EINVAL, "this account is not to be registered (register = no)");
    if (command->kind == PHONE_REGISTER)
        register_now(account);
    else if (command->kind == PHONE_UNREGISTER)
        leave(account);
    else
        take_password(account, slice_of(command->text));
    return 0;
}

/* --- the end of the phone, and networks ------------------------------------------------------ */

void accounts_leave(struct phone *phone)
{
    LIST_EACH (&phone->accounts, at)
        leave(LIST_ITEM(at, struct account, link));
}

bool accounts_gone(const struct phone *phone)
{
    LIST_EACH (&phone->accounts, at)
        if (!LIST_ITEM(at, struct account, link)->gone)
            return false;
    return true;
}

void accounts_abandon(struct phone *phone)
{
    LIST_EACH (&phone->accounts, at) {
        struct account *account = LIST_ITEM(at, struct account, link);

        if (account->gone)
            continue;
        list_remove(&account->in_turns);
        sip_account_free(account->sip);
        account->sip = NULL;
        account->gone = true;
    }
}

void accounts_network_changed(struct phone *phone)
{
    LIST_EACH (&phone->accounts, at)
        if (LIST_ITEM(at, struct account, link)->sip)
            account_take_turn(LIST_ITEM(at, struct account, link), ACCOUNT_MOVES);
}

/* --- who is let in --------------------------------------------------------------------------- */

/* Only what our own server vouches for can be a contact: anybody can write anything in From. */
static bool is_welcome(struct phone *phone, enum config_accept accept,
                       const struct sip_call_event *e)
{
    switch (accept) {
    case CONFIG_ACCEPT_ANYONE:
        return true;
    case CONFIG_ACCEPT_CONTACTS:
        return phone_caller_name(phone, e) != NULL;
    default:
        return e->by_server;
    }
}

unsigned account_screens(struct phone *phone, const struct sip_call_event *e)
{
    const struct account *account = e->account;
    enum config_accept accept = account ? account->config->accept : phone->config->accept;

    if (account)
        return is_welcome(phone, accept, e) ? 0 : 403;
    if (accept == CONFIG_ACCEPT_DEFAULT && list_empty(&phone->accounts))
        accept = CONFIG_ACCEPT_ANYONE;
    /* Who is asked for is none of ours; whether he is known somewhere is nobody's business. */
    if (accept == CONFIG_ACCEPT_DEFAULT || accept == CONFIG_ACCEPT_SERVER)
        return 404;
    return is_welcome(phone, accept, e) ? 0 : 403;
}
