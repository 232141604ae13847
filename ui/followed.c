#include "ui/followed.h"

bool followed_has(const struct followed *f, uint32_t call)
{
    return call && (call == f->call || call == f->other);
}

static bool is_over(struct followed *f, const struct phone_event *ended)
{
    if (ended->call == f->call && !f->other)
        return true;
    if (ended->call == f->call)
        f->call = f->other;
    else if (ended->result.answered)
        return true;
    f->other = 0;
    return false;
}

bool followed_event(struct followed *f, const struct phone_event *event)
{
    if (event->kind == PHONE_TRANSFER_FOLLOWED && event->call == f->call)
        f->other = event->other;
    return event->kind == PHONE_ENDED && followed_has(f, event->call) && is_over(f, event);
}
