/* tests/sim/sim_server.c - a registrar, and the door of the proxy: who is where, who may call, and
 * days on which nobody answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/account_core.h"
#include "sip/build.h"
#include "sip/credentials.h"
#include "tests/sim/sim.h"

/* --- the weather of the server ---------------------------------------------------------------- */

static bool is_away(const struct sim *sim)
{
    const struct sim_weather *w = &sim->weather;

    return w->outage && sim->now_ms >= w->outage_ms && sim->now_ms < w->back_ms;
}

bool sim_server_is_gone(const struct sim *sim)
{
    return sim->weather.outage == SERVER_GONE && is_away(sim);
}

uint64_t sim_server_next_ms(const struct sim *sim)
{
    return sim->break_ms < sim->check_ms ? sim->break_ms : sim->check_ms;
}

void sim_server_act(struct sim *sim)
{
    if (sim->break_ms <= sim->now_ms) {
        sim->break_ms = NEVER_MS;
        sim_trace(sim, "the server goes");
        sim_break_all(sim, SIM_PROXY);
    }
    if (sim->check_ms <= sim->now_ms) {
        sim->check_ms = NEVER_MS;
        sim_register_check_back(sim);
    }
}

static void restart_if_due(struct sim *sim)
{
    if (!sim->weather.outage || !sim->weather.forgets || sim->epoch ||
        sim->now_ms < sim->weather.back_ms)
        return;
    sim_trace(sim, "the server has forgotten everything");
    memset(sim->bindings, 0, sizeof sim->bindings);
    sim->epoch = 1;
    sim->nonce_ms = 0;
}

/* --- credentials ------------------------------------------------------------------------------ */

const char *sim_server_realm(const struct sim *sim)
{
    return sim->seed % 2 ? "10.0.0.4" : "simnet";
}

static void put_nonce(struct sim *sim, struct buf *b)
{
    if (!sim->nonce_ms || sim->now_ms - sim->nonce_ms > sim->weather.nonce_ms / 2) {
        sim->nonce_ms = sim->now_ms;
        sim->serial++;
    }
    buf_printf(b, "%u.%u.%llu", sim->epoch, sim->serial, (unsigned long long)sim->nonce_ms);
}

/* What each run asks for, in order. */
static const struct asked {
    const char *algorithms[2];
    enum digest_kind kind; /* of the one that is to be answered */
    bool session;
} asked[] = {
    {{""}, DIGEST_MD5, false},
    {{",algorithm=SHA-256", ",algorithm=MD5"}, DIGEST_SHA256, false},
    {{",algorithm=SHA-512-256-sess"}, DIGEST_SHA512_256, true},
    {{",algorithm=AKAv1-MD5", ",algorithm=MD5"}, DIGEST_MD5, false},
};

static enum sip_qop qop_of(const struct sim *sim)
{
    if (!sim->weather.qop && asked[sim->weather.algorithm].session)
        return SIP_QOP_AUTH;
    return (enum sip_qop)sim->weather.qop;
}

static void put_challenge(struct sim *sim, struct buf *b, const char *algorithm, bool stale)
{
    static const char *const qops[] = {"", ",qop=\"auth\"", ",qop=\"auth-int\""};

    buf_printf(b, "Digest realm=\"%s\",nonce=\"", sim_server_realm(sim));
    put_nonce(sim, b);
    buf_printf(b, "\"%s%s%s", qops[qop_of(sim)], algorithm, stale ? ",stale=true" : "");
}

struct slice sim_behind(struct slice line, struct slice key)
{
    ptrdiff_t at;

    while ((at = slice_index(line, key.p[0])) >= 0) {
        line = slice_skip(line, (size_t)at);
        if (slice_starts(line, key))
            return slice_skip(line, key.n);
        line = slice_skip(line, 1);
    }
    return (struct slice){0};
}

/* A parameter of what endpoints print. */
static struct slice word(struct slice line, const char *name)
{
    char key[32];
    int n = snprintf(key, sizeof key, " %s=", name);

    line = sim_behind(line, (struct slice){key, (size_t)n});
    if (slice_starts(line, SLICE("\""))) {
        line = slice_skip(line, 1);
        return slice_cut(&line, '"');
    }
    line = slice_cut(&line, ',');
    return slice_trim(line);
}

enum opinion { GOOD, NONE, STALE, BAD };

