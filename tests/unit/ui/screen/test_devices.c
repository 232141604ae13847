/* The sound devices: what is asked of the phone, and what it says of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/ui/screen/views.h"

static void open_devices(struct stage *stage)
{
    scene_devices(&stage->screen);
    buf_clear(&stage->sent);
}

static void opening_listens_and_closing_stops(void **state)
{
    struct stage *stage = *state;

    stage->screen.watches = true;
    scene_press(&stage->screen, "D");
    assert_true(stage_sent(stage, "\"command\":\"test\""));
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"test\",\"time\":1,\"doing\":\"open\"}");
    scene_press(&stage->screen, "esc");
    assert_true(stage_sent(stage, "\"what\":\"off\""));
    stage->screen.watches = false;
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"test-ended\",\"time\":1}");
    scene_press(&stage->screen, "D");
    assert_false(stage_sent(stage, "\"command\":\"test\""));
    scene_press(&stage->screen, "esc");
    assert_false(stage_sent(stage, "\"what\":\"off\""));
}

/* The device is the call's then. */
static void a_call_is_not_disturbed(void **state)
{
    struct stage *stage = *state;

    stage->screen.watches = true;
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"answered\",\"time\":1,\"call\":1}");
    scene_press(&stage->screen, "D t p");
    assert_false(stage_sent(stage, "\"command\":\"test\""));
}

static const struct row {
    const char *name, *keys, *sent;
} rows[] = {
    {"one is used", "g enter", "\"command\":\"device\",\"id\":"},
    {"by its name", "g enter", ",\"name\":\"Built-in \xc3\xa4udio\"}"},
    {"its levels move at once", "g enter", "\"what\":\"open\""},
    {"none is used", "G enter", ",\"name\":\"none\"}"},
    {"one rings", "g r", ",\"ring\":\"Built-in \xc3\xa4udio\"}"},
    {"which is asked for afterwards", "g r", "\"command\":\"status\""},
    {"nothing rings", "G r", ",\"ring\":\"none\"}"},
    {"a tone", "t", ",\"what\":\"tone\"}"},
    {"speaking and hearing it", "p", ",\"what\":\"record\"}"},
    {"the microphone is heard otherwise", "e", "\"command\":\"voice\",\"id\":"},
    {"its echo is always taken out", "e", ",\"echo\":\"on\"}"},
    {"the noise of the room is left", "b", ",\"noise\":\"off\"}"},
    {"it is made louder where there is need", "v", ",\"level\":\"auto\"}"},
    {"one mode by name", ": v o i c e space e c h o space o f f enter", ",\"echo\":\"off\"}"},
    {"by a command", ": d e v i c e space H D M I enter", ",\"name\":\"HDMI\"}"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct stage stage;

    stage_init(&stage, 24, 80);
    open_devices(&stage);
    scene_press(&stage.screen, row->keys);
    assert_true(stage_sent(&stage, row->sent));
    stage_free(&stage);
}

static void what_it_says_is_known(void **state)
{
    struct stage *stage = *state;
    struct model_sound *sound = &stage->model.sound;

    open_devices(stage);
    assert_int_equal(stage->model.n_devices, 3);
    assert_true(model_rings(&stage->model, "USB Headset: Audio"));
    assert_false(model_rings(&stage->model, "HDMI 0"));
    assert_int_equal(sound->n_tenths, 150);
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"levels\",\"time\":1,\"speaker_dbfs\":-7.5}");
    assert_true(isnan(sound->microphone[150 % MODEL_TENTHS_MAX]));
    assert_true(fabsf(sound->speaker[150 % MODEL_TENTHS_MAX] + 7.5f) < 0.01f);
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"levels\",\"time\":1}");
    assert_false(sound->is_open);
    assert_true(scene_shows(&stage->screen, "closed"));
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"device\",\"time\":1,\"device\":\"HDMI 0\"}");
    assert_true(scene_shows(&stage->screen, "HDMI 0"));
    assert_string_equal(sound->device, "HDMI 0");
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"device\",\"time\":1,\"device\":\"HDMI 0\","
                               "\"text\":\"it is busy\"}");
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"test-ended\",\"time\":1,"
                               "\"text\":\"nobody listens\"}");
    assert_true(scene_shows(&stage->screen, "nobody listens"));
    model_disconnected(&stage->model);
    assert_string_equal(sound->doing, "");
}

/* Each key goes round, from where the phone says that it is. */
static void what_is_done_to_the_microphone_goes_round(void **state)
{
    static const char *const next[] = {"\"echo\":\"off\"", "\"echo\":\"auto\"", "\"echo\":\"on\""};
    static const char *const now[] = {"on", "off", "auto"};
    struct stage *stage = *state;

    scene_press(&stage->screen, "D");
    assert_false(scene_shows(&stage->screen, "echo")); /* it is not known yet */
    scene_press(&stage->screen, "e");
    assert_true(stage_sent(stage, "\"echo\":\"on\""));
    for (size_t i = 0; i < ARRAY_LEN(now); i++) {
        char line[160];

        snprintf(line, sizeof line,
                 "{\"v\":1,\"event\":\"voice\",\"time\":1,\"echo\":\"%s\",\"noise\":\"auto\","
                 "\"level\":\"off\"}",
                 now[i]);
        scene_hear(&stage->screen, line);
        snprintf(line, sizeof line, "e: echo %s  b: noise auto  v: level off", now[i]);
        assert_true(scene_shows(&stage->screen, line));
        buf_clear(&stage->sent);
        scene_press(&stage->screen, "e");
        assert_true(stage_sent(stage, next[i]));
        assert_false(stage_sent(stage, "noise"));
    }
    scene_press(&stage->screen, ": v o i c e space h i s s enter");
    assert_true(scene_shows(&stage->screen, "echo, noise or level"));
}

static void levels_are_no_news_of_the_log(void **state)
{
    struct stage *stage = *state;
    size_t n;

    open_devices(stage);
    n = stage->model.n_notes;
    scene_hear(&stage->screen, "{\"v\":1,\"event\":\"levels\",\"time\":1,\"speaker_dbfs\":-7.5}");
    assert_int_equal(stage->model.n_notes, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(opening_listens_and_closing_stops),
        STAGE_TEST(a_call_is_not_disturbed),
        STAGE_TEST(what_it_says_is_known),
        STAGE_TEST(what_is_done_to_the_microphone_goes_round),
        STAGE_TEST(levels_are_no_news_of_the_log),
    };

    return RUN_ROWS("ui/screen/devices", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/devices, all", tests, NULL, NULL);
}
