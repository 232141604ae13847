/* tests/lib/sip_rig.c - one SIP endpoint on a virtual clock. */
#include "tests/lib/sip_rig.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sip/core.h"
#include "sip/parse.h"

struct rig *rig_new(enum sip_transport transport)
{
    struct rig *r = xzalloc(sizeof *r);
    struct sip_endpoint_config config = {.rng = &r->rng, .user_agent = "rig"};

    r->rng = rng_seeded(7);
    r->now_ms = 1000;
    r->flow.transport = transport;
    r->flow.local = (struct ip){.family = 4, .bytes = {192, 0, 2, 1}, .port = 5060};
    r->flow.remote = (struct ip){.family = 4, .bytes = {192, 0, 2, 2}, .port = 5060};
    r->flow.connection = transport == SIP_UDP ? 0 : 1;
    r->ep = sip_endpoint_new(&config);
    return r;
}

void rig_forget(struct rig *r)
{
    for (size_t i = 0; i < r->n_sent; i++)
        free(r->sent[i].text);
    for (size_t i = 0; i < r->n_events; i++)
        free(r->events[i].sdp);
    for (size_t i = 0; i < r->n_told; i++) {
        free(r->told[i].reason);
        free(r->told[i].realm);
        free(r->told[i].contact);
        free(r->told[i].seen_at);
    }
    r->n_sent = r->n_events = r->n_told = 0;
}

void rig_free(struct rig *r)
{
    rig_forget(r);
    sip_endpoint_free(r->ep);
    free(r->locate_host);
    free(r);
}

static void keep_sent(struct rig *r, const struct sip_out_item *item)
{
    if (r->n_sent == RIG_MAX)
        abort();
    r->sent[r->n_sent++] = (struct rig_sent){.at_ms = r->now_ms,
                                             .key = item->key,
                                             .flow = item->flow,
                                             .text = slice_dup(buf_slice(&item->bytes)),
                                             .n = item->bytes.n};
}

static void keep_event(struct rig *r, const struct sip_call_event *event)
{
    if (r->n_events == RIG_MAX)
        abort();
    r->call = event->call;
    r->events[r->n_events++] = (struct rig_event){.at_ms = r->now_ms,
                                                  .kind = event->kind,
                                                  .cause = event->cause,
                                                  .status = event->status,
                                                  .err = event->err,
                                                  .sdp = slice_dup(event->sdp),
                                                  .call = event->call,
                                                  .account = event->account,
                                                  .by_server = event->by_server,
                                                  .takes_info = event->takes_info,
                                                  .digit = event->digit};
}

static void keep_told(struct rig *r, const struct sip_account_event *event)
{
    if (r->n_told == RIG_MAX)
        abort();
    r->told[r->n_told++] = (struct rig_told){.at_ms = r->now_ms,
                                             .kind = event->kind,
                                             .cause = event->cause,
                                             .err = event->err,
                                             .status = event->status,
                                             .granted_s = event->granted_s,
                                             .n_bindings = event->n_bindings,
                                             .changed = event->changed,
                                             .retry_ms = event->retry_ms,
                                             .reason = slice_dup(event->reason),
                                             .realm = slice_dup(event->realm),
                                             .contact = slice_dup(event->contact),
                                             .seen_at = slice_dup(event->seen_at),
                                             .account = event->account};
}

static void located(struct rig *r, const struct sip_out_item *item)
{
    struct sip_flow flow = r->flow;

    r->n_locates++;
    r->locate_key = item->key;
    r->locate_trust = item->trust;
    free(r->locate_host);
    r->locate_host = xstrdup(item->host);
    if (r->hold_locate)
        return;
    if (!ip_parse(slice_of(item->host), &flow.remote))
        flow.remote.port = item->port ? item->port : 5060;
    else
        flow.remote = r->flow.remote;
    if (item->transport)
        flow.transport = item->transport;
    flow.connection = 0;
    if (r->local.family)
        flow.local = r->local;
    sip_endpoint_located(r->ep, item->key, &flow, r->not_found ? 0 : 1, r->not_found ? -ENOENT : 0,
                         r->now_ms);
}

