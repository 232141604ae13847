/* sip/register_tables.h - the life of a registration (RFC 3261 10.2) as data. sip/register.c is the
 * one function that steps it. */
#ifndef SIP_REGISTER_TABLES_H
#define SIP_REGISTER_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 in a cell: the input does not matter there. "Under way": a request without its final answer; of
 * an account there is at most one (10.2: no new one before that). */
enum sip_reg_state {
    SIP_REG_OFF = 1,    /* not wanted, and nothing at the server that we would know of */
    SIP_REG_TRYING,     /* REGISTER under way; we cannot be reached */
    SIP_REG_KEPT,       /* registered */
    SIP_REG_REFRESHING, /* registered; the next REGISTER is under way */
    SIP_REG_WAITING,    /* failed, or the way is lost; tried again when it is due */
    SIP_REG_REFUSED,    /* failed; silent until somebody asks */
    SIP_REG_QUITTING,   /* not wanted any more; REGISTER still under way */
    SIP_REG_LEAVING,    /* the REGISTER that takes our bindings back is under way */
    SIP_REG_RETURNING,  /* the same, but wanted again meanwhile */
    SIP_REG_STATES
};

enum sip_reg_input {
    SIP_REG_ASKED, /* sip_account_register */
    SIP_REG_LEAVE, /* sip_account_unregister: a binding of ours may stand, nothing under way */
    SIP_REG_LEAVE_LATER, /* likewise: a REGISTER is under way */
    SIP_REG_LEAVE_NOW,   /* likewise: nothing stands, nothing is under way */
    SIP_REG_NETWORK,     /* sip_account_network_changed */
    SIP_REG_MOVED,       /* we are at another address than the one registered */
    SIP_REG_LOST,        /* the connection is gone, or a keep-alive could not be sent */
    SIP_REG_PING_DUE,    /* a keep-alive is due */
    SIP_REG_DUE,         /* the next REGISTER is due */
    SIP_REG_ACCEPTED,    /* 2xx with our binding; when taking back, any 2xx */
    SIP_REG_CHANGED,     /* 423, 3xx: the same again with another value, at another place */
    SIP_REG_FAILED,      /* unreachable, silent, 5xx and the like: worth another try */
    SIP_REG_DENIED,      /* any other answer: only a person can help */
    SIP_REG_LIMIT,       /* leaving takes too long */
    SIP_REG_INPUTS
};

/* Done in this order. */
enum sip_reg_action {
    SIP_REG_DROP = 1,        /* nobody waits for the request under way any more */
    SIP_REG_TELL_KEPT = 2,   /* SIP_ACCOUNT_REGISTERED */
    SIP_REG_PLAN = 4,        /* when to refresh and when to send keep-alives */
    SIP_REG_BACK_OFF = 8,    /* when to try again */
    SIP_REG_TELL_FAIL = 16,  /* SIP_ACCOUNT_FAILED */
    SIP_REG_TELL_GONE = 32,  /* SIP_ACCOUNT_UNREGISTERED */
    SIP_REG_PING = 64,       /* keep-alive */
    SIP_REG_LOOK = 128,      /* find out from where the server is reached: MOVED, or DUE follows */
    SIP_REG_SEND = 256,      /* REGISTER */
    SIP_REG_TAKE_BACK = 512, /* REGISTER with our Contacts and expires=0 */
    SIP_REG_GO = 1024, /* LEAVE or LEAVE_NOW follows: it is known now whether a binding stands */
};

struct sip_reg_cell {
    uint8_t next;     /* enum sip_reg_state; 0: an empty cell */
    uint16_t actions; /* of enum sip_reg_action */
};

extern const struct sip_reg_cell sip_reg_table[SIP_REG_STATES][SIP_REG_INPUTS];

/* How many cells are not empty. */
#define SIP_REG_CELLS 59

/* For tests and logs; static text. */
const char *sip_reg_state_name(enum sip_reg_state state);
const char *sip_reg_input_name(enum sip_reg_input input);
/* Whether the table says anything about this input in this state. */
bool sip_reg_cell_is_used(enum sip_reg_state state, enum sip_reg_input input);

/* Tests see each step of each registration. */
typedef void sip_reg_observer(void *arg, enum sip_reg_state state, enum sip_reg_input input);

#endif
