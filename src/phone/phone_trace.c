/* Messages of SIP for whoever looks on: traces and a capture server. */
#include <errno.h>
#include <time.h>

#include "net/address.h"
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

static bool is_here(const struct ip *host)
{
    struct ip local;

    return net_local_towards(host, &local) == 0 && ip_same_host(&local, host);
}

/* Whether datagrams to the server would come to the port that we listen on for messages. */
static bool would_reach_us(void *arg, const struct ip *server)
{
    const struct phone *phone = arg;
    enum sip_transport transport;
    struct ip ours;

    for (size_t i = 0; net_sip_link_listening(phone->link, i, &transport, &ours); i++)
        if (transport == SIP_UDP && ours.port == server->port && ours.family == server->family &&
            (ip_same_host(&ours, server) || (ip_is_any(&ours) && is_here(server))))
            return true;
    return false;
}

int phone_open_capture(struct phone *phone)
{
    const struct config_hep *hep = &phone->config->hep;
    struct net_capture_config config = {.resolver = phone->resolver,
                                        .host = hep->host,
                                        .port = hep->port,
                                        .is_ours = would_reach_us,
                                        .on_lost = on_lost,
                                        .arg = phone};

    return hep->host ? net_capture_new(&config, &phone->capture) : 0;
}

int phone_check_capture(struct phone *phone, struct buf *why)
{
    const struct config_hep *hep = &phone->config->hep;
    struct ip ips[NET_RESOLVE_MAX_IPS];
    size_t n = hep->host ? net_resolve_now(slice_of(hep->host), hep->port, ips) : 0;

    for (size_t i = 0; i < n; i++) {
        char where[IP_TEXT_MAX];

        if (!would_reach_us(phone, &ips[i]))
            continue;
        buf_printf(why, "the capture server %s (hep) is this telephone itself: choose another",
                   ip_text(&ips[i], where));
        return -EINVAL;
    }
    return 0;
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

/* What another has copied is no message: two that are each other's server would copy it for
 * ever. */
static bool is_copy(struct slice bytes)
{
    return slice_starts(bytes, SLICE("HEP3"));
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
    if (phone->capture && !is_copy(bytes))
        capture(phone, &event, flow->transport != SIP_UDP);
    if (phone->trace)
        phone->listener(phone->arg, &event);
}

void phone_trace(struct phone *phone, bool on)
{
    phone->trace = on;
}