void rig_drain(struct rig *r)
{
    struct sip_out_item *item;

    if (r->draining)
        return; /* an answer given from here: its effects are taken below */
    r->draining = true;
    while ((item = sip_out_take(sip_endpoint_out(r->ep)))) {
        if (item->kind == SIP_OUT_SEND) {
            keep_sent(r, item);
            if (r->grants && !strncmp(r->sent[r->n_sent - 1].text, "REGISTER ", 9))
                rig_grant(r, 3600);
            if (r->send_fails)
                sip_endpoint_send_failed(r->ep, item->key, -ECONNREFUSED, r->now_ms);
        } else if (item->kind == SIP_OUT_CALL)
            keep_event(r, item->event);
        else if (item->kind == SIP_OUT_ACCOUNT)
            keep_told(r, item->account_event);
        else
            located(r, item);
        sip_out_item_free(item);
    }
    r->draining = false;
}

void rig_run(struct rig *r, uint64_t ms)
{
    uint64_t end = r->now_ms + ms;

    rig_drain(r);
    while (sip_endpoint_deadline_ms(r->ep) <= end) {
        uint64_t when = sip_endpoint_deadline_ms(r->ep);

        r->now_ms = when > r->now_ms ? when : r->now_ms;
        sip_endpoint_tick(r->ep, r->now_ms);
        rig_drain(r);
    }
    r->now_ms = end;
}

bool rig_comes_to_rest(struct rig *r)
{
    rig_run(r, 1000000);
    return sip_endpoint_deadline_ms(r->ep) == NEVER_MS && r->ep->txs.n == 0 &&
           list_empty(&r->ep->all) && map_count(&r->ep->reqs) == 0;
}

void rig_stall(struct rig *r, uint64_t ms)
{
    rig_drain(r);
    r->now_ms += ms;
    sip_endpoint_tick(r->ep, r->now_ms);
    rig_drain(r);
}

void rig_receive_from(struct rig *r, const struct sip_flow *flow, const char *text)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);

    for (const char *p = text; *p; p++) {
        if (*p == '\n')
            buf_putc(&b, '\r');
        buf_putc(&b, *p);
    }
    sip_endpoint_receive(r->ep, flow, buf_slice(&b), r->now_ms);
    buf_free(&b);
    rig_drain(r);
}

void rig_receive(struct rig *r, const char *format, ...)
{
    char text[16384];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rig_receive_from(r, &r->flow, text);
}

void rig_answer(struct rig *r, const struct rig_sent *to, const char *status, const char *tag,
                const char *lines, const char *body)
{
    const char *old = rig_header(to, "To");

    rig_receive(r,
                "SIP/2.0 %s\nVia: %s\nFrom: %s\nTo: %s%s%s\nCall-ID: %s\nCSeq: %s\n"
                "%s%sContent-Length: %zu\n\n%s",
                status, rig_header(to, "Via"), rig_header(to, "From"), old,
                *tag && !strstr(old, ";tag=") ? ";tag=" : "", strstr(old, ";tag=") ? "" : tag,
                rig_header(to, "Call-ID"), rig_header(to, "CSeq"), lines,
                *body ? "Content-Type: application/sdp\n" : "", strlen(body), body);
}

static bool begins(const struct rig_sent *sent, const char *start)
{
    return !strncmp(sent->text, start, strlen(start));
}

const struct rig_sent *rig_find(const struct rig *r, const char *start, size_t i)
{
    for (size_t at = 0; at < r->n_sent; at++)
        if (begins(&r->sent[at], start) && i-- == 0)
            return &r->sent[at];
    return NULL;
}

size_t rig_count(const struct rig *r, const char *start)
{
    size_t n = 0;

    for (size_t at = 0; at < r->n_sent; at++)
        n += begins(&r->sent[at], start);
    return n;
}

