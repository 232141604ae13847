/* Pictures of the screen: what the phone has said and which keys were pressed, as cells. Each scene
 * is drawn in several sizes and compared with the files of tests/data/screens, in which the picture
 * stands as text, with a letter for the style of each cell, and in ASCII. With
 * TPHONE_PICTURES=write they are written instead, to be looked at before they are committed. What
 * the styles look like with 256, 16, 8 and no colours: test_theme.c. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/ui/screen/views.h"

#define NOW_MS 10000000u
#define NOW_UNIX 1795290189.0 /* a Saturday, 2026-11-21 19:43:09 UTC */
#define FILE_MAX 1048576u

/* clang-format off */
#define STATUS(calls) "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0.1\",\"leaves\":true,\"calls\":[" calls "]," \
    "\"accounts\":[{\"account\":\"home\",\"uri\":\"sip:alice@example.org\",\"registers\":true,\"registered\":true,\"expires\":300}," \
    "{\"account\":\"work\",\"uri\":\"sip:work@pbx.example\",\"registers\":true,\"registered\":false,\"text\":\"password refused\"}]}"
/* All that a screen knows that came when everything had been told already. */
#define BY_TLS "\"signalling_encryption\":\"TLSv1.3, TLS_AES_256_GCM_SHA384, example.org verified by system store\""
#define LATE "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0.1\",\"calls\":[{\"call\":1,\"phase\":\"up\",\"peer\":\"sip:bob@example.org\"," \
    "\"answered\":true,\"device\":true,\"codec\":\"opus/48000\",\"encryption\":\"sdes\",\"suite\":\"AEAD_AES_256_GCM\"," BY_TLS "}]," \
    "\"accounts\":[{\"account\":\"home\",\"uri\":\"sip:alice@example.org\",\"registers\":true,\"registered\":true,\"expires\":300," \
    "\"bindings\":2,\"server\":\"192.0.2.1:5061\",\"transport\":\"tls\",\"our_contact\":\"sip:alice-k3x@192.0.2.9:40001;transport=tls\"," \
    "\"seen_at\":\"192.0.2.9:40001\"," BY_TLS "}]}"
#define CONTACTS "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":[" \
    "{\"v\":1,\"list\":\"contacts\",\"name\":\"Bob Martin\",\"address\":\"sip:bob@example.org\"}," \
    "{\"v\":1,\"list\":\"contacts\",\"name\":\"Carol\",\"address\":\"sip:carol@pbx.example\"}," \
    "{\"v\":1,\"list\":\"contacts\",\"name\":\"Dave\",\"address\":\"tel:+3225550103\"}," \
    "{\"v\":1,\"list\":\"contacts\",\"name\":\"\u6771\u4eac\u652f\u5e97\",\"address\":\"sip:tokyo@example.org\"}," \
    "{\"v\":1,\"list\":\"contacts\",\"name\":\"Zoe\u0308\",\"address\":\"zoe@example.org\"}]}"
#define HISTORY "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[" \
    "{\"v\":1,\"list\":\"history\",\"time\":1795264200.0,\"direction\":\"out\",\"outcome\":\"answered\",\"duration\":192.5,\"peer\":\"sip:bob@example.org\",\"contact\":\"Bob Martin\"}," \
    "{\"v\":1,\"list\":\"history\",\"time\":1795258920.0,\"direction\":\"in\",\"outcome\":\"missed\",\"peer\":\"tel:+3225550102\"}," \
    "{\"v\":1,\"list\":\"history\",\"time\":1795166100.0,\"direction\":\"in\",\"outcome\":\"answered\",\"duration\":4360,\"peer\":\"sip:x@h.example\",\"peer_name\":\"The \u00ab Boss \u00bb\"}," \
    "{\"v\":1,\"list\":\"history\",\"time\":1793166100.0,\"direction\":\"out\",\"outcome\":\"no-answer\",\"status\":480,\"peer\":\"sip:carol@pbx.example\",\"contact\":\"Carol\"}]}"
#define BOB "{\"call\":1,\"phase\":\"up\",\"peer\":\"sip:bob@example.org\",\"contact\":\"Bob Martin\",\"incoming\":false,\"answered\":true," \
    "\"on_hold\":false,\"held\":false,\"muted\":false,\"device\":true,\"codec\":\"opus/48000\",\"duration\":42}"
