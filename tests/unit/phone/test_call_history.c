/* How a call truly ended, as the history tells it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
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

/* --- calls that cannot be noted -------------------------------------------------------------- */

/* What the history says, of a beginning and of an end. */
static int begin_err, end_err;

int64_t __wrap_history_begin(struct history *history, const struct history_row *row);
int64_t __wrap_history_begin(struct history *history, const struct history_row *row)
{
    (void)history;
    (void)row;
    return begin_err ? begin_err : 7;
}

int __wrap_history_end(struct history *history, const struct history_row *row);
int __wrap_history_end(struct history *history, const struct history_row *row)
{
    (void)history;
    assert_int_equal(row->id, 7);
    return end_err;
}

struct told {
    unsigned n;
    char last[256];
};

static void on_log(void *arg, enum log_level level, const char *module, const char *line)
{
    struct told *told = arg;

    assert_int_equal(level, LOG_ERROR);
    assert_string_equal(module, "history");
    told->n++;
    snprintf(told->last, sizeof told->last, "%s", line);
}

static const struct unnoted {
    const char *name;
    int begin_err, end_err;
    const char *words; /* NULL: nothing is said */
} unnoted[] = {
    {"none", 0, 0, NULL},
    {"too many wait at its beginning", -ENOBUFS, 0, "too many wait for the disk"},
    {"too many wait at its end", 0, -ENOBUFS, "too many wait for the disk"},
    {"no memory at its beginning", -ENOMEM, 0, "no memory is left"},
    {"no memory at its end", 0, -ENOMEM, "no memory is left"},
    {"no thread", -EAGAIN, 0, "no thread can be started: Resource temporarily unavailable"},
};

static void check_unnoted(void **state)
{
    const struct unnoted *row = *state;
    struct phone phone = {.history = (struct history *)(void *)&begin_err};
    struct phone_event ended = {0};
    struct told told = {0};

    begin_err = row->begin_err;
    end_err = row->end_err;
    log_set(on_log, &told, LOG_ERROR);
    for (unsigned i = 0; i < 3; i++) {
        struct call call = {.phone = &phone, .began_us = 1};

        call_note_end(&call, &ended);
    }
    log_set(NULL, NULL, LOG_ERROR);
    assert_int_equal(told.n, row->words ? 1 : 0);
    if (row->words)
        assert_non_null(strstr(told.last, row->words));
}

int main(void)
{
    return RUN_ROWS("phone/call_history", rows, check_row) +
           RUN_ROWS("phone/call_history: calls that are not noted", unnoted, check_unnoted);
}