const struct rig_event *rig_event(const struct rig *r, enum sip_call_event_kind kind, size_t i)
{
    for (size_t at = 0; at < r->n_events; at++)
        if (r->events[at].kind == kind && i-- == 0)
            return &r->events[at];
    return NULL;
}

size_t rig_event_count(const struct rig *r, enum sip_call_event_kind kind)
{
    size_t n = 0;

    while (rig_event(r, kind, n))
        n++;
    return n;
}

const struct rig_told *rig_told(const struct rig *r, enum sip_account_event_kind kind, size_t i)
{
    for (size_t at = 0; at < r->n_told; at++)
        if (r->told[at].kind == kind && i-- == 0)
            return &r->told[at];
    return NULL;
}

size_t rig_told_count(const struct rig *r, enum sip_account_event_kind kind)
{
    size_t n = 0;

    while (rig_told(r, kind, n))
        n++;
    return n;
}

const struct rig_told *rig_last_told(const struct rig *r)
{
    return r->n_told ? &r->told[r->n_told - 1] : NULL;
}

const struct rig_sent *rig_last(const struct rig *r, const char *start)
{
    for (size_t at = r->n_sent; at > 0; at--)
        if (begins(&r->sent[at - 1], start))
            return &r->sent[at - 1];
    return NULL;
}

const char *rig_header(const struct rig_sent *sent, const char *name)
{
    static char values[8][1024];
    static size_t next;
    char *value = values[next++ % 8];
    struct sip_msg msg;
    struct slice found = {0};

    *value = '\0';
    if (!sent || sip_parse((struct slice){sent->text, sent->n}, true, &msg))
        return value;
    found = sip_msg_header(&msg, sip_header_of(slice_of(name)));
    snprintf(value, sizeof values[0], "%.*s", (int)found.n, found.p ? found.p : "");
    return value;
}

struct sip_call *rig_call_with(struct rig *r, const struct sip_invite_params *params,
                               const char *offer)
{
    struct sip_call *call;

    if (sip_call_invite(r->ep, params, &call, r->now_ms))
        abort();
    rig_drain(r);
    sip_call_offer(call, slice_of(offer), r->now_ms);
    rig_drain(r);
    return call;
}

struct sip_call *rig_call(struct rig *r)
{
    struct sip_invite_params params = {.target = SLICE("sip:bob@192.0.2.2"),
                                       .from = SLICE("sip:alice@192.0.2.1")};

    return rig_call_with(r, &params, "o");
}

struct sip_account *rig_account(struct rig *r)
{
    struct sip_account_params params = {.uri = SLICE("sip:alice@192.0.2.2")};
    struct sip_account *account;

    if (sip_account_new(r->ep, &params, &account))
        abort();
    return account;
}

void rig_grant(struct rig *r, int expires)
{
    const struct rig_sent *sent = rig_last(r, "REGISTER ");
    const char *contact = rig_header(sent, "Contact");
    char lines[512], seconds[32] = "";

    if (expires >= 0)
        snprintf(seconds, sizeof seconds, ";expires=%d", expires);
    snprintf(lines, sizeof lines, "Contact: %.*s%s\n", (int)strcspn(contact, ","), contact,
             seconds);
    rig_answer(r, sent, "200 OK", "r",
               strstr(contact, ";expires=0") == strchr(contact, '>') + 1 ? "" : lines, "");
}

struct sip_account *rig_registered(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_grant(r, 3600);
    return account;
}

void rig_invited(struct rig *r, const char *branch)
{
    rig_receive(r,
                "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/%s 192.0.2.2;branch=z9hG4bK%s\n"
                "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\n"
                "CSeq: 1 INVITE\nContact: <sip:alice@192.0.2.2%s>\nMax-Forwards: 70\n"
                "Content-Type: application/sdp\nContent-Length: 1\n\no",
                r->flow.transport == SIP_UDP ? "UDP" : "TCP", branch,
                r->flow.transport == SIP_UDP ? "" : ";transport=tcp");
}
