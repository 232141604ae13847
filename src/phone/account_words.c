/* What it means that an account cannot be registered: a sentence with cause and remedy. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "phone/account.h"
#include "phone/phone_tls.h"
#include "phone/spelling.h"

static void put_status(struct buf *text, const struct sip_account_event *e)
{
    if (e->status == 0)
        return;
    buf_printf(text, " (%u", e->status);
    if (e->reason.n > 0)
        buf_putc(text, ' ');
    text_safe(text, slice_head(e->reason, 200));
    buf_putc(text, ')');
}

/* Where a person looks when a password is wrong. */
static const char *password_remedy(const struct account *account)
{
    if (account->config->password_keyring)
        return "check the one in the keyring (tphone password), and auth-user";
    if (account->config->password_command)
        return "check password-command and auth-user";
    if (account->config->password)
        return "check password and auth-user";
    return "try again with another one, or check auth-user";
}

static enum phone_outcome no_password(const struct account *account,
                                      const struct sip_account_event *e, struct buf *text)
{
    if (account->command_why) {
        buf_puts(text, account->command_why);
        return PHONE_NOT_ALLOWED;
    }
    buf_puts(text, "the server asks for a password");
    if (e->realm.n > 0) {
        buf_puts(text, " for ");
        text_safe(text, slice_head(e->realm, 200));
    }
    buf_puts(text, "; set password-command, or type it at a terminal");
    return PHONE_NOT_ALLOWED;
}

/* Rows are looked at from above. remedy NULL: nothing to be done but to wait. */
static const struct refusal {
    unsigned first, last;
    enum phone_outcome outcome;
    const char *cause, *remedy;
} refusals[] = {
    {401, 401, PHONE_NOT_ALLOWED, "the server does not let it register",
     "check auth-user and realm"},
    {407, 407, PHONE_NOT_ALLOWED, "a server on the way does not let it register",
     "check auth-user and realm"},
    {403, 403, PHONE_NOT_ALLOWED, "the server does not let it register",
     "check uri, auth-user and the password, or ask who runs the server"},
    {404, 404, PHONE_NOT_FOUND, "the server does not know this account", "check uri"},
    {410, 410, PHONE_NOT_FOUND, "this account is no longer there", "check uri"},
    {423, 423, PHONE_FAILED, "the server wants a longer time than it says itself", "set expires"},
    {408, 408, PHONE_NO_ANSWER, "the server got no answer in time", NULL},
    {502, 504, PHONE_UNREACHABLE, "the server registers nobody now", NULL},
    {500, 699, PHONE_FAILED, "the server has a trouble of its own", NULL},
    {300, 699, PHONE_FAILED, "the server did not register it", "check uri and registrar"},
};

static enum phone_outcome refused(const struct sip_account_event *e, struct buf *text)
{
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(refusals) &&
           (e->status < refusals[i].first || e->status > refusals[i].last))
        i++;
    buf_puts(text, refusals[i].cause);
    put_status(text, e);
    if (refusals[i].remedy)
        buf_printf(text, "; %s", refusals[i].remedy);
    return refusals[i].outcome;
}

static void put_server(const struct sip_account_event *e, struct buf *text)
{
    char where[IP_TEXT_MAX];

    buf_puts(text, "the server");
    if (e->flow.remote.family)
        buf_printf(text, " at %s", ip_text(&e->flow.remote, where));
}

static enum phone_outcome unreachable(const struct account *account,
                                      const struct sip_account_event *e, struct buf *text)
{
    if (e->err == SIP_NOT_SAFE) {
        buf_printf(text, "the way to the server is not safe: %s",
                   phone_tls_fault(account->phone, &e->flow));
        return PHONE_UNREACHABLE;
    }
    put_server(e, text);
    switch (e->err) {
    case -ECONNREFUSED:
        buf_puts(text, " is not there (connection refused); check registrar and its port");
        break;
    case -ENETUNREACH:
    case -EHOSTUNREACH:
    case -EADDRNOTAVAIL:
    case -EAFNOSUPPORT:
        buf_printf(text, " cannot be reached from here (%s); check the network", strerror(-e->err));
        break;
    case -EPROTONOSUPPORT:
        buf_puts(text, " is reached by TLS only for a sips: address, and the way to it is another "
                       "one; check registrar, proxy and transport");
        break;
    default:
        buf_puts(text, " cannot be reached");
        if (e->err)
            buf_printf(text, " (%s)", strerror(-e->err));
        buf_puts(text, "; check registrar and the network");
    }
    return PHONE_UNREACHABLE;
}

