/* sip/register_tables.c - one cell for each thing that can happen to a registration.
 *
 * RFC 3261 10.2 draws no figure; this is its text: a new REGISTER only when the last one has its
 * final answer or has timed out (10.2), refreshed before it expires (10.2.4), taken back with
 * expires 0 (10.2.2), 423 answered with a longer time (10.2.8). An empty cell is an input that does
 * not matter there, such as a keep-alive's failure while a REGISTER is trying already. */
#include "sip/register_tables.h"

/* Short names, so that the table can be read. */
enum {
    OFF = SIP_REG_OFF,
    TRYING = SIP_REG_TRYING,
    KEPT = SIP_REG_KEPT,
    REFRESHING = SIP_REG_REFRESHING,
    WAITING = SIP_REG_WAITING,
    REFUSED = SIP_REG_REFUSED,
    QUITTING = SIP_REG_QUITTING,
    LEAVING = SIP_REG_LEAVING,
    RETURNING = SIP_REG_RETURNING,

    ASKED = SIP_REG_ASKED,
    LEAVE = SIP_REG_LEAVE,
    LEAVE_LATER = SIP_REG_LEAVE_LATER,
    LEAVE_NOW = SIP_REG_LEAVE_NOW,
    NETWORK = SIP_REG_NETWORK,
    MOVED = SIP_REG_MOVED,
    LOST = SIP_REG_LOST,
    PING_DUE = SIP_REG_PING_DUE,
    DUE = SIP_REG_DUE,
    ACCEPTED = SIP_REG_ACCEPTED,
    CHANGED = SIP_REG_CHANGED,
    FAILED = SIP_REG_FAILED,
    DENIED = SIP_REG_DENIED,
    LIMIT = SIP_REG_LIMIT,

    DROP = SIP_REG_DROP,
    TELL_KEPT = SIP_REG_TELL_KEPT,
    PLAN = SIP_REG_PLAN,
    BACK_OFF = SIP_REG_BACK_OFF,
    TELL_FAIL = SIP_REG_TELL_FAIL,
    TELL_GONE = SIP_REG_TELL_GONE,
    PING = SIP_REG_PING,
    LOOK = SIP_REG_LOOK,
    SEND = SIP_REG_SEND,
    TAKE_BACK = SIP_REG_TAKE_BACK,
    GO = SIP_REG_GO,
};

