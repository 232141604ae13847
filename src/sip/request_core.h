/* sip/request_core.h - a request as request.c and request_auth.c share it. */
#ifndef SIP_REQUEST_CORE_H
#define SIP_REQUEST_CORE_H

#include "sip/core.h"

#define BRANCH_RANDOM 20

struct sip_req {
    struct list link;
    struct sip_endpoint *ep;
    uint64_t key; /* of SIP_OUT_LOCATE, and of the SENDs of an ACK */
    enum sip_method method;
    sip_req_user *user;
    void *arg;
    struct sip_dialog *dlg; /* or NULL */

    struct buf head, tail; /* the message without its Via, which stands between them */
    char branch[sizeof SIP_BRANCH_COOKIE + BRANCH_RANDOM];
    char *hop;      /* URI that it is sent to, for sip_req_again */
    unsigned trust; /* of SIP_OUT_LOCATE */
    bool not_safe;  /* one of the targets was not */
    bool only_tls;  /* whoever asked for sips: gets nothing less (RFC 3261 26.2.2) */

    struct sip_flow flows[SIP_MAX_TARGETS];
    size_t n_flows, at;
    bool by_size; /* on TCP only because it is long, or so it was until that was refused */
    bool refused;
    bool place_first; /* the message was made for the place */
    bool heard;       /* something came back from the present target */
    uint32_t cseq;
    bool waiting;  /* for sip_endpoint_located */
    bool unwanted; /* nobody wants it any more: it is not tried again, for whatever reason */
    struct sip_tx *tx;

    /* request_auth.c */
    struct sip_account *account; /* whose credentials it carries, or NULL */
    bool registrar;
    bool restricted; /* credentials go to server only */
    struct ip server;
    struct sip_auth_tries tries;
    enum sip_req_credentials credentials;
    struct buf lines;          /* Authorization and Proxy-Authorization of its latest copy */
    struct buf why;            /* with SIP_REQ_CANNOT */
    struct sip_msg *challenge; /* owned; it waits for a password since this */
};

/* --- request.c -------------------------------------------------------------------------------- */

/* Prints it for the present target and sends it, in a transaction of its own. */
int sip_req_send(struct sip_req *req, uint64_t now_ms);
void sip_req_tell(struct sip_req *req, unsigned told, const struct sip_msg *msg, int err,
                  uint64_t now_ms);

/* --- request_auth.c --------------------------------------------------------------------------- */

/* Makes the lines for a copy that goes on this flow; an ACK keeps those that it was given. Errors
 * of sip_auth_put. */
int sip_req_make_credentials(struct sip_req *req, const struct sip_flow *flow);
/* A 401 or 407 came: true: it is sent again, waits for a password, or has failed for want of memory
 * and may be freed; nobody is to be told of the challenge. */
bool sip_req_challenged(struct sip_req *req, const struct sip_msg *msg, uint64_t now_ms);
void sip_req_auth_free(struct sip_req *req);

#endif
