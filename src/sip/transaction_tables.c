/* sip/transaction_tables.c - one cell per arrow of the RFC's figures.
 *
 * An empty cell is an event that no longer matters in that state: a late timer, a 1xx behind its
 * final response, a copy of a request that is being worked on. */
#include "sip/transaction_tables.h"


#include "sip/limits.h"

/* Short names, so that a table reads like its figure. */
enum {
    CALLING = SIP_TX_CALLING,
    TRYING = SIP_TX_TRYING,
    PROCEEDING = SIP_TX_PROCEEDING,
    ACCEPTED = SIP_TX_ACCEPTED,
    COMPLETED = SIP_TX_COMPLETED,
    CONFIRMED = SIP_TX_CONFIRMED,
    TERMINATED = SIP_TX_TERMINATED,

    TIMER_A = SIP_TX_TIMER_A,
    TIMER_B = SIP_TX_TIMER_B,
    TIMER_D = SIP_TX_TIMER_D,
    TIMER_E = SIP_TX_TIMER_E,
    TIMER_F = SIP_TX_TIMER_F,
    TIMER_G = SIP_TX_TIMER_G,
    TIMER_H = SIP_TX_TIMER_H,
    TIMER_I = SIP_TX_TIMER_I,
    TIMER_J = SIP_TX_TIMER_J,
    TIMER_K = SIP_TX_TIMER_K,
    TIMER_L = SIP_TX_TIMER_L,
    TIMER_M = SIP_TX_TIMER_M,
    TIMER_TRYING = SIP_TX_TIMER_TRYING,
    SEND_FAILED = SIP_TX_SEND_FAILED,
    GOT_1XX = SIP_TX_GOT_1XX,
    GOT_2XX = SIP_TX_GOT_2XX,
    GOT_3XX_UP = SIP_TX_GOT_3XX_UP,
    GOT_REQUEST = SIP_TX_GOT_REQUEST,
    GOT_ACK = SIP_TX_GOT_ACK,
    SAY_1XX = SIP_TX_SAY_1XX,
    SAY_2XX = SIP_TX_SAY_2XX,
    SAY_3XX_UP = SIP_TX_SAY_3XX_UP,
    GIVE_UP = SIP_TX_GIVE_UP,
    NONE = SIP_TX_NO_TIMER,

    SEND = SIP_TX_SEND,
    ACK = SIP_TX_ACK,
    TRY = SIP_TX_TRY,
    TELL = SIP_TX_TELL,
    TELL_TIMEOUT = SIP_TX_TELL_TIMEOUT,
    TELL_FAILED = SIP_TX_TELL_FAILED,
};

