/* tphone contacts: the names that can be called, and whom they mean. */
#include <errno.h>

#include "base/text.h"
#include "phone/contacts.h"
#include "phone/folders.h"
#include "ui/cmd.h"
#include "ui/exit.h"
#include "ui/json_list.h"

#define LINES_BYTES_MAX (4u * CONTACTS_FILE_BYTES_MAX)
/* A longer name pushes its own address to the right and no other. */
#define NAME_COLUMNS_MAX 32u

static size_t columns(const char *name)
{
    return text_column(slice_of(name), SIZE_MAX) - 1;
}

static size_t width_of(const struct contacts *contacts)
{
    const char *name, *address;
    size_t width = 0;

    for (size_t i = 0; contacts_at(contacts, i, &name, &address); i++)
        if (columns(name) > width && columns(name) <= NAME_COLUMNS_MAX)
            width = columns(name);
    return width;
}

static void put_contacts(const struct contacts *contacts, bool plain, struct buf *out)
{
    const char *name, *address;
    size_t width = width_of(contacts);

    for (size_t i = 0; contacts_at(contacts, i, &name, &address); i++) {
        buf_puts(out, name);
        for (size_t n = columns(name); !plain && n < width; n++)
            buf_putc(out, ' ');
        buf_puts(out, plain ? "\t" : "  ");
        text_safe(out, slice_of(address));
        buf_putc(out, '\n');
    }
}

static void put_json(const struct contacts *contacts, struct buf *out)
{
    const char *name, *address;

    for (size_t i = 0; contacts_at(contacts, i, &name, &address); i++)
        json_contact(out, name, address);
}

static int read_contacts(const struct cli *cli, struct buf *path, struct buf *lines,
                         struct buf *why)
{
    struct contacts *contacts = NULL;
    int err = folders_contacts(&cli->config, path);

    if (err)
        return err == -ENOENT ? 0 : err;
    err = contacts_new(buf_cstr(path), &contacts);
    if (err)
        return err;
    err = contacts_refresh(contacts, why); /* lines that are not wrong are listed all the same */
    if (cli->json)
        put_json(contacts, lines);
    else
        put_contacts(contacts, cli->plain, lines);
    contacts_free(contacts);
    return err;
}

static void tell_fault(struct terminal *terminal, struct slice why)
{
    struct buf safe = buf_new(32768);

    text_safe(&safe, why);
    terminal_error(terminal, buf_cstr(&safe));
    buf_free(&safe);
}

static void tell_empty(struct terminal *terminal, struct slice path)
{
    struct buf sentence = buf_new(32768);

    buf_puts(&sentence, "there are no contacts; write lines \"alice = sip:alice@example.org\" to ");
    if (path.n > 0)
        text_safe(&sentence, path);
    else
        buf_puts(&sentence, "a file that --contacts-file names, as there is no $HOME");
    terminal_error(terminal, buf_cstr(&sentence));
    buf_free(&sentence);
}

int cmd_contacts(const struct cli *cli, struct terminal *terminal)
{
    struct buf path = buf_new(8192), lines = buf_new(LINES_BYTES_MAX), why = buf_new(8192);
    int err = read_contacts(cli, &path, &lines, &why);

    if (err)
        tell_fault(terminal, buf_slice(&why));
    else if (lines.n == 0 && cli->verbosity >= 0)
        tell_empty(terminal, buf_slice(&path));
    output_put_all(&terminal->out, buf_slice(&lines));
    buf_free(&path);
    buf_free(&lines);
    buf_free(&why);
    return err ? EXIT_USAGE : EXIT_OK;
}