#define CAROL "{\"call\":2,\"phase\":\"up\",\"peer\":\"sip:carol@pbx.example\",\"contact\":\"Carol\",\"incoming\":true,\"answered\":true," \
    "\"on_hold\":true,\"held\":false,\"muted\":false,\"device\":false,\"codec\":\"pcma/8000\",\"duration\":730}"
#define STATE(call, who, members) "{\"call\":" call ",\"peer\":\"sip:" who "@example.org\",\"contact\":\"" who "\"," members "}"
#define STATES STATE("1", "Ada", "\"phase\":\"calling\"") "," STATE("2", "Ben", "\"phase\":\"ringing\"") "," \
    STATE("3", "Cem", "\"phase\":\"up\",\"muted\":true,\"record\":\"talk.ogg\",\"codec\":\"opus/48000\"") "," \
    STATE("4", "Dag", "\"phase\":\"up\",\"held\":true,\"codec\":\"opus/48000\"") "," \
    STATE("5", "Eve", "\"phase\":\"up\",\"conference\":1,\"codec\":\"pcma/8000\"") "," STATE("6", "Flo", "\"phase\":\"ending\"")
#define MUTED "{\"v\":1,\"event\":\"muted\",\"time\":1795290181.0,\"call\":1,\"on\":true}"
#define REFUSED "{\"v\":1,\"event\":\"registration-failed\",\"time\":1795290182.0,\"account\":\"work\",\"uri\":\"sip:work@pbx.example\"," \
    "\"status\":403,\"text\":\"the server refuses the password, and asks for another one of this account\"}"
#define MISSED "{\"v\":1,\"event\":\"ended\",\"time\":1795290183.0,\"call\":1,\"outcome\":\"answered\",\"text\":\"the other side hung up\",\"duration\":42.0,\"peer\":\"sip:bob@example.org\"}"
#define STRANGER "{\"v\":1,\"event\":\"incoming\",\"time\":1795290189.0,\"call\":3,\"peer\":\"sip:+3225550102@pbx.example\"," \
    "\"peer_name\":\"+32 2 555 01 02\"}"
#define QUALITY "{\"v\":1,\"event\":\"quality\",\"time\":1795290189.0,\"call\":1,\"loss_percent\":0.4,\"jitter_ms\":2.0,\"round_trip_ms\":38.0," \
    "\"delay_ms\":56.0,\"level_in_db\":-21.0,\"level_out_db\":-33.0,\"mos\":4.3,\"sent\":100,\"received\":100,\"lost\":0,\"late\":0,\"concealed\":0}"

