/* The trace by its keys and commands, and the columns of its ladder. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/temporary.h"
#include "tests/unit/ui/screen/views.h"
#include "ui/screen/ladder.h"
#include "ui/screen/view_trace.h"

static int open_trace(void **state)
{
    struct stage *stage;

    if (stage_set_up(state))
        return -1;
    stage = *state;
    scene_exchange(&stage->screen);
    scene_press(&stage->screen, "T");
    return 0;
}

static struct screen *screen_of(void **state)
{
    struct stage *stage = *state;

    return &stage->screen;
}

static size_t shown(const struct screen *s)
{
    return trace_state(s)->n;
}

static uint64_t chosen(const struct screen *s)
{
    return trace_message(s)->number;
}

static void new_ones_are_followed_from_the_end(void **state)
{
    struct screen *s = screen_of(state);

    assert_int_equal(chosen(s), 10);
    scene_message(s, 12, true, SCENE_BOB, "BYE sip:bob SIP/2.0\n\n");
    assert_int_equal(chosen(s), 11);
    scene_press(s, "k k");
    assert_int_equal(chosen(s), 9);
    scene_message(s, 12, true, SCENE_BOB, "BYE sip:bob SIP/2.0\n\n");
    assert_int_equal(chosen(s), 9);
    scene_press(s, "G");
    scene_message(s, 12, true, SCENE_BOB, "BYE sip:bob SIP/2.0\n\n");
    assert_int_equal(chosen(s), 13);
}

static void the_trace_is_open_before_the_first_message(void **state)
{
    struct screen *s = screen_of(state);

    traced_clear(&s->model->traced);
    assert_int_equal(shown(s), 0);
    scene_press(s, "enter j o s m = w h");
    scene_message(s, 12, true, SCENE_BOB, "BYE sip:bob SIP/2.0\n\n");
    assert_int_equal(shown(s), 0); /* only SDP */
    scene_press(s, "s");
    assert_int_equal(shown(s), 1);
}

static void one_call_alone(void **state)
{
    struct screen *s = screen_of(state);

    scene_press(s, "g o");
    assert_int_equal(shown(s), 2);
    scene_message(s, 12, true, SCENE_SERVER, "REGISTER x SIP/2.0\nCall-ID: r1\n\n");
    scene_message(s, 12, true, SCENE_SERVER, "REGISTER x SIP/2.0\nCall-ID: r2\n\n");
    assert_int_equal(shown(s), 3);
    scene_press(s, "o");
    assert_int_equal(shown(s), 12);
    assert_int_equal(chosen(s), 1);
}

static void a_filter_is_typed(void **state)
{
    struct screen *s = screen_of(state);

    scene_press(s, "f R E G I S T E R enter");
    assert_int_equal(shown(s), 2);
    assert_true(scene_shows(s, "2 of 10 messages, filter REGISTER"));
    scene_press(s, "f backspace backspace backspace backspace backspace backspace O U enter");
    assert_int_equal(shown(s), 0);
    assert_true(scene_shows(s, "no message fits"));
    scene_run(s, "trace-filter off");
    assert_int_equal(shown(s), 10);
}

static void only_sdp(void **state)
{
    struct screen *s = screen_of(state);

    scene_press(s, "s");
    assert_int_equal(shown(s), 4);
    scene_press(s, "s");
    assert_int_equal(shown(s), 10);
}

static void messages_are_gone_through(void **state)
{
    struct screen *s = screen_of(state);

    scene_press(s, "k enter");
    assert_true(scene_shows(s, "ACK sip:bob@192.0.2.77"));
    scene_press(s, "left");
    assert_true(scene_shows(s, "application/sdp"));
    scene_press(s, "right right right");
    assert_true(scene_shows(s, "OPTIONS sip:alice"));
    scene_press(s, "/ c a r o l enter esc");
    assert_int_equal(chosen(s), 10);
}

static void a_message_that_is_gone_is_said_to_be(void **state)
{
    struct screen *s = screen_of(state);

    scene_press(s, "g enter");
    traced_clear(&s->model->traced);
    assert_true(scene_shows(s, "this message is not kept any more"));
    scene_press(s, "j enter = m right left");
}

static void two_are_compared(void **state)
{
    struct screen *s = screen_of(state);

    scene_press(s, "g j j j j j =");
    assert_true(scene_shows(s, "> Authorization"));
    assert_true(scene_shows(s, "19:43:14.653 sent"));
    scene_press(s, "esc g =");
    assert_true(scene_shows(s, "there is none like it before"));
    scene_press(s, "j m k =");
    assert_true(scene_shows(s, "19:43:09.123 sent"));
    assert_true(scene_shows(s, "19:43:09.144 received"));
    traced_clear(&s->model->traced);
    assert_true(scene_shows(s, "REGISTER sip:example.org SIP/2.0"));
}

