/* Two phones on one loop: what commands do and which events tell of it, over real sockets. */
#include "phone/phone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/loop.h"
#include "tests/lib/rows.h"

#define LIMIT_MS 8000
#define SEEN_MAX 64

/* One of the two, with what it was told. */
struct end {
    struct phone_config config;
    struct phone *phone;
    uint32_t call;
    struct seen {
        enum phone_event_kind kind;
        enum phone_outcome outcome;
        char text[128];
    } seen[SEEN_MAX];
    size_t n;
    struct ip where;
    bool answers; /* takes calls by itself */
};

struct pair {
    struct net_loop *loop;
    struct end a, b;
};

static void on_event(void *arg, const struct phone_event *e)
{
    struct end *end = arg;
    struct seen *s = &end->seen[end->n];

    assert_true(end->n < SEEN_MAX);
    end->n++;
    s->kind = e->kind;
    s->outcome = e->outcome;
    snprintf(s->text, sizeof s->text, "%s", e->kind == PHONE_ENDED ? e->digits : e->text);
    if (e->kind == PHONE_LISTENING)
        end->where = e->where;
    if (e->kind != PHONE_INCOMING)
        return;
    end->call = e->call;
    if (end->answers) /* from within the event: a listener may give commands */
        assert_int_equal(phone_do(end->phone,
                                  &(struct phone_command){.kind = PHONE_ANSWER, .call = e->call},
                                  NULL, NULL),
                         0);
}

static const struct seen *find(const struct end *end, enum phone_event_kind kind)
{
    for (size_t i = 0; i < end->n; i++)
        if (end->seen[i].kind == kind)
            return &end->seen[i];
    return NULL;
}

static const struct seen *wait_for(struct pair *p, struct end *end, enum phone_event_kind kind)
{
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    const struct seen *s;

    while (!(s = find(end, kind))) {
        if (net_now_ms() > until_ms)
            fail_msg("event %d did not come", kind);
        net_loop_turn(p->loop, false);
    }
    return s;
}

static void open_end(struct pair *p, struct end *end)
{
    struct buf why = buf_new(1024);
    struct config_fault fault = {.text = buf_new(1024)};

    config_init(&end->config);
    end->config.no_history = true;
    assert_int_equal(config_set(&end->config, SLICE("listen"), SLICE("udp:127.0.0.1:0"), &fault),
                     0);
    assert_int_equal(config_set(&end->config, SLICE("device"), SLICE("none"), &fault), 0);
    assert_int_equal(phone_new(p->loop, &end->config, on_event, end, &why, &end->phone), 0);
    assert_int_equal(end->n, 0); /* events come from the loop */
    wait_for(p, end, PHONE_LISTENING);
    buf_free(&why);
    buf_free(&fault.text);
}

static int set_up(void **state)
{
    static struct pair pair;

    pair = (struct pair){0};
    assert_int_equal(net_loop_new(&pair.loop), 0);
    open_end(&pair, &pair.a);
    open_end(&pair, &pair.b);
    *state = &pair;
    return 0;
}

static int do_(struct end *end, enum phone_command_kind kind)
{
    return phone_do(end->phone, &(struct phone_command){.kind = kind, .call = end->call}, NULL,
                    NULL);
}

static int tear_down(void **state)
{
    struct pair *p = *state;
    struct end *ends[] = {&p->a, &p->b};

    for (size_t i = 0; i < 2; i++) {
        if (find(ends[i], PHONE_CLOSED) == NULL) {
            do_(ends[i], PHONE_QUIT);
            wait_for(p, ends[i], PHONE_CLOSED);
        }
        phone_free(ends[i]->phone);
        config_free(&ends[i]->config);
    }
    net_loop_free(p->loop);
    return 0;
}

static void dial(struct pair *p, const char *digits)
{
    char target[64], where[IP_TEXT_MAX];
    struct phone_command command = {.kind = PHONE_DIAL, .target = target, .digits = digits};

    snprintf(target, sizeof target, "bob@%s", ip_text(&p->b.where, where));
    assert_int_equal(phone_do(p->a.phone, &command, &p->a.call, NULL), 0);
}

static void connect_both(struct pair *p, const char *digits)
{
    p->b.answers = true;
    dial(p, digits);
    wait_for(p, &p->a, PHONE_ANSWERED);
    wait_for(p, &p->b, PHONE_ANSWERED);
}

static void a_call_and_its_end(void **state)
{
    struct pair *p = *state;

    connect_both(p, NULL);
    assert_non_null(find(&p->a, PHONE_CALLING));
    assert_int_equal(phone_calls(p->a.phone), 1);
    assert_int_equal(do_(&p->b, PHONE_HANG_UP), 0);
    assert_int_equal(wait_for(p, &p->a, PHONE_ENDED)->outcome, PHONE_OK);
    assert_int_equal(wait_for(p, &p->b, PHONE_ENDED)->outcome, PHONE_OK);
    assert_int_equal(phone_calls(p->a.phone), 0);
    assert_int_equal(do_(&p->a, PHONE_HANG_UP), -ENOENT);
}

