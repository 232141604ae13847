#include "ui/ctl_password.h"

#include <string.h>

#include "phone/password.h"
#include "ui/ask_password.h"

/* RFC 8259 7. Only what must not stand there as it is: a password is not made safe for a
 * terminal. */
static void put_exact(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c < ' ')
            buf_printf(out, "\\u%04x", (unsigned)c);
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_putc(out, (char)c);
    }
}

enum exit_status ctl_password_ask(const char *account, struct buf *line, struct buf *why)
{
    struct buf password = buf_new(PASSWORD_BYTES_MAX);
    enum exit_status exit = ask_password(account ? account : "the first account", &password, why);

    if (exit == EXIT_OK) {
        line->n -= strlen("}\n");
        buf_puts(line, ",\"password\":\"");
        put_exact(line, buf_slice(&password));
        buf_puts(line, "\"}\n");
    }
    buf_free(&password);
    return exit;
}
