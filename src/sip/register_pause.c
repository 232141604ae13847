/* sip/register_pause.c - back-off with jitter. */
#include "sip/register_pause.h"

#include "sip/account_core.h"

/* The first minute of an outage, in which tries are dense, and a little more: it is counted from
 * our first failure, and the last try of that minute may be one that fails. */
#define DENSE_MS 65000u
/* Later pauses: the first and the longest. */
#define SLOW_FIRST_MS 5000u
#define SLOW_LAST_MS 30000u

struct range {
    unsigned from_ms, to_ms;
};

/* Sends that fail at once. A restarted server is back within a second; after the third try we are
 * as quick as allowed: registered within 3 s of its return. */
static const struct range quick[] = {{500, 1000}, {1000, 2000}, {1500, 2500}};
/* Refused by 5xx and the like: somebody is there, and busy. */
static const struct range busy = {2000, 2500};
/* Silence: 64*T1 of it have passed already, with a REGISTER every T2. */
static const struct range silent = {250, 1000};
/* The connection is gone, or a keep-alive came back: nothing has been tried yet. */
static const struct range at_once = {1, 200};

static uint64_t within(struct rng *rng, struct range range)
{
    return range.from_ms + rng_below(rng, range.to_ms - range.from_ms + 1);
}

uint64_t sip_reg_spread(struct rng *rng, uint64_t ms)
{
    uint64_t fifth = ms / 5;

    return ms - (fifth ? rng_below(rng, (uint32_t)(fifth > 3600000 ? 3600000 : fifth)) : 0);
}

uint64_t sip_reg_refresh_ms(struct rng *rng, unsigned granted_s)
{
    uint64_t granted_ms = (uint64_t)granted_s * 1000, half = granted_ms / 2;
    uint64_t at = granted_ms / 10 * 9;
    uint64_t spread;

    if (granted_ms > 5000 && granted_ms - 5000 < at)
        at = granted_ms - 5000;
    if (granted_ms <= 5000 || at < half)
        at = half;
    spread = at / 10 < at - half ? at / 10 : at - half;
    return at - (spread ? rng_below(rng, (uint32_t)spread + 1) : 0);
}

static void begin_outage(struct sip_account *account, bool lost, uint64_t now_ms)
{
    bool was_fine = account->kept_ms > account->outage_ms &&
                    (lost ? now_ms : account->tried_ms) - account->kept_ms >= SIP_REG_STABLE_MS;

    if (account->outage_ms && !was_fine)
        return;
    account->outage_ms = lost ? now_ms : account->tried_ms;
    account->quick = account->slow = 0;
}

static struct range dense(const struct sip_account *account, bool lost)
{
    size_t last = ARRAY_LEN(quick) - 1;

    if (lost && !account->quick)
        return at_once;
    if (!lost && account->failure.cause == SIP_ACCOUNT_NO_ANSWER)
        return silent;
    if (!lost && (account->failure.status || account->failure.cause == SIP_ACCOUNT_NOT_KEPT))
        return busy;
    return quick[account->quick < last ? account->quick : last];
}

/* RFC 3261 20.33, an hour at most; a little later, as others were told the same. */
static uint64_t obeyed(struct rng *rng, uint64_t ms)
{
    if (ms > SIP_MAX_RETRY_AFTER_MS)
        ms = SIP_MAX_RETRY_AFTER_MS;
    return ms + rng_below(rng, (uint32_t)(ms / 10) + 1);
}

static uint64_t sparse(struct sip_account *account)
{
    uint64_t ms = (uint64_t)SLOW_FIRST_MS << account->slow;

    if (ms >= SLOW_LAST_MS)
        ms = SLOW_LAST_MS;
    else
        account->slow++;
    return sip_reg_spread(account->ep->config.rng, ms);
}

uint64_t sip_reg_pause_ms(struct sip_account *account, bool lost, uint64_t now_ms)
{
    struct rng *rng = account->ep->config.rng;
    uint64_t ms;

    begin_outage(account, lost, now_ms);
    if (!lost && account->failure.pause_ms)
        return obeyed(rng, account->failure.pause_ms);
    if (now_ms - account->outage_ms >= DENSE_MS)
        return sparse(account);
    ms = within(rng, dense(account, lost));
    account->quick++;
    return ms;
}
