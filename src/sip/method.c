#include "sip/method.h"

static const struct slice names[SIP_METHODS] = {
    [SIP_INVITE] = SLICE_INIT("INVITE"),
    [SIP_ACK] = SLICE_INIT("ACK"),
    [SIP_BYE] = SLICE_INIT("BYE"),
    [SIP_CANCEL] = SLICE_INIT("CANCEL"),
    [SIP_OPTIONS] = SLICE_INIT("OPTIONS"),
    [SIP_REGISTER] = SLICE_INIT("REGISTER"),
    [SIP_PRACK] = SLICE_INIT("PRACK"),
    [SIP_UPDATE] = SLICE_INIT("UPDATE"),
    [SIP_INFO] = SLICE_INIT("INFO"),
    [SIP_REFER] = SLICE_INIT("REFER"),
    [SIP_SUBSCRIBE] = SLICE_INIT("SUBSCRIBE"),
    [SIP_NOTIFY] = SLICE_INIT("NOTIFY"),
    [SIP_PUBLISH] = SLICE_INIT("PUBLISH"),
    [SIP_MESSAGE] = SLICE_INIT("MESSAGE"),
};

enum sip_method sip_method_of(struct slice name)
{
    for (unsigned i = 1; i < SIP_METHODS; i++)
        if (slice_eq(name, names[i]))
            return (enum sip_method)i;
    return SIP_METHOD_OTHER;
}

struct slice sip_method_name(enum sip_method method)
{
    return (unsigned)method < SIP_METHODS ? names[method] : (struct slice){0};
}
