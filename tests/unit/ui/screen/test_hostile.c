/* What strangers, large files and a phone that lies or is stuck cannot do to the screen. */
/* For memmem. */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <unistr.h>

#include "tests/unit/ui/screen/scenes.h"
#include "ui/screen/commands.h"
#include "ui/screen/ladder.h"

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
    {"a digit behind the end",        {INCOMING(7), ENDED(7), "{\"v\":1,\"event\":\"dtmf\",\"time\":1.0,\"call\":7,\"digit\":\"1\"}"}, 0},
    {"quality behind the end",        {INCOMING(7), ENDED(7), "{\"v\":1,\"event\":\"quality\",\"time\":1.0,\"call\":7}"}, 0},
    {"a conference without a call",   {"{\"v\":1,\"event\":\"joined\",\"time\":1.0,\"call\":9,\"conference\":1}"}, 0},
    {"a call without a number",       {"{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"peer\":\"sip:a@b\"}"}, 0},
    {"one with a number too large",   {"{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":4294967296}"}, 0},
    {"one with a number below zero",  {"{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":-1}"}, 0},
    {"members of other types",        {"{\"v\":1,\"event\":\"incoming\",\"time\":\"x\",\"call\":3,\"peer\":{},\"peer_name\":7,\"contact\":[]}"}, 1},
    {"digits that are none",          {INCOMING(7), "{\"v\":1,\"event\":\"dtmf\",\"time\":1.0,\"call\":7,\"digit\":\"\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\u6771\"}"}, 1},
    {"lists that are none",           {"{\"reply\":3,\"ok\":true,\"calls\":{\"call\":1},\"accounts\":\"x\"}", "{\"reply\":4,\"ok\":true,\"history\":7}",
                                       "{\"reply\":5,\"ok\":true,\"contacts\":[7,null,{\"name\":1}]}"}, 0},
    {"figures beyond all measure",    {INCOMING(7), "{\"v\":1,\"event\":\"quality\",\"time\":1e300,\"call\":7,\"mos\":1e300,\"delay_ms\":-1e300,"
                                       "\"loss_percent\":1e38,\"level_in_db\":1e308,\"sent\":9223372036854775807}",
                                       "{\"reply\":4,\"ok\":true,\"history\":[{\"time\":1e300,\"duration\":1e300},{\"time\":-1e300,\"duration\":-1}]}"}, 1},
};
/* clang-format on */

/* Whole characters are drawn, and none that a terminal obeys. */
static void check_text(struct screen *s)
{
    screen_draw(s);
    for (int i = 0; i < s->cells.rows * s->cells.cols; i++) {
        const struct cell *c = &s->cells.at[i];

        assert_null(u8_check((const uint8_t *)c->text, c->n));
        assert_true(c->n == 0 || (unsigned char)c->text[0] >= ' ');
    }
}

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
    check_text(s);
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        scene_run(s, views[i]);
        check_text(s);
        scene_press(s, "esc");
    }
    stage_free(&stage);
}

/* --- a caller that lies --------------------------------------------------------------------- */

/* Who calls himself like a contact and ends the quotes himself stays within them all the same. */
static void quotes_of_his_own(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_hear(s, "{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":7,\"peer\":"
                  "\"sip:m@h.example\",\"peer_name\":\"x\\\" calls, or Bob \\\"\"}");
    assert_true(scene_shows(s, "\"x' calls, or Bob '\" calls"));
    assert_false(scene_shows(s, "x\""));
}

/* Also where those who called before are offered as one types. */
static void quotes_where_one_dials(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_hear(s, "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[{\"v\":1,\"list\":\"history\","
                  "\"time\":1.0,\"direction\":\"in\",\"outcome\":\"missed\",\"peer\":"
                  "\"sip:m@h.example\",\"peer_name\":\"Bobby\"}]}");
    scene_press(s, "c b o b b y");
    assert_true(scene_shows(s, "\"Bobby\" "));
}

/* --- a phone that is stuck ------------------------------------------------------------------ */

static void a_phone_that_does_not_answer(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

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
    struct stage *stage = *state;
    static const char *const names[] = {"Name ", "The same", ""};
    struct screen *s = &stage->screen;

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
}

/* The longest message that a stranger can send, in as many rows as can be. */
static void search_in_a_long_message(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;
    struct buf text = buf_new(1 << 20);

    buf_puts(&text, "OPTIONS sip:a@b SIP/2.0\nCall-ID: 1\n\n");
    for (size_t i = 0; text.n < 65000; i++)
        buf_printf(&text, "%zu \u6771\u6771 e\u0301 %s\n", i, i % 7 ? "" : "word");
    scene_message(s, 1, false, "192.0.2.9:5060", buf_cstr(&text));
    scene_press(s, "T enter");
    for (unsigned i = 0; i < 100; i++)
        screen_draw(s);
    scene_press(s, "/ n o t space t h e r e enter");
    assert_true(scene_shows(s, "not there\" is in no row"));
    buf_free(&text);
}