static void click(struct screen *s, int row, int col)
{
    const struct key key = {.code = KEY_MOUSE, .mouse = MOUSE_PRESS, .row = row, .col = col};

    screen_key(s, &key);
}

static void rows_are_clicked_below_the_heads(void **state)
{
    struct screen *s = screen_of(state);

    screen_draw(s);
    click(s, 6, 20);
    assert_int_equal(chosen(s), 1);
    click(s, 5, 20); /* an address above */
    assert_int_equal(chosen(s), 1);
    click(s, 9, 20);
    assert_int_equal(chosen(s), 4);
    click(s, 9, 20);
    assert_true(scene_shows(s, "Message "));
    assert_true(scene_shows(s, "19:43:14.623"));
}

/* Nothing that a stranger sends keeps the screen busy. */
static void long_lines_are_compared_in_time(void **state)
{
    struct screen *s = screen_of(state);
    struct buf one = buf_new(1 << 20), other = buf_new(1 << 20);

    buf_puts(&one, "BYE sip:a SIP/2.0\nX: ");
    for (int i = 0; i < 300000; i++)
        buf_putc(&one, 'x');
    buf_put(&other, buf_slice(&one));
    buf_puts(&other, "y\n\n");
    buf_puts(&one, "z\n\n");
    scene_message(s, 1, false, SCENE_BOB, buf_cstr(&one));
    scene_message(s, 2, false, SCENE_BOB, buf_cstr(&other));
    scene_press(s, "G =");
    assert_true(scene_shows(s, "xxxz"));
    assert_true(scene_shows(s, "xxxy"));
    buf_free(&one);
    buf_free(&other);
}

/* --- files ---------------------------------------------------------------------------------- */

static size_t size_of_file(const char *folder, const char *name)
{
    char path[1024];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(unlink(path), 0);
    return (size_t)st.st_size;
}

static void what_is_shown_is_saved(void **state)
{
    char folder[TEMPORARY_MAX] = "/tmp/test_trace.XXXXXX", line[256], said[96];
    struct screen *s = screen_of(state);
    size_t all;

    assert_non_null(temporary_folder(folder));
    snprintf(line, sizeof line, "trace-save text %s/a", folder);
    scene_run(s, line);
    snprintf(said, sizeof said, "10 messages saved in %s", folder);
    assert_true(scene_shows(s, said));
    scene_run(s, line);
    assert_true(scene_shows(s, "/a: File exists"));
    all = size_of_file(folder, "a");
    scene_run(s, "trace-filter register");
    scene_run(s, line);
    assert_true(size_of_file(folder, "a") < all / 4);
    snprintf(line, sizeof line, "trace-save pcap %s/a", folder);
    scene_run(s, line);
    /* The head of the file, and of two packets with IP and UDP; what they hold ends in CR LF. */
    all = strlen(s->model->traced.ring[0]->raw) + strlen(s->model->traced.ring[1]->raw);
    assert_int_equal(size_of_file(folder, "a"), 24 + 2 * (16 + 20 + 8) + all);
    scene_run(s, "trace-save jpeg");
    assert_true(scene_shows(s, "trace-save: text or pcap"));
    assert_int_equal(rmdir(folder), 0);
}