static enum phone_outcome not_found(const struct account *account,
                                    const struct sip_account_event *e, struct buf *text)
{
    switch (e->err) {
    case -ETIMEDOUT:
    case -EAGAIN:
        buf_puts(text, "the name server did not answer; check the network");
        return PHONE_NOT_FOUND;
    case -EPROTONOSUPPORT:
        buf_puts(text, "the server cannot be reached in the way it asks for; we speak UDP where "
                       "we listen, TCP and TLS");
        return PHONE_UNREACHABLE;
    case -ENETUNREACH:
    case -EHOSTUNREACH:
    case -EADDRNOTAVAIL:
    case -EAFNOSUPPORT:
        return unreachable(account, e, text);
    default:
        buf_puts(text, "no address was found for the server; check uri and registrar");
        return PHONE_NOT_FOUND;
    }
}

static enum phone_outcome cannot_answer(const struct account *account,
                                        const struct sip_account_event *e, struct buf *text)
{
    buf_puts(text, "the server asks for a password in a way that is not answered");
    if (e->reason.n > 0) {
        buf_puts(text, ": ");
        text_safe(text, slice_head(e->reason, 500));
    }
    buf_printf(text, "; %s", account->config->realm ? "check realm" : "ask who runs the server");
    return PHONE_NOT_ALLOWED;
}

/* "sip:alice@example.org" without its scheme. */
static const char *address_of(const struct account *account)
{
    return slice_istarts(slice_of(account->uri), SLICE("sip:")) ? account->uri + 4 : account->uri;
}

enum phone_outcome account_explain(const struct account *account, const struct sip_account_event *e,
                                   struct buf *text)
{
    buf_printf(text, "%s: ", address_of(account));
    switch (e->cause) {
    case SIP_ACCOUNT_REFUSED_PASSWORD:
        buf_puts(text, "the server refused the password");
        put_status(text, e);
        buf_printf(text, "; %s", password_remedy(account));
        if (account->config->password)
            spelling_put_habit(slice_of(account->config->password), text);
        return PHONE_NOT_ALLOWED;
    case SIP_ACCOUNT_NO_PASSWORD:
        return no_password(account, e, text);
    case SIP_ACCOUNT_CANNOT_ANSWER:
        return cannot_answer(account, e, text);
    case SIP_ACCOUNT_REFUSED:
        return refused(e, text);
    case SIP_ACCOUNT_NO_ANSWER:
        put_server(e, text);
        buf_puts(text, " does not answer; check registrar, or a firewall");
        return PHONE_NO_ANSWER;
    case SIP_ACCOUNT_UNREACHABLE:
        return unreachable(account, e, text);
    case SIP_ACCOUNT_NOT_FOUND:
        return not_found(account, e, text);
    case SIP_ACCOUNT_NOT_KEPT:
        buf_puts(text, "the server said yes but did not keep our address, so nobody could reach "
                       "us; ask who runs the server");
        return PHONE_FAILED;
    }
    buf_puts(text, "it could not be registered");
    return PHONE_FAILED;
}

bool account_put_waiting(const struct account *account, struct buf *text)
{
    if (account->command && (account->password_wanted || account->when_command))
        buf_printf(text, "waiting for the password-command of %s", account->uri);
    else if (!account->password_wanted)
        buf_printf(text, "waiting for the server of %s to register us", account->uri);
    return text->n > 0;
}

void account_explain_call(const struct account *account, unsigned status, bool served,
                          struct buf *text)
{
    if (!served)
        buf_puts(text, "a server that is not ours asks for a password, or does not allow the call");
    else if (status == 403)
        buf_printf(text, "the server does not allow %s to call there", address_of(account));
    else if (account->command_why)
        buf_puts(text, account->command_why);
    else if (account->password_set)
        buf_printf(text, "the server refused the password of %s; %s", address_of(account),
                   password_remedy(account));
    else
        buf_printf(text, "the server asks %s for a password; set password-command",
                   address_of(account));
}
