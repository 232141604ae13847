/* What strangers, large files and a phone that lies or is stuck cannot do to the screen. */
/* For memmem. */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <time.h>

#include "tests/unit/ui/screen/scenes.h"
#include "ui/screen/commands.h"

#define INCOMING(n)                                                                                \
    "{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":" #n ",\"peer\":\"sip:p" #n             \
    "@h.example\",\"peer_name\":\"P\"}"
#define ENDED(n) "{\"v\":1,\"event\":\"ended\",\"time\":1.0,\"call\":" #n ",\"outcome\":\"missed\"}"

/* --- a phone that lies ---------------------------------------------------------------------- */

/* clang-format off */
static const struct row {
    const char *name, *lines[3];
    size_t n_calls;
} rows[] = {
    {"a call that ends",              {INCOMING(7), ENDED(7)}, 0},
    {"one that ends twice",           {INCOMING(7), ENDED(7), ENDED(7)}, 0},
    {"one that begins twice",         {INCOMING(7), INCOMING(7)}, 1},
    {"a recording behind the end",    {INCOMING(7), ENDED(7), "{\"v\":1,\"event\":\"recording-ended\",\"time\":1.0,\"call\":7,\"file\":\"x\"}"}, 0},
    {"a digit behind the end",        {INCOMING(7), ENDED(7), "{\"v\":1,\"event\":\"digit\",\"time\":1.0,\"call\":7,\"digit\":\"1\"}"}, 0},
    {"quality behind the end",        {INCOMING(7), ENDED(7), "{\"v\":1,\"event\":\"quality\",\"time\":1.0,\"call\":7}"}, 0},
    {"a conference without a call",   {"{\"v\":1,\"event\":\"joined\",\"time\":1.0,\"call\":9,\"conference\":1}"}, 0},
    {"a call without a number",       {"{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"peer\":\"sip:a@b\"}"}, 0},
    {"one with a number too large",   {"{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":4294967296}"}, 0},
    {"one with a number below zero",  {"{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":-1}"}, 0},
    {"members of other types",        {"{\"v\":1,\"event\":\"incoming\",\"time\":\"x\",\"call\":3,\"peer\":{},\"peer_name\":7,\"contact\":[]}"}, 1},
    {"lists that are none",           {"{\"reply\":3,\"ok\":true,\"calls\":{\"call\":1},\"accounts\":\"x\"}", "{\"reply\":4,\"ok\":true,\"history\":7}",
                                       "{\"reply\":5,\"ok\":true,\"contacts\":[7,null,{\"name\":1}]}"}, 0},
    {"figures beyond all measure",    {INCOMING(7), "{\"v\":1,\"event\":\"quality\",\"time\":1e300,\"call\":7,\"mos\":1e300,\"delay_ms\":-1e300,"
                                       "\"loss_percent\":1e38,\"level_in_db\":1e308,\"sent\":9223372036854775807}",
                                       "{\"reply\":4,\"ok\":true,\"history\":[{\"time\":1e300,\"duration\":1e300},{\"time\":-1e300,\"duration\":-1}]}"}, 1},
};
/* clang-format on */

static void check_row(void **state)
{
    static const char *const views[] = {"details", "devices", "trace", "log", "help"};
    const struct row *row = *state;
    struct stage stage;
    struct screen *s = &stage.screen;

    stage_init(&stage, 24, 80);
    for (size_t i = 0; i < ARRAY_LEN(row->lines) && row->lines[i]; i++)
        scene_hear(s, row->lines[i]);
    assert_int_equal(stage.model.n_calls, row->n_calls);
    screen_draw(s);
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        scene_run(s, views[i]);
        screen_draw(s);
        scene_press(s, "esc");
    }
    stage_free(&stage);
}

/* --- a phone that is stuck ------------------------------------------------------------------ */

static void a_phone_that_does_not_answer(void **state)
{
    struct stage stage;
    struct screen *s = &stage.screen;

    (void)state;
    stage_init(&stage, 24, 80);
    scene_run(s, "dnd");
    s->now_ms += 4999;
    assert_false(scene_shows(s, "does not answer"));
    assert_int_equal(screen_deadline_ms(s), s->now_ms + 1);
    s->now_ms++;
    assert_true(scene_shows(s, "the telephone does not answer"));
    scene_run(s, "dnd"); /* no news of it */
    assert_true(scene_shows(s, "the telephone does not answer"));
    scene_hear(s, "{\"reply\":64,\"ok\":true}");
    assert_false(scene_shows(s, "does not answer"));
    s->now_ms += 5000;
    assert_true(scene_shows(s, "the telephone does not answer")); /* to the second one */
    screen_forget_asked(s);
    assert_false(scene_shows(s, "does not answer"));
    stage_free(&stage);
}

/* --- many ----------------------------------------------------------------------------------- */

static void hear_contacts(struct screen *s, size_t n, const char *name, bool numbered)
{
    struct buf line = buf_new(1 << 24);

    buf_puts(&line, "{\"reply\":5,\"ok\":true,\"contacts\":[");
    for (size_t i = 0; i < n; i++) {
        buf_puts(&line, i > 0 ? ",{\"name\":\"" : "{\"name\":\"");
        buf_puts(&line, name);
        if (numbered)
            buf_printf(&line, "%zu", i);
        buf_printf(&line, "\",\"address\":\"sip:%zu@h.example\"}", i);
    }
    buf_puts(&line, "]}");
    scene_hear(s, buf_cstr(&line));
    buf_free(&line);
}

/* Who looks at each name anew for each of them waits for hours. */
static void completion_among_many(void **state)
{
    static const char *const names[] = {"Name ", "The same", ""};
    struct stage stage;
    struct screen *s = &stage.screen;

    (void)state;
    stage_init(&stage, 24, 80);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        hear_contacts(s, 20000, names[i], i != 1);
        scene_press(s, ": c a l l space tab");
        screen_draw(s);
        scene_press(s, "S-tab S-tab");
        screen_draw(s);
        scene_press(s, "esc");
    }
    hear_contacts(s, 20000, "Name ", true);
    assert_int_equal(command_completions(s, SLICE("call N")), COMPLETIONS_MAX);
    assert_int_equal(command_completions(s, SLICE("call Name 19999")), 1);
    scene_press(s, ": c a l l space");
    for (const char *c = "Name"; *c; c++)
        screen_key(s, &(struct key){.code = (uint32_t)*c});
    scene_press(s, "tab");
    assert_true(scene_shows(s, ":call Name 0"));
    stage_free(&stage);
}

