/* A file of contacts: nothing breaks, each refusal says why in one line, and whoever stands in the
 * file is found in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phone/contacts.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look_up_all(const struct contacts *contacts)
{
    const char *name, *address;

    for (size_t i = 0; contacts_at(contacts, i, &name, &address); i++) {
        if (contacts_address(contacts, slice_of(name)) != address)
            abort();
        contacts_name(contacts, slice_of(address));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};
    struct buf why = buf_new(16384);
    struct contacts *contacts;
    int err;

    if (contacts_new("file", &contacts) != 0)
        return 0;
    err = contacts_read_text(contacts, in, "file", &why);
    if ((err != 0) != (why.n > 0) || (why.n > 0 && memchr(why.p, '\n', why.n)))
        abort();
    look_up_all(contacts);
    contacts_name(contacts, in);
    contacts_free(contacts);
    buf_free(&why);
    return 0;
}
