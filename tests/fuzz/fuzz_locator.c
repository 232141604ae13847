/* A search for the servers of a name, and answers of the DNS as the input wants them: it ends,
 * with few questions and few places, all of a transport that we have.
 *
 * The first byte says what is looked for; then each question takes its answer off the input: a byte
 * for the error and one for how many records, and for each record numbers and a name. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sip/limits.h"
#include "sip/locator.h"

#define MAX_RECORDS 24 /* some more than are looked at */

struct zone {
    struct ip ips[MAX_RECORDS];
    struct dns_srv srv[MAX_RECORDS];
    struct dns_naptr naptr[MAX_RECORDS];
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static unsigned take(struct slice *in)
{
    unsigned byte = in->n ? (unsigned char)in->p[0] : 0;

    *in = slice_skip(*in, in->n > 0);
    return byte;
}

/* Names are few, so that they meet again; the last is as long as one may be. */
static void take_name(struct slice *in, char out[DNS_MAX_NAME + 1])
{
    static const char *const names[] = {"h", "a.h", "A.H", "_sip._udp.h", "_sip._tcp.h", ".", ""};
    unsigned byte = take(in);

    memset(out, 0, DNS_MAX_NAME + 1);
    if (byte < ARRAY_LEN(names))
        strcpy(out, names[byte]);
    else
        memset(out, 'a' + (int)(byte % 26), byte < 0xf0 ? byte % 64 : DNS_MAX_NAME);
}

static uint16_t take_number(struct slice *in)
{
    unsigned byte = take(in);

    return (uint16_t)(byte < 0x80 ? byte : byte * 257);
}

static void take_record(struct slice *in, struct zone *z, size_t i)
{
    static const char *const services[] = {"SIP+D2U", "sip+d2t", "SIPS+D2T", "x", ""};
    static const char *const flags[] = {"s", "S", "u", ""};

    z->ips[i] = (struct ip){.family = take(in) & 1 ? 4 : 6};
    z->ips[i].bytes[3] = (unsigned char)take(in);
    z->srv[i].priority = take_number(in);
    z->srv[i].weight = take_number(in);
    z->srv[i].port = take_number(in);
    take_name(in, z->srv[i].target);
    z->naptr[i] = (struct dns_naptr){.order = z->srv[i].priority, .preference = z->srv[i].weight};
    z->naptr[i].has_regexp = z->srv[i].port == 1;
    strcpy(z->naptr[i].flags, flags[take(in) % ARRAY_LEN(flags)]);
    strcpy(z->naptr[i].service, services[take(in) % ARRAY_LEN(services)]);
    memcpy(z->naptr[i].replacement, z->srv[i].target, sizeof z->srv[i].target);
}

static struct dns_answer take_answer(struct slice *in, enum dns_type type, struct zone *z)
{
    static const int errs[] = {0, -ENOENT, -EAGAIN, -ETIMEDOUT};
    unsigned first = take(in);
    struct dns_answer answer = {.err = errs[first & 3]};

    if (answer.err)
        return answer;
    answer.n = take(in) % (MAX_RECORDS + 1);
    if (!answer.n)
        answer.err = -ENOENT;
    for (size_t i = 0; i < answer.n; i++)
        take_record(in, z, i);
    answer.ips = type == DNS_ADDRESS ? z->ips : NULL;
    answer.srv = type == DNS_SRV ? z->srv : NULL;
    answer.naptr = type == DNS_NAPTR ? z->naptr : NULL;
    answer.fixed = type == DNS_ADDRESS && first & 4;
    return answer;
}

/* Asks and answers, in the order or the reverse, and now and then lets time run out. */
static void search(struct sip_locator *l, struct slice *in, struct zone *z)
{
    size_t numbers[SIP_LOCATE_MAX_QUESTIONS], asked = 0, open = 0;
    enum dns_type types[SIP_LOCATE_MAX_QUESTIONS];
    const char *name;

    while (!sip_locator_done(l)) {
        unsigned how = take(in);
        struct dns_answer answer;
        size_t at;

        must(open < SIP_LOCATE_MAX_QUESTIONS || in->n == 0);
        while (open < SIP_LOCATE_MAX_QUESTIONS &&
               sip_locator_ask(l, &numbers[open], &types[open], &name)) {
            must(++asked <= SIP_LOCATE_MAX_QUESTIONS && strlen(name) <= DNS_MAX_NAME);
            open++;
        }
        if (how & 2)
            sip_locator_hurry(l);
        if (!open || how == 255 || in->n == 0) {
            sip_locator_give_up(l);
            must(sip_locator_done(l));
            return;
        }
        at = how & 1 ? open - 1 : 0;
        answer = take_answer(in, types[at], z);
        sip_locator_answer(l, numbers[at], &answer);
        open--;
        memmove(&numbers[at], &numbers[at + 1], (open - at) * sizeof *numbers);
        memmove(&types[at], &types[at + 1], (open - at) * sizeof *types);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const enum sip_transport all[] = {SIP_UDP, SIP_TCP, SIP_TLS};
    struct slice in = {(const char *)bytes, n};
    unsigned what = take(&in);
    struct sip_locate where = {.host = SLICE("h"),
                               .port = what & 1 ? 5070 : 0,
                               .transport = (enum sip_transport)(what >> 1 & 3),
                               .secure = what & 8};
    struct sip_target targets[SIP_MAX_TARGETS];
    size_t n_ours = 1 + (what >> 4) % 3, found;
    struct rng rng = rng_seeded(what);
    struct zone *z = calloc(1, sizeof *z);
    struct sip_locator *l;
    int err;

    must(z != NULL);
    if (!sip_locator_new(&where, all, n_ours, &rng, &l)) {
        search(l, &in, z);
        found = sip_locator_targets(l, targets, &err);
        must(found <= SIP_MAX_TARGETS && (found > 0) == !err);
        for (size_t i = 0; i < found; i++)
            must(targets[i].transport && targets[i].transport <= all[n_ours - 1] &&
                 (!where.secure || targets[i].transport == SIP_TLS));
        sip_locator_free(l);
    }
    free(z);
    return 0;
}
