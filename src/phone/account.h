/* phone/account.h - an account of the phone: its registration, password and identity, between
 * sip/account.h and the front ends. Seen by src/phone only. Signalling thread only. */
#ifndef PHONE_ACCOUNT_H
#define PHONE_ACCOUNT_H

#include "base/list.h"
#include "phone/command.h"
#include "phone/config.h"
#include "sip/account.h"

struct call;
struct password_command;
struct phone;

struct account {
    struct list link; /* in phone->accounts */
    struct phone *phone;
    const struct account_config *config;
    struct sip_account *sip;
    struct password_command *command; /* running, or NULL */
    bool wanted;                      /* to be registered */
    bool settled;                     /* registered, or has failed, since the last PHONE_REGISTER */
    bool gone; /* un-registered, or never was: the end of the phone waits for it */
};

/* Makes phone->accounts from its configuration. 0, or a negative errno with a sentence in why. */
int accounts_open(struct phone *phone, struct buf *why);
void accounts_close(struct phone *phone);
/* From SIP_OUT_ACCOUNT. */
void account_event(struct phone *phone, const struct sip_account_event *event);
/* PHONE_REGISTER, PHONE_UNREGISTER, PHONE_PASSWORD. */
int account_do(struct phone *phone, const struct phone_command *command, struct buf *why);
/* Un-registers all; phone_accounts_gone tells when that is done. */
void accounts_leave(struct phone *phone);
bool accounts_gone(const struct phone *phone);
void accounts_network_changed(struct phone *phone);

/* By label, URI or, for NULL, the first; NULL: there is none. */
struct account *account_find(struct phone *phone, const char *label);
/* The account that a call to this URI goes through: the first whose server serves it; NULL: none.
 */
struct account *account_serving(struct phone *phone, struct slice uri);
/* A call through the account that has to wait until it is registered: false where it may be dialled
 * at once, or never (why then says so in *err). The call is started from account_event. */
bool account_defers(struct account *account, struct call *call);
/* Whether a call that came in is to be taken; else the status to refuse it with. */
unsigned account_screens(const struct phone *phone, const struct account *account, bool by_server,
                         struct slice from_uri);

#endif
