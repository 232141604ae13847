/* What is heard before the answer: the SDP of each phone that a forked INVITE reached, and the
 * ringing tone.
 *
 * One INVITE may ring several phones, each in a dialog of its own, and any of them may send sound.
 * The last that names where it does is followed (RFC 3960 leaves the choice open); that it repeats
 * itself is no reason to turn to it again. */
#include <stdlib.h>

#include "phone/call.h"
#include "phone/phone_private.h"

static struct call_fork *find(struct call *call, struct slice tag)
{
    for (size_t i = 0; i < call->n_forks; i++)
        if (slice_eq(slice_of(call->forks[i].tag), tag))
            return &call->forks[i];
    return NULL;
}

static struct call_fork *add(struct call *call, struct slice tag)
{
    struct call_fork *fork;

    if (!call->forks)
        call->forks = calloc(SIP_MAX_FORKS, sizeof *call->forks);
    if (!call->forks || call->n_forks == SIP_MAX_FORKS)
        return NULL;
    fork = &call->forks[call->n_forks];
    *fork = (struct call_fork){slice_dup(tag), NULL};
    call->n_forks += fork->tag != NULL;
    return fork->tag ? fork : NULL;
}

bool call_early_is_news(struct call *call, struct slice tag, struct slice sdp)
{
    struct call_fork *fork = find(call, tag);

    if (!fork)
        fork = add(call, tag);
    if (!fork || (fork->sdp && slice_eq(slice_of(fork->sdp), sdp)))
        return false;
    free(fork->sdp);
    fork->sdp = slice_dup(sdp);
    call->early_heard = false; /* of this one */
    return true;
}

struct slice call_early_sdp(struct call *call, struct slice tag)
{
    const struct call_fork *fork = find(call, tag);

    return fork && fork->sdp ? slice_of(fork->sdp) : (struct slice){0};
}

void call_early_forget(struct call *call)
{
    for (size_t i = 0; i < call->n_forks; i++) {
        free(call->forks[i].tag);
        free(call->forks[i].sdp);
    }
    free(call->forks);
    call->forks = NULL;
    call->n_forks = 0;
    call->early_heard = call->early_told = call->rung = false;
}

/* RFC 3960 3.2: where it rings and no sound comes, we make the tone. */
static bool wants_ringback(const struct call *call)
{
    return call->rung && !call->early_heard &&
           (call->state == CALL_ALERTING || call->state == CALL_EARLY);
}

void call_set_tone(struct call *call)
{
    enum media_tone tone = MEDIA_TONE_NONE;

    if (call->state == CALL_TONE)
        tone = MEDIA_TONE_BUSY;
    else if (call->phone->heard == call && wants_ringback(call))
        tone = MEDIA_TONE_RINGBACK;
    else if (call->phone->heard == call && call->state == CALL_UP && call->phone->waiting)
        tone = MEDIA_TONE_WAITING;
    if (!call->stream || call->tone == tone)
        return;
    call->tone = tone;
    media_stream_tone(call->stream, tone);
}
