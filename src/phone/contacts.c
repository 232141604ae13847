#include "phone/contacts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/ip.h"
#include "base/text.h"
#include "phone/contacts_private.h"
#include "phone/spelling.h"
#include "phone/target.h"
#include "sip/uri.h"

#define NAME_BYTES_MAX 128
#define ADDRESS_BYTES_MAX 1024

struct contact {
    char *name, *address; /* as they stand in the file */
    char *folded;         /* name in small letters: key of by_name */
    char *where;          /* user@host in one spelling: key of by_where; NULL: no whole URI */
    size_t line;
};

/* --- a book --------------------------------------------------------------------------------- */

static struct book book_new(struct rng *rng)
{
    return (struct book){.by_name = map_new(rng), .by_where = map_new(rng)};
}

static void contact_free(struct contact *c)
{
    free(c->name);
    free(c->address);
    free(c->folded);
    free(c->where);
}

static void book_free(struct book *book)
{
    map_free(&book->by_name);
    map_free(&book->by_where);
    for (size_t i = 0; i < book->n; i++)
        contact_free(&book->at[i]);
    free(book->at);
}

static void put_folded(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        buf_putc(out, text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] + 32) : text.p[i]);
}

/* User and host in the one spelling in which equal ones have equal bytes (RFC 3261 19.1.4): the
 * user without escapes and with its case, the host in small letters, an address as RFC 5952 has
 * it. Port, parameters and password are left out. */
static int put_where(struct slice text, struct buf *out)
{
    struct sip_uri uri;
    struct ip ip;
    int err = sip_uri_parse(text, &uri);

    if (err)
        return err;
    if (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS)
        return -ENOTSUP;
    sip_uri_put_unescaped(out, uri.user);
    buf_putc(out, '@');
    if (ip_parse(uri.host, &ip) == 0)
        ip_put(out, &ip);
    else
        put_folded(out, uri.host);
    return buf_ok(out) ? 0 : -EMSGSIZE;
}

static char *dup_folded(struct slice name)
{
    struct buf folded = buf_new(NAME_BYTES_MAX);
    char *copy;

    put_folded(&folded, name);
    copy = buf_take(&folded);
    return copy;
}

static struct contact *find(const struct book *book, const struct map *map, struct slice key)
{
    size_t place = (size_t)(uintptr_t)map_get(map, key);

    return place ? &book->at[place - 1] : NULL;
}

static int make_room(struct book *book)
{
    size_t room = book->room ? 2 * book->room : 16;
    struct contact *at;

    if (book->n < book->room)
        return 0;
    at = realloc(book->at, room * sizeof *at);
    if (!at)
        return -ENOMEM;
    book->at = at;
    book->room = room;
    return 0;
}

/* Of several contacts with one address the first gives its name to who calls. On an error the
 * contact is still the caller's. */
static int add(struct book *book, const struct contact *c)
{
    void *place = (void *)(uintptr_t)(book->n + 1);
    int err = make_room(book);

    if (!err)
        err = map_put(&book->by_name, slice_of(c->folded), place);
    if (!err && c->where && map_put(&book->by_where, slice_of(c->where), place) == -ENOMEM) {
        map_remove(&book->by_name, slice_of(c->folded));
        err = -ENOMEM;
    }
    if (!err)
        book->at[book->n++] = *c;
    return err;
}

/* --- reading -------------------------------------------------------------------------------- */

struct reader {
    struct book *book;
    size_t line_number;
    const char *at; /* what is wrong, within the line */
    struct buf fault;
};

static int fail(struct reader *r, const char *at, const char *sentence)
{
    r->at = at;
    buf_puts(&r->fault, sentence);
    return -EINVAL;
}

/* A name is shown and typed: nothing in it hides, and nobody can take it for an address. */
static int check_name(struct reader *r, struct slice name, struct slice line)
{
    struct buf safe = buf_new(4 * NAME_BYTES_MAX);
    bool clean, has_memory;

    if (name.n == 0)
        return fail(r, line.p, "the name of a contact is missing before the equals sign");
    if (name.n > NAME_BYTES_MAX)
        return fail(r, name.p, "this name is too long for a contact");
    for (size_t i = 0; i < name.n; i++)
        if (strchr("@:/\"<>", name.p[i]) && name.p[i])
            return fail(r, name.p + i,
                        "this character cannot stand in the name of a contact, "
                        "which would look like an address");
    text_safe_own(&safe, name);
    clean = slice_eq(buf_slice(&safe), name);
    has_memory = buf_ok(&safe);
    buf_free(&safe);
    if (!has_memory)
        return -ENOMEM;
    return clean ? 0
                 : fail(r, name.p,
                        "this name holds characters that cannot be shown, or is not "
                        "UTF-8");
}

