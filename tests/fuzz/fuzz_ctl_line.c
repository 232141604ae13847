/* A line of a daemon, or of a tphone that tries something for a set-up: nothing breaks, what was
 * read as an event can be told, and nothing that steers a terminal comes out of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ui/ctl_show.h"
#include "ui/screen/setup_hear.h"
#include "ui/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void tell(const struct ctl_line *line, struct buf *out)
{
    switch (line->kind) {
    case CTL_EVENT:
        ctl_show_event(out, line, 2);
        ctl_show_devices(out, line);
        if (line->event.kind == PHONE_ENDED)
            result_line(out, &line->event);
        break;
    case CTL_REPLY:
        ctl_show_reply(out, line, 1);
        break;
    case CTL_OWN:
    case CTL_OTHER:
        if (!line->name || !line->text)
            abort();
    }
}

static void look_for_controls(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (((unsigned char)text.p[i] < ' ' && text.p[i] != '\n' && text.p[i] != '\t') ||
            text.p[i] == 0x7f)
            abort();
}

static void set_up(enum setup_work work, struct slice line)
{
    struct buf text = buf_new(8192);

    if (setup_hear(work, line, &text) == SETUP_HEARD_NOTHING && text.n > 0)
        abort();
    look_for_controls(buf_slice(&text));
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct buf out = buf_new(CTL_SHOW_MAX);
    struct ctl_line line;

    set_up(SETUP_TEST_DEVICE, (struct slice){(const char *)bytes, n});
    set_up(SETUP_TEST_ACCOUNT, (struct slice){(const char *)bytes, n});
    if (ctl_line_read((struct slice){(const char *)bytes, n}, &line) == 0) {
        tell(&line, &out);
        look_for_controls(buf_slice(&out));
        ctl_line_free(&line);
    } else if (line.tree) {
        abort();
    }
    buf_free(&out);
    return 0;
}
