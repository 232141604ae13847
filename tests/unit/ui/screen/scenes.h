/* tests/unit/ui/screen/scenes.h - a screen without a terminal: fed with the lines of a phone,
 * driven with keys by their names, and read as text. */
#ifndef TESTS_UNIT_UI_SCREEN_SCENES_H
#define TESTS_UNIT_UI_SCREEN_SCENES_H

#include "tests/lib/rows.h"
#include "ui/screen/screen.h"

#define SCENE_TIME 1795290189.123 /* of Unix: 2026-11-21 19:43:09 UTC */

struct stage {
    struct model model;
    struct keymap keys;
    struct screen screen;
    struct buf sent; /* lines to the phone */
};

/* Two accounts, one of which is not registered, and a contact; nobody has called yet. */
void stage_init(struct stage *stage, int rows, int cols);
void stage_free(struct stage *stage);
/* Whether one of the lines that were sent since the last such question has that part. */
bool stage_sent(struct stage *stage, const char *part);
/* For cmocka: the state is such a stage of 24 rows and 80 columns. */
int stage_set_up(void **state);
int stage_tear_down(void **state);
#define STAGE_TEST(test) cmocka_unit_test_setup_teardown(test, stage_set_up, stage_tear_down)

/* What stage_init has the phone say. */
void scene_begin(struct screen *screen);
/* A line of the phone. */
void scene_hear(struct screen *screen, const char *json);
/* A message of SIP that goes by, so many seconds behind SCENE_TIME. Lines end in "\n" here. */
void scene_message(struct screen *screen, double s, bool sent, const char *remote,
                   const char *text);
/* Keys by their names, between blanks. */
void scene_press(struct screen *screen, const char *names);
/* A command line. */
void scene_run(struct screen *screen, const char *line);
/* Whether text stands somewhere in one row of the screen. */
bool scene_shows(struct screen *screen, const char *text);

#endif
