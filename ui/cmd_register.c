#include "ui/cmd.h"
#include "ui/registering.h"

struct registrant {
    struct session session;
    struct registering accounts;
};

/* Somebody may call while we are only registered. */
static void on_incoming(struct registrant *r, uint32_t call)
{
    struct phone_command refuse = {.kind = PHONE_REJECT, .call = call, .status = 480};
    struct phone_command ring = {.kind = PHONE_RING, .call = call};

    phone_do(r->session.phone, r->session.cli->control ? &ring : &refuse, NULL, NULL);
}

static void on_event(void *arg, const struct phone_event *event)
{
    struct registrant *r = arg;

    if (event->kind == PHONE_INCOMING)
        on_incoming(r, event->call);
    if (!registering_note(&r->accounts, event))
        return;
    session_put_result(&r->session, event);
    if (r->session.cli->once && registering_is_settled(&r->accounts))
        net_loop_stop(r->session.loop); /* without a word: the bindings are to stay */
    else if (registering_is_hopeless(&r->accounts) && !r->session.cli->control)
        session_stop(&r->session);
}

static enum exit_status run(struct registrant *r)
{
    enum exit_status refused = registering_begin(&r->accounts, &r->session);

    if (!refused && r->accounts.n == 0 && !r->session.cli->control) {
        session_error(&r->session, "no account is to be registered: each says register = no");
        refused = EXIT_USAGE;
    }
    if (refused)
        return refused;
    session_run(&r->session);
    return registering_exit(&r->accounts);
}

int cmd_register(const struct cli *cli, struct terminal *terminal)
{
    struct registrant r = {0};
    enum exit_status exit = session_open(&r.session, cli, terminal, &cli->config, on_event, &r);

    if (exit)
        return (int)exit;
    exit = run(&r);
    registering_free(&r.accounts);
    session_close(&r.session);
    return (int)exit;
}