/* clang-format off */
const struct sip_reg_cell sip_reg_table[SIP_REG_STATES][SIP_REG_INPUTS] = {
    [OFF] = {
        [ASKED]       = {TRYING,     SEND},
        [LEAVE]       = {LEAVING,    TAKE_BACK}, /* to take it back has failed before */
        [LEAVE_NOW]   = {OFF,        TELL_GONE},
    },
    [TRYING] = {
        [LEAVE]       = {LEAVING,    DROP | TAKE_BACK}, /* not sent: it waits for a name */
        [LEAVE_LATER] = {QUITTING,   0},
        [LEAVE_NOW]   = {OFF,        DROP | TELL_GONE},
        [NETWORK]     = {TRYING,     DROP | SEND}, /* its answer would go to where we were */
        [LOST]        = {WAITING,    DROP | BACK_OFF},
        [ACCEPTED]    = {KEPT,       TELL_KEPT | PLAN},
        [CHANGED]     = {TRYING,     SEND},
        [FAILED]      = {WAITING,    BACK_OFF | TELL_FAIL},
        [DENIED]      = {REFUSED,    TELL_FAIL},
    },
    [KEPT] = {
        [ASKED]       = {REFRESHING, SEND},
        [LEAVE]       = {LEAVING,    TAKE_BACK},
        [NETWORK]     = {KEPT,       LOOK},
        [MOVED]       = {REFRESHING, SEND},
        [LOST]        = {WAITING,    BACK_OFF}, /* nobody reaches us: the first try is at once */
        [PING_DUE]    = {KEPT,       PING},
        [DUE]         = {REFRESHING, SEND},
    },
    [REFRESHING] = {
        [LEAVE]       = {LEAVING,    DROP | TAKE_BACK},
        [LEAVE_LATER] = {QUITTING,   0},
        [NETWORK]     = {REFRESHING, LOOK},
        [MOVED]       = {REFRESHING, DROP | SEND},
        [LOST]        = {WAITING,    DROP | BACK_OFF},
        [ACCEPTED]    = {KEPT,       TELL_KEPT | PLAN},
        [CHANGED]     = {REFRESHING, SEND},
        [FAILED]      = {WAITING,    BACK_OFF | TELL_FAIL},
        [DENIED]      = {REFUSED,    TELL_FAIL},
    },
    [WAITING] = {
        [ASKED]       = {TRYING,     SEND},
        [LEAVE]       = {LEAVING,    TAKE_BACK},
        [LEAVE_NOW]   = {OFF,        TELL_GONE},
        [NETWORK]     = {TRYING,     SEND},
        [DUE]         = {TRYING,     SEND},
    },
    [REFUSED] = {
        [ASKED]       = {TRYING,     SEND},
        [LEAVE]       = {LEAVING,    TAKE_BACK},
        [LEAVE_NOW]   = {OFF,        TELL_GONE},
    },
    [QUITTING] = {
        [ASKED]       = {TRYING,     0}, /* the one under way will do */
        [LEAVE]       = {LEAVING,    DROP | TAKE_BACK}, /* it may wait for a password by now */
        [LEAVE_NOW]   = {OFF,        DROP | TELL_GONE},
        [LOST]        = {QUITTING,   DROP | GO},
        [ACCEPTED]    = {QUITTING,   GO},
        [CHANGED]     = {QUITTING,   GO},
        [FAILED]      = {QUITTING,   GO},
        [DENIED]      = {QUITTING,   GO},
        [LIMIT]       = {OFF,        DROP | TELL_GONE},
    },
    [LEAVING] = {
        [ASKED]       = {RETURNING,  0},
        [LOST]        = {OFF,        DROP | TELL_GONE},
        [ACCEPTED]    = {OFF,        TELL_GONE},
        [CHANGED]     = {OFF,        TELL_GONE},
        [FAILED]      = {OFF,        TELL_GONE},
        [DENIED]      = {OFF,        TELL_GONE},
        [LIMIT]       = {OFF,        DROP | TELL_GONE},
    },
    [RETURNING] = {
        [LEAVE_LATER] = {LEAVING,    0},
        [LOST]        = {TRYING,     DROP | SEND},
        [ACCEPTED]    = {TRYING,     SEND},
        [CHANGED]     = {TRYING,     SEND},
        [FAILED]      = {TRYING,     SEND},
        [DENIED]      = {TRYING,     SEND},
        [LIMIT]       = {TRYING,     DROP | SEND},
    },
};

static const char *const state_names[SIP_REG_STATES] = {
    [0]          = "none",
    [OFF]        = "Off",
    [TRYING]     = "Trying",
    [KEPT]       = "Kept",
    [REFRESHING] = "Refreshing",
    [WAITING]    = "Waiting",
    [REFUSED]    = "Refused",
    [QUITTING]   = "Quitting",
    [LEAVING]    = "Leaving",
    [RETURNING]  = "Returning",
};

static const char *const input_names[SIP_REG_INPUTS] = {
    [ASKED]       = "asked to register",
    [LEAVE]       = "asked to leave",
    [LEAVE_LATER] = "asked to leave with a request under way",
    [LEAVE_NOW]   = "asked to leave with nothing to take back",
    [NETWORK]     = "network changed",
    [MOVED]       = "at another address",
    [LOST]        = "way lost",
    [PING_DUE]    = "keep-alive due",
    [DUE]         = "due",
    [ACCEPTED]    = "accepted",
    [CHANGED]     = "to be asked otherwise",
    [FAILED]      = "failed",
    [DENIED]      = "denied",
    [LIMIT]       = "too late",
};
/* clang-format on */

const char *sip_reg_state_name(enum sip_reg_state state)
{
    return state_names[state];
}

const char *sip_reg_input_name(enum sip_reg_input input)
{
    return input_names[input];
}

bool sip_reg_cell_is_used(enum sip_reg_state state, enum sip_reg_input input)
{
    return sip_reg_table[state][input].next != 0;
}