/* clang-format off */
const struct sip_tx_cell sip_tx_tables[SIP_TX_MACHINES][SIP_TX_STATES][SIP_TX_EVENTS] = {
    /* RFC 3261 figure 5 and RFC 6026 figure 1. */
    [SIP_TX_INVITE_CLIENT] = {
        [CALLING] = {
            [TIMER_A]     = {CALLING,    SEND},
            [TIMER_B]     = {TERMINATED, TELL_TIMEOUT},
            [SEND_FAILED] = {TERMINATED, TELL_FAILED},
            [GOT_1XX]     = {PROCEEDING, TELL},
            [GOT_2XX]     = {ACCEPTED,   TELL},
            [GOT_3XX_UP]  = {COMPLETED,  ACK | TELL},
            [GIVE_UP]     = {TERMINATED, TELL_TIMEOUT}, /* it went out on a network that is gone */
        },
        [PROCEEDING] = {
            [GOT_1XX]     = {PROCEEDING, TELL},
            [GOT_2XX]     = {ACCEPTED,   TELL},
            [GOT_3XX_UP]  = {COMPLETED,  ACK | TELL},
            [GIVE_UP]     = {TERMINATED, TELL_TIMEOUT}, /* RFC 3261 9.1 */
        },
        [ACCEPTED] = {
            [GOT_2XX]     = {ACCEPTED,   TELL}, /* repeated, or another fork: the call ACKs each */
            [TIMER_M]     = {TERMINATED, 0},
        },
        [COMPLETED] = {
            [GOT_3XX_UP]  = {COMPLETED,  ACK}, /* our ACK was lost; the call knows already */
            [TIMER_D]     = {TERMINATED, 0},
            [SEND_FAILED] = {TERMINATED, TELL_FAILED},
        },
    },

    /* RFC 3261 figure 6. */
    [SIP_TX_CLIENT] = {
        [TRYING] = {
            [TIMER_E]     = {TRYING,     SEND},
            [TIMER_F]     = {TERMINATED, TELL_TIMEOUT},
            [SEND_FAILED] = {TERMINATED, TELL_FAILED},
            [GOT_1XX]     = {PROCEEDING, TELL},
            [GOT_2XX]     = {COMPLETED,  TELL},
            [GOT_3XX_UP]  = {COMPLETED,  TELL},
            [GIVE_UP]     = {TERMINATED, 0}, /* another one says the contrary */
        },
        [PROCEEDING] = {
            [TIMER_E]     = {PROCEEDING, SEND},
            [TIMER_F]     = {TERMINATED, TELL_TIMEOUT},
            [SEND_FAILED] = {TERMINATED, TELL_FAILED},
            [GOT_1XX]     = {PROCEEDING, TELL},
            [GOT_2XX]     = {COMPLETED,  TELL},
            [GOT_3XX_UP]  = {COMPLETED,  TELL},
            [GIVE_UP]     = {TERMINATED, 0}, /* another one says the contrary */
        },
        [COMPLETED] = {
            [TIMER_K]     = {TERMINATED, 0},
        },
    },

    /* RFC 3261 figure 7 and RFC 6026 figure 2. A response that could not be sent ends nothing: RFC
     * 6026 8.8 leaves that to the timers, as the client will ask again. */
    [SIP_TX_INVITE_SERVER] = {
        [PROCEEDING] = {
            [TIMER_TRYING] = {PROCEEDING, TRY},
            [GOT_REQUEST]  = {PROCEEDING, SEND},
            [SAY_1XX]      = {PROCEEDING, SEND},
            [SAY_2XX]      = {ACCEPTED,   SEND},
            [SAY_3XX_UP]   = {COMPLETED,  SEND},
            [GIVE_UP]      = {TERMINATED, 0}, /* no memory for an answer: a copy begins anew */
        },
        [ACCEPTED] = {
            [SAY_2XX]      = {ACCEPTED,   SEND}, /* repeated by the call, RFC 3261 13.3.1.4 */
            [GOT_ACK]      = {ACCEPTED,   TELL}, /* with the INVITE's branch: an old peer */
            [TIMER_L]      = {TERMINATED, 0},
        },
        [COMPLETED] = {
            [TIMER_G]      = {COMPLETED,  SEND},
            /* The figure ends here. A copy that strayed for long would then be a new call. */
            [TIMER_H]      = {CONFIRMED,  TELL_TIMEOUT},
            [GOT_REQUEST]  = {COMPLETED,  SEND},
            [GOT_ACK]      = {CONFIRMED,  0},
        },
        [CONFIRMED] = {
            [TIMER_I]      = {TERMINATED, 0},
        },
    },

    /* RFC 3261 figure 8. The only provisional is a late 100 (RFC 4320 4.1). */
    [SIP_TX_SERVER] = {
        [TRYING] = {
            [TIMER_TRYING] = {PROCEEDING, TRY},
            [SAY_2XX]      = {COMPLETED,  SEND},
            [SAY_3XX_UP]   = {COMPLETED,  SEND},
            [GIVE_UP]      = {TERMINATED, 0},
        },
        [PROCEEDING] = {
            [GOT_REQUEST]  = {PROCEEDING, SEND},
            [SAY_2XX]      = {COMPLETED,  SEND},
            [SAY_3XX_UP]   = {COMPLETED,  SEND},
            [GIVE_UP]      = {TERMINATED, 0},
        },
        [COMPLETED] = {
            [GOT_REQUEST]  = {COMPLETED,  SEND},
            [TIMER_J]      = {TERMINATED, 0},
        },
    },
};

/* RFC 3261 table 4. Over UDP timers I, J and L are longer than T4 and 64*T1: final answers are kept
 * for 10*T2, so that a request which strayed in the network for long does not begin anew. (With a
 * proxy and delays of 3 s, tests/sim saw a refused INVITE ring again after T4.) */
