/* tests/unit/ui/screen/views.h - what views are looked at with that want more than a few lines of
 * the phone: one function each, which fits into the table of test_views.c. */
#ifndef TESTS_UNIT_UI_SCREEN_VIEWS_H
#define TESTS_UNIT_UI_SCREEN_VIEWS_H

#include "tests/unit/ui/screen/scenes.h"

typedef void scene_fn(struct screen *screen);

#define SCENE_BOB "192.0.2.77:5060"
#define SCENE_SERVER "192.0.2.10:5060"

/* A registration, and a call to Bob. */
scene_fn scene_exchange;
/* The trace of it; for copying; with some of it left out; before the first message; with what
 * strangers may send to move the cursor, or to look like another row. */
scene_fn scene_trace, scene_trace_bare, scene_trace_filter, scene_trace_nothing,
    scene_trace_hostile;
scene_fn scene_message_one, scene_message_hostile, scene_message_sdp, scene_compare;

/* A call of a minute and a half that had a bad time in between; one that nothing is known of yet;
 * and no call at all. */
scene_fn scene_details, scene_details_early, scene_details_none;

/* A telephone that could not be started. */
scene_fn scene_starting;
scene_fn scene_trouble;

/* A test of the sound devices while one speaks; a machine without any. */
scene_fn scene_devices, scene_devices_none;

/* A contact that cannot be written; a file of contacts with what strangers put into files; one that
 * cannot be read. */
scene_fn scene_contact_refused, scene_contacts_hostile, scene_contacts_broken;

#endif
