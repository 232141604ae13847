/* Pictures of the screen: what the phone has said and which keys were pressed, as cells. Each scene
 * is drawn in several sizes and compared with the files of tests/data/screens, in which the picture
 * stands twice: as text, and with a letter for the style of each cell. With TPHONE_PICTURES=write
 * they are written instead, to be looked at before they are committed. */
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
    {"empty",     {"{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0.1\",\"calls\":[],\"accounts\":[]}"}, "", NULL},
    {"calls",     {STATUS(BOB "," CAROL), CONTACTS, HISTORY, QUALITY, QUALITY, STRANGER}, "", NULL},
    {"contacts",  {STATUS(BOB), CONTACTS, HISTORY}, "tab tab j j", NULL},
    {"dial",      {STATUS(""), CONTACTS, HISTORY}, "c c a", NULL},
    {"help",      {STATUS(BOB), CONTACTS}, "? j", NULL},
    {"quit",      {STATUS(BOB), CONTACTS}, "q", NULL},
    {"command",   {STATUS(BOB), CONTACTS}, ": m u t e", NULL},
    {"bare",      {STATUS(BOB "," CAROL), CONTACTS, HISTORY}, "B", NULL},
    {"set-up",    {STATUS("")}, ": s e t - u p enter a l i c e @ h . e x a m p l e enter s e c", NULL},
    {"lost",      {"{\"v\":1,\"event\":\"dropped\",\"time\":1.0,\"text\":\"what waits for you to be read has become too much\"}"}, "", NULL},
    {"trace",           {NULL}, "", scene_trace},
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
    {"devices",         {NULL}, "", scene_devices},
    {"devices-none",    {NULL}, "", scene_devices_none},
};
/* clang-format on */

static const struct size {
    int rows, cols;
    bool ascii;
} sizes[] = {{16, 60, false}, {24, 80, false}, {24, 80, true}, {43, 132, false}, {10, 40, false}};

/* --- a scene -------------------------------------------------------------------------------- */

static char style_letter(const struct cell *c)
{
    static const char letters[] = ".tfbdSgwxAkimMH";

    _Static_assert(sizeof letters - 1 == N_STYLES, "each style has a letter");
    return c->selected ? '@' : letters[c->style];
}

static void put_picture(const struct cells *cells, struct buf *out)
{
    for (int row = 0; row < cells->rows; row++) {
        for (int col = 0; col < cells->cols; col++)
            buf_put(out,
                    (struct slice){cells_at(cells, row, col)->text, cells_at(cells, row, col)->n});
        while (out->n > 0 && out->p[out->n - 1] == ' ')
            out->n--;
        buf_putc(out, '\n');
    }
    for (int row = 0; row < cells->rows; row++) {
        for (int col = 0; col < cells->cols; col++)
            buf_putc(out, style_letter(cells_at(cells, row, col)));
        while (out->n > 0 && out->p[out->n - 1] == '.')
            out->n--;
        buf_putc(out, '\n');
    }
}

static void no_work(void *arg)
{
    (void)arg;
}

static void draw_scene(const struct scene *scene, const struct size *size, struct buf *out)
{
    struct model model;
    struct keymap keys;
    struct setup setup;
    struct screen s;

    model_init(&model);
    keymap_init(&keys);
    setup_init(&setup, "/home/alice/.config/tphone/tphone.conf");
    setup.changed = no_work;
    screen_init(&s, &model, &keys);
    s.setup = &setup;
    s.now_ms = NOW_MS;
    s.unix_time = NOW_UNIX;
    s.cells.ascii = size->ascii;
    cells_resize(&s.cells, size->rows, size->cols);
    for (size_t i = 0; i < ARRAY_LEN(scene->lines) && scene->lines[i]; i++)
        scene_hear(&s, scene->lines[i]);
    scene_press(&s, scene->keys);
    if (scene->play)
        scene->play(&s);
    screen_draw(&s);
    put_picture(&s.cells, out);
    screen_free(&s);
    setup_free(&setup);
    keymap_free(&keys);
    model_free(&model);
}

/* --- files ---------------------------------------------------------------------------------- */

static void put_path(const struct scene *scene, const struct size *size, struct buf *out)
{
    const char *top = getenv("srcdir");

    buf_printf(out, "%s/tests/data/screens/%s-%dx%d%s.txt", top ? top : ".", scene->name,
               size->cols, size->rows, size->ascii ? "-ascii" : "");
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

        draw_scene(scene, &sizes[i], &picture);
        put_path(scene, &sizes[i], &path);
        if (mode && strcmp(mode, "write") == 0)
            write_picture(buf_cstr(&path), buf_slice(&picture));
        else
            compare(buf_cstr(&path), buf_slice(&picture));
        buf_free(&picture);
        buf_free(&path);
    }
}

/* Nothing that is drawn may depend on the size in a way that ends the program. */
static void every_size(void **state)
{
    struct size size = {0};

    (void)state;
    for (size.rows = 1; size.rows < 30; size.rows++)
        for (size.cols = 1; size.cols < 90; size.cols += 3)
            for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
                struct buf picture = buf_new(FILE_MAX);

                draw_scene(&scenes[i], &size, &picture);
                buf_free(&picture);
            }
}

int main(void)
{
    static const struct CMUnitTest sized[] = {cmocka_unit_test(every_size)};

    setenv("TZ", "UTC", 1);
    tzset();
    return RUN_ROWS("ui/screen/views", scenes, check_scene) +
           cmocka_run_group_tests_name("ui/screen/sizes", sized, NULL, NULL);
}