const struct sip_tx_wait sip_tx_waits[SIP_TX_MACHINES][SIP_TX_STATES] = {
    [SIP_TX_INVITE_CLIENT] = {
        [CALLING]    = {TIMER_A, SIP_T1_MS, 0, TIMER_B, SIP_64T1_MS, SIP_64T1_MS, false},
        [PROCEEDING] = {NONE,    0,         0, NONE,    0,           0,           false},
        [ACCEPTED]   = {NONE,    0,         0, TIMER_M, SIP_64T1_MS, SIP_64T1_MS, false},
        [COMPLETED]  = {NONE,    0,         0, TIMER_D, SIP_64T1_MS, 0,           false},
        [TERMINATED] = {NONE,    0,         0, NONE,    0,           0,           false},
    },
    [SIP_TX_CLIENT] = {
        [TRYING]     = {TIMER_E, SIP_T1_MS, SIP_T2_MS, TIMER_F, SIP_64T1_MS, SIP_64T1_MS, false},
        [PROCEEDING] = {TIMER_E, SIP_T2_MS, SIP_T2_MS, TIMER_F, 0,           0,           true},
        [COMPLETED]  = {NONE,    0,         0,         TIMER_K, SIP_T4_MS,   0,           false},
        [TERMINATED] = {NONE,    0,         0,         NONE,    0,           0,           false},
    },
    [SIP_TX_INVITE_SERVER] = {
        [PROCEEDING] = {NONE, 0, 0, TIMER_TRYING, SIP_TRYING_MS, SIP_TRYING_MS, false},
        [ACCEPTED]   = {NONE, 0, 0, TIMER_L, 10 * SIP_T2_MS, SIP_64T1_MS, false},
        [COMPLETED]  = {TIMER_G, SIP_T1_MS, SIP_T2_MS, TIMER_H, SIP_64T1_MS, SIP_64T1_MS, false},
        [CONFIRMED]  = {NONE, 0, 0, TIMER_I, 10 * SIP_T2_MS, 0, false},
        [TERMINATED] = {NONE, 0, 0, NONE, 0, 0, false},
    },
    [SIP_TX_SERVER] = {
        [TRYING]     = {NONE, 0, 0, TIMER_TRYING, SIP_LATE_TRYING_MS, SIP_LATE_TRYING_MS, false},
        [PROCEEDING] = {NONE, 0, 0, NONE, 0, 0, false},
        [COMPLETED]  = {NONE, 0, 0, TIMER_J, 10 * SIP_T2_MS, 0, false},
        [TERMINATED] = {NONE, 0, 0, NONE, 0, 0, false},
    },
};

static const char *const machine_names[SIP_TX_MACHINES] = {
    [SIP_TX_INVITE_CLIENT] = "INVITE client",
    [SIP_TX_CLIENT]        = "client",
    [SIP_TX_INVITE_SERVER] = "INVITE server",
    [SIP_TX_SERVER]        = "server",
};

static const char *const state_names[SIP_TX_STATES] = {
    [0]          = "none",
    [CALLING]    = "Calling",
    [TRYING]     = "Trying",
    [PROCEEDING] = "Proceeding",
    [ACCEPTED]   = "Accepted",
    [COMPLETED]  = "Completed",
    [CONFIRMED]  = "Confirmed",
    [TERMINATED] = "Terminated",
};

static const char *const event_names[SIP_TX_EVENTS] = {
    [TIMER_A]      = "timer A",
    [TIMER_B]      = "timer B",
    [TIMER_D]      = "timer D",
    [TIMER_E]      = "timer E",
    [TIMER_F]      = "timer F",
    [TIMER_G]      = "timer G",
    [TIMER_H]      = "timer H",
    [TIMER_I]      = "timer I",
    [TIMER_J]      = "timer J",
    [TIMER_K]      = "timer K",
    [TIMER_L]      = "timer L",
    [TIMER_M]      = "timer M",
    [TIMER_TRYING] = "100 due",
    [SEND_FAILED]  = "send failed",
    [GOT_1XX]      = "1xx came",
    [GOT_2XX]      = "2xx came",
    [GOT_3XX_UP]   = "3xx-6xx came",
    [GOT_REQUEST]  = "request came",
    [GOT_ACK]      = "ACK came",
    [SAY_1XX]      = "1xx said",
    [SAY_2XX]      = "2xx said",
    [SAY_3XX_UP]   = "3xx-6xx said",
    [GIVE_UP]      = "given up",
};
/* clang-format on */

const char *sip_tx_machine_name(enum sip_tx_machine machine)
{
    return machine_names[machine];
}

const char *sip_tx_state_name(enum sip_tx_state state)
{
    return state_names[state];
}

const char *sip_tx_event_name(enum sip_tx_event event)
{
    return event_names[event];
}

bool sip_tx_cell_is_used(enum sip_tx_machine machine, enum sip_tx_state state,
                         enum sip_tx_event event)
{
    const struct sip_tx_cell *cell = &sip_tx_tables[machine][state][event];

    return cell->next || cell->actions;
}
