/* sip/dialog.h - RFC 3261 12: what two user agents remember of each other. */
#ifndef SIP_DIALOG_H
#define SIP_DIALOG_H

#include "base/list.h"
#include "sip/build.h"
#include "sip/limits.h"
#include "sip/message.h"
#include "sip/out.h"

struct sip_dialog {
    struct list link;           /* of a call */
    struct slice call_id;       /* these slices point into memory of the dialog */
    struct slice local, remote; /* From and To of our requests, without tags */
    struct slice local_tag, remote_tag;
    char *target; /* the remote target, a URI; the one thing that changes (12.2) */
    struct slice routes[SIP_MAX_ROUTES]; /* in the order of our requests */
    size_t n_routes;
    uint32_t local_seq, remote_seq;
    bool has_remote_seq;
    struct sip_flow flow; /* the hop that the message which made it came by */
    struct ip known[4];   /* other addresses that route set and target have resolved to */
    size_t n_known;

    struct list acks;    /* struct sip_req: ACKs to 2xx, kept for copies of these; by CSeq */
    struct slice memory; /* owned */
};

/* 12.1.1, for an INVITE that came. local_tag: the one that we put into our responses. -EBADMSG: the
 * Contact or a Record-Route is broken; -ENOMEM. */
int sip_dialog_new_uas(const struct sip_msg *invite, const struct sip_flow *flow,
                       struct slice local_tag, struct sip_dialog **out);
/* 12.1.2, for a response to our INVITE. local: our From without tag; target: where the INVITE went,
 * which a 2xx without usable Contact leaves in force. -ENOMEM. */
int sip_dialog_new_uac(const struct sip_msg *response, const struct sip_flow *flow,
                       struct slice local, struct slice target, struct sip_dialog **out);
/* The ACKs must have been freed. */
void sip_dialog_free(struct sip_dialog *dlg);

/* Whether the message came from the other side: Call-ID and both tags. */
bool sip_dialog_is_request(const struct sip_dialog *dlg, const struct sip_msg *request);
/* Whether its CSeq number is above the last one. */
bool sip_dialog_is_next(const struct sip_dialog *dlg, const struct sip_msg *request);
/* 12.2.2: false: the CSeq number is not above the last one (500). Else it is remembered. */
bool sip_dialog_check_seq(struct sip_dialog *dlg, const struct sip_msg *request);
/* 12.2.1.2, 12.2.2: where a target refresh request, or its 2xx, says that its sender is, for the
 * dialog once there is a 2xx; of the caller. NULL: broken, or no memory. */
char *sip_dialog_target_in(const struct sip_msg *msg);
/* Takes over target; NULL: it stays as it is. */
void sip_dialog_set_target(struct sip_dialog *dlg, char *target);

/* 12.2.1.1: fills Request-URI, routes, From, To, tags, Call-ID and CSeq of a request in the dialog;
 * routes has room for SIP_MAX_ROUTES + 1 values. cseq 0: the next number. store takes texts that
 * out points into. -ENOMEM. */
int sip_dialog_request(struct sip_dialog *dlg, enum sip_method method, uint32_t cseq,
                       struct slice *routes, struct buf *store, struct sip_request *out);
/* The URI that its requests are sent to: the first route, or the target. */
struct slice sip_dialog_next_hop(const struct sip_dialog *dlg);

/* Whether a request in the dialog may come from this address: that of its flow, one in its target
 * or first route, or one that these have resolved to. */
bool sip_dialog_may_come_from(const struct sip_dialog *dlg, const struct ip *source);
/* Whether the host of this URI is a name, of which nobody knows yet where it is. */
bool sip_dialog_is_name(struct slice uri);
void sip_dialog_remember(struct sip_dialog *dlg, const struct ip *address);

#endif
