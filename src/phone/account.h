/* phone/account.h - an account of the phone: its registration, password and identity, between
 * sip/account.h and the front ends. Seen by src/phone only. Signalling thread only.
 *
 *   account.c        registering, passwords, who is let in
 *   account_turns.c  when many of them have something to say
 *   account_words.c  what a failure means to a person and a script
 *   dial.c           which account a call goes through, and calls that wait for one */
#ifndef PHONE_ACCOUNT_H
#define PHONE_ACCOUNT_H

#include "base/list.h"
#include "phone/command.h"
#include "phone/config.h"
#include "phone/event.h"
#include "sdp/exchange.h"
#include "sip/account.h"
#include "sip/endpoint.h"

struct call;
struct net_deadline;
struct password_command;
struct phone;

/* Why an account does not work, told once until it changes. */
struct account_failure {
    enum sip_account_cause cause; /* 0: it works, or has not been tried */
    unsigned status;
    int err;
};

/* Where it is registered, by the last answer of its server. Strings owned, safe, may be NULL. */
struct account_binding {
    struct ip server;
    const char *transport;
    char *contact, *seen_at, *safe; /* safe: signalling_encryption of the event */
    unsigned granted_s, bindings;
};

/* What an account waits to tell its server; the last of it counts. */
enum account_turn { ACCOUNT_SPOKE, ACCOUNT_REGISTERS, ACCOUNT_MOVES, ACCOUNT_LEAVES };

struct account {
    struct list link;     /* in phone->accounts */
    struct list in_turns; /* in phone->turns, unless turn is ACCOUNT_SPOKE */
    enum account_turn turn;
    struct phone *phone;
    const struct account_config *config;
    struct sip_account *sip;
    struct net_tls_context *tls; /* by its own settings; NULL: the phone's */
    unsigned trust;              /* its number, 1 and up */
    char *label, *uri, *domain;  /* owned, safe to show; domain: HOST or HOST:PORT of uri */
    struct sdp_codec codecs[CONFIG_CODECS_MAX]; /* n_codecs 0: those of the phone */
    size_t n_codecs;

    struct password_command *command; /* running, or NULL */
    char *command_why;                /* owned, safe: why it gave no password; or NULL */
    struct net_deadline *patience;    /* then it is said what is waited for */
    bool password_set;                /* one is there, right or wrong */
    bool password_wanted;             /* SIP waits for one */
    bool password_refused;            /* the one that is there is no good */

    bool wanted;       /* to be registered */
    bool settled;      /* registered, or has failed, since the last PHONE_REGISTER */
    bool told;         /* PHONE_REGISTERED since then */
    bool gone;         /* un-registered, or never was: the end of the phone waits for it */
    bool when_command; /* register when the command has ended */

    struct account_binding at;
    struct account_failure failure;
    char *failure_text; /* owned, safe: what was told of it; NULL: nothing, or it works */
};

/* --- account.c ------------------------------------------------------------------------------- */

/* Makes phone->accounts from its configuration. 0, or a negative errno with a sentence in why. */
int accounts_open(struct phone *phone, struct buf *why);
void accounts_close(struct phone *phone);
/* From SIP_OUT_ACCOUNT. */
void account_event(struct phone *phone, const struct sip_account_event *event);
/* PHONE_REGISTER, PHONE_UNREGISTER, PHONE_PASSWORD. */
int account_do(struct phone *phone, const struct phone_command *command, struct buf *why);
/* Un-registers all; accounts_gone tells when that is done. */
void accounts_leave(struct phone *phone);
bool accounts_gone(const struct phone *phone);
/* Drops those that are not gone, without waiting for their servers any longer. */
void accounts_abandon(struct phone *phone);
void accounts_network_changed(struct phone *phone);

/* By label, URI or, for NULL, the first; NULL: there is none. */
struct account *account_find(struct phone *phone, const char *label);
/* Says which there are. -ENOENT. */
int account_missing(const struct phone *phone, const char *label, struct buf *why);
/* Registers, unless that is under way already. */
void account_register(struct account *account);
/* Gets the password, where a command gives it and none is there yet. */
void account_prepare(struct account *account);
/* What to do with a call that came in: 0: take it, else the status to refuse it with. */
unsigned account_screens(struct phone *phone, const struct sip_call_event *event);

/* --- account_turns.c ------------------------------------------------------------------------- */

/* At once; or, where many others have just spoken or wait to, from the loop. */
void account_take_turn(struct account *account, enum account_turn turn);
/* For the phone's deadline: when the next of those that wait may speak, and lets them. */
uint64_t accounts_turn_ms(const struct phone *phone);
void accounts_next_turn(struct phone *phone);

/* --- account_words.c ------------------------------------------------------------------------- */

/* How long a person does not mind that a server, or a program, has not answered. */
#define ACCOUNT_PATIENCE_MS 2000

/* What an account that is not settled waits for; false: for a person, who knows. */
bool account_put_waiting(const struct account *account, struct buf *text);

/* Appends "alice@example.org: cause; remedy". The outcome that scripts know it by. */
enum phone_outcome account_explain(const struct account *account,
                                   const struct sip_account_event *failed, struct buf *text);
/* The same for 401, 403 and 407 to a call through an account, without its address and status. */
void account_explain_call(const struct account *account, unsigned status, bool served,
                          struct buf *text);

/* --- dial.c ---------------------------------------------------------------------------------- */

/* PHONE_DIAL. */
int phone_dial(struct phone *phone, const struct phone_command *command, uint32_t *number,
               struct buf *why);
/* The account is registered: the calls that wait for it begin. */
void account_start_calls(struct account *account);
/* It cannot be registered: they end, with this outcome, status and words. */
void account_fail_calls(struct account *account, enum phone_outcome outcome, unsigned status,
                        const char *words);

#endif
