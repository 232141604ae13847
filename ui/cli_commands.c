/* The table of subcommands. */
#include "ui/cli_tables.h"

#include "ui/cmd.h"

static const struct cli_command commands[] = {
    {"screen", CLI_SCREEN, "", 0, 0, NULL,
     "open the telephone on the screen; tphone alone does so on a terminal",
     "  tphone --theme light\n"
     "  tphone --plain\n",
     cmd_screen},
    {"call", CLI_CALL, "ADDRESS", 1, 1, "whom to call is missing: tphone call alice@host",
     "call somebody; the exit status tells how it ended",
     "  tphone call alice@192.0.2.7\n"
     "  tphone call 'alice@[2001:db8::1]:5070;transport=tcp' --play hello.wav\n"
     "  tphone call sip:100@pbx.example --dtmf 1,234# --for 10 --record heard.wav\n",
     cmd_call},
    {"answer", CLI_ANSWER, "", 0, 0, NULL, "wait for calls and answer them, without a person",
     "  tphone answer --play greeting.wav --record message.wav\n"
     "  tphone answer --listen udp:127.0.0.1:5070 --delay 3 --times 1\n"
     "  tphone answer --code 486\n",
     cmd_answer},
    {"register", CLI_REGISTER, "", 0, 0, NULL,
     "register with servers, and stay registered until interrupted",
     "  tphone register\n"
     "  tphone register --account work --once\n"
     "  tphone register --account alice@example.org --password-command 'pass sip'\n",
     cmd_register},
    {"daemon", CLI_DAEMON, "", 0, 0, NULL,
     "keep registrations and calls, for tphone ctl, call and status",
     "  tphone daemon\n"
     "  systemctl --user enable --now tphone.socket\n",
     cmd_daemon},
    {"ctl", CLI_CTL, "COMMAND [WORD]...", 1, CLI_ARGS_MAX,
     "what the daemon shall do is missing: tphone ctl status; tphone ctl --help lists it all",
     "let the daemon do something: call, hold, record, tell what happens",
     "  tphone ctl call bob play=hello.wav\n"
     "  tphone ctl dtmf 123#\n"
     "  tphone ctl hold; tphone ctl resume 2; tphone ctl conference\n"
     "  espeak-ng --stdout 'one moment' | tphone ctl play -\n"
     "  tphone ctl record talk.ogg\n"
     "  tphone ctl events --json\n",
     cmd_ctl},
    {"status", CLI_STATUS, "", 0, 0, NULL, "list the accounts and calls of the daemon",
     "  tphone status\n", cmd_status},
    {"load", CLI_LOAD, "ADDRESS", 1, 1, "whom to call is missing: tphone load bob@192.0.2.7",
     "place many calls and tell how they went: a test of servers and phones",
     "  tphone load bob@192.0.2.7 --calls 1000 --per-second 50 --for 20\n"
     "  tphone load sip:echo@pbx.example --account work --play speech.wav --json\n",
     cmd_load},
    {"devices", CLI_DEVICES, "", 0, 0, NULL, "list the sound devices", "  tphone devices\n",
     cmd_devices},
    {"history", CLI_HISTORY, "", 0, 0, NULL, "list the calls there were, the newest first",
     "  tphone history\n"
     "  tphone history --missed --all\n",
     cmd_history},
    {"contacts", CLI_CONTACTS, "", 0, 0, NULL, "list the names that can be called",
     "  tphone contacts\n", cmd_contacts},
    {"password", CLI_PASSWORD, "ACCOUNT", 1, 1, "whose password is missing: tphone password work",
     "store the password of an account in the keyring",
     "  tphone password work\n"
     "  tphone password sip:alice@example.org --forget\n",
     cmd_password},
    {"completion", CLI_COMPLETION, "bash|zsh|fish", 1, 1,
     "which shell is missing: tphone completion bash",
     "print what a shell reads to complete tphone's words",
     "  tphone completion fish >~/.config/fish/completions/tphone.fish\n", cmd_completion},
};

const struct cli_command *cli_command_at(size_t i)
{
    return i < ARRAY_LEN(commands) ? &commands[i] : NULL;
}

void cli_put_commands(struct buf *out, unsigned wanted)
{
    const char *last = NULL, *between = "";

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (!(wanted & commands[i].bit))
            continue;
        if (last)
            buf_printf(out, "%s%s", between, last);
        between = last ? ", " : "";
        last = commands[i].name;
    }
    if (last)
        buf_printf(out, "%s%s", *between ? " and " : "", last);
}
