/* How a call truly ended, as the history tells it. */
#include "phone/phone_private.h"
#include "tests/lib/rows.h"

#define OUT .outgoing = true

static const struct row {
    const char *name;
    struct call call;
    bool quitting;
    enum history_outcome outcome;
} rows[] = {
    {"we hung up", {OUT, .answered = true, .end = {.cause = SIP_END_LOCAL}}, false,
     HISTORY_ANSWERED},
    {"they hung up", {OUT, .answered = true, .end = {.cause = SIP_END_REMOTE}}, false,
     HISTORY_ANSWERED},
    {"an answered call that breaks was answered",
     {OUT, .answered = true, .end = {.cause = SIP_END_TIMEOUT}}, false, HISTORY_ANSWERED},
    {"busy", {OUT, .end = {.cause = SIP_END_REFUSED, .status = 486}}, false, HISTORY_BUSY},
    {"busy everywhere", {OUT, .end = {.cause = SIP_END_REFUSED, .status = 600}}, false,
     HISTORY_BUSY},
    {"declined", {OUT, .end = {.cause = SIP_END_REFUSED, .status = 603}}, false, HISTORY_DECLINED},
    {"not found", {OUT, .end = {.cause = SIP_END_REFUSED, .status = 404}}, false, HISTORY_FAILED},
    {"no password", {OUT, .end = {.cause = SIP_END_REFUSED, .status = 407}}, false, HISTORY_FAILED},
    {"not there now", {OUT, .end = {.cause = SIP_END_REFUSED, .status = 480}}, false,
     HISTORY_NO_ANSWER},
    {"it rang and nobody came",
     {OUT, .told_status = 180, .end = {.cause = SIP_END_TIMEOUT, .status = 408}}, false,
     HISTORY_NO_ANSWER},
    {"nothing was ever heard", {OUT, .end = {.cause = SIP_END_TIMEOUT, .status = 408}}, false,
     HISTORY_FAILED},
    {"unreachable", {OUT, .end = {.cause = SIP_END_UNREACHABLE}}, false, HISTORY_FAILED},
    {"no such host", {OUT, .end = {.cause = SIP_END_NOT_FOUND}}, false, HISTORY_FAILED},
    {"we gave up", {OUT, .end = {.cause = SIP_END_LOCAL}}, false, HISTORY_CANCELLED},
    {"we gave up when we ended", {OUT, .end = {.cause = SIP_END_LOCAL}}, true, HISTORY_CANCELLED},
    {"a reason of our own", {OUT, .end = {.cause = SIP_END_LOCAL, .own_words = "no port"}}, false,
     HISTORY_FAILED},

    {"they called and we answered", {.answered = true, .end = {.cause = SIP_END_REMOTE}}, false,
     HISTORY_ANSWERED},
    {"they called and gave up", {.end = {.cause = SIP_END_CANCELLED}}, false, HISTORY_MISSED},
    {"nobody came here", {.end = {.cause = SIP_END_TIMEOUT, .status = 480}}, false, HISTORY_MISSED},
    {"another phone has it", {.end = {.cause = SIP_END_ELSEWHERE}}, false, HISTORY_ELSEWHERE},
    {"we declined", {.end = {.cause = SIP_END_LOCAL, .status = 603}}, false, HISTORY_DECLINED},
    {"we hung up on the ringing", {.end = {.cause = SIP_END_LOCAL, .status = 480}}, false,
     HISTORY_DECLINED},
    {"we were busy", {.end = {.cause = SIP_END_LOCAL, .status = 486}}, false, HISTORY_BUSY},
    {"we ended while it rang", {.end = {.cause = SIP_END_LOCAL, .status = 480}}, true,
     HISTORY_MISSED},
    {"no codec in common", {.end = {.cause = SIP_END_LOCAL, .status = 488, .own_words = "codec"}},
     false, HISTORY_FAILED},
    {"our answer was never confirmed", {.end = {.cause = SIP_END_NO_ACK}}, false, HISTORY_FAILED},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct phone phone = {.quitting = row->quitting};
    struct call call = row->call;
    struct buf text = buf_new(1024);

    call.phone = &phone;
    assert_string_equal(history_word(call_history_outcome(&call, call_outcome(&call, &text))),
                        history_word(row->outcome));
    buf_free(&text);
}

int main(void)
{
    return RUN_ROWS("phone/call_history", rows, check_row);
}
