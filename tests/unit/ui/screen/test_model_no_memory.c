/* Each allocation of what the phone tells fails once: the screen goes on, and leaves calls and
 * messages out that find no room, which it says once. */
#include <errno.h>

#include "tests/lib/memory.h"
#include "tests/lib/rows.h"
#include "ui/screen/model.h"

#define EVENT(name, members) "{\"v\":1,\"event\":\"" name "\",\"time\":1795264200.0" members "}"
#define CALL ",\"call\":1,\"peer\":\"sip:b@h\""

static const char *const lines[] = {
    EVENT("incoming", CALL ",\"peer_name\":\"B\",\"contact\":\"Bob\",\"target\":\"sip:a@h\""),
    EVENT("dtmf", CALL ",\"text\":\"5\""),
    EVENT("sip",
          ",\"direction\":\"in\",\"transport\":\"udp\",\"local\":\"192.0.2.1:5060\","
          "\"remote\":\"192.0.2.2:5060\",\"message\":\"OPTIONS sip:a@b SIP/2.0\\r\\n\\r\\n\""),
    EVENT("notice", ",\"text\":\"something\""),
};

static unsigned notes_that_say(const struct model *m, const char *what)
{
    unsigned n = 0;

    for (size_t i = 0; i < m->n_notes; i++)
        n += strstr(m->notes[i].text, what) != NULL;
    return n;
}

/* Whether an allocation has failed. */
static bool hear_all(struct model *m, unsigned fail_at)
{
    struct ctl_line read[ARRAY_LEN(lines)];
    bool failed;

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        assert_int_equal(ctl_line_read(slice_of(lines[i]), &read[i]), 0);
    memory_fail_at(fail_at);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        model_event(m, &read[i], 1);
    failed = memory_has_failed();
    memory_fail_at(0);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        ctl_line_free(&read[i]);
    return failed;
}

static void something_is_left_out(void **state)
{
    unsigned without_call = 0, without_message = 0;
    bool failed = true;

    (void)state;
    for (unsigned n = 1; failed; n++) {
        struct model m;
        bool call, message;

        model_init(&m);
        failed = hear_all(&m, n);
        call = m.n_calls == 1;
        message = m.traced.n == 1;
        without_call += !call;
        without_message += !message;
        assert_int_equal(notes_that_say(&m, "no memory left"), !call || !message);
        if (!failed) {
            assert_true(call && message);
            assert_int_equal(notes_that_say(&m, "something"), 1);
        }
        model_free(&m);
    }
    assert_true(without_call > 10 && without_message > 5);
}

static bool fails(void *arg)
{
    return *(bool *)arg;
}

static void it_is_said_once(void **state)
{
    struct ctl_line ended;
    struct model m;
    bool now = true;
    const struct traced_source source = {0, false, "", "", "", "OPTIONS sip:a@b SIP/2.0\r\n\r\n"};

    (void)state;
    assert_int_equal(ctl_line_read(SLICE(EVENT("ended", CALL)), &ended), 0);
    model_init(&m);
    memory_fail_by(fails, &now);
    assert_int_equal(traced_add(&m.traced, &source), -ENOMEM);
    memory_fail_by(NULL, NULL);
    assert_int_equal(m.traced.n, 0);
    for (unsigned n = 1; hear_all(&m, n); n++)
        model_event(&m, &ended, 1);
    assert_int_equal(notes_that_say(&m, "no memory left"), 1);
    ctl_line_free(&ended);
    model_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(something_is_left_out),
        cmocka_unit_test(it_is_said_once),
    };

    return cmocka_run_group_tests_name("ui/screen/model without memory", tests, NULL, NULL);
}
