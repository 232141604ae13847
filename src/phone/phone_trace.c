/* Messages of SIP for whoever looks on: traces and a capture server. */
#include <time.h>

#include "net/capture.h"
#include "net/hep.h"
#include "phone/mask.h"
#include "phone/phone_private.h"

/* A message grows a little where dots take the place of what is shorter. */
#define MESSAGE_MAX (2 * NET_HEP_MAX_BYTES)

static void on_lost(void *arg, const char *why)
{
    struct phone *phone = arg;
    struct buf sentence = buf_new(1024);

    buf_printf(&sentence, "the capture server %s does not get our messages: %s",
               phone->config->hep.host, why);
    phone_tell(phone, &(struct phone_event){.kind = PHONE_NOTICE, .text = buf_cstr(&sentence)});
    phone_wake(phone);
    buf_free(&sentence);
}

int phone_open_capture(struct phone *phone)
{
    const struct config_hep *hep = &phone->config->hep;
    struct net_capture_config config = {.resolver = phone->resolver,
                                        .host = hep->host,
                                        .port = hep->port,
                                        .on_lost = on_lost,
                                        .arg = phone};

    return hep->host ? net_capture_new(&config, &phone->capture) : 0;
}

static uint64_t unix_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void capture(const struct phone *phone, const struct phone_event *event, bool stream)
{
    const struct config_hep *config = &phone->config->hep;
    struct buf message = buf_new(MESSAGE_MAX), datagram = buf_new(NET_HEP_MAX_BYTES);

    mask_event(&message, event);
    net_hep_put(&datagram, &(struct net_hep){.from = event->sent ? event->local : event->where,
                                             .to = event->sent ? event->where : event->local,
                                             .stream = stream,
                                             .unix_us = unix_us(),
                                             .agent = config->agent ? config->agent : 1,
                                             .password = slice_of(config->password),
                                             .message = buf_slice(&message)});
    if (buf_ok(&message) && buf_ok(&datagram))
        net_capture_send(phone->capture, buf_slice(&datagram));
    buf_free(&datagram);
    buf_free(&message);
}

void phone_message(void *arg, bool sent, const struct sip_flow *flow, struct slice bytes)
{
    struct phone *phone = arg;
    struct phone_event event = {.kind = PHONE_MESSAGE,
                                .transport = phone_transport_name(flow->transport),
                                .where = flow->remote,
                                .local = flow->local,
                                .bytes = bytes,
                                .unmasked = phone->config->trace_secrets,
                                .sent = sent};

    if (phone->quitting && !sent)
        phone_wake(phone);
    if (phone->capture)
        capture(phone, &event, flow->transport != SIP_UDP);
    if (phone->trace)
        phone->listener(phone->arg, &event);
}

void phone_trace(struct phone *phone, bool on)
{
    phone->trace = on;
}
