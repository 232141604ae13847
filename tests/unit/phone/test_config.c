/* What a configuration file may say, and where an error is told to stand. */
#include "phone/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

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
                      "codec = pcma, opus\nuser = bob\nname = Bob\naccept = contacts\n"
                      "strangers = silence\ntls-ca = /ca\ntls-certificate = /c\ntls-key = /k\n"
                      "dns-server = 127.0.0.1:5353\nhistory = no\n"
                      "hep = homer.example.org\nhep-id = 4294967295\nhep-password = a b\n"
                      "history-file = /h\ncontacts-file = /c\n"
                      "on-event = incoming,answered notify -t 5 'a b'\n"
                      "on-event = * log\non-event=none\non-event = ended ~/bin/x\n", NULL},
    {"an event misspelt", "on-event = incoming,answerd notify\n",
     "f:1:21: there is no such event; is answered meant?"},
    {"an event that nobody knows", "on-event = xyzzy notify\n",
     "f:1:12: there is no such event; tphone-control(7) lists them, and * stands for all"},
    {"no event", "on-event = ended, incoming notify\n",
     "f:1:18: the name of an event is missing here; commas part names, without blanks, and a blank "
     "comes before the command"},
    {"events without a command", "on-event = incoming\n",
     "f:1:20: the name of a program is missing"},
    {"a command with half a quote", "on-event = incoming notify 'x\n",
     "f:1:28: this quote has no end"},
    {"a hook that would start itself", "on-event = hook-failed notify\n",
     "f:1:12: no command can be started by this event, as one that fails would start itself again"},
    {"a hook of what comes many times a second", "on-event = ended,SIP notify\n",
     "f:1:18: no command can be started by this event, which is for clients that ask for it "
     "alone"},
    {"five devices that ring", "ring-device=a\nring-device=b\nring-device=c\nring-device=d\n"
     "ring-device = e\n", "f:5:15: four devices ring at most"},
    {"none takes them away",
     "ring-device=a\nring-device=b\nring-device=none\nring-device=c\nring-device=d\n"
     "ring-device=e\nring-device=f\nring-tone = x.wav\n", NULL},
    {"a ring without a sound", "ring-tone =\n", "f:1:12: the name of a sound file is missing"},
    {"neither events nor none", "on-event =\n",
     "f:1:11: a list of events, with a command behind it, is missing"},
    {"every key of an account",
     "[account work]\nuri = sip:alice@example.org\nname = Alice A\nauth-user = a.smith\n"
     "realm = the office\npassword = p\nregistrar = sip:reg.example.org;transport=tcp\n"
     "proxy = 192.0.2.1:5070\ntransport = tcp\nexpires = 600\nkeep-alive = 30\ncodec = opus\n"
     "accept = anyone\nregister = no\n", NULL},
    {"two accounts", "user = a\n[account a]\nuri=a@h\n[account b c]\r\nuri=b@h\r\n", NULL},
    {"an account without uri", "[account a]\nname = x\n [account b]\nuri = b@h\n",
     "f:1:1: this account has no uri, like: uri = sip:alice@example.org"},
    {"the last account without uri", "\n  [account a]\n",
     "f:2:3: this account has no uri, like: uri = sip:alice@example.org"},
    {"a label twice", "[account a]\nuri=a@h\n[account  a]\n",
     "f:3:11: the account on line 1 has this label already"},
    {"an account without label", "[account]\n", "f:1:9: the account needs a label: [account work]"},
    {"a section misspelt", "[acount a]\n",
     "f:1:2: there is no such section; is [account LABEL] meant?"},
    {"an unknown section", "[general]\n",
     "f:1:2: there is no such section; sections are accounts, [account LABEL], and the settings of "
     "the phone stand before them"},
    {"an empty section", "[]\n",
     "f:1:1: there is no such section; sections are accounts, [account LABEL], and the settings of "
     "the phone stand before them"},
    {"a section without end", "[account a\n",
     "f:1:11: the bracket that ends the section's name is missing"},
    {"words behind a section", "[account a] # mine\n",
     "f:1:13: nothing can stand behind a section's name"},
    {"a label with controls", "[account a\x1b]\n",
     "f:1:11: a control character cannot stand in a label"},
    {"a key of an account before the first", "realm = x\n",
     "f:1:1: there is no setting \"realm\"; it is a key of an account, below [account LABEL]"},
    {"a setting of the phone in an account", "[account a]\nuri=a@h\ndevice = none\n",
     "f:3:1: there is no key of an account \"device\"; it is a setting of the phone, before the "
     "first account"},
    {"a misspelt key", "[account a]\nuri=a@h\nregistar = h\n",
     "f:3:1: there is no key of an account \"registar\"; is \"registrar\" meant?"},
    {"a key twice in an account", "name = x\n[account a]\nuri=a@h\nname=y\n name=z\n",
     "f:5:2: \"name\" stands on line 4 already"},
    {"two ways to the password", "[account a]\nuri=a@h\npassword = x\npassword-command = y\n",
     "f:4:1: \"password\" stands on line 3 already; only one of the two can give the password"},
    {"the keyring is a third way", "[account a]\nuri=a@h\npassword-keyring = yes\npassword = y\n",
     "f:4:1: \"password-keyring\" stands on line 3 already; only one of the two can give the "
     "password"},
    {"and in the other order", "[account a]\nuri=a@h\npassword-command = x\npassword = y\n",
     "f:4:1: \"password-command\" stands on line 3 already; only one of the two can give the "
     "password"},
    {"no password", "[account a]\nuri=a@h\npassword =\n", "f:3:11: the password is missing"},
    {"an address with a password", "[account a]\nuri = alice:secret@h\n",
     "f:2:13: a password cannot stand in an address; password-command gives it"},
    {"an address with headers", "[account a]\nuri = sip:a@h?Subject=x\n",
     "f:2:15: headers, what stands behind \"?\", cannot stand here"},
    {"an address with parameters", "[account a]\nuri = a@h;transport=tcp\n",
     "f:2:10: parameters cannot stand in an address of record; there are the keys registrar, proxy "
     "and transport"},
    {"an address without user", "[account a]\nuri = sip:example.org\n",
     "f:2:11: the user is missing: an address of record is like sip:alice@example.org"},
    {"a fingerprint that is none", "tls-fingerprint = 12:34\n",
     "f:1:19: not the SHA-256 of a certificate: it is 64 hex digits, as \"openssl x509 "
     "-fingerprint -sha256\" prints them"},
    {"a certificate without a name", "[account a]\nuri = a@h\ntls-certificate =\n",
     "f:3:18: the name of the file is missing"},
    {"a telephone number", "[account a]\nuri = tel:+1234\n",
     "f:2:7: not an address: it is like sip:alice@example.org"},
    {"no address", "[account a]\nuri =\n",
     "f:2:6: not an address: it is like sip:alice@example.org"},
    {"a server with a user", "[account a]\nuri = a@h\nproxy = bob@h\n",
     "f:3:9: a server has no user in its address"},
    {"a server with a strange transport", "[account a]\nuri = a@h\nproxy = sip:h;transport=ws\n",
     "f:3:14: the transport of a server can be udp, tcp or tls"},
    {"a server that is none", "[account a]\nuri = a@h\nregistrar = http://h\n",
     "f:3:13: not a server: it is like sip.example.org, 192.0.2.1:5070, [2001:db8::1] "
     "or sip:sip.example.org;transport=tcp"},
    {"quotes around a value", "[account a]\nuri = \"sip:a@h\"\n",
     "f:2:7: not an address: it is like sip:alice@example.org; quotes belong to the value here: "
     "leave them out"},
    {"a comment behind a value", "history = no # not here\n",
     "f:1:11: this can be no or yes; a comment needs a line of its own"},
    {"a comment behind a tab", "history = no\t; not here\n",
     "f:1:13: a control character cannot stand in a setting; a comment needs a line of its own"},
    {"a transport that is none", "[account a]\nuri = a@h\ntransport = tpc\n",
     "f:3:13: this can be udp, tcp or tls; is tcp meant?"},
    {"another transport", "[account a]\nuri = a@h\ntransport = sctp\n",
     "f:3:13: this can be udp, tcp or tls"},
    {"neither yes nor no", "history = maybe\n", "f:1:11: this can be no or yes"},
    {"nobody to accept", "accept = servers\n",
     "f:1:10: this can be anyone, server or contacts; is server meant?"},
    {"a time that is too long", "[account a]\nuri = a@h\nexpires = 604801\n",
     "f:3:11: not a number of seconds from 1 to 604800"},
    {"a name server by name", "dns-server = localhost\n",
     "f:1:14: not the address of a name server: it is a numeric address, like 192.0.2.53, "
     "127.0.0.1:5353 or [2001:db8::53]:53"},
    {"capture servers by address", "hep = [2001:db8::1]:9061\n", NULL},
    {"a capture server with a user", "hep = sip:a@b\n",
     "f:1:7: not a capture server: it is like homer.example.org, 192.0.2.1:9060 or "
     "[2001:db8::1]:9060"},
    {"a capture server with a port that is none", "hep = a:99999\n",
     "f:1:7: not a capture server: it is like homer.example.org, 192.0.2.1:9060 or "
     "[2001:db8::1]:9060"},
    {"no capture server", "hep =\n",
     "f:1:6: the host of the capture server, or none, is missing"},
    {"a number for nobody", "hep-id = 0\n", "f:1:10: not a number from 1 to 4294967295"},
    {"a number that is too long", "hep-id = 4294967296\n",
     "f:1:10: not a number from 1 to 4294967295"},
    {"an empty password", "hep-password =\n",
     "f:1:15: the password of the capture server is missing"},
    {"a status that refuses nobody", "dnd-status = 200\n",
     "f:1:14: not a status to refuse calls with: it is like 480, 486, 600 or 603"},
    {"an unknown setting names the likely right one", "# x\n  lisen = 1\n",
     "f:2:3: there is no setting \"lisen\"; is \"listen\" meant?"},
    {"two letters swapped", "coedc = opus\n",
     "f:1:1: there is no setting \"coedc\"; is \"codec\" meant?"},
    {"names are in small letters", "User = bob\n",
     "f:1:1: there is no setting \"User\"; is \"user\" meant?"},
    {"nothing like any setting", "xyzzy = red\n",
     "f:1:1: there is no setting \"xyzzy\"; there are listen, rtp-ports, device, "
     "ring-device, ring-tone, echo, noise-suppression, level-control, "
     "codec, ptime, maxptime, dtx, opus-bitrate, opus-rate, opus-cbr, opus-stereo, opus-complexity, "
     "jitter-max, redundancy, "
     "user, name, accept, strangers, transfers, dtmf-mode, encryption, sdes, dtls, tls-ca, tls-fingerprint, "
     "tls-certificate, tls-key, dns-server, history, history-file, contacts-file, "
     "dnd, dnd-status, keep-trace, hep, hep-id, hep-password, sandbox, on-event, theme, colours, lines, mouse, bind"},
    {"of a long name its beginning", "0123456789012345678901234567890123456789 and more = \x1b\n",
     "f:1:1: there is no setting \"0123456789012345678901234567890123456789\"; there are listen, "
     "rtp-ports, device, ring-device, ring-tone, echo, noise-suppression, level-control, "
     "codec, ptime, maxptime, dtx, opus-bitrate, opus-rate, "
     "opus-cbr, opus-stereo, opus-complexity, jitter-max, redundancy, "
     "user, name, accept, strangers, transfers, dtmf-mode, encryption, sdes, dtls, tls-ca, tls-fingerprint, "
     "tls-certificate, tls-key, dns-server, history, history-file, "
     "contacts-file, dnd, dnd-status, keep-trace, hep, hep-id, hep-password, sandbox, on-event, theme, colours, lines, mouse, bind"},
    {"a line without equals sign", "user alice\n",
     "f:1:11: an equals sign is missing: a line is \"name = value\""},
    {"a line without name", "user = a\n = b\n",
     "f:2:2: the name of a setting is missing before the equals sign"},
    {"a theme that is none", "theme = pink\n", "f:1:9: this can be dark, light or contrast"},
    {"colours that no table has", "colours = 88\n", "f:1:11: this can be auto, 0, 8, 16 or 256"},
    {"how the screen looks", "theme = light\ncolours = 16\nlines = ascii\nmouse = yes\n"
     "bind = x hang-up\nbind = C-g redraw\n", NULL},
    {"a key without a command", "bind = x\n", "f:1:8: it is a key, a blank and a command"},
    {"the same setting twice", "user = a\n\nuser = b\n", "f:3:1: \"user\" stands on line 1 already"},
    {"a wrong item of a list is pointed at", "codec = opus, pmcu\n",
     "f:1:15: unknown codec; is pcmu meant?"},
    {"a codec twice", "codec = opus,OPUS\n", "f:1:14: opus stands here twice"},
    {"packets of no time", "ptime = 0\n", "f:1:9: not the time of a packet: it is a multiple of 10 from 10 to 120 (ms)"},
    {"packets of 25 ms", "ptime = 25\n", "f:1:9: not the time of a packet: it is a multiple of 10 from 10 to 120 (ms)"},
    {"no bit rate", "opus-bitrate = 5999\n",
     "f:1:16: not a bit rate of Opus: it is a number from 6000 to 510000"},
    {"a rate of CDs", "opus-rate = 44100\n",
     "f:1:13: not a rate of Opus: it is 8000, 12000, 16000, 24000 or 48000"},
    {"no effort", "opus-complexity = 0\n",
     "f:1:19: not a complexity of Opus: it is a number from 1 to 10"},
    {"no time to wait", "jitter-max = 9\n",
     "f:1:14: not how long to wait for sound: it is a number from 10 to 500 (ms)"},
    {"packets that are too long", "maxptime = 130\n",
     "f:1:12: not the time of a packet: it is a multiple of 10 from 10 to 120 (ms)"},
    {"an empty item", "codec = opus,\n", "f:1:14: unknown codec; there are opus, g722, pcmu, pcma and l16"},
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
     "f:1:10: not an address to listen on: it is [udp:|tcp:|tls:]ADDRESS:PORT with a numeric address, "
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
    assert_int_equal(c.n_codecs, 4);
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

