/* The contacts: what keys and commands ask of the phone, and what the form does with its
 * replies. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/ui/screen/views.h"
#include "ui/screen/layout.h"

#define THREE                                                                                      \
    "{\"v\":1,\"reply\":5,\"ok\":true,\"file\":\"/x/contacts\",\"contacts\":["                     \
    "{\"name\":\"Ann\",\"address\":\"sip:ann@h\"},"                                                \
    "{\"name\":\"Bob Martin\",\"address\":\"sip:bob@example.org\"},"                               \
    "{\"name\":\"Carol\",\"address\":\"4711\"}]}"
#define STRANGER                                                                                   \
    "{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":7,\"peer\":\"sip:eve@evil.example\","   \
    "\"peer_name\":\"Eve\"}"
#define FALSE_NAME                                                                                 \
    "{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":7,\"peer\":\"sip:eve@evil.example\","   \
    "\"peer_name\":\"sip:bank@example.org\"}"
#define FRIEND                                                                                     \
    "{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":7,\"peer\":"                            \
    "\"sip:bob@example.org;transport=tcp\",\"peer_name\":\"Bobby\"}"
#define PAST                                                                                       \
    "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":["                                               \
    "{\"time\":1795264200.0,\"direction\":\"out\",\"outcome\":\"answered\",\"duration\":1,"        \
    "\"peer\":\"sip:bob@example.org\",\"contact\":\"Bob Martin\"},"                                \
    "{\"time\":1795258920.0,\"direction\":\"in\",\"outcome\":\"missed\",\"peer\":"                 \
    "\"tel:+3225550102\"}]}"

static void hear_people(struct stage *stage)
{
    scene_hear(&stage->screen, THREE);
    screen_choose(&stage->screen, &view_contacts, 0);
}

static int begin(void **state)
{
    int err = stage_set_up(state);

    if (!err)
        hear_people(*state);
    return err;
}

/* The reply to the last question, which was an edit. */
static void reply(struct stage *stage, const char *rest)
{
    char line[1024];

    snprintf(line, sizeof line, "{\"v\":1,\"reply\":%llu,%s}",
             (unsigned long long)(stage->screen.asked * 64 + ASK_CONTACT), rest);
    scene_hear(&stage->screen, line);
}

static bool is_open(const struct stage *stage, const struct view *view)
{
    return screen_view(&stage->screen) == view;
}

/* --- what is asked of the phone ------------------------------------------------------------- */

/* clang-format off */
static const struct row {
    const char *name, *heard; /* heard: NULL, or a line of the phone */
    const char *keys, *sent;  /* sent: a part of it; NULL: no edit was asked for */
} rows[] = {
    {"a new one", NULL, "e A Z o e tab z @ h enter", ",\"name\":\"Zoe\",\"address\":\"z@h\",\"new\":true}"},
    {"Enter behind its name goes on to the address", NULL, "e A Z o e enter z @ h enter", "\"address\":\"z@h\",\"new\":true}"},
    {"another address", NULL, "e enter tab C-u a @ x enter",
     ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"address\":\"a@x\"}"},
    {"another name", NULL, "e enter a enter", ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"rename\":\"Anna\"}"},
    {"both", NULL, "e j e space j r down C-u b @ y enter",
     ",\"name\":\"Bob Martin\",\"was\":\"sip:bob@example.org\",\"address\":\"b@y\",\"rename\":\"Bob Martin jr\"}"},
    {"its own name in capitals", NULL, "e enter C-u A N N enter", "\"rename\":\"ANN\"}"},
    {"nothing", NULL, "e enter enter", NULL},
    {"the one that the people have chosen", NULL, "tab tab j j e enter x enter", "\"name\":\"Carol\",\"was\":\"4711\""},
    {"one is deleted", NULL, "e x y", ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"on\":false}"},
    {"or not", NULL, "e x n", NULL},
    {"another key is no yes", NULL, "e delete j", NULL},
    {"no address", NULL, "e A Z o e tab enter", NULL},
    {"an address that is none", NULL, "e A Z o e tab s i p : enter", NULL},
    {"an address with a blank", NULL, "e A Z o e tab a space b @ h enter", NULL},
    {"a name like an address", NULL, "e A a @ b tab z @ h enter", NULL},
    {"a name that is there", NULL, "e A c a r o l tab z @ h enter", NULL},
    {"the name of another one", NULL, "e enter C-u c a r o l enter", NULL},
    {"left without anything typed", NULL, "e A esc", NULL},
    {"who calls", STRANGER, "A enter", ",\"name\":\"Eve\",\"address\":\"sip:eve@evil.example\",\"new\":true}"},
    {"who calls, from the call seen closely", STRANGER, "i A enter", "\"address\":\"sip:eve@evil.example\""},
    {"who calls itself what cannot be a name", FALSE_NAME, "A E v e enter", ",\"name\":\"Eve\",\"address\":\"sip:eve@"},
    {"who is there already is not added", FRIEND, "A enter", NULL},
    {"a number of the history", PAST, "tab tab tab j A D a v e enter", ",\"name\":\"Dave\",\"address\":\"tel:+3225550102\""},
    {"a contact of the history is there", PAST, "tab tab tab A x enter", NULL},
    {"added in a line", NULL, ": c o n t a c t - a d d space Z space X = z @ h enter", ",\"name\":\"Z X\",\"address\":\"z@h\",\"new\":true}"},
    {"with a blank for the hyphen", NULL, ": c o n t a c t space a d d space Z space = z @ h enter", ",\"name\":\"Z\",\"address\":\"z@h\""},
    {"changed in a line", NULL, ": c o n t a c t - c h a n g e space a n n = z @ h enter", ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"address\":\"z@h\"}"},
    {"renamed in a line", NULL, ": c o n t a c t - r e n a m e space a n n = Z enter", ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"rename\":\"Z\"}"},
    {"deleted in a line", NULL, ": c o n t a c t - d e l e t e space C a r tab enter y", ",\"name\":\"Carol\",\"was\":\"4711\",\"on\":false}"},
    {"nobody of that name", NULL, ": c o n t a c t - d e l e t e space x enter y", NULL},
    {"quotes are quoted", NULL, "e A \" tab z @ h enter", NULL},
    {"backslashes, too", NULL, "e A \\ tab z @ h enter", ",\"name\":\"\\\\\",\"address\""},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct stage stage;

    stage_init(&stage, 24, 80);
    hear_people(&stage);
    if (row->heard)
        scene_hear(&stage.screen, row->heard);
    scene_press(&stage.screen, row->keys);
    if (!row->sent)
        assert_null(strstr(buf_cstr(&stage.sent), "\"command\":\"contact\""));
    else if (!strstr(buf_cstr(&stage.sent), row->sent))
        fail_msg("%s", buf_cstr(&stage.sent));
    stage_free(&stage);
}