static const struct scene {
    const char *name;
    const char *lines[8]; /* of the phone */
    const char *keys;     /* that are pressed, by their names */
    scene_fn *play;       /* NULL, or what happens then */
} scenes[] = {
    {"empty",     {"{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0.1\",\"calls\":[],\"accounts\":[],\"listening\":[{\"transport\":\"udp\",\"local\":\"192.0.2.1:5060\"}]}"}, "", NULL},
    {"calls",     {STATUS(BOB "," CAROL), CONTACTS, HISTORY, QUALITY, QUALITY, STRANGER}, "", NULL},
    {"states",    {STATUS(STATES)}, "j j", NULL},
    {"call",      {STATUS(BOB "," CAROL), CONTACTS, HISTORY, QUALITY, QUALITY}, "tab", NULL},
    {"contacts",  {STATUS(BOB), CONTACTS, HISTORY}, "tab tab j j", NULL},
    {"history",   {STATUS(""), CONTACTS, HISTORY}, "tab tab tab j", NULL},
    {"search",    {STATUS(""), CONTACTS, HISTORY}, "tab tab / c a", NULL},
    {"log",       {STATUS(BOB), CONTACTS, MUTED, REFUSED, MISSED}, "L", NULL},
    {"accounts",  {STATUS(BOB), REFUSED}, "R j", NULL},
    {"accounts-late", {LATE}, "R", NULL},
    {"details-late", {LATE}, "i", NULL},
    {"password",  {STATUS("")}, ": p a s s w o r d space w o r k enter s e c", NULL},
    {"dial",      {STATUS(""), CONTACTS, HISTORY}, "c c a", NULL},
    {"help",      {STATUS(BOB), CONTACTS}, "? j", NULL},
    {"quit",      {STATUS(BOB), CONTACTS}, "q", NULL},
    {"command",   {STATUS(BOB), CONTACTS}, ": m u t e", NULL},
    {"bare",      {STATUS(BOB "," CAROL), CONTACTS, HISTORY}, "B", NULL},
    {"set-up",    {STATUS("")}, ": s e t - u p enter a l i c e @ h . e x a m p l e enter s e c", NULL},
    {"lost",      {"{\"v\":1,\"event\":\"dropped\",\"time\":1.0,\"text\":\"what waits for you to be read has become too much\"}"}, "", NULL},
    {"trace",           {NULL}, "", scene_trace},
    {"trace-bare",      {NULL}, "", scene_trace_bare},
    {"trace-filter",    {NULL}, "", scene_trace_filter},
    {"trace-nothing",   {NULL}, "", scene_trace_nothing},
    {"trace-hostile",   {NULL}, "", scene_trace_hostile},
    {"message",         {NULL}, "", scene_message_one},
    {"message-hostile", {NULL}, "", scene_message_hostile},
    {"message-sdp",     {NULL}, "", scene_message_sdp},
    {"compare",         {NULL}, "", scene_compare},
    {"details",         {NULL}, "", scene_details},
    {"details-early",   {NULL}, "", scene_details_early},
    {"details-none",    {NULL}, "", scene_details_none},
    {"trouble",         {NULL}, "", scene_trouble},
    {"starting",        {NULL}, "", scene_starting},
    {"devices",         {NULL}, "", scene_devices},
    {"devices-none",    {NULL}, "", scene_devices_none},
    {"contact-list",    {STATUS(BOB), CONTACTS, HISTORY}, "tab tab j e", NULL},
    {"contact-delete",  {STATUS(BOB), CONTACTS}, "e x", NULL},
    {"contact-keep",    {STATUS(""), CONTACTS, HISTORY}, "tab tab tab j j A", NULL},
    {"contact-wrong",   {STATUS(""), CONTACTS}, "e enter C-u c a r o l tab C-u s i p : enter tab", NULL},
    {"contact-refused", {NULL}, "", scene_contact_refused},
    {"contacts-hostile", {NULL}, "", scene_contacts_hostile},
    {"contacts-broken",  {NULL}, "", scene_contacts_broken},
};
/* clang-format on */

static const struct size {
    int rows, cols;
    bool ascii; /* is looked at so as well */
} sizes[] = {{10, 40, false}, {16, 60, true}, {24, 80, true}, {43, 132, true}};

/* --- a scene -------------------------------------------------------------------------------- */

struct theatre {
    struct model model;
    struct keymap keys;
    struct setup setup;
    struct screen screen;
};

static void no_work(void *arg)
{
    (void)arg;
}

static void play(struct theatre *t, const struct scene *scene, int rows, int cols, bool ascii)
{
    struct screen *s = &t->screen;

    model_init(&t->model);
    keymap_init(&t->keys);
    setup_init(&t->setup, "/home/alice/.config/tphone/tphone.conf");
    t->setup.changed = no_work;
    screen_init(s, &t->model, &t->keys);
    s->setup = &t->setup;
    s->now_ms = NOW_MS;
    s->unix_time = NOW_UNIX;
    s->cells.ascii = ascii;
    cells_resize(&s->cells, rows, cols);
    for (size_t i = 0; i < ARRAY_LEN(scene->lines) && scene->lines[i]; i++)
        scene_hear(s, scene->lines[i]);
    scene_press(s, scene->keys);
    if (scene->play)
        scene->play(s);
    screen_draw(s);
}

static void end(struct theatre *t)
{
    screen_free(&t->screen);
    setup_free(&t->setup);
    keymap_free(&t->keys);
    model_free(&t->model);
}

/* --- as text -------------------------------------------------------------------------------- */

/* clang-format off */
static const struct { char letter; const char *name; } styles[] = {
    [STYLE_NORMAL] = {'.', "normal"}, [STYLE_TITLE]  = {'t', "title"},  [STYLE_FOCUS] = {'f', "focus"},
    [STYLE_BORDER] = {'b', "border"}, [STYLE_DIM]    = {'d', "dim"},    [STYLE_STRONG] = {'S', "strong"},
    [STYLE_GOOD]   = {'g', "good"},   [STYLE_WARN]   = {'w', "warn"},   [STYLE_BAD]   = {'x', "bad"},
    [STYLE_ALERT]  = {'A', "alert"},  [STYLE_KEY]    = {'k', "key"},    [STYLE_INPUT] = {'i', "input"},
    [STYLE_MATCH]  = {'m', "match"},  [STYLE_METER]  = {'M', "meter"},  [STYLE_METER_HIGH] = {'H', "meter, high"},
};
/* clang-format on */