/* An address that only an account can complete, like 4711, has no URI of its own. */
static int read_where(struct reader *r, struct slice address, char **out)
{
    struct buf uri = buf_new(8 * ADDRESS_BYTES_MAX), where = buf_new(8 * ADDRESS_BYTES_MAX);
    int err;

    *out = NULL;
    if (address.n > ADDRESS_BYTES_MAX)
        return fail(r, address.p, "this address is too long");
    r->at = address.p;
    err = phone_target(address, SLICE(""), &uri, &r->fault);
    if (err == -EDESTADDRREQ) {
        buf_clear(&r->fault);
        err = 0;
    } else if (!err && put_where(buf_slice(&uri), &where) != 0) {
        err = fail(r, address.p,
                   "this address cannot be read; it is like alice@host or "
                   "sip:alice@host:5060;transport=tcp");
    } else if (!err) {
        *out = slice_dup(buf_slice(&where));
        err = *out ? 0 : -ENOMEM;
    }
    if (!buf_ok(&uri) || !buf_ok(&where))
        err = -ENOMEM; /* and not the fault of the line, which has the room it can need */
    buf_free(&uri);
    buf_free(&where);
    if (err == 0 || err == -ENOMEM)
        return err;
    spelling_put_habit(address, &r->fault);
    return -EINVAL;
}

static int check_twice(struct reader *r, const struct contact *c, struct slice name)
{
    const struct contact *first = find(r->book, &r->book->by_name, slice_of(c->folded));

    if (!first)
        return 0;
    r->at = name.p;
    buf_printf(&r->fault, "\"%s\" stands on line %zu already", first->name, first->line);
    return -EINVAL;
}

static int read_contact(struct reader *r, struct slice name, struct slice address)
{
    struct contact c = {.name = slice_dup(name),
                        .address = slice_dup(address),
                        .folded = dup_folded(name),
                        .line = r->line_number};
    int err = c.name && c.address && c.folded ? 0 : -ENOMEM;

    if (!err)
        err = read_where(r, address, &c.where);
    if (!err)
        err = check_twice(r, &c, name);
    if (!err)
        err = add(r->book, &c);
    if (err)
        contact_free(&c);
    return err;
}

static int read_line(struct reader *r, struct slice line)
{
    struct slice value = slice_trim(line), name;
    int err;

    if (value.n == 0 || value.p[0] == '#' || value.p[0] == ';')
        return 0;
    name = slice_trim(slice_cut(&value, '='));
    if (!value.p)
        return fail(r, name.p + name.n, "an equals sign is missing: a line is \"name = address\"");
    err = check_name(r, name, line);
    return err ? err : read_contact(r, name, slice_trim(value));
}

bool contacts_same_name(struct slice a, struct slice b)
{
    return slice_ieq(slice_trim(a), slice_trim(b));
}

/* What read_line would make another line, or another name, of. */
static int check_line(struct reader *r, struct slice name)
{
    if (slice_index(name, '=') >= 0 || (name.n > 0 && strchr("#;", name.p[0])))
        return fail(r, name.p,
                    "the name of a contact has no equals sign in it, and does not begin like a "
                    "comment");
    return check_name(r, name, name);
}

static int check_address(struct reader *r, const char *address)
{
    struct slice text = slice_trim(slice_of(address));
    struct buf safe = buf_new(4 * ADDRESS_BYTES_MAX);
    char *where = NULL;
    int err;

    text_safe(&safe, text);
    err = text.n > 0 && slice_eq(buf_slice(&safe), text)
              ? read_where(r, text, &where)
              : fail(r, text.p, "an address is missing, or holds what cannot be shown");
    buf_free(&safe);
    free(where);
    return err;
}