/* --- the form ------------------------------------------------------------------------------- */

static void faults_are_said_and_go(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e A tab");
    assert_true(scene_shows(s, "a name is missing"));
    scene_press(s, "s i p : enter");
    assert_true(scene_shows(s, "this address cannot be read"));
    scene_press(s, "a @ h");
    assert_false(scene_shows(s, "a name is missing"));
    assert_true(scene_shows(s, "this character cannot stand in the name"));
    scene_press(s, "C-u c a r o l");
    assert_true(scene_shows(s, "there is a contact of that name already: 4711"));
    scene_press(s, "i n e");
    assert_false(scene_shows(s, "already"));
    assert_true(scene_shows(s, "this address cannot be read"));
    scene_press(s, "tab backspace backspace backspace backspace backspace b @ h enter");
    assert_true(stage_sent(stage, ",\"name\":\"caroline\",\"address\":\"b@h\""));
}

static void what_was_typed_is_not_lost(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e enter z esc");
    assert_true(scene_shows(s, "leave, and lose what was typed?"));
    scene_press(s, "n");
    assert_true(is_open(stage, &view_contact));
    scene_run(s, "close");
    assert_true(is_open(stage, &view_contact));
    scene_press(s, "esc");
    scene_press(s, "backspace esc");
    assert_true(is_open(stage, &view_contact_list));
    scene_press(s, "enter z C-c y");
    assert_true(is_open(stage, &view_contact_list));
    scene_press(s, "esc");
    assert_true(is_open(stage, &view_calls));
}

static void saved_it_closes_and_is_chosen(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e A Z o e tab z @ h enter");
    assert_true(scene_shows(s, "It is being saved."));
    scene_press(s, "x y z");
    buf_clear(&stage->sent);
    reply(stage, "\"ok\":true");
    assert_true(is_open(stage, &view_contact_list));
    assert_true(scene_shows(s, "Zoe is saved"));
    assert_true(stage_sent(stage, "\"command\":\"contacts\""));
    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":["
                  "{\"name\":\"Aaron\",\"address\":\"a@h\"},{\"name\":\"Zoe\",\"address\":\"z@h\"},"
                  "{\"name\":\"Ann\",\"address\":\"sip:ann@h\"}]}");
    assert_int_equal(screen_chosen(s, &view_contact_list), 1);
    assert_int_equal(screen_chosen(s, &view_contacts), 1);
    scene_hear(s, THREE);
    scene_press(s, "k k");
    assert_int_equal(screen_chosen(s, &view_contact_list), 0);
}

