#include "ui/screen/setup_hear.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "ui/ctl_line.h"

static enum setup_heard say(enum setup_heard heard, const char *sentence, struct buf *text)
{
    text_safe(text, slice_of(sentence));
    return heard;
}

/* Where the device is open and does nothing any more, the test is over. */
static enum setup_heard hear_device(const json_t *tree, const char *event, struct buf *text)
{
    bool refused = json_is_false(json_object_get(tree, "ok")) || strcmp(event, "device") == 0 ||
                   strcmp(event, "test-ended") == 0 || strcmp(event, "outcome") == 0;

    if (refused && *ctl_text(tree, "text"))
        return say(SETUP_HEARD_BAD, ctl_text(tree, "text"), text);
    if (strcmp(event, "test") == 0 && strcmp(ctl_text(tree, "doing"), "open") == 0)
        return say(SETUP_HEARD_GOOD,
                   "It was played. Where nothing was heard, another device may be the one.", text);
    return SETUP_HEARD_NOTHING;
}

static enum setup_heard hear_account(const json_t *tree, const char *event, struct buf *text)
{
    if (strcmp(event, "registered") == 0)
        return say(SETUP_HEARD_GOOD, "The server has accepted it: registered.", text);
    if (strcmp(event, "registration-failed") == 0)
        return say(SETUP_HEARD_BAD, ctl_text(tree, "text"), text);
    if (strcmp(event, "password-wanted") == 0)
        return say(SETUP_HEARD_BAD,
                   "The server is there and wants a password; you will be asked for it.", text);
    if (strcmp(event, "outcome") == 0 && *ctl_text(tree, "text"))
        return say(SETUP_HEARD_BAD, ctl_text(tree, "text"), text);
    return SETUP_HEARD_NOTHING;
}

enum setup_heard setup_hear(enum setup_work work, struct slice line, struct buf *text)
{
    json_t *tree = json_loadb(line.p, line.n, 0, NULL);
    const char *event = ctl_text(tree, "event");
    enum setup_heard heard;

    if (strcmp(ctl_text(tree, "list"), "devices") == 0)
        heard = say(SETUP_HEARD_DEVICE, ctl_text(tree, "name"), text);
    else if (work == SETUP_TEST_DEVICE)
        heard = hear_device(tree, event, text);
    else
        heard = hear_account(tree, event, text);
    json_decref(tree);
    return heard;
}
