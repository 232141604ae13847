#include "ui/registering.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/status.h"

static enum exit_status start(struct session *session, const char *label)
{
    struct phone_command command = {.kind = PHONE_REGISTER, .account = label};
    struct buf why = buf_new(2048);
    int err;

    text_safe(&why, slice_of(label));
    buf_puts(&why, ": ");
    err = phone_do(session->phone, &command, NULL, &why);
    if (err)
        session_error(session, buf_cstr(&why));
    buf_free(&why);
    return err ? EXIT_OTHER : EXIT_OK;
}

static size_t count(const struct phone_config *config)
{
    size_t n = 0;

    LIST_EACH (&config->accounts, at)
        n += !LIST_ITEM(at, struct account_config, link)->no_register;
    return n;
}

enum exit_status registering_begin(struct registering *r, struct session *session)
{
    const struct phone_config *config = &session->cli->config;
    enum exit_status exit = EXIT_OK;
    size_t n = count(config);

    *r = (struct registering){0};
    if (n == 0)
        return EXIT_OK;
    r->rows = calloc(n, sizeof *r->rows);
    if (!r->rows)
        return EXIT_OTHER;
    LIST_EACH (&config->accounts, at) {
        const struct account_config *account = LIST_ITEM(at, struct account_config, link);

        if (account->no_register || exit)
            continue;
        r->rows[r->n++].label = account->label;
        exit = start(session, account->label);
    }
    return exit;
}

void registering_free(struct registering *r)
{
    free(r->rows);
    *r = (struct registering){0};
}

bool registering_note(struct registering *r, const struct phone_event *event)
{
    if (event->kind != PHONE_REGISTERED && event->kind != PHONE_REGISTER_FAILED)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        struct registering_row *row = &r->rows[i];

        if (strcmp(row->label, event->account) != 0)
            continue;
        row->outcome = event->kind == PHONE_REGISTERED ? PHONE_OK : event->outcome;
        row->hopeless = event->kind == PHONE_REGISTER_FAILED && event->retry_ms == 0;
    }
    return true;
}

bool registering_is_settled(const struct registering *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!r->rows[i].outcome)
            return false;
    return true;
}

bool registering_is_hopeless(const struct registering *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!r->rows[i].hopeless)
            return false;
    return r->n > 0;
}

enum exit_status registering_exit(const struct registering *r)
{
    for (size_t i = 0; i < r->n; i++) {
        enum phone_outcome outcome = r->rows[i].outcome;

        if (outcome != PHONE_OK)
            return outcome ? exit_of(outcome) : EXIT_INTERRUPTED;
    }
    return EXIT_OK;
}
