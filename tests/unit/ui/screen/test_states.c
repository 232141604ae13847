/* What is told by a colour is told without it: two states that look different do so in the same
 * rows where there are no colours, by words, by signs or by what a terminal does to letters; in
 * ASCII, too, and in each theme. */
#include "tests/unit/ui/screen/scenes.h"

#include <string.h>

#define ROWS 24
#define COLS 80

/* clang-format off */
#define ACCOUNT(members) "{\"v\":1,\"reply\":3,\"ok\":true,\"calls\":[],\"accounts\":[{\"account\":\"home\"," \
    "\"uri\":\"sip:alice@example.org\",\"registers\":true" members "}]}"
#define CALL(members) "{\"v\":1,\"reply\":3,\"ok\":true,\"accounts\":[],\"calls\":[{\"call\":1,\"peer\":\"sip:bob@example.org\"" members "}]}"
#define UP ",\"phase\":\"up\",\"answered\":true,\"codec\":\"opus/48000\""
#define PAST(direction, outcome) "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[{\"v\":1,\"list\":\"history\",\"time\":1795264200.0," \
    "\"direction\":\"" direction "\",\"outcome\":\"" outcome "\",\"peer\":\"sip:bob@example.org\"}]}"
#define EVENT(name, members) "{\"v\":1,\"event\":\"" name "\",\"time\":1795264200.0" members "}"
#define QUALITY(db, delay, loss, mos) EVENT("quality", ",\"call\":1,\"level_in_db\":" db ",\"level_out_db\":" db ",\"delay_ms\":" delay \
    ",\"loss_percent\":" loss ",\"mos\":" mos)
#define DEVICES(used) "{\"v\":1,\"reply\":3,\"ok\":true,\"calls\":[],\"accounts\":[],\"device\":\"" used "\",\"ring_devices\":[]}", \
    EVENT("devices", ",\"devices\":[{\"name\":\"Headset\",\"inputs\":1,\"outputs\":2,\"rate\":48000,\"default\":true}]")
#define MESSAGE EVENT("sip", ",\"direction\":\"in\",\"transport\":\"udp\",\"local\":\"192.0.2.1:5060\",\"remote\":\"192.0.2.2:5060\"," \
    "\"message\":\"OPTIONS sip:a@b SIP/2.0\\r\\nCSeq: 1 OPTIONS\\r\\n\\r\\n\"")