_Static_assert(ARRAY_LEN(styles) == N_STYLES, "each style has a letter");

/* Without what is blank at the end. */
static void end_row(struct buf *out, char blank)
{
    while (out->n > 0 && out->p[out->n - 1] == blank)
        out->n--;
    buf_putc(out, '\n');
}

static void put_text(const struct cells *cells, struct buf *out)
{
    for (int row = 0; row < cells->rows; row++) {
        for (int col = 0; col < cells->cols; col++) {
            const struct cell *c = cells_at(cells, row, col);

            buf_put(out, (struct slice){c->text, c->n});
        }
        end_row(out, ' ');
    }
}

/* " @1-39": these columns of the row lie on the background of what is chosen. */
static void put_chosen(const struct cells *cells, int row, struct buf *out)
{
    int first = 0, last = cells->cols;

    while (first < last && !cells_at(cells, row, first)->selected)
        first++;
    while (last > first && !cells_at(cells, row, last - 1)->selected)
        last--;
    if (first < last) {
        out->n--; /* the end of the row */
        buf_printf(out, " @%d-%d\n", first + 1, last);
    }
}

static void put_styles(const struct cells *cells, struct buf *out)
{
    for (int row = 0; row < cells->rows; row++) {
        for (int col = 0; col < cells->cols; col++)
            buf_putc(out, styles[cells_at(cells, row, col)->style].letter);
        end_row(out, '.');
        put_chosen(cells, row, out);
    }
}

/* What the letters mean that there are. */
static void put_legend(const struct cells *cells, struct buf *out)
{
    bool is_there[N_STYLES] = {false};

    for (int i = 0; i < cells->rows * cells->cols; i++)
        is_there[cells->at[i].style] = true;
    buf_puts(out, "\n@ chosen columns");
    for (size_t i = 0; i < N_STYLES; i++)
        if (is_there[i])
            buf_printf(out, ", %c %s", styles[i].letter, styles[i].name);
    buf_putc(out, '\n');
}

static void put_picture(const struct scene *scene, const struct size *size, struct buf *out)
{
    struct buf with = buf_new(FILE_MAX), without = buf_new(FILE_MAX);
    struct theatre t;

    play(&t, scene, size->rows, size->cols, false);
    put_text(&t.screen.cells, out);
    buf_puts(out, "\n-- styles --\n");
    put_styles(&t.screen.cells, &with);
    buf_put(out, buf_slice(&with));
    put_legend(&t.screen.cells, out);
    end(&t);
    if (size->ascii) {
        play(&t, scene, size->rows, size->cols, true);
        buf_puts(out, "\n-- ASCII --\n");
        put_text(&t.screen.cells, out);
        put_styles(&t.screen.cells, &without);
        if (!slice_eq(buf_slice(&with), buf_slice(&without))) {
            buf_puts(out, "\n-- styles of ASCII --\n");
            buf_put(out, buf_slice(&without));
        }
        end(&t);
    }
    buf_free(&with);
    buf_free(&without);
}

/* --- files ---------------------------------------------------------------------------------- */

static void put_path(const struct scene *scene, const struct size *size, struct buf *out)
{
    const char *top = getenv("srcdir");

    buf_printf(out, "%s/tests/data/screens/%s-%dx%d.txt", top ? top : ".", scene->name, size->cols,
               size->rows);
}

static void write_picture(const char *path, struct slice picture)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(picture.p, 1, picture.n, file), picture.n);
    assert_int_equal(fclose(file), 0);
}

static void compare(const char *path, struct slice picture)
{
    char *wanted = calloc(1, FILE_MAX);
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(wanted);
    if (!file)
        fail_msg("%s is missing; TPHONE_PICTURES=write makes it", path);
    n = fread(wanted, 1, FILE_MAX - 1, file);
    fclose(file);
    if (!slice_eq(picture, (struct slice){wanted, n}))
        print_message("%s\nis now\n%" PRI_SLICE "\n", path, ARG_SLICE(picture));
    assert_true(slice_eq(picture, (struct slice){wanted, n}));
    free(wanted);
}

