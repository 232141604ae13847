#include <errno.h>

#include "base/text.h"
#include "ui/cmd.h"
#include "ui/ctl_call.h"
#include "ui/followed.h"
#include "ui/pipes.h"
#include "ui/session.h"
#include "ui/status.h"

struct caller {
    struct session session;
    struct net_deadline *hang_up;
    uint32_t first; /* the call that was placed: --for counts from its answer */
    struct followed calls;
    enum exit_status exit;
};

static void on_time_is_over(void *arg)
{
    struct caller *c = arg;
    struct phone_command hang_up = {.kind = PHONE_HANG_UP, .call = c->calls.call};

    phone_do(c->session.phone, &hang_up, NULL, NULL);
    hang_up.call = c->calls.other;
    if (c->calls.other)
        phone_do(c->session.phone, &hang_up, NULL, NULL);
}

/* We are here to call, not to be called; but a script may like to. */
static void on_incoming(struct caller *c, uint32_t call)
{
    struct phone_command refuse = {.kind = PHONE_REJECT, .call = call, .status = 486};
    struct phone_command ring = {.kind = PHONE_RING, .call = call};

    phone_do(c->session.phone, c->session.cli->control ? &ring : &refuse, NULL, NULL);
}

static void on_event(void *arg, const struct phone_event *event)
{
    struct caller *c = arg;
    uint64_t for_ms = c->session.cli->for_ms;

    if (event->kind == PHONE_ANSWERED && event->call == c->first && for_ms > 0)
        net_deadline_set(c->hang_up, net_now_ms() + for_ms);
    if (event->kind == PHONE_INCOMING)
        on_incoming(c, event->call);
    if (!followed_event(&c->calls, event))
        return;
    session_put_result(&c->session, event);
    c->exit = exit_of(event->outcome);
    if (!c->exit && c->session.sound_failed)
        c->exit = EXIT_SOUND; /* the call went well, what it was for did not */
    session_stop(&c->session);
}

static enum exit_status exit_of_refused_dial(int err)
{
    switch (err) {
    case -EINVAL:
    case -ENOTSUP:
    case -EDESTADDRREQ:
    case -ENOENT:
        return EXIT_USAGE;
    case -EIO:
        return EXIT_SOUND;
    default:
        return EXIT_OTHER;
    }
}

static enum exit_status dial(struct caller *c, const struct cli *cli)
{
    struct pipes pipes;
    struct phone_command command = {
        .kind = PHONE_DIAL,
        .target = cli->args[0],
        .sound = pipes_sound(cli, &pipes),
        .digits = cli->digits,
    };
    const struct account_config *account = config_first_account(&cli->config);
    struct buf why = buf_new(2048);
    int err;

    if (cli->account) /* else the one that suits the address */
        command.account = account->label;
    if (*cli->args[0]) {
        text_safe(&why, slice_of(cli->args[0]));
        buf_puts(&why, ": ");
    }
    err = phone_do(c->session.phone, &command, &c->first, &why);
    c->calls.call = c->first;
    if (err)
        session_error(&c->session, buf_cstr(&why));
    buf_free(&why);
    return err ? exit_of_refused_dial(err) : EXIT_OK;
}

static enum exit_status run(struct caller *c, const struct cli *cli, struct terminal *terminal)
{
    enum exit_status refused;

    c->exit = EXIT_OTHER;
    refused = session_open(&c->session, cli, terminal, &cli->config, on_event, c);
    if (refused)
        return refused;
    if (net_deadline_new(c->session.loop, on_time_is_over, c, &c->hang_up) != 0)
        refused = EXIT_OTHER;
    if (!refused)
        refused = dial(c, cli);
    if (!refused)
        session_run(&c->session);
    net_deadline_free(c->hang_up);
    session_close(&c->session);
    return refused ? refused : c->exit;
}

/* An account that is not in the file is one that the daemon cannot know either. */
static bool may_use_daemon(const struct cli *cli)
{
    const struct account_config *account = config_first_account(&cli->config);

    return !cli->alone && (!cli->account || (account && account->line > 0));
}

int cmd_call(const struct cli *cli, struct terminal *terminal)
{
    struct caller caller = {0};
    enum exit_status exit = session_check_files(cli, terminal);

    if (exit || (may_use_daemon(cli) && ctl_call(cli, terminal, &exit)))
        return (int)exit;
    return (int)run(&caller, cli, terminal);
}