static const struct row {
    const char *name;
    struct state { const char *lines[4], *keys; } one, other;
} rows[] = {
    {"registered, refused",      {{ACCOUNT(",\"registered\":true")}, ""}, {{ACCOUNT(",\"text\":\"refused\"")}, ""}},
    {"registered, registering",  {{ACCOUNT(",\"registered\":true")}, ""}, {{ACCOUNT("")}, ""}},
    {"registering, refused",     {{ACCOUNT("")}, ""},                     {{ACCOUNT(",\"text\":\"refused\"")}, ""}},
    {"up, on hold",              {{CALL(UP)}, ""},                        {{CALL(UP ",\"on_hold\":true")}, ""}},
    {"up, held by them",         {{CALL(UP)}, ""},                        {{CALL(UP ",\"held\":true")}, ""}},
    {"on hold, held by them",    {{CALL(UP ",\"on_hold\":true")}, ""},    {{CALL(UP ",\"held\":true")}, ""}},
    {"up, muted",                {{CALL(UP)}, ""},                        {{CALL(UP ",\"muted\":true")}, ""}},
    {"up, recorded",             {{CALL(UP)}, ""},                        {{CALL(UP ",\"record\":\"a.ogg\"")}, ""}},
    {"calling, ringing",         {{CALL(",\"phase\":\"calling\"")}, ""},  {{CALL(",\"phase\":\"ringing\"")}, ""}},
    {"ringing there, here",      {{CALL(",\"phase\":\"ringing\"")}, ""},  {{CALL(",\"phase\":\"incoming\"")}, ""}},
    {"quiet, loud",              {{CALL(UP), QUALITY("-12.0", "50.0", "0.0", "4.3")}, ""}, {{CALL(UP), QUALITY("-2.0", "50.0", "0.0", "4.3")}, ""}},
    {"short delay, long",        {{CALL(UP), QUALITY("-12.0", "50.0", "0.0", "4.3")}, "i"}, {{CALL(UP), QUALITY("-12.0", "500.0", "0.0", "4.3")}, "i"}},
    {"no loss, much",            {{CALL(UP), QUALITY("-12.0", "50.0", "0.0", "4.3")}, "i"}, {{CALL(UP), QUALITY("-12.0", "50.0", "20.0", "4.3")}, "i"}},
    {"answered, missed",         {{PAST("in", "answered")}, ""},          {{PAST("in", "missed")}, ""}},
    {"answered, not answered",   {{PAST("out", "answered")}, ""},         {{PAST("out", "no-answer")}, ""}},
    {"focus",                    {{NULL}, ""},                            {{NULL}, "tab"}},
    {"chosen",                   {{CALL(UP)}, "T"},                       {{CALL(UP), MESSAGE}, "T"}},
    {"marked",                   {{MESSAGE}, "T"},                        {{MESSAGE}, "T m"}},
    {"all, filtered",            {{MESSAGE}, "T"},                        {{MESSAGE}, "T o"}},
    {"device unused, used",      {{DEVICES("none")}, "D"},                {{DEVICES("Headset")}, "D"}},
    {"device closed, open",      {{DEVICES("none")}, "D"},                {{DEVICES("none"), EVENT("test", ",\"doing\":\"open\"")}, "D"}},
    {"note, fault",              {{EVENT("waiting", ",\"text\":\"x\"")}, "L"}, {{EVENT("notice", ",\"text\":\"x\"")}, "L"}},
    {"disturbed, not",             {{NULL}, ""},                            {{EVENT("dnd-on", "")}, ""}},
};
/* clang-format on */

static void show(struct stage *stage, const struct state *state, bool ascii)
{
    stage_init(stage, ROWS, COLS);
    stage->screen.cells.ascii = ascii;
    stage->screen.unix_time = SCENE_TIME;
    for (size_t i = 0; i < ARRAY_LEN(state->lines) && state->lines[i]; i++)
        scene_hear(&stage->screen, state->lines[i]);
    scene_press(&stage->screen, state->keys);
    screen_draw(&stage->screen);
}

static bool same_cell(const struct cell *a, const struct cell *b, const struct theme *theme,
                      int colours)
{
    struct look x = theme_look(theme, colours, (enum style)a->style, a->selected);
    struct look y = theme_look(theme, colours, (enum style)b->style, b->selected);

    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0 && x.front == y.front &&
           x.back == y.back && x.bits == y.bits;
}

static bool same_row(const struct cells *a, const struct cells *b, int row,
                     const struct theme *theme, int colours)
{
    for (int col = 0; col < COLS; col++)
        if (!same_cell(cells_at(a, row, col), cells_at(b, row, col), theme, colours))
            return false;
    return true;
}

/* How many rows differ with 256 colours; each does without. */
static int compare(const struct cells *a, const struct cells *b, const struct theme *theme)
{
    int n = 0;

    for (int row = 0; row < ROWS; row++) {
        if (same_row(a, b, row, theme, 256))
            continue;
        n++;
        for (int colours = 0; colours <= 16; colours += 8)
            if (same_row(a, b, row, theme, colours))
                fail_msg("row %d looks the same with %d colours", row + 1, colours);
    }
    return n;
}

static void check_row(void **state)
{
    const struct row *row = *state;

    for (int ascii = 0; ascii < 2; ascii++) {
        struct stage one, other;

        show(&one, &row->one, ascii);
        show(&other, &row->other, ascii);
        for (size_t i = 0; theme_name_at(i); i++)
            assert_in_range(compare(&one.screen.cells, &other.screen.cells,
                                    theme_find(theme_name_at(i))),
                            1, ROWS);
        stage_free(&one);
        stage_free(&other);
    }
}

int main(void)
{
    return RUN_ROWS("ui/screen/states", rows, check_row);
}