static void a_file_without_a_name_gets_one(void **state)
{
    char folder[TEMPORARY_MAX] = "/tmp/test_trace.XXXXXX", path[1024];
    struct screen *s = screen_of(state);
    struct slice said;

    assert_non_null(temporary_folder(folder));
    setenv("HOME", folder, 1);
    scene_press(s, "W");
    said = buf_slice(&s->message);
    assert_true(said.n > 5 && slice_eq(slice_skip(said, said.n - 5), SLICE(".pcap")));
    snprintf(path, sizeof path, "%" PRI_SLICE, ARG_SLICE(slice_skip(said, 21)));
    assert_true(slice_starts(slice_of(path), slice_of(folder)));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* --- columns -------------------------------------------------------------------------------- */

static void columns_have_names(void **state)
{
    struct screen *s = screen_of(state);
    struct trace_state *st = trace_state(s);
    struct ladder ladder;

    ladder_of(s->model, st->rows, st->n, 100, &ladder);
    assert_int_equal(ladder.n, 3);
    assert_string_equal(ladder.ours, "192.0.2.1:5060");
    assert_string_equal(ladder.far[0].name, "home");
    assert_string_equal(ladder.far[1].name, "Bob Martin");
    assert_string_equal(ladder.far[1].address, SCENE_BOB);
    assert_string_equal(ladder.far[2].name, "carol@other.example");
    for (size_t i = 1; i < ladder.n; i++)
        assert_true(ladder.far[i].col < 100 && ladder.far[i].col > ladder.far[i - 1].col);
    ladder_of(s->model, st->rows, st->n, 60, &ladder);
    assert_int_equal(ladder.n, 2);
    assert_string_equal(ladder.far[1].name, "others");
    ladder_of(s->model, st->rows, st->n, 40, &ladder);
    assert_int_equal(ladder.n, 1);
    ladder_of(s->model, st->rows, 2, 80, &ladder);
    assert_int_equal(ladder.n, 1);
    ladder_of(s->model, st->rows, 0, 80, &ladder);
    assert_int_equal(ladder.n, 0);
}

/* Answers have From and To of what they answer, whoever sends them. */
static void answers_are_of_whom_they_are_for(void **state)
{
    static const char *const answer =
        "SIP/2.0 200 OK\nFrom: <sip:bob@example.org>\nTo: <sip:carol@h>\n\n";
    struct screen *s = screen_of(state);
    struct trace_state *st;
    struct ladder ladder;

    traced_clear(&s->model->traced);
    scene_message(s, 1, true, "192.0.2.50:5060", answer);
    scene_message(s, 2, false, "192.0.2.51:5060", answer);
    st = trace_state(s);
    ladder_of(s->model, st->rows, st->n, 80, &ladder);
    assert_string_equal(ladder.far[0].name, "Bob Martin");
    assert_string_equal(ladder.far[1].name, "carol@h");
}

static void times_are_rounded_whole(void **state)
{
    struct buf out = buf_new(256);

    (void)state;
    ladder_put_time(&out, 1795290189.123, true);
    buf_putc(&out, ' ');
    ladder_put_time(&out, 1795290189.9996, true);
    buf_putc(&out, ' ');
    ladder_put_time(&out, 1795290189.123, false);
    assert_slice(buf_slice(&out), "19:43:09.123 19:43:10.000 19:43:09");
    buf_free(&out);
}

/* A server that speaks first stands behind us all the same. */
static void servers_come_first(void **state)
{
    struct screen *s = screen_of(state);
    struct trace_state *st = trace_state(s);
    struct ladder ladder;

    traced_clear(&s->model->traced);
    scene_message(s, 1, false, SCENE_BOB, "BYE a SIP/2.0\nFrom: <sip:bob@example.org>\n\n");
    scene_message(s, 2, true, SCENE_SERVER, "REGISTER a SIP/2.0\n\n");
    st = trace_state(s);
    ladder_of(s->model, st->rows, st->n, 80, &ladder);
    assert_string_equal(ladder.far[0].name, "home");
    assert_string_equal(ladder.far[1].name, "Bob Martin");
}

/* A screen that comes late has not heard where an account is registered. */
static void servers_are_known_by_what_they_do(void **state)
{
    struct screen *s = screen_of(state);
    struct trace_state *st;
    struct ladder ladder;

    traced_clear(&s->model->traced);
    scene_message(s, 1, true, "192.0.2.99:5060",
                  "REGISTER sip:pbx.example SIP/2.0\nTo: <sip:a.lee@pbx.example>\n\n");
    scene_message(s, 1, true, "192.0.2.98:5060", "REGISTER sip:h SIP/2.0\nTo: <sip:x@h>\n\n");
    st = trace_state(s);
    ladder_of(s->model, st->rows, st->n, 80, &ladder);
    assert_string_equal(ladder.far[0].name, "work");
    assert_string_equal(ladder.far[1].name, "x@h");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_trace, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_ones_are_followed_from_the_end),
        TEST(the_trace_is_open_before_the_first_message),
        TEST(one_call_alone),
        TEST(a_filter_is_typed),
        TEST(only_sdp),
        TEST(messages_are_gone_through),
        TEST(a_message_that_is_gone_is_said_to_be),
        TEST(two_are_compared),
        TEST(rows_are_clicked_below_the_heads),
        TEST(long_lines_are_compared_in_time),
        TEST(what_is_shown_is_saved),
        TEST(a_file_without_a_name_gets_one),
        TEST(columns_have_names),
        TEST(answers_are_of_whom_they_are_for),
        TEST(times_are_rounded_whole),
        TEST(servers_come_first),
        TEST(servers_are_known_by_what_they_do),
    };

    return cmocka_run_group_tests_name("ui/screen/trace", tests, NULL, NULL);
}
