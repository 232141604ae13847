/* phone/transfer.h - the other side of a call asks us to call somebody else instead (REFER).
 *
 * A transfer begins with SIP_CALL_REFER and is over when it was refused, nobody has decided in
 * time, or the call that came of it was answered or has failed. The call that it was asked in may
 * end meanwhile: phones that transfer often hang up at once. Signalling thread only; seen by
 * src/phone only. */
#ifndef PHONE_TRANSFER_H
#define PHONE_TRANSFER_H

#include "phone/call.h"

/* Questions at once; more are answered 603. */
#define TRANSFERS_MAX 16

struct transfer;

/* SIP_CALL_REFER and SIP_CALL_REFER_GONE. */
void transfer_event(struct phone *phone, const struct sip_call_event *event);
/* PHONE_FOLLOW and PHONE_STAY, as phone_do. */
int transfer_do(struct phone *phone, const struct phone_command *command, struct buf *why);
/* What was asked for is being called; it was answered. */
void transfer_answered(struct call *call);
/* A call is over: the one that was asked for, or one in which somebody asks. */
void transfer_call_ended(struct call *call);
/* It is freed. */
void transfer_forget(struct call *call);
/* The phone ends: nobody is called any more. */
void transfers_quit(struct phone *phone);
void transfers_free(struct phone *phone);
/* Where it was asked, for struct sip_invite_params; NULL is fine. */
const struct sip_call *transfer_sip(const struct transfer *transfer);
/* Whom the other side of this call wants us to call, while somebody is to decide; else NULL. */
const char *transfer_wanted(const struct call *call);

/* --- dial.c ----------------------------------------------------------------------------------- */

/* What a call that comes of a transfer is like: as the one that it was asked in. */
struct transfer_manner {
    struct account *account; /* or NULL */
    enum phone_encryption encryption;
    enum phone_dtmf dtmf;
    struct config_sound sound;
    struct sdp_codec *codecs; /* owned, n_codecs of them, or NULL */
    size_t n_codecs;
    bool device, microphone, muted, unattended;
    /* Of a call without a person: the file that it plays, and where it records to, which is another
     * name. Owned, or NULL. What comes and goes by descriptors is not carried on. */
    char *play, *record;
    enum phone_sides sides;
    bool hangs_up;
};

/* Calls uri by it; 0, or a negative errno with a sentence in why. */
int transfer_dial(struct phone *phone, struct transfer *transfer, const char *uri,
                  const struct transfer_manner *manner, struct call **out, struct buf *why);

#endif