/* The longest message that a stranger can send, in as many rows as can be. */
static void search_in_a_long_message(void **state)
{
    struct stage stage;
    struct screen *s = &stage.screen;
    struct buf text = buf_new(1 << 20);

    (void)state;
    buf_puts(&text, "OPTIONS sip:a@b SIP/2.0\nCall-ID: 1\n\n");
    for (size_t i = 0; text.n < 65000; i++)
        buf_printf(&text, "%zu \u6771\u6771 e\u0301 %s\n", i, i % 7 ? "" : "word");
    stage_init(&stage, 24, 80);
    scene_message(s, 1, false, "192.0.2.9:5060", buf_cstr(&text));
    scene_press(s, "T enter");
    for (unsigned i = 0; i < 100; i++)
        screen_draw(s);
    scene_press(s, "/ n o t space t h e r e enter");
    assert_true(scene_shows(s, "not there\" is in no row"));
    stage_free(&stage);
    buf_free(&text);
}

/* --- secrets -------------------------------------------------------------------------------- */

/* What was typed as a password is nowhere in what the screen holds on to. */
static void a_password_that_was_typed(void **state)
{
    static const char *const keys[] = {"enter",  "esc", "C-u", "C-w", "backspace backspace",
                                       "C-a C-k"};
    struct stage stage;
    struct screen *s = &stage.screen;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        stage_init(&stage, 24, 80);
        scene_run(s, "password work");
        for (const char *c = "aVeryLongSecretThatIsNotShown"; *c; c++)
            screen_key(s, &(struct key){.code = (uint32_t)*c});
        screen_draw(s);
        assert_false(scene_shows(s, "Secret"));
        scene_press(s, keys[i]);
        assert_int_equal(i == 0, strstr(buf_cstr(&stage.sent), "SecretThatIsNotShown\"") != NULL);
        if (i != 4)
            assert_null(memmem(s->line.text.p, s->line.text.cap, "Secret", 6));
        else
            assert_null(memmem(s->line.text.p, s->line.text.cap, "Shown", 5));
        assert_int_equal(s->commands.n + s->searches.n, 0);
        stage_free(&stage);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_that_does_not_answer), cmocka_unit_test(completion_among_many),
        cmocka_unit_test(search_in_a_long_message), cmocka_unit_test(a_password_that_was_typed)};

    return RUN_ROWS("ui/screen hostile lines", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen hostile", tests, NULL, NULL);
}
