/* tests/sim/sim_register.c - what must hold of registrations and credentials, and the faults that
 * are planted there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/parse.h"
#include "tests/sim/sim.h"

/* From the end of an outage to the 2xx: the longest pause while sends fail at once or are refused,
 * and T2 + 1 s where there was silence; then the way of two requests. */
#define BACK_MS 3000u
#define BACK_SILENT_MS (SIP_T2_MS + 1000u)

/* Nothing is lost or late, and memory is there. */
static bool is_calm(const struct sim *sim)
{
    const struct sim_weather *w = &sim->weather;

    return !w->redirects && !w->slow && !w->loss && !w->fail && !w->refuse && !w->breaks &&
           !w->locate_ms && !w->detour && !w->shortage && w->delay_ms <= 50;
}

/* --- planted ---------------------------------------------------------------------------------- */

static bool replace(struct buf *text, const char *key, const char *with)
{
    char *at = strstr(buf_cstr(text), key);

    if (at)
        memcpy(at + strlen(key), with, strlen(with));
    return at != NULL;
}

static void leak(struct buf *text)
{
    struct buf whole = buf_new(SIP_MAX_MESSAGE);
    struct slice rest = buf_slice(text);
    struct slice line = slice_cut(&rest, '\n');

    buf_put(&whole, line);
    buf_puts(&whole, "\nProxy-Authorization: Digest username=\"u0\", realm=\"10.0.0.4\"\r\n");
    buf_put(&whole, rest);
    buf_clear(text);
    buf_put(text, buf_slice(&whole));
    buf_free(&whole);
}

/* While both have one digit, not to move the rest. */
static void same_number(const struct sim_party *party, const struct sip_msg *msg, struct buf *text)
{
    char number[16];

    if (msg->cseq.number > 9 || party->register_cseq > 9 || !party->register_cseq)
        return;
    snprintf(number, sizeof number, "%u", (unsigned)party->register_cseq);
    replace(text, "\r\nCSeq: ", number);
}

static void keep_old_binding(struct buf *text)
{
    char *at = strstr(buf_cstr(text), "\r\nContact: <"), *end = at ? strchr(at + 2, '\r') : NULL;

    at = at ? strstr(at, ">, <") : NULL;
    for (; at && at + 1 < end; at++)
        at[1] = ' ';
}

static bool takes_back(const struct sip_msg *msg)
{
    struct slice contact = sip_msg_header(msg, SIP_HDR_CONTACT);

    slice_cut(&contact, '>');
    return slice_starts(contact, SLICE(";expires=0"));
}

/* False: it is swallowed. */
static bool plant(struct sim *sim, struct sim_party *party, unsigned to, const struct sip_msg *msg,
                  struct buf *text)
{
    if (sim->fault == SIM_LEAK && to < SIM_PARTIES)
        leak(text);
    if (sim->fault == SIM_OTHER_REALM)
        replace(text, "Digest username=\"u0\", realm=\"", "x");
    if (sim->fault == SIM_SAME_COUNT)
        replace(text, "nc=0000000", "1");
    if (msg->method != SIP_REGISTER)
        return true;
    if (sim->fault == SIM_SAME_NUMBER)
        same_number(party, msg, text);
    if (sim->fault == SIM_OLD_BINDING)
        keep_old_binding(text);
    if (sim->fault == SIM_NO_RE_REGISTER && party->was_accepted && !takes_back(msg))
        return false;
    return sim->fault != SIM_STAYS || !takes_back(msg);
}

/* --- what is sent ----------------------------------------------------------------------------- */

static struct slice quoted(struct slice line, struct slice key)
{
    line = sim_behind(line, key);
    return slice_cut(&line, '"');
}

static void check_count(struct sim *sim, struct sim_party *party, const struct sip_msg *msg,
                        struct slice line)
{
    struct slice nonce = quoted(line, SLICE(" nonce=\""));
    uint32_t nc = (uint32_t)strtoul(slice_skip(line, line.n - 8).p, NULL, 16);
    char text[80], branch[64];

    if (!slice_starts(slice_skip(line, line.n - 11), SLICE("nc=")))
        return; /* RFC 2069 */
    snprintf(text, sizeof text, "%.*s %u", (int)nonce.n, nonce.p ? nonce.p : "", (unsigned)nc);
    snprintf(branch, sizeof branch, "%.*s", (int)msg->via.branch.n, msg->via.branch.p);
    for (size_t i = 0; i < ARRAY_LEN(party->counts); i++)
        if (!strcmp(party->counts[i].count, text)) {
            if (strcmp(party->counts[i].branch, branch) != 0)
                sim_fail(sim, "%u used count %u of a nonce again", party->place, (unsigned)nc);
            return;
        }
    strcpy(party->counts[party->n_counts % ARRAY_LEN(party->counts)].count, text);
    strcpy(party->counts[party->n_counts++ % ARRAY_LEN(party->counts)].branch, branch);
}

static void check_credentials(struct sim *sim, struct sim_party *party, unsigned to,
                              const struct sip_msg *msg, enum sip_hdr id)
{
    struct slice line = sip_msg_header(msg, id);

    if (!line.p)
        return;
    if (to < SIM_PARTIES)
        sim_fail(sim, "%u gave its credentials to %u", party->place, to);
    if (!slice_eq(quoted(line, SLICE(" realm=\"")), slice_of(sim_server_realm(sim))))
        sim_fail(sim, "%u gave its credentials for a realm of others", party->place);
    /* These two have what their INVITE had. */
    if (msg->method != SIP_ACK && msg->method != SIP_CANCEL && line.n > 11)
        check_count(sim, party, msg, line);
}

