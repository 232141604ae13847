#include "phone/phone_tls.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/phone_private.h"

/* --- settings -------------------------------------------------------------------------------- */

static bool says_anything(const struct config_tls *tls)
{
    return tls->ca || tls->fingerprint || tls->certificate || tls->key;
}

/* Whom one trusts, and who one is, are said as a whole: an account that says either has it from
 * nowhere else. */
static struct net_tls_settings settings_of(const struct config_tls *own,
                                           const struct config_tls *phone)
{
    const struct config_tls *trust = own->ca || own->fingerprint ? own : phone;
    const struct config_tls *self = own->certificate || own->key ? own : phone;

    return (struct net_tls_settings){trust->ca, trust->fingerprint, self->certificate, self->key};
}

static int open_context(const struct config_tls *own, const struct phone *phone, struct buf *why,
                        struct net_tls_context **out)
{
    struct net_tls_settings settings = settings_of(own, &phone->config->tls);

    return net_tls_context_new(&settings, why, out);
}

int phone_tls_open(struct phone *phone, struct buf *why)
{
    const struct phone_config *config = phone->config;

    if (config->listen.tls && !config->tls.certificate) {
        buf_puts(why, "to listen by TLS needs a certificate: set tls-certificate and tls-key");
        return -EINVAL;
    }
    return says_anything(&config->tls) ? open_context(&config->tls, phone, why, &phone->tls) : 0;
}

int phone_tls_open_account(struct account *account, struct buf *why)
{
    const struct account_config *config = account->config;
    struct buf sentence = buf_new(1024);
    int err = 0;

    if (says_anything(&config->tls))
        err = open_context(&config->tls, account->phone, &sentence, &account->tls);
    if (err && sentence.n) {
        text_safe(why, slice_of(config->label ? config->label : config->uri));
        buf_puts(why, ": ");
        text_safe(why, buf_slice(&sentence));
    }
    buf_free(&sentence);
    return err;
}

/* --- for the link ---------------------------------------------------------------------------- */

static struct account *account_of(struct phone *phone, unsigned trust)
{
    LIST_EACH (&phone->accounts, at) {
        struct account *account = LIST_ITEM(at, struct account, link);

        if (trust && account->trust == trust)
            return account;
    }
    return NULL;
}

struct net_tls_context *phone_tls_context(void *arg, unsigned trust)
{
    struct phone *phone = arg;
    struct account *account = account_of(phone, trust);
    struct buf why = buf_new(1024);

    if (account && account->tls)
        return account->tls;
    if (!phone->tls && open_context(&phone->config->tls, phone, &why, &phone->tls) != 0)
        phone_tls_not_safe(phone, why.n ? buf_cstr(&why) : "no memory is left for it");
    buf_free(&why);
    return phone->tls;
}

void phone_tls_not_safe(void *arg, const char *sentence)
{
    struct phone *phone = arg;

    log_info("phone", "a connection by TLS was given up: %s", sentence);
    phone_set_text(&phone->tls_fault, sentence);
}

/* --- words ----------------------------------------------------------------------------------- */

const char *phone_tls_fault(const struct phone *phone, const struct sip_flow *flow)
{
    const char *of_flow = flow->peer ? net_sip_link_fault(phone->link, flow) : NULL;

    if (of_flow)
        return of_flow;
    return phone->tls_fault ? phone->tls_fault : "";
}

const char *phone_tls_put_facts(const struct phone *phone, const struct sip_flow *flow,
                                struct buf *text)
{
    const struct net_tls_facts *facts = net_sip_link_facts(phone->link, flow);

    if (!facts)
        return buf_cstr(text);
    buf_printf(text, "%s, %s, ", facts->version, facts->cipher);
    if (!*facts->by) {
        buf_puts(text, "nobody verified");
        return buf_cstr(text);
    }
    text_safe(text, slice_of(facts->name));
    buf_printf(text, " verified by %s", facts->by);
    return buf_cstr(text);
}

bool phone_tls_verified(const struct call *call)
{
    const struct net_tls_facts *facts;

    if (call->flow.transport != SIP_TLS)
        return false;
    facts = net_sip_link_facts(call->phone->link, &call->flow);
    return facts ? *facts->by != '\0' : call->verified;
}

const char *phone_tls_of_call(struct call *call)
{
    struct buf now = buf_new(512);

    call->verified = phone_tls_verified(call);
    if (*phone_tls_put_facts(call->phone, &call->flow, &now) || call->flow.transport != SIP_TLS)
        phone_set_text(&call->safe, buf_cstr(&now));
    buf_free(&now);
    return call->safe ? call->safe : "";
}
