/* Files of a screen, which it does not wait for. */
#include "ui/screen/saver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/loop.h"
#include "tests/lib/temporary.h"

#define LIMIT_MS 60000u
#define FOLDER "/tmp/test_saver.XXXXXX"

struct desk {
    char folder[TEMPORARY_MAX], path[96];
    struct net_loop *loop;
    struct model model;
    struct keymap keys;
    struct screen screen;
    struct saver *saver;
};

static void on_saved(void *arg)
{
    struct desk *d = arg;

    net_loop_stop(d->loop);
}

static struct desk *sit_down(void)
{
    static struct desk d;

    d = (struct desk){.folder = FOLDER};
    assert_non_null(temporary_folder(d.folder));
    snprintf(d.path, sizeof d.path, "%s/trace.txt", d.folder);
    model_init(&d.model);
    keymap_init(&d.keys);
    screen_init(&d.screen, &d.model, &d.keys);
    assert_int_equal(net_loop_new(&d.loop), 0);
    assert_int_equal(saver_new(d.loop, &d.screen, on_saved, &d, &d.saver), 0);
    return &d;
}

static void get_up(struct desk *d)
{
    assert_int_equal(saver_free(d->saver, LIMIT_MS, NULL), 0);
    net_loop_free(d->loop);
    screen_free(&d->screen);
    keymap_free(&d->keys);
    model_free(&d->model);
}

static void save(struct desk *d, const char *text)
{
    struct buf content = buf_new(1024);

    buf_puts(&content, text);
    saver_save(&d->screen, d->path, &content, "saved");
    buf_free(&content);
}

static void assert_said(const struct desk *d, const char *part)
{
    struct buf said = buf_new(1024);

    buf_put(&said, buf_slice(&d->screen.message));
    if (!strstr(buf_cstr(&said), part))
        fail_msg("not \"%s\" but \"%s\"", part, buf_cstr(&said));
    buf_free(&said);
}

static void assert_file(struct desk *d, const char *text)
{
    char got[64] = "";
    FILE *file = fopen(d->path, "r");

    assert_non_null(file);
    (void)!fgets(got, sizeof got, file);
    fclose(file);
    assert_string_equal(got, text);
    unlink(d->path);
    rmdir(d->folder);
}

static void the_screen_goes_on_meanwhile(void **state)
{
    struct desk *d = sit_down();

    (void)state;
    d->screen.cells.silent = true;
    save(d, "one");
    assert_string_equal(saver_writes(&d->screen), d->path);
    assert_int_equal(d->screen.message.n, 0);
    save(d, "two");
    assert_said(d, "still being written");
    net_loop_run(d->loop);
    assert_null(saver_writes(&d->screen));
    assert_said(d, "saved");
    d->screen.cells.silent = false;
    save(d, "three");
    assert_said(d, "trace.txt: being written");
    net_loop_run(d->loop);
    assert_said(d, "trace.txt: File exists");
    get_up(d);
    assert_file(d, "one");
}

static void what_was_begun_is_written_to_the_end(void **state)
{
    struct desk *d = sit_down();

    (void)state;
    save(d, "whole");
    get_up(d);
    assert_file(d, "whole");
}

static void without_a_loop_it_is_waited_for(void **state)
{
    struct desk *d = sit_down();

    (void)state;
    assert_int_equal(saver_free(d->saver, LIMIT_MS, NULL), 0);
    d->saver = NULL;
    save(d, "at once");
    assert_null(saver_writes(&d->screen));
    assert_said(d, "saved");
    get_up(d);
    assert_file(d, "at once");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_screen_goes_on_meanwhile),
        cmocka_unit_test(what_was_begun_is_written_to_the_end),
        cmocka_unit_test(without_a_loop_it_is_waited_for),
    };

    return cmocka_run_group_tests_name("ui/screen/saver", tests, NULL, NULL);
}