static bool is_right(struct sim *sim, const struct sip_msg *msg, struct slice line)
{
    const struct asked *a = &asked[sim->weather.algorithm];
    struct slice user = word(line, "username");
    char password[8], hex[DIGEST_HEX_MAX + 1], nc[16];
    struct slice count = word(line, "nc");
    struct sip_digest d = {.kind = a->kind,
                           .session = a->session,
                           .qop = qop_of(sim),
                           .user = user,
                           .realm = slice_of(sim_server_realm(sim)),
                           .nonce = word(line, "nonce"),
                           .cnonce = word(line, "cnonce"),
                           .method = msg->method_name,
                           .uri = msg->uri.text,
                           .body = msg->body};

    snprintf(password, sizeof password, "pw%.*s", 1, user.n == 2 ? user.p + 1 : "?");
    snprintf(nc, sizeof nc, "%.*s", (int)count.n, count.p ? count.p : "");
    d.password = slice_of(password);
    d.nc = (uint32_t)strtoul(nc, NULL, 16);
    sip_digest_response(&d, hex);
    return slice_eq(slice_of(hex), word(line, "response")) &&
           slice_eq(word(line, "uri"), msg->uri.text);
}

static enum opinion opinion_of(struct sim *sim, const struct sip_msg *msg, enum sip_hdr id)
{
    struct slice line = sip_msg_header(msg, id), nonce = word(line, "nonce");
    unsigned long long made_ms = 0;
    unsigned epoch = 0, serial;
    char text[64];

    if (!line.p)
        return NONE;
    snprintf(text, sizeof text, "%.*s", (int)nonce.n, nonce.p ? nonce.p : "");
    if (sscanf(text, "%u.%u.%llu", &epoch, &serial, &made_ms) != 3 || epoch != sim->epoch ||
        !is_right(sim, msg, line))
        return BAD;
    return sim->now_ms - made_ms > sim->weather.nonce_ms ? STALE : GOOD;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* What else an answer has; the texts are kept until it is printed. */
struct extras {
    struct sip_extra list[24];
    struct buf texts[24];
    size_t n;
};

static struct buf *extra(struct extras *all, const char *name)
{
    all->texts[all->n] = buf_new(1024);
    all->list[all->n].name = slice_of(name);
    return &all->texts[all->n++];
}

static void print(struct sim *sim, const struct sip_msg *msg, unsigned status, struct extras *all,
                  struct buf *b)
{
    struct sip_response response = {
        .status = status, .to_tag = SLICE("server"), .extra = all->list, .n_extra = all->n};

    for (size_t i = 0; i < all->n; i++)
        all->list[i].value = buf_slice(&all->texts[i]);
    if (sip_build_response(b, msg, &response))
        sim_fail(sim, "the server cannot answer");
    for (size_t i = 0; i < all->n; i++)
        buf_free(&all->texts[i]);
}

static void challenge(struct sim *sim, const struct sip_msg *msg, unsigned status, bool stale,
                      struct buf *b)
{
    const char *name = status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
    const struct asked *a = &asked[sim->weather.algorithm];
    struct extras all = {.n = 0};

    buf_puts(extra(&all, name), "Basic realm=\"old\"");
    if (sim->weather.names_others && status == 407)
        buf_puts(extra(&all, name), "Digest realm=\"others\",nonce=\"x\"");
    else
        for (size_t i = 0; i < ARRAY_LEN(a->algorithms) && a->algorithms[i]; i++)
            put_challenge(sim, extra(&all, name), a->algorithms[i], stale);
    print(sim, msg, status, &all, b);
}

static void answer(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                   unsigned status, struct extras *all)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);

    print(sim, msg, status, all, &b);
    sim_post_from_proxy(sim, &packet->from_ip, packet->connection, buf_slice(&b));
    buf_free(&b);
}

/* True: it was not let in. */
static bool asks(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                 unsigned status)
{
    enum sip_hdr id = status == 401 ? SIP_HDR_AUTHORIZATION : SIP_HDR_PROXY_AUTHORIZATION;
    enum opinion opinion = opinion_of(sim, msg, id);
    struct buf b = buf_new(SIP_MAX_MESSAGE);

    if (opinion == GOOD)
        return false;
    challenge(sim, msg, status, opinion == STALE, &b);
    sim_post_from_proxy(sim, &packet->from_ip, packet->connection, buf_slice(&b));
    buf_free(&b);
    return true;
}

void sim_server_answer(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                       unsigned status, struct buf *b)
{
    struct extras none = {.n = 0};

    (void)packet;
    if (status == 407)
        challenge(sim, msg, status, opinion_of(sim, msg, SIP_HDR_PROXY_AUTHORIZATION) == STALE, b);
    else
        print(sim, msg, status, &none, b);
}

