#include "ui/tell.h"

#include "ui/json.h"
#include "ui/status.h"

int tell_verbosity(const struct cli *cli)
{
    return cli->json && cli->verbosity >= 0 ? cli->verbosity - 1 : cli->verbosity;
}

/* A registration has no outcome where it is good. */
static void note_outcome(struct outcome *outcome, const struct phone_event *event)
{
    if (event->kind == PHONE_REGISTERED)
        outcome_note(outcome, EXIT_OK, "registered", "");
    else
        outcome_note(outcome, exit_of(event->outcome), json_outcome(event->outcome), event->text);
}

void tell_result(const struct cli *cli, struct terminal *terminal, struct flush *flush,
                 const struct phone_event *event)
{
    struct buf line = buf_new(16384);

    note_outcome(&terminal->outcome, event);
    if (!cli->json) /* the event itself says more */
        result_line(&line, event);
    flush_put(flush, &terminal->out, buf_slice(&line));
    buf_free(&line);
}

bool tell_sound_failed(struct terminal *terminal, const struct phone_event *event)
{
    bool failed = event->kind == PHONE_SOUND_FAILED ||
                  (event->kind == PHONE_RECORDING && !event->on && *event->text);

    if (failed)
        outcome_note_error(&terminal->outcome, event->text);
    return failed;
}