static void refused_it_stays_with_the_reason(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e A Z o e tab z @ h enter");
    reply(stage, "\"ok\":false,\"error\":\"failed\",\"text\":\"/x/contacts: cannot be written\"");
    assert_true(is_open(stage, &view_contact));
    assert_true(scene_shows(s, "/x/contacts: cannot be written"));
    buf_clear(&stage->sent);
    scene_press(s, "enter");
    assert_true(stage_sent(stage, ",\"name\":\"Zoe\",\"address\":\"z@h\",\"new\":true}"));
}

/* Somebody else has changed the address; ours is written only over what was seen. */
static void changes_of_others_are_shown(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e enter n a");
    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":["
                  "{\"name\":\"Ann\",\"address\":\"new@h\"}]}");
    assert_true(scene_shows(s, "Somebody else has changed the address meanwhile, to new@h"));
    scene_press(s, "enter");
    assert_true(stage_sent(stage, ",\"name\":\"Ann\",\"was\":\"new@h\",\"rename\":\"Annna\"}"));
    reply(stage, "\"ok\":false,\"error\":\"changed\",\"text\":\"it has changed\"");
    scene_press(s, "tab C-u m y @ h");
    scene_hear(s, THREE);
    assert_true(scene_shows(s, "to sip:ann@h; Enter puts"));
    buf_clear(&stage->sent);
    scene_press(s, "enter");
    assert_true(
        stage_sent(stage, "\"was\":\"sip:ann@h\",\"address\":\"my@h\",\"rename\":\"Annna\"}"));
    reply(stage, "\"ok\":false,\"error\":\"no-such-contact\",\"text\":\"there is none\"");
    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":[]}");
    assert_true(scene_shows(s, "Enter adds it anew"));
    buf_clear(&stage->sent);
    scene_press(s, "enter");
    assert_true(stage_sent(stage, ",\"name\":\"Annna\",\"address\":\"my@h\",\"new\":true}"));
}

/* The row that is chosen is the one that was, wherever it lies now. */
static void rows_stay_chosen(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e j x");
    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":["
                  "{\"name\":\"Bob Martin\",\"address\":\"x@h\"},"
                  "{\"name\":\"Ann\",\"address\":\"sip:ann@h\"}]}");
    assert_int_equal(screen_chosen(s, &view_contact_list), 0);
    buf_clear(&stage->sent);
    scene_press(s, "y");
    assert_true(
        stage_sent(stage, ",\"name\":\"Bob Martin\",\"was\":\"sip:bob@example.org\",\"on\""));
    reply(stage, "\"ok\":false,\"error\":\"changed\",\"text\":\"its address is now x@h\"");
    assert_true(scene_shows(s, "its address is now x@h"));
}

static void a_phone_that_has_gone_is_not_waited_for(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e A Z o e tab z @ h enter");
    s->send = NULL;
    scene_press(s, "x");
    assert_true(scene_shows(s, "z@hx"));
    scene_press(s, "enter");
    assert_true(is_open(stage, &view_contact));
    assert_true(scene_shows(s, "there is no connection"));
}

static void what_cannot_be_read_is_said(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":false,\"error\":\"failed\",\"text\":\"/x: wrong\"}");
    scene_press(s, "e");
    assert_true(scene_shows(s, "/x: wrong"));
    assert_true(scene_shows(s, "Carol"));
    scene_hear(s, THREE);
    assert_false(scene_shows(s, "wrong"));
    assert_true(scene_shows(s, "/x/contacts"));
}

static void click(struct screen *s, const char *what)
{
    struct key key = {.code = KEY_MOUSE, .mouse = MOUSE_PRESS, .col = 5};

    screen_draw(s);
    for (int row = 0; row < s->cells.rows; row++) {
        char text[4] = {0};

        for (int i = 0; i < 3; i++)
            text[i] = cells_at(&s->cells, row, 3 + i)->text[0];
        if (strcmp(text, what) == 0)
            key.row = row;
    }
    assert_true(key.row > 0);
    screen_key(s, &key);
}

static void the_mouse_does_it_too(void **state)
{
    struct stage *stage = *state;
    struct screen *s = &stage->screen;

    scene_press(s, "e");
    click(s, "Car");
    assert_int_equal(screen_chosen(s, &view_contact_list), 2);
    click(s, "Car");
    assert_true(is_open(stage, &view_contact));
    click(s, "Add");
    scene_press(s, "1 enter");
    assert_true(stage_sent(stage, "\"address\":\"47111\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(faults_are_said_and_go),
        TEST(what_was_typed_is_not_lost),
        TEST(saved_it_closes_and_is_chosen),
        TEST(refused_it_stays_with_the_reason),
        TEST(changes_of_others_are_shown),
        TEST(rows_stay_chosen),
        TEST(a_phone_that_has_gone_is_not_waited_for),
        TEST(what_cannot_be_read_is_said),
        TEST(the_mouse_does_it_too),
    };

    return RUN_ROWS("ui/screen/contacts", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/contacts, all", tests, NULL, NULL);
}
