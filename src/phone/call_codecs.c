/* The codecs of a call: those of its account, else those of the phone, as far as they can be used.
 */
#include "phone/account.h"
#include "phone/call.h"
#include "phone/calls.h"
#include "phone/phone_private.h"

void call_codecs_put(const struct call *call, struct sdp_local *us)
{
    const struct phone *phone = call->phone;
    bool own = call->account && call->account->n_codecs > 0;
    const struct sdp_codec *codecs = own ? call->account->codecs : phone->codecs;
    size_t n = own ? call->account->n_codecs : phone->n_codecs;

    for (size_t i = 0; i < n; i++)
        if (media_can_codec(codecs[i].name, codecs[i].rate_hz))
            us->codecs[us->n_codecs++] = codecs[i];
}
