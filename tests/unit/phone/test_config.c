/* What a configuration file may say, and where an error is told to stand. */
#include "phone/config.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *in;
    const char *why; /* the whole message; NULL: the text is right */
} rows[] = {
    {"nothing at all", "", NULL},
    {"comments, blank lines and CRLF", "# one\r\n\r\n  ; two\r\nuser = alice\r\n", NULL},
    {"no newline at the end", "user=alice", NULL},
    {"the mark of UTF-8 at the beginning", "\xef\xbb\xbfuser = alice\n", NULL},
    {"a value has blanks, equals signs, quotes and semicolons", "name = a = \"b\" ; c # d\n", NULL},
    {"every setting", "listen = udp:192.0.2.1:5070\nrtp-ports = 4000-5000\ndevice = none\n"
                      "codec = pcma, opus\nuser = bob\nname = Bob\n", NULL},
    {"an unknown setting names the likely right one", "# x\n  lisen = 1\n",
     "f:2:3: there is no setting \"lisen\"; is \"listen\" meant?"},
    {"two letters swapped", "coedc = opus\n",
     "f:1:1: there is no setting \"coedc\"; is \"codec\" meant?"},
    {"names are in small letters", "User = bob\n",
     "f:1:1: there is no setting \"User\"; is \"user\" meant?"},
    {"nothing like any setting", "colour = red\n", 
     "f:1:1: there is no setting \"colour\"; there are listen, rtp-ports, device, codec, user, name"},
    {"of a long name its beginning", "0123456789012345678901234567890123456789 and more = \x1b\n",
     "f:1:1: there is no setting \"0123456789012345678901234567890123456789\"; there are listen, "
     "rtp-ports, device, codec, user, name"},
    {"a line without equals sign", "user alice\n",
     "f:1:11: an equals sign is missing: a line is \"name = value\""},
    {"a line without name", "user = a\n = b\n",
     "f:2:2: the name of a setting is missing before the equals sign"},
    {"a section", "[account]\n",
     "f:1:1: there are no sections in this file; settings stand alone, as \"name = value\""},
    {"the same setting twice", "user = a\n\nuser = b\n", "f:3:1: \"user\" stands on line 1 already"},
    {"a wrong item of a list is pointed at", "codec = opus, pmcu\n",
     "f:1:15: unknown codec; is pcmu meant?"},
    {"a codec twice", "codec = opus,OPUS\n", "f:1:14: opus stands here twice"},
    {"an empty item", "codec = opus,\n", "f:1:14: unknown codec; there are opus, pcmu and pcma"},
    {"an empty value", "device =\n", "f:1:9: the name of a sound device, or none, is missing"},
    {"columns count characters, not bytes", "name = \xc3\xa4\xc3\xb6\x01\n",
     "f:1:10: a control character cannot stand in a setting"},
    {"a range without its end", "rtp-ports = 4000\n",
     "f:1:13: the last port is missing or not a number up to 65535"},
    {"a range the wrong way round", "rtp-ports = 5000-4000\n",
     "f:1:18: the last port is below the first"},
    {"a range of one port", "rtp-ports = 4000-4000\n",
     "f:1:18: the range has no even port with the odd one above it"},
    {"a range that begins odd has a pair behind", "rtp-ports = 4001-4003\n", NULL},
    {"a range that begins odd and has none", "rtp-ports = 4001-4002\n",
     "f:1:18: the range has no even port with the odd one above it"},
    {"ports of the system", "rtp-ports = 80-90\n",
     "f:1:13: not a range of ports: it is FIRST-LAST, from 1024 to 65535"},
    {"a user with host", "user = a@b\n",
     "f:1:9: this character cannot stand in the user part of an address; the name alone is wanted, "
     "without @ and host"},
    {"a host name to listen on", "listen = example.org:5060\n",
     "f:1:10: not an address to listen on: it is [udp:|tcp:]ADDRESS:PORT with a numeric address, "
     "like udp:192.0.2.1:5060 or [::1]:5060"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct buf why = buf_new(4096);
    struct phone_config config;

    config_init(&config);
    assert_int_equal(config_read_text(&config, in, "f", &why), row->why ? -EINVAL : 0);
    assert_slice(buf_slice(&why), row->why ? row->why : "");
    config_free(&config);
    buf_free(&why);
    exact_free(in);
}

static void values(void **state)
{
    struct buf why = buf_new(4096);
    struct phone_config c;

    (void)state;
    config_init(&c);
    assert_int_equal(c.n_codecs, 3);
    assert_false(c.listen_said);
    assert_int_equal(config_read_text(&c, SLICE("listen = tcp:[2001:db8::1]:5070\nrtp-ports=4000-4099\n"
                                                "device = none\ncodec = PCMA,opus\n"
                                                "name =  Ann \"x\" ;y \nuser = ann"),
                                      "f", &why), 0);
    assert_true(c.listen_said && c.listen.tcp && !c.listen.udp);
    assert_int_equal(c.listen.ip.family, 6);
    assert_int_equal(c.listen.ip.port, 5070);
    assert_int_equal(c.rtp_first, 4000);
    assert_int_equal(c.rtp_last, 4099);
    assert_true(c.no_device);
    assert_int_equal(c.n_codecs, 2);
    assert_string_equal(c.codecs[0], "pcma");
    assert_string_equal(c.codecs[1], "opus");
    assert_string_equal(c.name, "Ann \"x\" ;y");
    assert_string_equal(c.user, "ann");
    config_free(&c);
    buf_free(&why);
}

/* A setting that is refused leaves what was there. */
static void all_or_nothing(void **state)
{
    struct config_fault fault = {.text = buf_new(1024)};
    struct phone_config c;

    (void)state;
    config_init(&c);
    assert_int_equal(config_set(&c, SLICE("codec"), SLICE("pcmu"), &fault), 0);
    assert_int_equal(config_set(&c, SLICE("codec"), SLICE("opus,x"), &fault), -EINVAL);
    assert_int_equal(c.n_codecs, 1);
    assert_string_equal(c.codecs[0], "pcmu");
    assert_int_equal(config_set(&c, SLICE("user"), SLICE("a"), &fault), 0);
    assert_int_equal(config_set(&c, SLICE("user"), SLICE("@"), &fault), -EINVAL);
    assert_string_equal(c.user, "a");
    assert_int_equal(config_set(&c, SLICE("nothing"), SLICE("a"), &fault), -ENOENT);
    buf_free(&fault.text);
    config_free(&c);
}

static void files(void **state)
{
    struct buf why = buf_new(4096);
    struct phone_config c;

    (void)state;
    config_init(&c);
    assert_int_equal(config_read_file(&c, "/no/such/file", &why), -ENOENT);
    assert_slice(buf_slice(&why), "/no/such/file: cannot be read: No such file or directory");
    buf_clear(&why);
    assert_int_equal(config_read_file(&c, "/dev/zero", &why), -EFBIG);
    buf_clear(&why);
    assert_int_equal(config_read_file(&c, "/", &why), -EISDIR);
    assert_int_equal(config_read_file(&c, "/dev/null", &why), 0);
    config_free(&c);
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(files),
    };

    return RUN_ROWS("phone/config", rows, check_row) +
           cmocka_run_group_tests_name("phone/config whole", tests, NULL, NULL);
}
