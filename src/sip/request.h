/* sip/request.h - one client request until it is over: where it goes, which way it is sent, the
 * next target when one fails (RFC 3261 8.1.2, 18.1.1; RFC 3263 4.3).
 *
 * The message and the place are independent: sip_req_locate finds the place, sip_req_set gives the
 * message, and when both are there it is sent. An ACK has no transaction: it is sent once, and once
 * more by each sip_req_again. */
#ifndef SIP_REQUEST_H
#define SIP_REQUEST_H

#include "sip/auth.h"
#include "sip/build.h"
#include "sip/out.h"
#include "sip/transaction.h"

struct sip_account;
struct sip_dialog;
struct sip_endpoint;
struct sip_req;

/* What the owner is told; several at once are or-ed together. */
enum sip_req_told {
    SIP_REQ_LOCATED = 1,   /* sip_req_flow is known, and there is no message yet; or the message
                              made for it is forgotten, as the next target sees us elsewhere
                              or by another transport */
    SIP_REQ_RESPONSE = 2,  /* msg; a 2xx to INVITE perhaps many times */
    SIP_REQ_TIMEOUT = 4,   /* no final response */
    SIP_REQ_NOT_FOUND = 8, /* the host name does not resolve: err */
    SIP_REQ_FAILED = 16,   /* could not be sent any way: err */
    SIP_REQ_OVER = 32,     /* nothing more will come: free it, now or later */
};

/* How its challenges ended, for who has got the 401, 407 or 403 as SIP_REQ_RESPONSE. */
enum sip_req_credentials {
    SIP_REQ_UNASKED,     /* it carried none, and nobody wanted any that we would give */
    SIP_REQ_GIVEN,       /* it carried credentials */
    SIP_REQ_REFUSED,     /* the password was refused */
    SIP_REQ_NO_PASSWORD, /* it waited for one, and there is none */
    SIP_REQ_CANNOT,      /* a challenge that cannot or may not be answered */
};

/* The last thing that req does: it may be freed here. flow: of msg. */
typedef void sip_req_user(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                          int err, uint64_t now_ms);

/* list: where the owner keeps its requests. NULL where memory is gone. */
struct sip_req *sip_req_new(struct sip_endpoint *ep, struct list *list, enum sip_method method,
                            sip_req_user *user, void *arg);
/* Its transaction goes on alone: an answer to it is not told to anybody. */
void sip_req_free(struct sip_req *req);
/* The same, and no copy of it leaves any more: for one that another takes the place of. Not for an
 * INVITE, which wants its CANCEL and ACK. */
void sip_req_stop(struct sip_req *req);
/* The request that this is the link of, in the list given to sip_req_new. */
struct sip_req *sip_req_of(struct list *link);
enum sip_method sip_req_method(const struct sip_req *req);
uint32_t sip_req_cseq(const struct sip_req *req); /* of sip_req_set */

/* The request as the plain struct says; transport, sent_by, branch and rport are filled in here,
 * again for each target. Sends it where the place is known already. Errors as of
 * sip_build_request and sip_tx_client_new, and nothing is told then. */
int sip_req_set(struct sip_req *req, const struct sip_request *message, uint64_t now_ms);
/* Asks where the URI is. hint: a flow that is taken at once where it leads there; or NULL.
 * -EBADMSG, -ENOTSUP, -ENOMEM, and errors of sending; nothing is told then. */
int sip_req_locate(struct sip_req *req, struct slice uri, const struct sip_flow *hint,
                   uint64_t now_ms);
/* Instead of sip_req_locate, where it has been found before: n flows to try in this order. Sends
 * where there is a message, else sip_req_flow is known when it returns. Errors of sending. */
int sip_req_place(struct sip_req *req, const struct sip_flow *flows, size_t n, uint64_t now_ms);
/* Answers SIP_OUT_LOCATE with this key. */
void sip_req_located(struct sip_req *req, const struct sip_flow *flows, size_t n, int err,
                     uint64_t now_ms);
/* A SEND of an ACK failed. */
void sip_req_send_failed(struct sip_req *req, int err, uint64_t now_ms);

/* ACK: once more; asks for the place anew where none worked. */
void sip_req_again(struct sip_req *req, uint64_t now_ms);
/* Where it turns out to go is remembered in this dialog, which lives as long as the request. */
void sip_req_set_dialog(struct sip_req *req, struct sip_dialog *dlg);
const struct sip_dialog *sip_req_dialog(const struct sip_req *req); /* or NULL */
/* Nobody wants it any more: where it cannot be sent, it is not tried elsewhere, and challenges to
 * it are not answered. */
void sip_req_no_more_targets(struct sip_req *req);
/* Challenges to it are answered with the credentials of this account: with the next CSeq number, so
 * that sip_req_cseq tells it afterwards; the owner sees only what is left. registrar: it is a
 * REGISTER to the account's own registrar. Before sip_req_set. */
void sip_req_use_account(struct sip_req *req, struct sip_account *account, bool registrar);
/* The account, or NULL. */
struct sip_account *sip_req_account(const struct sip_req *req);
/* Credentials go to this address and to no other: for requests whose way others name, as in
 * dialogs. Without it: wherever the request goes, as its owner has made sure of it. */
void sip_req_trust_only(struct sip_req *req, const struct ip *server);
/* why: a clause for a person with SIP_REQ_CANNOT; lives as long as the request. */
enum sip_req_credentials sip_req_credentials(const struct sip_req *req, struct slice *why);
/* RFC 3261 22.1: the ACK to a 2xx has the credentials of its INVITE, where it goes to who has seen
 * them already. Before sip_req_set. */
void sip_req_copy_credentials(struct sip_req *ack, const struct sip_req *invite);
/* Over TLS it is to be the other side whom this account's owner trusts; NULL: the usual trust.
 * Before it is located. */
void sip_req_trust(struct sip_req *req, const struct sip_account *account);
/* It is for a sips: URI, or belongs to the dialog of one: where the way leads over anything but
 * TLS it fails with -EPROTONOSUPPORT. */
void sip_req_only_tls(struct sip_req *req);
/* Whether it waits for a password; sip_account_set_password lets it go on. */
bool sip_req_waits_for_password(const struct sip_req *req);
/* There is a password now; or -ENOENT: there is none, and it ends with SIP_REQ_RESPONSE and the
 * challenge; or -ENOMEM: with SIP_REQ_FAILED. Nothing happens where it does not wait. */
void sip_req_password(struct sip_req *req, int err, uint64_t now_ms);
/* The account is going: it goes on without credentials. */
void sip_req_forget_account(struct sip_req *req, const struct sip_account *account);
/* INVITE: sends a CANCEL, in a transaction of its own that nobody waits for. */
void sip_req_cancel(struct sip_req *req, uint64_t now_ms);

/* All places that it may go to, as they were found. */
size_t sip_req_flows(const struct sip_req *req, const struct sip_flow **out);
/* Where it goes or is to go. */
const struct sip_flow *sip_req_flow(const struct sip_req *req);
/* Its transaction, or NULL. */
struct sip_tx *sip_req_tx(const struct sip_req *req);
/* A connection is gone: do not send on it any more. */
void sip_req_connection_lost(struct sip_req *req, uint64_t connection);

#endif
