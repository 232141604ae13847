/* tests/sim/sim_proxy.c - a proxy that sends a call to several phones at once: to Bob and Carol, or
 * with accounts to whoever is registered. It keeps little: what is repeated by an endpoint passes
 * through it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/build.h"
#include "sip/parse.h"
#include "tests/sim/sim.h"

#define OUR_BRANCH "z9hG4bKproxy"
#define IN_DIALOG 9 /* instead of the number of a fork */

static void post(struct sim *sim, const struct sim_packet *packet, struct slice bytes)
{
    sim_post_from_proxy(sim, &packet->from_ip, packet->connection, bytes);
}

static void build(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                  unsigned status)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct sip_response response = {.status = status, .to_tag = SLICE("proxy")};

    if (!sip_build_response(&b, msg, &response))
        post(sim, packet, buf_slice(&b));
    buf_free(&b);
}

static const char *transport(const struct sim *sim)
{
    return sim->weather.tcp ? "TCP" : "UDP";
}

/* The request with our Via on top, perhaps with Record-Route, and without the route to us. */
static void put_forwarded(struct sim *sim, const struct sim_packet *packet,
                          const struct sip_msg *msg, unsigned fork, const char *uri, struct buf *b)
{
    struct slice rest = {packet->bytes, packet->n};
    struct slice line = slice_cut(&rest, '\n');

    if (uri)
        buf_printf(b, "%.*s %s SIP/2.0\r", (int)msg->method_name.n, msg->method_name.p, uri);
    else
        buf_put(b, line);
    buf_printf(b, "\nVia: SIP/2.0/%s 10.0.0.4;branch=" OUR_BRANCH "%u%.*s\r\n", transport(sim),
               fork, (int)msg->via.branch.n, msg->via.branch.p);
    if (sim->weather.record_route && msg->method == SIP_INVITE && !msg->to.tag.n)
        buf_printf(b, "Record-Route: <sip:10.0.0.4;lr%s>\r\n",
                   sim->weather.tcp ? ";transport=tcp" : "");
    for (bool routed = false; rest.n;) {
        line = slice_cut(&rest, '\n');
        if (!routed && slice_starts(line, SLICE("Route: "))) {
            routed = true;
            continue;
        }
        buf_put(b, line);
        if (rest.p)
            buf_putc(b, '\n');
        if (line.n <= 1) {
            buf_put(b, rest); /* the body as it is */
            break;
        }
    }
}

/* uri NULL: as it is. */
static void forward(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                    unsigned fork, const char *uri)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct sip_uri target = msg->uri;
    struct ip to;

    if (uri && sip_uri_parse(slice_of(uri), &target))
        sim_fail(sim, "somebody is registered as %s", uri);
    put_forwarded(sim, packet, msg, fork, uri, &b);
    if (!ip_parse(target.host, &to) && to.bytes[3] <= SIM_PARTIES) {
        to.port = target.port ? target.port : 5060;
        sim_post_from_proxy(sim, &to, 0, buf_slice(&b));
    }
    buf_free(&b);
}

static void forward_to_all(struct sim *sim, const struct sim_packet *packet,
                           const struct sip_msg *msg, const struct sim_branch *known)
{
    for (unsigned i = 0; i < known->n; i++)
        forward(sim, packet, msg, i, known->uri[i]);
}

static struct sim_branch *find(struct sim *sim, struct slice branch)
{
    for (size_t i = 0; i < sim->n_branches; i++)
        if (slice_eq(slice_of(sim->branches[i].branch), branch))
            return &sim->branches[i];
    return NULL;
}

static struct sim_branch *new_branch(struct sim *sim, const struct sim_packet *packet,
                                     const struct sip_msg *msg)
{
    struct sim_branch *branch;
    unsigned status = 0;

    if (sim->n_branches == SIM_RECORDS)
        return NULL;
    branch = &sim->branches[sim->n_branches++];
    snprintf(branch->branch, sizeof branch->branch, "%.*s", (int)msg->via.branch.n,
             msg->via.branch.p);
    branch->caller = packet->from;
    if (sim->weather.server) {
        status = sim_server_route(sim, packet, msg, branch);
    } else {
        branch->n = 2;
        strcpy(branch->uri[0], "sip:bob@10.0.0.2");
        strcpy(branch->uri[1], "sip:carol@10.0.0.3");
    }
    if (status) {
        struct buf b = buf_new(SIP_MAX_MESSAGE);

        sim_server_answer(sim, packet, msg, status, &b);
        branch->said = slice_dup(buf_slice(&b));
        buf_free(&b);
    }
    return branch;
}

static void invite(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                   struct sim_branch *known)
{
    if (!known)
        known = new_branch(sim, packet, msg);
    if (!known)
        return;
    if (known->said) {
        post(sim, packet, slice_of(known->said));
        return;
    }
    build(sim, packet, msg, 100);
    forward_to_all(sim, packet, msg, known);
}

static void request(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    struct sim_branch *known = find(sim, msg->via.branch);

    if (sim->weather.server && sim_server_receive(sim, packet, msg))
        return;
    if (msg->method == SIP_INVITE && !msg->to.tag.n) {
        invite(sim, packet, msg, known);
    } else if (msg->method == SIP_CANCEL) {
        build(sim, packet, msg, 200);
        if (known)
            known->cancelled = true;
        if (known)
            forward_to_all(sim, packet, msg, known);
    } else if (known && msg->method == SIP_ACK) {
        forward_to_all(sim, packet, msg, known);
    } else {
        /* In a dialog. RFC 4320 lets a proxy say 100 after a while. */
        if (msg->method == SIP_BYE && sim_chance(sim, 50))
            build(sim, packet, msg, 100);
        forward(sim, packet, msg, IN_DIALOG, NULL);
    }
}

