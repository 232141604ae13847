/* tphone password: the password of an account, into the keyring of the desktop and out of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "phone/keyring.h"
#include "phone/password.h"
#include "ui/ask_password.h"
#include "ui/cmd.h"
#include "ui/exit.h"

/* The address of an account of the configuration, or of one that does not stand there. */
static int find_uri(const struct cli *cli, struct buf *uri, struct buf *why)
{
    struct phone_config other;
    int err = 0;

    LIST_EACH (&cli->config.accounts, at) {
        const struct account_config *account = LIST_ITEM(at, struct account_config, link);

        if (uri->n == 0 && strcmp(account->label, cli->args[0]) == 0)
            buf_puts(uri, account->uri);
    }
    if (uri->n > 0)
        return 0;
    config_init(&other);
    err = config_choose_account(&other, slice_of(cli->args[0]), why);
    if (!err)
        buf_puts(uri, config_first_account(&other)->uri);
    config_free(&other);
    return err;
}

/* A script gives it by standard input, as its first line. */
static enum exit_status read_password(const char *uri, struct buf *password, struct buf *why)
{
    char line[PASSWORD_BYTES_MAX + 2];
    enum exit_status status = EXIT_OK;
    struct slice rest;

    if (isatty(STDIN_FILENO))
        return ask_password(uri, password, why);
    setvbuf(stdin, NULL, _IONBF, 0); /* a buffer would keep a copy */
    rest = fgets(line, sizeof line, stdin) ? slice_of(line) : SLICE("");
    buf_put(password, slice_cut(&rest, '\n'));
    if (password->n == 0 || password->n > PASSWORD_BYTES_MAX) {
        buf_puts(why, "standard input is no terminal, and its first line no password");
        status = EXIT_OTHER;
    }
    mem_wipe(line, sizeof line);
    return status;
}

static enum exit_status store(const char *uri, struct buf *why)
{
    struct buf password = buf_new(PASSWORD_BYTES_MAX + 2);
    enum exit_status status = read_password(uri, &password, why);

    if (status == EXIT_OK && keyring_store(uri, buf_cstr(&password), why) != 0)
        status = EXIT_OTHER;
    buf_free(&password);
    return status;
}

static enum exit_status show(const char *uri, struct terminal *terminal, struct buf *why)
{
    char *password = NULL;
    int err = keyring_look(uri, &password, why);

    if (err == -ENOENT)
        buf_puts(why, "; tphone password stores it");
    if (err)
        return EXIT_OTHER;
    output_put_all(&terminal->out, slice_of(password));
    output_put_all(&terminal->out, SLICE("\n"));
    mem_wipe_free(password);
    return EXIT_OK;
}

static enum exit_status act(const struct cli *cli, const char *uri, struct terminal *terminal,
                            struct buf *why)
{
    if (cli->shows)
        return show(uri, terminal, why);
    if (cli->forgets)
        return keyring_forget(uri, why) ? EXIT_OTHER : EXIT_OK;
    return store(uri, why);
}

int cmd_password(const struct cli *cli, struct terminal *terminal)
{
    struct buf uri = buf_new(8192), why = buf_new(8192);
    enum exit_status status = EXIT_USAGE;

    if (find_uri(cli, &uri, &why) == 0)
        status = act(cli, buf_cstr(&uri), terminal, &why);
    if (why.n > 0)
        terminal_error(terminal, buf_cstr(&why));
    buf_free(&uri);
    buf_free(&why);
    return (int)status;
}
