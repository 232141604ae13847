/* The life of a call as a table: complete, without a dead end; and what each end is called. */
#include "phone/call.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/rows.h"

/* Every state but those that a call begins in is entered from another, and all lead to the end. */
static void every_state_is_reached_and_left(void **state)
{
    bool reached[N_CALL_STATES] = {[CALL_REGISTERING] = true, [CALL_INCOMING] = true};

    (void)state;
    for (unsigned round = 0; round < N_CALL_STATES; round++)
        for (unsigned s = 1; s < N_CALL_STATES; s++)
            for (unsigned i = 0; reached[s] && i < N_CALL_INPUTS; i++)
                reached[call_table[s][i].next ? call_table[s][i].next : s] = true;
    for (unsigned s = 1; s < N_CALL_STATES; s++)
        if (!reached[s])
            fail_msg("state %u is never reached", s);
    for (unsigned s = 1; s < CALL_CLOSING; s++)
        if (s != CALL_TONE && s != CALL_REGISTERING)
            assert_int_equal(call_table[s][CALL_SIP_ENDED].next, CALL_CLOSING);
    assert_int_equal(call_table[CALL_REGISTERING][CALL_NOT_REGISTERED].next, CALL_CLOSING);
    assert_int_equal(call_table[CALL_TONE][CALL_TIME_IS_OVER].next, CALL_CLOSING);
    assert_int_equal(call_table[CALL_CLOSING][CALL_MEDIA_CLOSED].next, CALL_GONE);
}

/* The owner is told of each end once, and a person can hang up in every state before it. */
static void ends_are_told_once(void **state)
{
    (void)state;
    for (unsigned s = 1; s < N_CALL_STATES; s++) {
        for (unsigned i = 0; i < N_CALL_INPUTS; i++) {
            bool tells = call_table[s][i].actions & DO_TELL_ENDED;

            assert_int_equal(tells, call_table[s][i].next == CALL_GONE);
        }
        if (s < CALL_CLOSING && s != CALL_REFUSED)
            assert_true(call_table[s][CALL_DO_HANG_UP].actions != 0);
    }
}

static const struct row {
    const char *name;
    struct call call;
    enum phone_outcome outcome;
    const char *text;
} rows[] = {
    {"they hung up", {.answered = true, .end = {.cause = SIP_END_REMOTE}}, PHONE_OK,
     "the other side hung up"},
    {"we hung up", {.answered = true, .end = {.cause = SIP_END_LOCAL}}, PHONE_OK, "we hung up"},
    {"we gave up", {.outgoing = true, .end = {.cause = SIP_END_LOCAL}}, PHONE_INTERRUPTED,
     "given up before the answer"},
    {"we refused", {.end = {.cause = SIP_END_LOCAL, .status = 486}}, PHONE_REFUSED,
     "refused by us (486)"},
    {"taken at another phone", {.end = {.cause = SIP_END_ELSEWHERE}}, PHONE_NO_ANSWER,
     "answered at another phone"},
    {"they gave up", {.end = {.cause = SIP_END_CANCELLED}}, PHONE_NO_ANSWER, "the caller gave up"},
    {"busy", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 486, .reason = (char[]){"Busy"}}},
     PHONE_BUSY, "the other side is busy (486 Busy)"},
    {"busy everywhere", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 600}},
     PHONE_BUSY, "the other side is busy everywhere (600)"},
    {"declined", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 603}},
     PHONE_DECLINED, "the other side declined the call (603)"},
    {"no such user", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 404}},
     PHONE_NOT_FOUND, "there is nobody of that name; check what stands before the @ (404)"},
    {"forbidden", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 403}},
     PHONE_NOT_ALLOWED, "the server refused the call; it may want an account or password (403)"},
    {"a gateway's trouble", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 502}},
     PHONE_UNREACHABLE, "the other side, or a server on the way to it, takes no calls now; try again later (502)"},
    {"a status nobody knows", {.outgoing = true, .end = {.cause = SIP_END_REFUSED, .status = 699}},
     PHONE_FAILED, "the other side refused the call (699)"},
    {"a closed port",
     {.outgoing = true, .flow = {.remote = {.family = 4, .bytes = {192, 0, 2, 1}, .port = 5060}},
      .end = {.cause = SIP_END_UNREACHABLE, .err = -ECONNREFUSED}}, PHONE_UNREACHABLE,
     "nobody takes calls at 192.0.2.1:5060 (connection refused); check address and port"},
    {"silence",
     {.outgoing = true, .flow = {.remote = {.family = 4, .bytes = {192, 0, 2, 1}, .port = 5060}},
      .end = {.cause = SIP_END_TIMEOUT, .status = 408}}, PHONE_NO_ANSWER,
     "nothing was heard from 192.0.2.1:5060; check the address, or a firewall"},
    {"the name server is silent",
     {.outgoing = true, .end = {.cause = SIP_END_NOT_FOUND, .err = -ETIMEDOUT}}, PHONE_NOT_FOUND,
     "the name server did not answer; check the network, or call by numeric address"},
    {"words of our own go first",
     {.outgoing = true, .end = {.cause = SIP_END_LOCAL, .own_words = "because"}}, PHONE_FAILED,
     "because"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf text = buf_new(1024);

    assert_int_equal(call_outcome(&row->call, &text), row->outcome);
    assert_slice(buf_slice(&text), row->text);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_is_reached_and_left),
        cmocka_unit_test(ends_are_told_once),
    };

    return RUN_ROWS("phone/call_tables", rows, check_row) +
           cmocka_run_group_tests_name("phone/call_tables whole", tests, NULL, NULL);
}
