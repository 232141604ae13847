#include "ui/outcome.h"

#include "ui/json.h"

#define TEXT_BYTES_MAX 8192u

void outcome_init(struct outcome *outcome)
{
    *outcome = (struct outcome){.text = buf_new(TEXT_BYTES_MAX), .error = buf_new(TEXT_BYTES_MAX)};
}

void outcome_free(struct outcome *outcome)
{
    buf_free(&outcome->text);
    buf_free(&outcome->error);
}

static void set(struct buf *text, const char *to)
{
    buf_clear(text);
    buf_puts(text, to);
}

void outcome_note(struct outcome *outcome, enum exit_status exit, const char *word,
                  const char *text)
{
    outcome->exit = exit;
    outcome->word = word;
    set(&outcome->text, text);
}

void outcome_note_error(struct outcome *outcome, const char *sentence)
{
    set(&outcome->error, sentence);
}

void outcome_told(struct outcome *outcome)
{
    outcome->told = true;
}

/* For an end that no call and no server has a word for. */
static const char *word_of(enum exit_status exit)
{
    switch (exit) {
    case EXIT_OK:
        return "ok";
    case EXIT_USAGE:
        return "usage";
    case EXIT_BUSY:
        return json_outcome(PHONE_BUSY);
    case EXIT_DECLINED:
        return json_outcome(PHONE_DECLINED);
    case EXIT_NO_ANSWER:
        return json_outcome(PHONE_NO_ANSWER);
    case EXIT_NOT_FOUND:
        return json_outcome(PHONE_NOT_FOUND);
    case EXIT_NOT_ALLOWED:
        return json_outcome(PHONE_NOT_ALLOWED);
    case EXIT_UNREACHABLE:
        return json_outcome(PHONE_UNREACHABLE);
    case EXIT_SOUND:
        return "sound";
    case EXIT_INTERRUPTED:
        return json_outcome(PHONE_INTERRUPTED);
    case EXIT_OTHER:
        break;
    }
    return json_outcome(PHONE_FAILED);
}

void outcome_line(struct outcome *outcome, enum exit_status exit, struct buf *out)
{
    bool noted = outcome->word && outcome->exit == exit;
    struct json_own line = {.kind = JSON_OUTCOME, .exit = (int)exit, .word = word_of(exit)};

    if (outcome->told)
        return;
    if (noted) {
        line.word = outcome->word;
        line.text = buf_cstr(&outcome->text);
    } else if (exit) {
        line.text = buf_cstr(&outcome->error);
    }
    json_own(out, &line, json_now_ms());
}