static void check_scene(void **state)
{
    const struct scene *scene = *state;
    const char *mode = getenv("TPHONE_PICTURES");

    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct buf picture = buf_new(FILE_MAX), path = buf_new(4096);

        put_picture(scene, &sizes[i], &picture);
        put_path(scene, &sizes[i], &path);
        if (mode && strcmp(mode, "write") == 0)
            write_picture(buf_cstr(&path), buf_slice(&picture));
        else
            compare(buf_cstr(&path), buf_slice(&picture));
        buf_free(&picture);
        buf_free(&path);
    }
}

/* --- all of them ---------------------------------------------------------------------------- */

/* Nothing that is drawn may depend on the size in a way that ends the program: a scene, whose
 * terminal then has many of them, each number of rows and of columns among them. */
static void every_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        struct theatre t;

        play(&t, &scenes[i], 24, 80, false);
        for (int rows = 1; rows < 30; rows++)
            for (int cols = 1 + rows % 9; cols < 90; cols += 9) {
                cells_resize(&t.screen.cells, rows, cols);
                screen_draw(&t.screen);
            }
        end(&t);
    }
}

static void draw_within(const struct screen *s, const struct view *view, struct rect within)
{
    struct cells canvas = {0};

    cells_init(&canvas, within.rows + 10, within.cols + 10);
    cells_fill(&canvas, cells_all(&canvas), STYLE_ALERT);
    view->draw(s, &canvas, within);
    for (int row = 0; row < canvas.rows; row++)
        for (int col = 0; col < canvas.cols; col++)
            if ((row < within.row || row >= within.row + within.rows || col < within.col ||
                 col >= within.col + within.cols) &&
                cells_at(&canvas, row, col)->style != STYLE_ALERT)
                fail_msg("the view %s draws at %d, %d, outside of %d by %d", view->name,
                         row - within.row, col - within.col, within.rows, within.cols);
    cells_free(&canvas);
}

/* Panes have what the others leave them; the size of a whole screen has a least. */
static void each_within_its_place(void **state)
{
    const struct view *view;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        struct theatre t;

        play(&t, &scenes[i], 24, 80, false);
        for (size_t at = 0; (view = view_at(at)); at++)
            for (int rows = 0; rows < 12; rows++)
                for (int cols = 0; cols < 80; cols += 13)
                    if (view->kind == VIEW_PANE)
                        draw_within(&t.screen, view, (struct rect){4, 5, rows, cols});
        if (screen_view(&t.screen)->kind == VIEW_WHOLE)
            draw_within(&t.screen, screen_view(&t.screen), (struct rect){4, 5, 6, 80});
        end(&t);
    }
}

/* In ASCII nothing else stands on the screen, nor where the styles are. */
static void ascii_is_ascii(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        struct theatre t;

        play(&t, &scenes[i], 24, 80, true);
        for (int at = 0; at < 24 * 80; at++) {
            const struct cell *c = &t.screen.cells.at[at];

            assert_int_equal(c->n, 1);
            assert_in_range(c->text[0], 0x20, 0x7e);
        }
        end(&t);
    }
}

static void see_views(const struct size *size, bool seen[VIEWS_MAX])
{
    for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
        struct theatre t;

        play(&t, &scenes[i], size->rows, size->cols, false);
        seen[view_place(screen_view(&t.screen))] = true;
        end(&t);
    }
}

/* Whoever adds a view adds a scene in which keys go to it. */
static void every_view_has_a_scene(void **state)
{
    (void)state;
    for (size_t at = 0; at < ARRAY_LEN(sizes); at++) {
        bool seen[VIEWS_MAX] = {false};

        see_views(&sizes[at], seen);
        for (size_t i = 0; view_at(i); i++)
            if (!seen[i])
                fail_msg("the view %s has no picture of %dx%d", view_at(i)->name, sizes[at].cols,
                         sizes[at].rows);
    }
}

int main(void)
{
    static const struct CMUnitTest all[] = {
        cmocka_unit_test(every_size),
        cmocka_unit_test(each_within_its_place),
        cmocka_unit_test(ascii_is_ascii),
        cmocka_unit_test(every_view_has_a_scene),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return RUN_ROWS("ui/screen/views", scenes, check_scene) +
           cmocka_run_group_tests_name("ui/screen/all_views", all, NULL, NULL);
}
