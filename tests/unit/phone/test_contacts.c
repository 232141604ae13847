/* What a file of contacts may say, where a fault is told to stand, and who is found in it. */
#include "phone/contacts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phone/file_read.h"
#include "phone/helper.h"
#include "tests/lib/rows.h"

/* The file of this process: tests/run gives each a folder of its own to stand in. */
static char path[64];

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static const struct row {
    const char *name, *in;
    const char *why; /* behind the path; NULL: the text is right */
} rows[] = {
    {"nothing at all", "", NULL},
    {"comments, blank lines and CRLF", "# one\r\n\r\n ; two\r\nalice = sip:alice@example.org\r\n",
     NULL},
    {"no newline at the end", "alice=alice@example.org", NULL},
    {"the mark of UTF-8 at the beginning", "\xef\xbb\xbf" "alice = alice@example.org\n", NULL},
    {"blanks and UTF-8 in a name", "J\xc3\xbcrgen M. = j@example.org\n", NULL},
    {"names that need joiners: Persian, a family", "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae = m@example.org\n"
     "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa7 = f@example.org\n", NULL},
    {"a joiner that would only hide", "Bo\xe2\x80\x8d" "b = b@example.org\n",
     ":1:1: this name holds characters that cannot be shown, or is not UTF-8"},
    {"an equals sign in an address", "a = sip:a@example.org;x=y\n", NULL},
    {"a number that an account makes whole", "office = 4711\n", NULL},
    {"a host alone", "lab = 192.0.2.7:5070\n", NULL},
    {"IPv6", "lab = me@2001:db8::7\n", NULL},
    {"two names for one address", "a = x@example.org\nb = x@example.org\n", NULL},
    {"no equals sign", "# x\n alice sip:a@b.example\n",
     ":2:23: an equals sign is missing: a line is \"name = address\""},
    {"no name", "  = a@b.example\n",
     ":1:1: the name of a contact is missing before the equals sign"},
    {"no address", "alice =\n", ":1:8: the address to call is empty"},
    {"the same name twice, in another case", "Alice = a@b.example\n\n  aLICE = c@d.example\n",
     ":3:3: \"Alice\" stands on line 1 already"},
    {"a name like an address", "al@ice = a@b.example\n",
     ":1:3: this character cannot stand in the name of a contact, which would look like an address"},
    {"a name like a URI", "sip:x = a@b.example\n",
     ":1:4: this character cannot stand in the name of a contact, which would look like an address"},
    {"a name with an escape sequence", "\x1b[31m = a@b.example\n",
     ":1:1: this name holds characters that cannot be shown, or is not UTF-8"},
    {"a name that is not UTF-8", "J\xfcrgen = a@b.example\n",
     ":1:1: this name holds characters that cannot be shown, or is not UTF-8"},
    {"a name too long",
     "0123456789012345678901234567890123456789012345678901234567890123"
     "0123456789012345678901234567890123456789012345678901234567890123x = a@b.example\n",
     ":1:1: this name is too long for a contact"},
    {"an address with blanks", "alice = a b@c.example\n",
     ":1:9: an address to call has no blanks in it"},
    {"a comment behind an address", "bob = b@h # my brother\n",
     ":1:7: an address to call has no blanks in it; a comment needs a line of its own"},
    {"an address in quotes", "bob = 'sip:b@h'\n",
     ":1:7: this address cannot be read; it is like alice@host or sip:alice@host:5060;transport=tcp; "
     "quotes belong to the value here: leave them out"},
    {"an address that is none", "\xc3\xa4 = sip:@@\n",
     ":1:5: this address cannot be read; it is like alice@host or sip:alice@host:5060;transport=tcp"},
    {"an address of mail", "alice = mailto:a@b.example\n",
     ":1:9: this is no address of a telephone; call alice@host or sip:alice@host"},
    {"two lines that are wrong", "x\na = a@h\ny\n",
     ":1:2: an equals sign is missing: a line is \"name = address\" (and 1 more line is wrong)"},
    {"three of them", "x\ny\nz\n",
     ":1:2: an equals sign is missing: a line is \"name = address\" (and 2 more lines are wrong)"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf why = buf_new(4096), wanted = buf_new(4096);
    struct contacts *c;

    write_file(row->in);
    if (row->why)
        buf_printf(&wanted, "%s%s", path, row->why);
    assert_int_equal(contacts_new(path, &c), 0);
    assert_int_equal(contacts_refresh(c, &why), row->why ? -EBADMSG : 0);
    assert_slice(buf_slice(&why), buf_cstr(&wanted));
    contacts_free(c);
    buf_free(&why);
    buf_free(&wanted);
    unlink(path);
}

/* --- who is found --------------------------------------------------------------------------- */

static const char *const book = "alice = sip:alice@example.org\n"
                                "Bob Baker = bob@192.0.2.7:5070\n"
                                "J\xc3\xbcrgen = sip:j%40x@Example.ORG;transport=tcp\n"
                                "six = sip:six@[2001:DB8::7]\n"
                                "second = alice@example.org\n"
                                "office = 4711\n";

static const struct found {
    const char *name, *what;
    bool by_uri;
    const char *wanted; /* NULL: nobody */
} founds[] = {
    {"a name", "alice", false, "sip:alice@example.org"},
    {"a name in another case", "BOB baker", false, "bob@192.0.2.7:5070"},
    {"a name between blanks", " alice ", false, "sip:alice@example.org"},
    {"a name beyond ASCII", "j\xc3\xbcrgen", false, "sip:j%40x@Example.ORG;transport=tcp"},
    {"letters beyond ASCII have one case", "J\xc3\x9crgen", false, NULL},
    {"an address that needs an account", "office", false, "4711"},
    {"a name that is not there", "carol", false, NULL},
    {"the beginning of a name", "ali", false, NULL},
    {"no name", "", false, NULL},
    {"a URI; of two names the first", "sip:alice@example.org", true, "alice"},
    {"the host in any case", "sip:alice@EXAMPLE.org", true, "alice"},
    {"the user in its case only", "sip:Alice@example.org", true, NULL},
    {"whatever the port and the parameters", "sip:bob@192.0.2.7:40000;transport=udp", true,
     "Bob Baker"},
    {"sips is the same person", "sips:alice@example.org", true, "alice"},
    {"an escape is the byte it stands for", "sip:j%40x@example.org", true, "J\xc3\xbcrgen"},
    {"a needless escape", "sip:%61lice@example.org", true, "alice"},
    {"an address of IPv6 in another spelling", "sip:six@[2001:db8:0:0::7]", true, "six"},
    {"no user", "sip:example.org", true, NULL},
    {"another host", "sip:alice@example.com", true, NULL},
    {"a telephone number", "tel:4711", true, NULL},
    {"no URI at all", "alice", true, NULL},
};

static void check_found(void **state)
{
    const struct found *row = *state;
    struct buf why = buf_new(4096);
    struct contacts *c;
    const char *got;

    write_file(book);
    assert_int_equal(contacts_new(path, &c), 0);
    assert_int_equal(contacts_refresh(c, &why), 0);
    got = row->by_uri ? contacts_name(c, slice_of(row->what))
                      : contacts_address(c, slice_of(row->what));
    if (row->wanted)
        assert_string_equal(got, row->wanted);
    else
        assert_null(got);
    contacts_free(c);
    buf_free(&why);
    unlink(path);
}

/* --- the file changes ----------------------------------------------------------------------- */

static void in_order(void **state)
{
    const char *name, *address;
    struct buf why = buf_new(4096);
    struct contacts *c;

    (void)state;
    write_file("b = b@example.org\na = a@example.org\n");
    assert_int_equal(contacts_new(path, &c), 0);
    assert_false(contacts_at(c, 0, &name, &address));
    assert_int_equal(contacts_refresh(c, &why), 0);
    assert_true(contacts_at(c, 0, &name, &address));
    assert_string_equal(name, "b");
    assert_true(contacts_at(c, 1, &name, &address));
    assert_string_equal(address, "a@example.org");
    assert_false(contacts_at(c, 2, &name, &address));
    assert_string_equal(contacts_spelling(c, SLICE(" A")), "a");
    contacts_free(c);
    unlink(path);
}

static void changes(void **state)
{
    struct buf why = buf_new(4096);
    struct contacts *c;

    (void)state;
    unlink(path);
    assert_int_equal(contacts_new(path, &c), 0);
    assert_int_equal(contacts_refresh(c, &why), 0); /* missing is empty */
    assert_null(contacts_address(c, SLICE("a")));
    write_file("a = a@example.org\n");
    assert_int_equal(contacts_refresh(c, &why), 0);
    assert_non_null(contacts_address(c, SLICE("a")));
    write_file("b\na = b@example.org\nA = c@example.org\nc = c@example.org\n");
    assert_int_equal(contacts_refresh(c, &why), -EBADMSG);
    assert_string_equal(contacts_address(c, SLICE("a")),
                        "b@example.org"); /* the good lines count */
    assert_string_equal(contacts_name(c, SLICE("sip:c@example.org")), "c");
    assert_int_equal(contacts_line(c, SLICE("C")), 4);
    assert_int_equal(contacts_line(c, SLICE("b")), 0);
    buf_clear(&why);
    assert_int_equal(contacts_refresh(c, &why), 0); /* told once */
    assert_string_equal(contacts_address(c, SLICE("a")), "b@example.org");
    write_file("b\na = other@example.org\nA = c@example.org\n");
    assert_int_equal(contacts_refresh(c, &why), 0); /* also when other lines change */
    assert_int_equal(why.n, 0);
    assert_string_equal(contacts_address(c, SLICE("a")), "other@example.org");
    write_file("a = other@example.org\nb\n");
    assert_int_equal(contacts_refresh(c, &why), -EBADMSG);
    buf_clear(&why);
    write_file("a = longer@example.org\n");
    assert_int_equal(contacts_refresh(c, &why), 0);
    assert_string_equal(contacts_address(c, SLICE("a")), "longer@example.org");
    unlink(path);
    assert_int_equal(contacts_refresh(c, &why), 0);
    assert_null(contacts_address(c, SLICE("a")));
    contacts_free(c);
    buf_free(&why);
}

static void an_older_reading(void **state)
{
    struct buf why = buf_new(4096);
    struct contacts_fetch *fetch;
    struct contacts *c;

    (void)state;
    write_file("a = a@example.org\n");
    assert_int_equal(contacts_new(path, &c), 0);
    fetch = contacts_fetch_new(c);
    contacts_fetch_run(fetch);
    write_file("a = longer@example.org\n");
    assert_int_equal(contacts_refresh(c, &why), 0);
    assert_int_equal(contacts_fetch_take(c, fetch, &why), 0);
    assert_string_equal(contacts_address(c, SLICE("a")), "longer@example.org");
    contacts_fetch_free(fetch);
    contacts_free(c);
    buf_free(&why);
    unlink(path);
}

static void no_file(void **state)
{
    struct buf why = buf_new(4096);
    struct contacts *c;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(contacts_new(path, &c), 0);
    assert_int_equal(contacts_refresh(c, &why), -EINVAL); /* and nobody waits for its writer */
    assert_true(why.n > 0);
    unlink(path);
    buf_clear(&why);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(contacts_refresh(c, &why), -EISDIR);
    assert_true(why.n > 0);
    rmdir(path);
    contacts_free(c);
    buf_free(&why);
}

static void too_big(void **state)
{
    struct buf why = buf_new(4096), text = buf_new(2 * CONTACTS_FILE_BYTES_MAX);
    struct contacts *c;

    (void)state;
    for (unsigned i = 0; text.n <= CONTACTS_FILE_BYTES_MAX; i++)
        buf_printf(&text, "name%u = user%u@example.org\n", i, i);
    write_file(buf_cstr(&text));
    assert_int_equal(contacts_new(path, &c), 0);
    assert_int_equal(contacts_refresh(c, &why), -EFBIG);
    assert_true(why.n > 0);
    text.n -= 200; /* within a line, which the bytes below replace */
    while (text.p[text.n - 1] != '\n')
        text.n--;
    buf_clear(&why);
    write_file(buf_cstr(&text));
    assert_int_equal(contacts_refresh(c, &why), 0);
    assert_string_equal(contacts_name(c, SLICE("sip:user9999@example.org")), "name9999");
    contacts_free(c);
    buf_free(&why);
    buf_free(&text);
    unlink(path);
}

/* What happens to the file between the helper's opening of it and our next look, one letter for
 * each time that it is asked; "": there is no sandbox.
 *
 * r: it is replaced. c: it is made anew, which the helper came too early for. o: nothing, but the
 * helper opens another one than the name leads to, as a link was turned. -: nothing. */
static const char *meanwhile = "";
static unsigned asked;

static void replace_file(void)
{
    char before[sizeof path + 8];

    snprintf(before, sizeof before, "%s.before", path);
    assert_int_equal(rename(path, before), 0); /* so that its number is not given again */
    write_file("a = new@example.org\n");
    unlink(before);
}

int __real_file_read(const char *name, int flags, struct stat *seen, struct buf *text);
int __wrap_file_read(const char *name, int flags, struct stat *seen, struct buf *text);
int __wrap_file_read(const char *name, int flags, struct stat *seen, struct buf *text)
{
    return *meanwhile ? -EACCES : __real_file_read(name, flags, seen, text);
}

int __wrap_helper_open_contacts(const struct net_spawner *helper, const char *name, int *fd,
                                struct buf *why);
int __wrap_helper_open_contacts(const struct net_spawner *helper, const char *name, int *fd,
                                struct buf *why)
{
    char what = meanwhile[asked++];

    (void)helper;
    assert_true(what != '\0');
    if (what == 'c') {
        replace_file();
        buf_puts(why, "No such file or directory");
        return -ENOENT;
    }
    *fd = open(what == 'o' ? "/proc/self/status" : name, O_RDONLY | O_CLOEXEC);
    assert_true(*fd >= 0);
    if (what == 'r')
        replace_file();
    return 0;
}

static const struct turn {
    const char *name, *meanwhile;
    unsigned asked;
    int err;
    const char *address;
} turns[] = {
    {"nothing happens", "--", 1, 0, "old@example.org"},
    {"it is replaced", "r-", 2, 0, "new@example.org"},
    {"it is deleted and made anew", "c-", 2, 0, "new@example.org"},
    {"it leads elsewhere", "oo-", 2, -ESTALE, NULL},
    {"it is replaced each time", "rr-", 2, -ESTALE, NULL},
};

static void check_turn(void **state)
{
    const struct turn *turn = *state;
    struct buf why = buf_new(4096);
    struct contacts *c;
    const char *address;

    write_file("a = old@example.org\n");
    assert_int_equal(contacts_new(path, &c), 0);
    contacts_use_helper(c, (const struct net_spawner *)(const void *)&path);
    meanwhile = turn->meanwhile;
    asked = 0;
    assert_int_equal(contacts_refresh(c, &why), turn->err);
    meanwhile = "";
    assert_int_equal(asked, turn->asked);
    address = contacts_address(c, SLICE("a"));
    assert_int_equal(!address, !turn->address);
    if (turn->address)
        assert_string_equal(address, turn->address);
    assert_int_equal(why.n > 0, turn->err != 0);
    if (turn->err)
        assert_non_null(strstr(buf_cstr(&why), "start it again"));
    contacts_free(c);
    buf_free(&why);
    unlink(path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),
        cmocka_unit_test(changes),
        cmocka_unit_test(an_older_reading),
        cmocka_unit_test(no_file),
        cmocka_unit_test(too_big),
    };
    int failed;

    snprintf(path, sizeof path, "contacts-%ld", (long)getpid());
    failed = RUN_ROWS("phone/contacts: lines", rows, check_row);
    failed += RUN_ROWS("phone/contacts: who is found", founds, check_found);
    failed += RUN_ROWS("phone/contacts: read by the helper", turns, check_turn);
    return failed + cmocka_run_group_tests_name("phone/contacts", tests, NULL, NULL);
}