int contacts_check(const char *name, const char *address, struct buf *why)
{
    struct reader r = {.fault = buf_new(1024)};
    int err = check_line(&r, slice_trim(slice_of(name)));

    if (!err && address)
        err = check_address(&r, address);
    if (err == -EINVAL)
        buf_puts(why, buf_cstr(&r.fault));
    buf_free(&r.fault);
    return err;
}

static void tell_fault(struct reader *r, struct slice line, const char *path, struct buf *why)
{
    buf_printf(why, "%s:%zu:%zu: %s", path, r->line_number,
               text_column(line, (size_t)(r->at - line.p)), buf_cstr(&r->fault));
}

/* A line that is wrong is passed over: who misspells one name still wants to call the others. */
static int read_book(struct book *book, struct slice text, const char *path, struct buf *why)
{
    struct reader r = {.book = book, .fault = buf_new(1024)};
    size_t n_wrong = 0;
    int err = 0;

    if (slice_starts(text, SLICE("\xef\xbb\xbf")))
        text = slice_skip(text, 3); /* the mark that some editors begin UTF-8 with */
    while (err != -ENOMEM && text.p) {
        struct slice line = slice_cut(&text, '\n');

        r.line_number++;
        err = read_line(&r, line);
        if (err == -EINVAL && n_wrong++ == 0)
            tell_fault(&r, line, path, why);
        buf_clear(&r.fault);
    }
    buf_free(&r.fault);
    if (n_wrong > 1)
        buf_printf(why, " (and %zu more %s wrong)", n_wrong - 1,
                   n_wrong > 2 ? "lines are" : "line is");
    return err == -ENOMEM ? err : n_wrong > 0 ? -EBADMSG : 0;
}

int contacts_read_text(struct contacts *contacts, struct slice text, const char *path,
                       struct buf *why)
{
    struct book book = book_new(&contacts->rng), old = contacts->book;
    int err = read_book(&book, text, path, why);
    bool is_read = !err || err == -EBADMSG;

    if (is_read) {
        contacts->book = book;
        contacts->version++;
    }
    book_free(is_read ? &old : &book);
    return err;
}

int contacts_new(const char *path, struct contacts **out)
{
    struct contacts *contacts = calloc(1, sizeof *contacts);

    if (!contacts)
        return -ENOMEM;
    contacts->path = slice_dup(slice_of(path));
    contacts->rng = rng_system();
    contacts->book = book_new(&contacts->rng);
    if (!contacts->path) {
        contacts_free(contacts);
        return -ENOMEM;
    }
    *out = contacts;
    return 0;
}

void contacts_free(struct contacts *contacts)
{
    if (!contacts)
        return;
    book_free(&contacts->book);
    free(contacts->told);
    free(contacts->path);
    free(contacts);
}

unsigned contacts_version(const struct contacts *contacts)
{
    return contacts->version;
}

/* --- looking up ----------------------------------------------------------------------------- */

static const struct contact *by_name(const struct contacts *contacts, struct slice name)
{
    char *folded = dup_folded(slice_trim(name));
    const struct book *book = &contacts->book;
    const struct contact *c = folded ? find(book, &book->by_name, slice_of(folded)) : NULL;

    free(folded);
    return c;
}

const char *contacts_address(const struct contacts *contacts, struct slice name)
{
    const struct contact *c = by_name(contacts, name);

    return c ? c->address : NULL;
}

size_t contacts_line(const struct contacts *contacts, struct slice name)
{
    const struct contact *c = by_name(contacts, name);

    return c ? c->line : 0;
}

const char *contacts_spelling(const struct contacts *contacts, struct slice name)
{
    const struct contact *c = by_name(contacts, name);

    return c ? c->name : NULL;
}

const char *contacts_name(const struct contacts *contacts, struct slice uri)
{
    struct buf where = buf_new(2 * ADDRESS_BYTES_MAX);
    const struct book *book = &contacts->book;
    const struct contact *c = NULL;

    if (book->n > 0 && put_where(uri, &where) == 0)
        c = find(book, &book->by_where, buf_slice(&where));
    buf_free(&where);
    return c ? c->name : NULL;
}

bool contacts_at(const struct contacts *contacts, size_t i, const char **name, const char **address)
{
    if (i >= contacts->book.n)
        return false;
    *name = contacts->book.at[i].name;
    *address = contacts->book.at[i].address;
    return true;
}
