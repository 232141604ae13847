#include "phone/media_stand_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define NAME_MAX_BYTES 8192u

struct halves {
    struct slice microphone, loudspeaker;
};

static bool is_card(struct slice name)
{
    return !slice_ieq(name, SLICE("none")) && !slice_ieq(name, SLICE("default"));
}

static char *join(struct slice microphone, struct slice loudspeaker)
{
    struct buf b = buf_new(NAME_MAX_BYTES);

    buf_put(&b, microphone);
    buf_puts(&b, " | ");
    buf_put(&b, loudspeaker);
    return buf_take(&b);
}

static void explain(struct media_stand_in *out, const char *kind, struct slice name,
                    const char *end)
{
    const int n = name.n < 100 ? (int)name.n : 100;

    snprintf(out->why, sizeof out->why, "the %s %.*s cannot be used: %s", kind, n, name.p, end);
}

static const char *end_of(enum media_stand_in_for what, bool unattended)
{
    if (what == STAND_IN_LOUDSPEAKER || !unattended)
        return "the system's default takes its place";
    return what == STAND_IN_MICROPHONE ? "no other one is open"
                                       : "the system's default plays, and no microphone is open";
}

static void make(const char *name, bool unattended, enum media_stand_in_for what,
                 const struct halves *own, struct media_stand_in *out)
{
    struct slice other = unattended ? SLICE("none") : SLICE("default");
    struct halves get = *own;
    const char *end = end_of(what, unattended);

    out->lacks = NULL;
    if (what != STAND_IN_MICROPHONE)
        get.loudspeaker = SLICE("default");
    if (what != STAND_IN_LOUDSPEAKER)
        get.microphone = other;
    out->name = join(get.microphone, get.loudspeaker);
    if (what == STAND_IN_LOUDSPEAKER) {
        out->lacks = join(SLICE("none"), own->loudspeaker);
        explain(out, "loudspeaker", own->loudspeaker, end);
    } else if (what == STAND_IN_MICROPHONE) {
        out->lacks = join(own->microphone, SLICE("none"));
        explain(out, "microphone", own->microphone, end);
    } else {
        explain(out, "sound device", slice_of(name), end);
    }
}

bool media_stand_in_get(const char *name, bool unattended, enum media_stand_in_for what,
                        struct media_stand_in *out)
{
    struct halves own = {slice_of(name), slice_of(name)};
    bool two = audio_device_halves(name, &own.microphone, &own.loudspeaker);
    struct media_stand_in made;

    if (strcmp(name, "null") == 0 || audio_device_file(name) || (!two && what != STAND_IN_BOTH) ||
        (what != STAND_IN_MICROPHONE && !is_card(own.loudspeaker)) ||
        (what != STAND_IN_LOUDSPEAKER && !is_card(own.microphone)))
        return false;
    make(name, unattended, what, &own, &made);
    if (!made.name || (what != STAND_IN_BOTH && !made.lacks)) {
        media_stand_in_free(&made);
        return false;
    }
    *out = made;
    return true;
}

void media_stand_in_free(struct media_stand_in *in)
{
    free(in->name);
    free(in->lacks);
}