static void hold_and_resume(void **state)
{
    struct pair *p = *state;

    connect_both(p, NULL);
    assert_int_equal(do_(&p->a, PHONE_HOLD), 0);
    wait_for(p, &p->b, PHONE_HELD);
    assert_null(find(&p->a, PHONE_HELD)); /* who holds is not held */
    for (uint64_t until_ms = net_now_ms() + 100; net_now_ms() < until_ms;)
        net_loop_turn(p->loop, false); /* the ACK of the first re-INVITE */
    assert_int_equal(do_(&p->a, PHONE_RESUME), 0);
    wait_for(p, &p->b, PHONE_RESUMED);
}

static void digits_of_the_call_and_later_ones(void **state)
{
    struct pair *p = *state;
    struct phone_command more = {.kind = PHONE_DIGITS, .digits = "#"};
    struct phone_command none = {.kind = PHONE_DIGITS, .digits = "x"};

    connect_both(p, "12");
    more.call = none.call = p->a.call;
    assert_int_equal(phone_do(p->a.phone, &none, NULL, NULL), -EINVAL);
    assert_int_equal(phone_do(p->a.phone, &more, NULL, NULL), 0);
    wait_for(p, &p->a, PHONE_DIGITS_SENT);
    for (uint64_t until_ms = net_now_ms() + 1000; net_now_ms() < until_ms;)
        net_loop_turn(p->loop, false);
    assert_int_equal(do_(&p->a, PHONE_HANG_UP), 0);
    assert_string_equal(wait_for(p, &p->b, PHONE_ENDED)->text, "12#");
}

static void ringing_then_refused(void **state)
{
    struct pair *p = *state;

    dial(p, NULL);
    wait_for(p, &p->b, PHONE_INCOMING);
    assert_int_equal(do_(&p->b, PHONE_RING), 0);
    wait_for(p, &p->a, PHONE_RINGING);
    assert_int_equal(do_(&p->b, PHONE_HOLD), -EBUSY); /* nothing to hold yet */
    assert_int_equal(
        phone_do(p->b.phone,
                 &(struct phone_command){.kind = PHONE_REJECT, .call = p->b.call, .status = 603},
                 NULL, NULL),
        0);
    assert_int_equal(do_(&p->b, PHONE_ANSWER), -EBUSY); /* too late */
    assert_int_equal(wait_for(p, &p->a, PHONE_ENDED)->outcome, PHONE_DECLINED);
    assert_int_equal(wait_for(p, &p->b, PHONE_ENDED)->outcome, PHONE_REFUSED);
}

static void given_up_while_it_rings(void **state)
{
    struct pair *p = *state;

    dial(p, NULL);
    wait_for(p, &p->b, PHONE_INCOMING);
    assert_int_equal(do_(&p->b, PHONE_RING), 0);
    wait_for(p, &p->a, PHONE_RINGING);
    assert_int_equal(do_(&p->a, PHONE_HANG_UP), 0);
    assert_int_equal(wait_for(p, &p->a, PHONE_ENDED)->outcome, PHONE_INTERRUPTED);
    assert_int_equal(wait_for(p, &p->b, PHONE_ENDED)->outcome, PHONE_NO_ANSWER);
}

static void quitting_ends_calls_and_takes_no_more(void **state)
{
    struct pair *p = *state;

    connect_both(p, NULL);
    assert_int_equal(do_(&p->a, PHONE_QUIT), 0);
    assert_int_equal(phone_do(p->a.phone,
                              &(struct phone_command){.kind = PHONE_DIAL, .target = "a@127.0.0.1"},
                              NULL, NULL),
                     -EBUSY);
    wait_for(p, &p->a, PHONE_CLOSED);
    assert_int_equal(find(&p->a, PHONE_ENDED)->outcome, PHONE_OK);
    assert_int_equal(wait_for(p, &p->b, PHONE_ENDED)->outcome, PHONE_OK);
}

static void targets_that_cannot_be_called(void **state)
{
    struct pair *p = *state;
    static const struct {
        const char *target;
        int err;
    } wrong[] = {{"", -EINVAL},      {"alice", -EDESTADDRREQ}, {"sips:@", -EINVAL},
                 {"sip:@", -EINVAL}, {"a@[::1", -EINVAL},      {"a@127.0.0.1:99999", -EINVAL}};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct buf why = buf_new(1024);

        assert_int_equal(
            phone_do(p->a.phone,
                     &(struct phone_command){.kind = PHONE_DIAL, .target = wrong[i].target}, NULL,
                     &why),
            wrong[i].err);
        assert_true(why.n > 0);
        buf_free(&why);
    }
    assert_int_equal(phone_calls(p->a.phone), 0);
}

static void commands_that_calls_do_not_know(void **state)
{
    struct pair *p = *state;

    connect_both(p, NULL);
    assert_int_equal(do_(&p->a, (enum phone_command_kind)1000), -ENOTSUP);
    assert_int_equal(phone_calls(p->a.phone), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_and_its_end),
        TEST(hold_and_resume),
        TEST(digits_of_the_call_and_later_ones),
        TEST(ringing_then_refused),
        TEST(given_up_while_it_rings),
        TEST(quitting_ends_calls_and_takes_no_more),
        TEST(targets_that_cannot_be_called),
        TEST(commands_that_calls_do_not_know),
    };

    return cmocka_run_group_tests_name("phone/phone", tests, NULL, NULL);
}