/* A day of calls: what is kept has limits, and the newest are kept. */
static void many_events(void **state)
{
    struct stage *stage = *state;
    char line[512];
    struct screen *s = &stage->screen;
    const struct model *m = &stage->model;

    scene_hear(s, INCOMING(7));
    for (unsigned i = 0; i < 2 * MODEL_NOTES_MAX; i++) {
        snprintf(line, sizeof line, "{\"v\":1,\"event\":\"notice\",\"time\":1.0,\"text\":\"n%u\"}",
                 i);
        scene_hear(s, line);
        snprintf(line, sizeof line,
                 "{\"v\":1,\"event\":\"quality\",\"time\":1.0,\"call\":7,\"mos\":4.%u}", i % 5);
        scene_hear(s, line);
        snprintf(line, sizeof line,
                 "{\"v\":1,\"event\":\"levels\",\"time\":1.0,\"microphone_dbfs\":-%u}", i % 90);
        scene_hear(s, line);
        scene_hear(s, "{\"v\":1,\"event\":\"dtmf\",\"time\":1.0,\"call\":7,\"digit\":\"5\"}");
    }
    assert_int_equal(m->n_notes, MODEL_NOTES_MAX);
    assert_non_null(strstr(m->notes[m->n_notes - 2].text, "n999"));
    assert_int_equal(m->calls[0]->n_seconds, 2 * MODEL_NOTES_MAX);
    assert_true(strlen(m->calls[0]->digits) <= 64);
    scene_run(s, "details");
    check_text(s);
    scene_press(s, "esc");
    scene_run(s, "devices");
    check_text(s);
}

/* More is said than there is room for, cut in the middle of a character. */
static void a_long_sentence(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;
    struct buf text = buf_new(8192);

    for (unsigned i = 0; i < 6; i++) {
        buf_clear(&text);
        for (unsigned n = 0; n < i; n++)
            buf_puts(&text, "x");
        while (text.n < 4000)
            buf_puts(&text, "\u6771");
        screen_say(s, STYLE_BAD, "%s", buf_cstr(&text));
        assert_null(u8_check((const uint8_t *)s->message.p, s->message.n));
        check_text(s);
    }
    buf_free(&text);
}

/* Names of the ladder have less room than strangers take. */
static void a_long_name_in_the_ladder(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;
    struct buf text = buf_new(8192);

    for (unsigned i = 0; i < 6; i++) {
        const uint64_t number = i + 1;
        struct ladder ladder;

        buf_clear(&text);
        buf_puts(&text, "INVITE sip:a@b SIP/2.0\nFrom: <sip:");
        for (unsigned n = 0; n < i; n++)
            buf_puts(&text, "x");
        for (unsigned n = 0; n < 200; n++)
            buf_puts(&text, "\u6771");
        buf_puts(&text, "@b>\nTo: <sip:a@b>\nCall-ID: 1\n\n");
        scene_message(s, i, false, "192.0.2.9:5060", buf_cstr(&text));
        ladder_of(&stage->model, &number, 1, 160, &ladder);
        assert_int_equal(ladder.n, 1);
        assert_null(u8_check((const uint8_t *)ladder.far[0].name, strlen(ladder.far[0].name)));
        scene_run(s, "trace");
        check_text(s);
    }
    buf_free(&text);
}

/* One above the other, until there is no place. */
static void all_views_are_opened(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    for (size_t i = 0; view_at(i); i++)
        if (view_at(i)->kind != VIEW_PANE) {
            screen_open(s, view_at(i));
            assert_true(s->n_open <= SCREEN_OPEN_MAX);
            check_text(s);
        }
    assert_true(s->n_open > 2);
}

static void point(struct screen *s, enum key_mouse mouse, int row, int col)
{
    screen_key(s, &(struct key){.code = KEY_MOUSE, .mouse = mouse, .row = row, .col = col});
}

/* A terminal tells clicks where it likes. */
static void clicks_everywhere(void **state)
{
    static const char *const views[] = {"focus calls", "trace", "details", "devices",
                                        "log",         "help",  "dial",    "view contact"};
    struct stage stage;
    struct screen *s = &stage.screen;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        stage_init(&stage, 24, 80);
        hear_contacts(s, 30, "Name ", true);
        scene_hear(s, INCOMING(7));
        scene_message(s, 1, false, "192.0.2.9:5060", "OPTIONS sip:a@b SIP/2.0\nCall-ID: 1\n\n");
        scene_run(s, views[i]);
        for (int row = -2; row < 27; row++)
            for (int col = -2; col < 83; col += 9) {
                point(s, MOUSE_PRESS, row, col);
                point(s, MOUSE_PRESS, row, col);
                point(s, MOUSE_RELEASE, row, col);
                point(s, row % 2 ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN, row, col);
            }
        check_text(s);
        stage_free(&stage);
    }
}

/* Below a list there is nothing to be chosen. */
static void a_click_below_a_list(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    hear_contacts(s, 2, "Name ", true);
    check_text(s);
    buf_clear(&stage->sent);
    point(s, MOUSE_PRESS, 3, 50);
    assert_int_equal(screen_chosen(s, &view_contacts), 0);
    for (int row = 5; row < 9; row++) {
        point(s, MOUSE_PRESS, row, 50);
        point(s, MOUSE_PRESS, row, 50);
        assert_int_equal(screen_chosen(s, &view_contacts), 0);
    }
    assert_int_equal(stage->sent.n, 0);
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
    static const struct CMUnitTest tests[] = {STAGE_TEST(quotes_of_his_own),
                                              STAGE_TEST(quotes_where_one_dials),
                                              STAGE_TEST(a_phone_that_does_not_answer),
                                              STAGE_TEST(completion_among_many),
                                              STAGE_TEST(search_in_a_long_message),
                                              STAGE_TEST(many_events),
                                              STAGE_TEST(a_long_sentence),
                                              STAGE_TEST(a_long_name_in_the_ladder),
                                              STAGE_TEST(all_views_are_opened),
                                              cmocka_unit_test(clicks_everywhere),
                                              STAGE_TEST(a_click_below_a_list),
                                              cmocka_unit_test(a_password_that_was_typed)};

    return RUN_ROWS("ui/screen hostile lines", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen hostile", tests, NULL, NULL);
}