/* --- bindings --------------------------------------------------------------------------------- */

static bool is_alive(const struct sim *sim, const struct sim_binding *binding)
{
    return binding->uri[0] && binding->until_ms > sim->now_ms;
}

static struct sim_binding *find_binding(struct sim *sim, struct slice aor, struct slice uri)
{
    struct sim_binding *unused = NULL;

    for (size_t i = 0; i < ARRAY_LEN(sim->bindings); i++) {
        struct sim_binding *binding = &sim->bindings[i];

        if (!is_alive(sim, binding))
            unused = binding;
        else if (slice_eq(slice_of(binding->aor), aor) && slice_eq(slice_of(binding->uri), uri))
            return binding;
    }
    if (unused)
        *unused = (struct sim_binding){.until_ms = 0};
    return unused;
}

/* RFC 3261 10.3 step 7: one that was overtaken; also by what ended the binding. */
static bool is_outdated(struct sim *sim, const struct sip_msg *msg)
{
    for (size_t i = 0; i < ARRAY_LEN(sim->bindings); i++)
        if (sim->bindings[i].cseq > msg->cseq.number &&
            slice_eq(slice_of(sim->bindings[i].id), msg->call_id))
            return true;
    return false;
}

static uint32_t asked_s(const struct sip_msg *msg, const struct sip_contact *contact)
{
    uint32_t seconds = 3600;

    if (contact->expires_s != SIP_EXPIRES_NONE)
        return (uint32_t)contact->expires_s;
    sip_delta_seconds_parse(sip_msg_header(msg, SIP_HDR_EXPIRES), &seconds);
    return seconds;
}

static void bind(struct sim *sim, const struct sip_msg *msg, struct slice aor,
                 const struct sip_contact *contact)
{
    struct sim_binding *binding = find_binding(sim, aor, contact->address.uri);
    uint32_t seconds = asked_s(msg, contact);

    if (!binding)
        return;
    if (seconds > sim->weather.granted_s)
        seconds = sim->weather.granted_s;
    snprintf(binding->aor, sizeof binding->aor, "%.*s", (int)aor.n, aor.p);
    snprintf(binding->uri, sizeof binding->uri, "%.*s", (int)contact->address.uri.n,
             contact->address.uri.p);
    snprintf(binding->id, sizeof binding->id, "%.*s", (int)msg->call_id.n, msg->call_id.p);
    binding->cseq = msg->cseq.number;
    binding->until_ms = sim->now_ms + 1000ULL * seconds;
}

/* False: one of them is too short for us. */
static bool read_contacts(struct sim *sim, const struct sip_msg *msg, struct slice aor, bool act)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_CONTACT);
    struct sip_contact contact;
    struct slice value;

    while (sip_values_next(&values, &value)) {
        if (sip_contact_parse(value, &contact)) {
            sim_fail(sim, "a Contact that does not parse");
            return true;
        }
        if (act)
            bind(sim, msg, aor, &contact);
        else if (asked_s(msg, &contact) && asked_s(msg, &contact) < sim->weather.least_s)
            return false;
    }
    return true;
}

static void put_bindings(struct sim *sim, struct slice aor, struct extras *all)
{
    for (size_t i = 0; i < ARRAY_LEN(sim->bindings); i++) {
        const struct sim_binding *binding = &sim->bindings[i];

        if (is_alive(sim, binding) && slice_eq(slice_of(binding->aor), aor))
            buf_printf(extra(all, "Contact"), "<%s>;expires=%llu", binding->uri,
                       (unsigned long long)(binding->until_ms - sim->now_ms + 999) / 1000);
    }
}

static struct slice user_of(struct slice text)
{
    struct sip_uri uri = {.user = {0}};

    sip_uri_parse(text, &uri);
    return uri.user;
}