static struct account_config *account_at(struct phone_config *c, size_t i)
{
    struct list *at = c->accounts.next;

    while (i-- > 0)
        at = at->next;
    assert_ptr_not_equal(at, &c->accounts);
    return LIST_ITEM(at, struct account_config, link);
}

static void accounts(void **state)
{
    struct buf why = buf_new(4096);
    struct account_config *a;
    struct phone_config c;

    (void)state;
    config_init(&c);
    assert_null(config_first_account(&c));
    assert_int_equal(
        config_read_text(&c, SLICE("[account work]\nuri = alice@example.org\nname = Alice\n"
                                   "auth-user = a\nrealm = r\npassword-command = pass show x\n"
                                   "registrar = h:5070\nproxy = sip:p;lr\ntransport = TCP\n"
                                   "expires = 600\nkeep-alive = 30\ncodec = pcma\n"
                                   "accept = contacts\nregister = no\n"
                                   "[account  at home ]\r\nuri = sip:bob@[2001:db8::1]:5070\r\n"),
                         "f", &why),
        0);
    a = account_at(&c, 0);
    assert_ptr_equal(a, config_first_account(&c));
    assert_string_equal(a->label, "work");
    assert_int_equal(a->line, 1);
    assert_string_equal(a->uri, "sip:alice@example.org");
    assert_string_equal(a->name, "Alice");
    assert_string_equal(a->auth_user, "a");
    assert_string_equal(a->realm, "r");
    assert_string_equal(a->password_command, "pass show x");
    assert_null(a->password);
    assert_string_equal(a->registrar, "sip:h:5070");
    assert_string_equal(a->proxy, "sip:p;lr");
    assert_int_equal(a->transport, CONFIG_TCP);
    assert_int_equal(a->expires_s, 600);
    assert_int_equal(a->keep_alive_s, 30);
    assert_int_equal(a->n_codecs, 1);
    assert_string_equal(a->codecs[0], "pcma");
    assert_int_equal(a->accept, CONFIG_ACCEPT_CONTACTS);
    assert_true(a->no_register);
    a = account_at(&c, 1);
    assert_string_equal(a->label, "at home");
    assert_string_equal(a->uri, "sip:bob@[2001:db8::1]:5070");
    assert_int_equal(a->accept, CONFIG_ACCEPT_DEFAULT);
    assert_false(a->no_register);
    assert_int_equal(c.n_codecs, 4);
    config_free(&c);
    buf_free(&why);
}