/* Without the topmost Via, which is ours. */
static void pass_back(struct sim *sim, struct slice bytes, const struct ip *to)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct slice rest = bytes;

    buf_put(&b, slice_cut(&rest, '\n'));
    buf_putc(&b, '\n');
    slice_cut(&rest, '\n');
    buf_put(&b, rest);
    sim_post_from_proxy(sim, to, 0, buf_slice(&b));
    buf_free(&b);
}

/* ACK or CANCEL of our own to one of the forks, made of what the INVITE has in common with its
 * answer msg. Only an ACK knows the To tag. */
static void say(struct sim *sim, struct sim_branch *known, unsigned fork, const struct sip_msg *msg,
                enum sip_method method)
{
    struct slice name = sip_method_name(method);
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct sip_uri uri;
    struct ip to;

    buf_printf(&b,
               "%.*s %s SIP/2.0\r\nVia: SIP/2.0/%s 10.0.0.4;branch=" OUR_BRANCH "%u%s\r\nFrom: ",
               (int)name.n, name.p, known->uri[fork], transport(sim), fork, known->branch);
    buf_put(&b, sip_msg_header(msg, SIP_HDR_FROM));
    buf_puts(&b, "\r\nTo: ");
    if (method == SIP_ACK)
        buf_put(&b, sip_msg_header(msg, SIP_HDR_TO));
    else
        sip_address_put(&b, SLICE(""), msg->to.uri);
    buf_puts(&b, "\r\nCall-ID: ");
    buf_put(&b, msg->call_id);
    buf_printf(&b, "\r\nCSeq: %u %.*s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
               (unsigned)msg->cseq.number, (int)name.n, name.p);
    if (!sip_uri_parse(slice_of(known->uri[fork]), &uri) && !ip_parse(uri.host, &to)) {
        to.port = 5060;
        sim_post_from_proxy(sim, &to, 0, buf_slice(&b));
    }
    buf_free(&b);
}

static bool all_have_refused(const struct sim_branch *known)
{
    for (size_t i = 0; i < known->n; i++)
        if (!known->final[i] && !known->cancelled)
            return false;
    return true;
}

static void answered(struct sim *sim, const struct sip_msg *msg, struct sim_branch *known,
                     unsigned fork)
{
    for (unsigned i = 0; i < known->n && !known->ok && sim->weather.cancels; i++)
        if (i != fork && !known->final[i])
            say(sim, known, i, msg, SIP_CANCEL);
    known->ok = true;
}

static void final(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                  struct sim_branch *known, unsigned fork, const struct ip *to)
{
    struct slice bytes = {packet->bytes, packet->n};

    if (msg->status < 300) {
        answered(sim, msg, known, fork);
        pass_back(sim, bytes, to);
    } else if (known->ok) {
        say(sim, known, fork, msg, SIP_ACK);
    } else {
        free(known->final[fork]);
        known->final[fork] = slice_dup(bytes);
        /* RFC 3261 16.7: the best of all, when all are there. Each copy passes it on again. */
        if (all_have_refused(known))
            pass_back(sim, bytes, to);
    }
}

static void response(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    struct sip_values vias = sip_msg_values(msg, SIP_HDR_VIA);
    size_t cookie = sizeof OUR_BRANCH - 1;
    struct sim_branch *known;
    struct sip_via via;
    struct slice value;
    unsigned fork;
    struct ip to;

    if (!sip_values_next(&vias, &value) || !sip_values_next(&vias, &value) ||
        sip_via_parse(value, &via) || ip_parse(via.host, &to) || msg->via.branch.n <= cookie)
        return; /* the answer to a CANCEL of our own */
    to.port = 5060;
    fork = (unsigned)(msg->via.branch.p[cookie] - '0');
    known = find(sim, via.branch);
    if (msg->method == SIP_CANCEL || (msg->status == 100 && known))
        return;
    if (known && msg->method == SIP_INVITE && msg->status >= 200 && fork < known->n)
        final(sim, packet, msg, known, fork, &to);
    else
        pass_back(sim, (struct slice){packet->bytes, packet->n}, &to);
}

void sim_proxy_receive(struct sim *sim, const struct sim_packet *packet)
{
    struct sip_msg msg;

    if (sip_parse((struct slice){packet->bytes, packet->n}, true, &msg)) {
        sim_fail(sim, "an endpoint sent the proxy what does not parse: %s", msg.error);
        return;
    }
    sim_trace(sim, "     proxy <- %u %.*s (%.*s)", packet->from, (int)strcspn(packet->bytes, "\r"),
              packet->bytes, (int)msg.method_name.n, msg.method_name.p);
    if (msg.request)
        request(sim, packet, &msg);
    else
        response(sim, packet, &msg);
}

void sim_proxy_free(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_branches; i++) {
        for (size_t k = 0; k < SIM_FORKS; k++)
            free(sim->branches[i].final[k]);
        free(sim->branches[i].said);
    }
}