static void registers(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    struct slice aor = user_of(msg->to.uri);
    struct extras all = {.n = 0};

    if (sim_chance(sim, sim->weather.slow)) {
        answer(sim, packet, msg, 100, &all); /* and no more, before the next copy */
        return;
    }
    if (sim_chance(sim, sim->weather.redirects)) {
        buf_printf(extra(&all, "Contact"), "<sip:10.0.0.4:5060;to=%u>", rng_below(&sim->rng, 4));
        answer(sim, packet, msg, 302, &all);
        return;
    }
    if (asks(sim, packet, msg, 401))
        return;
    if (is_outdated(sim, msg)) {
        answer(sim, packet, msg, 500, &all);
    } else if (!read_contacts(sim, msg, aor, false)) {
        buf_printf(extra(&all, "Min-Expires"), "%u", sim->weather.least_s);
        answer(sim, packet, msg, 423, &all);
    } else {
        read_contacts(sim, msg, aor, true);
        put_bindings(sim, aor, &all);
        if (sim->weather.service_route)
            buf_printf(extra(&all, "Service-Route"), "<sip:10.0.0.4;lr%s>",
                       sim->weather.tcp ? ";transport=tcp" : "");
        answer(sim, packet, msg, 200, &all);
    }
}

unsigned sim_server_bindings(const struct sim *sim, const struct sim_party *party,
                             struct slice but_for)
{
    unsigned n = 0;

    for (size_t i = 0; i < ARRAY_LEN(sim->bindings); i++) {
        const struct sim_binding *binding = &sim->bindings[i];

        n += is_alive(sim, binding) && !slice_eq(slice_of(binding->uri), but_for) &&
             slice_eq(user_of(slice_of(binding->uri)), slice_of(party->account->user));
    }
    return n;
}

bool sim_server_finds(const struct sim *sim, const struct sim_party *party)
{
    struct ip here = sim_address(sim, party->place), at;

    for (size_t i = 0; i < ARRAY_LEN(sim->bindings); i++) {
        const struct sim_binding *binding = &sim->bindings[i];
        struct sip_uri uri;

        if (is_alive(sim, binding) && !sip_uri_parse(slice_of(binding->uri), &uri) &&
            !ip_parse(uri.host, &at) && ip_same_host(&at, &here) &&
            slice_eq(uri.user, slice_of(party->account->user)))
            return true;
    }
    return false;
}

/* --- who may pass ----------------------------------------------------------------------------- */

unsigned sim_server_route(struct sim *sim, const struct sim_packet *packet,
                          const struct sip_msg *msg, struct sim_branch *branch)
{
    (void)packet;
    if (sim->weather.asks && opinion_of(sim, msg, SIP_HDR_PROXY_AUTHORIZATION) != GOOD)
        return 407;
    for (size_t i = 0; i < ARRAY_LEN(sim->bindings) && branch->n < SIM_FORKS; i++) {
        const struct sim_binding *binding = &sim->bindings[i];

        if (is_alive(sim, binding) && slice_eq(slice_of(binding->aor), msg->uri.user))
            strcpy(branch->uri[branch->n++], binding->uri);
    }
    return branch->n ? 0 : 480;
}

/* Only who began the dialog has an account that is asked for. */
static bool is_of_caller(struct sim *sim, const struct sim_packet *packet,
                         const struct sip_msg *msg)
{
    const struct sim_call *call = packet->from < SIM_PARTIES
                                      ? sim_user_call(&sim->parties[packet->from], msg->call_id)
                                      : NULL;

    return call && call->outgoing;
}

/* A copy of what was let in is, too, though its nonce has run out meanwhile. */
static bool keeps_out(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    char *branch = sim->let_in[sim->n_let_in % ARRAY_LEN(sim->let_in)];

    for (size_t i = 0; i < ARRAY_LEN(sim->let_in); i++)
        if (slice_eq(slice_of(sim->let_in[i]), msg->via.branch))
            return false;
    if (asks(sim, packet, msg, 407))
        return true;
    snprintf(branch, sizeof sim->let_in[0], "%.*s", (int)msg->via.branch.n, msg->via.branch.p);
    sim->n_let_in++;
    return false;
}

bool sim_server_receive(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    bool in_dialog = msg->to.tag.n && msg->method != SIP_ACK && msg->method != SIP_CANCEL;
    struct extras all = {.n = 0};

    restart_if_due(sim);
    if (is_away(sim) && sim->weather.outage != SERVER_BUSY)
        return true;
    if (msg->method == SIP_REGISTER && is_away(sim)) {
        if (sim->weather.retry_after_s)
            buf_printf(extra(&all, "Retry-After"), "%u", sim->weather.retry_after_s);
        answer(sim, packet, msg, 503, &all);
        return true;
    }
    if (msg->method == SIP_REGISTER) {
        registers(sim, packet, msg);
        return true;
    }
    if (!in_dialog || !sim->weather.asks_in_dialogs || !is_of_caller(sim, packet, msg))
        return false;
    return keeps_out(sim, packet, msg);
}