/* A password is whatever stands there, and no message repeats it. */
static void passwords(void **state)
{
    static const struct {
        const char *written, *password;
    } all[] = {
        {" # not a comment ; = \"quoted\" 'too' \\n", "# not a comment ; = \"quoted\" 'too' \\n"},
        {"=", "="},
        {"[account]", "[account]"},
        {"a\tb\x1b", "a\tb\x1b"},
        {" p\xc3\xa4ss \t", "p\xc3\xa4ss"},
        {"\xff\xfe", "\xff\xfe"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct buf text = buf_new(4096), why = buf_new(4096);
        struct phone_config c;

        config_init(&c);
        buf_printf(&text, "[account a]\nuri = a@h\npassword =%s\r\n", all[i].written);
        assert_int_equal(config_read_text(&c, buf_slice(&text), "f", &why), 0);
        assert_string_equal(config_first_account(&c)->password, all[i].password);
        config_free(&c);
        buf_free(&text);
        buf_free(&why);
    }
}

/* --- how one call sounds --------------------------------------------------------------------- */

static const struct sound {
    const char *name, *list, *why;
    size_t at;
} sounds[] = {
    {"several", "ptime=40, maxptime = 60,dtx=YES,opus-bitrate=20000,opus-rate=16000,opus-cbr=yes,"
     "opus-stereo=yes,opus-complexity=3,jitter-max=60", NULL, 0},
    {"none of a call", "ptime=40,user=bob", "no setting of one call; there are ptime, maxptime, dtx, "
     "opus-bitrate, opus-rate, opus-cbr, opus-stereo, opus-complexity, jitter-max", 9},
    {"nothing", "", "no setting of one call; there are ptime, maxptime, dtx, opus-bitrate, opus-rate, "
     "opus-cbr, opus-stereo, opus-complexity, jitter-max", 0},
    {"no value", "ptime=40, dtx", "an equals sign and a value are missing", 10},
    {"a wrong value", "dtx=no, ptime = 25",
     "ptime: not the time of a packet: it is a multiple of 10 from 10 to 120 (ms)", 16},
    {"a wrong word", "dtx=on", "dtx: this can be asked, yes or no", 4},
};

static bool sounds_alike(const struct config_sound *a, const struct config_sound *b)
{
    return a->ptime_ms == b->ptime_ms && a->maxptime_ms == b->maxptime_ms && a->dtx == b->dtx &&
           a->opus_bitrate == b->opus_bitrate && a->opus_rate_hz == b->opus_rate_hz &&
           a->opus_cbr == b->opus_cbr && a->opus_stereo == b->opus_stereo &&
           a->opus_complexity == b->opus_complexity && a->jitter_max_ms == b->jitter_max_ms;
}

static void check_sound(void **state)
{
    static const struct config_sound several = {40, 60, CONFIG_DTX_YES, 20000, 16000, CONFIG_CBR_YES,
                                                 CONFIG_STEREO_YES, 3, 60};
    const struct sound *row = *state;
    struct config_fault fault = {.text = buf_new(512)};
    struct config_sound sound = {.ptime_ms = 70, .dtx = CONFIG_DTX_NO}, before = sound;
    int err = config_sound_read(slice_of(row->list), &sound, &fault);

    assert_string_equal(buf_cstr(&fault.text), row->why ? row->why : "");
    assert_int_equal(err, row->why ? -EINVAL : 0);
    if (row->why)
        assert_int_equal(fault.at, row->at);
    assert_true(sounds_alike(&sound, row->why ? &before : &several));
    buf_free(&fault.text);
}

/* What is not said stays. */
static void each_outweighs_the_one_before(void **state)
{
    static const struct config_sound wanted = {20, 60, CONFIG_DTX_YES, 20000, 16000, CONFIG_CBR_NO,
                                                CONFIG_STEREO_NO, 3, 60};
    const struct config_sound said = {
        .ptime_ms = 20, .opus_cbr = CONFIG_CBR_NO, .opus_stereo = CONFIG_STEREO_NO};
    struct config_sound out = {40, 60, CONFIG_DTX_YES, 20000, 16000, CONFIG_CBR_YES,
                               CONFIG_STEREO_YES, 3, 60};

    (void)state;
    config_sound_put_over(&out, &said);
    assert_true(sounds_alike(&out, &wanted));
}

static void choose(struct phone_config *c, const char *which, const char *why)
{
    struct buf got = buf_new(4096);

    config_free(c);
    config_init(c);
    assert_int_equal(config_read_text(c, SLICE("[account work]\nuri = alice@h\n[account b]\n"
                                               "uri = sip:bob@h\n"), "f", &got), 0);
    assert_int_equal(config_choose_account(c, slice_of(which), &got), why ? -EINVAL : 0);
    assert_slice(buf_slice(&got), why ? why : "");
    buf_free(&got);
}

static void one_account_is_chosen(void **state)
{
    struct phone_config c;

    (void)state;
    config_init(&c);
    choose(&c, "b", NULL);
    assert_string_equal(config_first_account(&c)->uri, "sip:bob@h");
    assert_ptr_equal(c.accounts.next->next, &c.accounts);
    choose(&c, "alice@h", NULL);
    assert_string_equal(config_first_account(&c)->label, "work");
    choose(&c, "SIP:alice@H", NULL); /* RFC 3261 19.1.4 */
    assert_string_equal(config_first_account(&c)->label, "work");
    choose(&c, "carol@h", NULL);
    assert_string_equal(config_first_account(&c)->uri, "sip:carol@h");
    assert_string_equal(config_first_account(&c)->label, "sip:carol@h");
    assert_ptr_equal(c.accounts.next->next, &c.accounts);
    choose(&c, "wrok", "there is no account \"wrok\" in the configuration; is work meant?");
    choose(&c, "", "there is no account \"\" in the configuration; one that does not stand there "
                   "is named by its address, like alice@example.org");
    choose(&c, "sip:a:secret@h",
           "a password cannot stand in an address; password-command gives it");
    config_free(&c);
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
    struct buf why = buf_new(4096), notice = buf_new(4096);
    struct phone_config c;

    (void)state;
    config_init(&c);
    assert_int_equal(config_read_file(&c, "/no/such/file", &notice, &why), -ENOENT);
    assert_slice(buf_slice(&why), "/no/such/file: cannot be read: No such file or directory");
    buf_clear(&why);
    assert_int_equal(config_read_file(&c, "/dev/zero", &notice, &why), -EFBIG);
    buf_clear(&why);
    assert_int_equal(config_read_file(&c, "/", &notice, &why), -EISDIR);
    assert_int_equal(config_read_file(&c, "/dev/null", &notice, &why), 0);
    assert_int_equal(notice.n, 0);
    config_free(&c);
    buf_free(&why);
}

/* Reads text from a file of this mode; what is told about it. */
static void read_with_mode(const char *text, mode_t mode, struct buf *notice)
{
    char path[TEMPORARY_MAX] = "/tmp/tphone-config-XXXXXX";
    struct buf why = buf_new(4096);
    struct phone_config c;
    int fd = temporary_file(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    config_init(&c);
    assert_int_equal(config_read_file(&c, path, notice, &why), 0);
    unlink(path);
    config_free(&c);
    buf_free(&why);
}

static void a_password_that_others_can_read_is_noticed(void **state)
{
    static const char open_text[] = "[account a]\nuri = a@h\npassword-command = x\n";
    static const char secret[] = "[account a]\nuri = a@h\npassword = x\n[account b]\nuri = b@h\n";
    struct buf notice = buf_new(4096);

    (void)state;
    read_with_mode(open_text, 0644, &notice);
    read_with_mode(secret, 0600, &notice);
    assert_slice(buf_slice(&notice), "");
    read_with_mode(secret, 0640, &notice);
    assert_true(strstr(buf_cstr(&notice), "can be read by others") != NULL);
    buf_free(&notice);
}

/* Whatever a table says of itself, a person reads. */
static void tables_are_complete(void **state)
{
    const struct config_key *key;

    (void)state;
    for (int section = CONFIG_PHONE; section <= CONFIG_ACCOUNT; section++) {
        assert_non_null(config_key_at((enum config_section)section, 5));
        for (size_t i = 0; (key = config_key_at((enum config_section)section, i)); i++) {
            assert_true(*key->value && *key->help);
            assert_ptr_equal(key, config_key((enum config_section)section, slice_of(key->name)));
        }
    }
    assert_null(config_key(CONFIG_ACCOUNT, SLICE("device")));
}

static void passwords_are_wiped(void **state)
{
    struct slice text = SLICE("hep-password = open\n[account a]\nuri = a@h\npassword = sesame\n");
    struct buf why = buf_new(1024);
    struct phone_config c;

    (void)state;
    config_init(&c);
    config_wipe_passwords(&c);
    assert_int_equal(config_read_text(&c, text, "f", &why), 0);
    assert_string_equal(c.hep.password, "open");
    config_wipe_passwords(&c);
    assert_string_equal(c.hep.password, "");
    assert_string_equal(config_first_account(&c)->password, "");
    config_free(&c);
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(files),
        cmocka_unit_test(accounts),
        cmocka_unit_test(passwords),
        cmocka_unit_test(passwords_are_wiped),
        cmocka_unit_test(one_account_is_chosen),
        cmocka_unit_test(a_password_that_others_can_read_is_noticed),
        cmocka_unit_test(tables_are_complete),
        cmocka_unit_test(each_outweighs_the_one_before),
    };

    return RUN_ROWS("phone/config", rows, check_row) +
           RUN_ROWS("phone/config of one call", sounds, check_sound) +
           cmocka_run_group_tests_name("phone/config whole", tests, NULL, NULL);
}
