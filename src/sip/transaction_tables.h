/* sip/transaction_tables.h - the four state machines of RFC 3261 17 with RFC 6026 and RFC 4320, as
 * data. sip/transaction.c is the one function that steps them. */
#ifndef SIP_TRANSACTION_TABLES_H
#define SIP_TRANSACTION_TABLES_H

#include <stdbool.h>
#include <stdint.h>

enum sip_tx_machine {
    SIP_TX_INVITE_CLIENT, /* RFC 3261 17.1.1, RFC 6026 */
    SIP_TX_CLIENT,        /* 17.1.2 */
    SIP_TX_INVITE_SERVER, /* 17.2.1, RFC 6026 */
    SIP_TX_SERVER,        /* 17.2.2, RFC 4320 */
    SIP_TX_MACHINES
};

/* 0 in a cell: stay where you are. */
enum sip_tx_state {
    SIP_TX_CALLING = 1,
    SIP_TX_TRYING,
    SIP_TX_PROCEEDING,
    SIP_TX_ACCEPTED,
    SIP_TX_COMPLETED,
    SIP_TX_CONFIRMED,
    SIP_TX_TERMINATED,
    SIP_TX_STATES
};

/* Timers have the letters of RFC 3261 table 4 and RFC 6026. Timer C is a proxy's. */
enum sip_tx_event {
    SIP_TX_TIMER_A,      /* INVITE again */
    SIP_TX_TIMER_B,      /* INVITE given up */
    SIP_TX_TIMER_D,      /* no more copies of the final response */
    SIP_TX_TIMER_E,      /* request again */
    SIP_TX_TIMER_F,      /* request given up */
    SIP_TX_TIMER_G,      /* final response to INVITE again */
    SIP_TX_TIMER_H,      /* no ACK */
    SIP_TX_TIMER_I,      /* no more copies of the ACK */
    SIP_TX_TIMER_J,      /* no more copies of the request */
    SIP_TX_TIMER_K,      /* no more copies of the response */
    SIP_TX_TIMER_L,      /* no more copies of the INVITE that got a 2xx */
    SIP_TX_TIMER_M,      /* no more copies of the 2xx, and no more forks */
    SIP_TX_TIMER_TRYING, /* a 100 is due: RFC 3261 17.2.1, RFC 4320 4.1 */
    SIP_TX_SEND_FAILED,
    SIP_TX_GOT_1XX,
    SIP_TX_GOT_2XX,
    SIP_TX_GOT_3XX_UP,
    SIP_TX_GOT_REQUEST, /* a copy of the one that began it */
    SIP_TX_GOT_ACK,
    SIP_TX_SAY_1XX, /* the user answers */
    SIP_TX_SAY_2XX,
    SIP_TX_SAY_3XX_UP,
    SIP_TX_GIVE_UP, /* client: cancelled, and no final response in time, RFC 3261 9.1, or nobody
                       wants it any more; server: no memory for any answer */
    SIP_TX_EVENTS
};

enum sip_tx_action {
    SIP_TX_SEND = 1, /* the request, or the latest response, as it stands there */
    SIP_TX_ACK = 2,  /* ACK to a non-2xx final response */
    SIP_TX_TRY = 4,  /* make a 100 and send it */
    SIP_TX_TELL = 8, /* the message to the user */
    SIP_TX_TELL_TIMEOUT = 16,
    SIP_TX_TELL_FAILED = 32,
};

struct sip_tx_cell {
    uint8_t next;    /* enum sip_tx_state; 0 with no actions: an empty cell */
    uint8_t actions; /* of enum sip_tx_action */
};

extern const struct sip_tx_cell sip_tx_tables[SIP_TX_MACHINES][SIP_TX_STATES][SIP_TX_EVENTS];

/* What waits in a state. A repeating timer starts with first_ms and doubles up to cap_ms (0: no
 * cap); it does not run over a reliable transport. NONE stands for no timer. */
#define SIP_TX_NO_TIMER SIP_TX_EVENTS
struct sip_tx_wait {
    uint8_t repeat; /* enum sip_tx_event */
    uint32_t first_ms, cap_ms;
    uint8_t limit; /* enum sip_tx_event */
    uint32_t limit_ms, limit_reliable_ms;
    bool goes_on; /* the timers of the state before go on; only cap_ms is new */
};
extern const struct sip_tx_wait sip_tx_waits[SIP_TX_MACHINES][SIP_TX_STATES];

/* For tests and logs; static text. */
const char *sip_tx_machine_name(enum sip_tx_machine machine);
const char *sip_tx_state_name(enum sip_tx_state state);
const char *sip_tx_event_name(enum sip_tx_event event);

/* Whether the table says anything about this event in this state. */
bool sip_tx_cell_is_used(enum sip_tx_machine machine, enum sip_tx_state state,
                         enum sip_tx_event event);

#endif
