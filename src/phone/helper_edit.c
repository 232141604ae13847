/* An edit of the contacts as a text, on its way to the helper. */
#include <string.h>

#include "phone/contacts_edit.h"
#include "phone/helper_private.h"

/* fresh, remove, then each text: whether there is one, itself and a NUL. */
void helper_put_edit(struct buf *out, const struct contacts_edit *edit)
{
    const char *const texts[] = {edit->name, edit->address, edit->rename, edit->was};

    buf_putc(out, edit->fresh ? '1' : '0');
    buf_putc(out, edit->remove ? '1' : '0');
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        buf_putc(out, texts[i] ? '1' : '0');
        if (texts[i])
            buf_put(out, (struct slice){texts[i], strlen(texts[i]) + 1});
    }
}

bool helper_take_edit(char *text, size_t n, struct contacts_edit *edit)
{
    const char *texts[4] = {NULL}, *at = text + 2, *end = text + n;

    if (n < 2)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (at >= end)
            return false;
        if (*at++ != '1')
            continue;
        texts[i] = at;
        at = memchr(at, '\0', (size_t)(end - at));
        if (!at)
            return false;
        at++;
    }
    *edit = (struct contacts_edit){.name = texts[0],
                                   .address = texts[1],
                                   .rename = texts[2],
                                   .was = texts[3],
                                   .fresh = text[0] == '1',
                                   .remove = text[1] == '1'};
    return texts[0] != NULL;
}