static bool is_repeated(const struct sim_party *party, struct slice branch)
{
    for (size_t i = 0; i < ARRAY_LEN(party->registers); i++)
        if (slice_eq(slice_of(party->registers[i]), branch))
            return true;
    return false;
}

/* RFC 3263 4.3: to another address of the server the same goes with the same number. */
static void check_register(struct sim *sim, struct sim_party *party, const struct sip_msg *msg)
{
    char *branch = party->registers[party->n_registers % ARRAY_LEN(party->registers)];
    uint32_t least = party->register_cseq + is_calm(sim);

    if (is_repeated(party, msg->via.branch))
        return;
    if (party->refused && !takes_back(msg))
        sim_fail(sim, "%u was refused and goes on asking", party->place);
    if (msg->cseq.number < least)
        sim_fail(sim, "%u sent another REGISTER with number %u", party->place,
                 (unsigned)msg->cseq.number);
    party->register_cseq = msg->cseq.number;
    party->n_registers++;
    snprintf(branch, sizeof party->registers[0], "%.*s", (int)msg->via.branch.n, msg->via.branch.p);
}

bool sim_register_sent(struct sim *sim, struct sim_party *party, unsigned to,
                       const struct sip_msg *msg, struct buf *text)
{
    struct sip_msg changed;

    if (!sim->weather.server || !msg->request)
        return true;
    if (sim->fault) {
        if (!plant(sim, party, to, msg, text))
            return false;
        if (sip_parse(buf_slice(text), true, &changed))
            return true;
        msg = &changed;
    }
    check_credentials(sim, party, to, msg, SIP_HDR_AUTHORIZATION);
    check_credentials(sim, party, to, msg, SIP_HDR_PROXY_AUTHORIZATION);
    if (msg->method == SIP_REGISTER)
        check_register(sim, party, msg);
    return true;
}

/* --- where they are --------------------------------------------------------------------------- */

static bool was_there_since(const struct sim *sim, uint64_t since_ms)
{
    const struct sim_weather *w = &sim->weather;

    return !w->outage || (int64_t)(since_ms - w->back_ms) > 0 || sim->now_ms < w->outage_ms;
}

void sim_register_event(struct sim *sim, struct sim_party *party,
                        const struct sip_account_event *event)
{
    if (!is_calm(sim))
        return;
    if (event->kind == SIP_ACCOUNT_REGISTERED && sim_server_bindings(sim, party, event->contact))
        sim_fail(sim, "%u is registered where it is no longer", party->place);
    if (event->kind == SIP_ACCOUNT_UNREGISTERED &&
        was_there_since(sim, party->wants_ms - SIP_64T1_MS) &&
        sim_server_bindings(sim, party, SLICE("")))
        sim_fail(sim, "%u is gone, and registered still", party->place);
    if (event->kind == SIP_ACCOUNT_FAILED && event->retry_ms == NEVER_MS && !sim->weather.wrong)
        sim_fail(sim, "%u gave up: %u", party->place, event->status);
}

void sim_register_check_back(struct sim *sim)
{
    const struct sim_weather *w = &sim->weather;

    /* Over TCP nothing is repeated that a silent server was told; real ones find it later. */
    if (!is_calm(sim) || w->retry_after_s || (w->tcp && w->outage == SERVER_SILENT))
        return;
    for (size_t i = 0; i < SIM_PARTIES; i++) {
        const struct sim_party *party = &sim->parties[i];

        if (party->account && party->wants && party->wants_ms < w->outage_ms && !party->refused &&
            party->password_ms == NEVER_MS && !sip_account_is_registered(party->account))
            sim_fail(sim, "%u is not registered again in time", party->place);
    }
}

void sim_register_check_there(struct sim *sim, const struct sim_party *party)
{
    bool waits = party->password_ms != NEVER_MS || party->refused;

    if (is_calm(sim) && !waits && was_there_since(sim, sim->now_ms - 3000) &&
        !sim_server_finds(sim, party))
        sim_fail(sim, "%u cannot be reached where it is", party->place);
}

uint64_t sim_register_back_ms(const struct sim *sim)
{
    const struct sim_weather *w = &sim->weather;

    return w->back_ms + (w->outage == SERVER_SILENT ? BACK_SILENT_MS : BACK_MS) +
           6 * (w->delay_ms + 2);
}

void sim_register_check_late(struct sim *sim)
{
    const struct sim_weather *w = &sim->weather;
    uint64_t long_ago_ms = sim->now_ms - 1000 * (uint64_t)w->granted_s - 45000;

    if (!is_calm(sim) || !was_there_since(sim, w->outage ? long_ago_ms : 0))
        return;
    for (size_t i = 0; i < SIM_PARTIES; i++) {
        const struct sim_party *party = &sim->parties[i];

        if (party->account && party->wants && party->wants_ms < sim->now_ms - 10000 &&
            party->changed_ms < sim->now_ms - 10000 && !party->refused &&
            party->password_ms == NEVER_MS && !sim_server_bindings(sim, party, SLICE("")))
            sim_fail(sim, "%u wants to be reached and cannot be", party->place);
    }
}
