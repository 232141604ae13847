#include "tests/unit/ui/screen/scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/screen/commands.h"

static void send_line(void *arg, struct slice line)
{
    struct stage *stage = arg;

    buf_put(&stage->sent, line);
}

void scene_hear(struct screen *s, const char *json)
{
    struct ctl_line line;

    assert_int_equal(ctl_line_read(slice_of(json), &line), 0);
    screen_line(s, &line);
    ctl_line_free(&line);
}

void scene_begin(struct screen *s)
{
    setenv("TZ", "UTC", 1);
    scene_hear(s, "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0\",\"calls\":[],\"accounts\":["
                  "{\"account\":\"home\",\"uri\":\"sip:alice@example.org\"},"
                  "{\"account\":\"work\",\"uri\":\"sip:a.lee@pbx.example\",\"registers\":true,"
                  "\"registered\":false,\"text\":\"a.lee@pbx.example: the server refused the "
                  "password (401 Unauthorized); check password and auth-user\"}]}");
    scene_hear(s, "{\"v\":1,\"event\":\"registered\",\"time\":1,\"account\":\"home\",\"uri\":"
                  "\"sip:alice@example.org\",\"server\":\"192.0.2.10:5060\",\"transport\":"
                  "\"udp\",\"expires\":600}");
    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":[{\"name\":\"Bob Martin\","
                  "\"address\":\"sip:bob@example.org\"}]}");
}

void stage_init(struct stage *stage, int rows, int cols)
{
    *stage = (struct stage){.sent = buf_new(1 << 20)};
    model_init(&stage->model);
    keymap_init(&stage->keys);
    screen_init(&stage->screen, &stage->model, &stage->keys);
    cells_init(&stage->screen.cells, rows, cols);
    stage->screen.now_ms = 1000000;
    stage->screen.send = send_line;
    stage->screen.arg = stage;
    scene_begin(&stage->screen);
}

void stage_free(struct stage *stage)
{
    screen_free(&stage->screen);
    keymap_free(&stage->keys);
    model_free(&stage->model);
    buf_free(&stage->sent);
}

bool stage_sent(struct stage *stage, const char *part)
{
    bool found = strstr(buf_cstr(&stage->sent), part) != NULL;

    buf_clear(&stage->sent);
    return found;
}

int stage_set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);

    if (!stage)
        return -1;
    stage_init(stage, 24, 80);
    *state = stage;
    return 0;
}

int stage_tear_down(void **state)
{
    stage_free(*state);
    free(*state);
    return 0;
}

static void put_json(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_puts(out, "\\r\\n");
        else if (*text == '"' || *text == '\\')
            buf_printf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            buf_printf(out, "\\u%04x", (unsigned)*text);
        else
            buf_putc(out, *text);
    }
}

void scene_message(struct screen *screen, double s, bool sent, const char *remote, const char *text)
{
    struct buf line = buf_new(1 << 22);

    buf_printf(
        &line,
        "{\"v\":1,\"event\":\"sip\",\"time\":%.3f,\"direction\":\"%s\",\"transport\":\"udp\","
        "\"local\":\"192.0.2.1:5060\",\"remote\":\"%s\",\"message\":\"",
        SCENE_TIME + s, sent ? "out" : "in", remote);
    put_json(&line, text);
    buf_puts(&line, "\"}");
    scene_hear(screen, buf_cstr(&line));
    buf_free(&line);
}

void scene_press(struct screen *s, const char *names)
{
    struct slice rest = slice_of(names);

    while (rest.n > 0) {
        struct slice name = slice_cut(&rest, ' ');
        struct key key;

        assert_int_equal(key_parse(name, &key), 0);
        screen_key(s, &key);
    }
}

void scene_run(struct screen *s, const char *line)
{
    command_run(s, slice_of(line));
}

bool scene_shows(struct screen *s, const char *text)
{
    bool found = false;

    screen_draw(s);
    for (int row = 0; row < s->cells.rows && !found; row++) {
        struct buf out = buf_new(65536);

        for (int col = 0; col < s->cells.cols; col++) {
            const struct cell *cell = cells_at(&s->cells, row, col);

            buf_put(&out, (struct slice){cell->text, cell->n});
        }
        found = strstr(buf_cstr(&out), text) != NULL;
        buf_free(&out);
    }
    return found;
}
