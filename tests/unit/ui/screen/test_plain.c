/* The telephone in lines: what events say, and what becomes of what is typed. */

#include "tests/lib/rows.h"
#include "ui/screen/plain.h"

#define LINES_MAX 6u

/* clang-format off */
#define EVENT(rest) "{\"v\":1,\"event\":" rest "}"
#define INCOMING EVENT("\"incoming\",\"call\":1,\"peer\":\"sip:bob@h\",\"transport\":\"udp\",\"remote\":\"1.2.3.4:5\"")
#define NAMED EVENT("\"incoming\",\"call\":1,\"peer\":\"sip:bob@h\",\"peer_name\":\"Carol\"")
#define SIXTY "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"
#define LONG EVENT("\"incoming\",\"call\":1,\"peer\":\"sip:bob@h\",\"peer_name\":\"" SIXTY "W\"")
#define KNOWN EVENT("\"incoming\",\"call\":1,\"peer\":\"sip:bob@h\",\"peer_name\":\"Carol\",\"contact\":\"Bob\",\"account\":\"work\"")
#define UP(n) EVENT("\"answered\",\"call\":" n ",\"peer\":\"sip:bob@h\",\"contact\":\"Bob\",\"codec\":\"opus/48000\"")
#define HELD(n) EVENT("\"on-hold\",\"call\":" n ",\"peer\":\"sip:bob@h\",\"contact\":\"Bob\"")
#define STATUS "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0.1\",\"calls\":[],\"accounts\":[" \
    "{\"account\":\"home\",\"uri\":\"sip:alice@h\",\"registers\":true,\"registered\":true,\"expires\":300}," \
    "{\"account\":\"work\",\"uri\":\"sip:work@h\",\"registers\":true,\"registered\":false,\"text\":\"password refused\"}]}"
#define ASKING "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0.1\",\"calls\":[],\"accounts\":[],\"questions\":[" \
    "{\"call\":1,\"peer\":\"sip:bob@h\",\"peer_name\":\"B\",\"contact\":\"Bob\",\"to\":\"sip:carol@h\",\"expires\":41.5}]}"
#define PAST(rest) "{\"time\":1e9," rest "}"
#define HISTORY "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[" \
    PAST("\"direction\":\"out\",\"outcome\":\"answered\",\"duration\":730.4,\"peer\":\"sip:bob@h\",\"contact\":\"Bob\"") "," \
    PAST("\"direction\":\"in\",\"outcome\":\"missed\",\"peer\":\"sip:carol@h\",\"peer_name\":\"Carol\"") "," \
    PAST("\"direction\":\"in\",\"outcome\":\"answered\",\"duration\":3601,\"peer\":\"sip:bob@h\",\"contact\":\"Bob\"") "]}"
#define LATER "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[" \
    PAST("\"direction\":\"in\",\"outcome\":\"missed\",\"peer\":\"sip:mallory@h\",\"peer_name\":\"Mallory\"") "]}"
#define LATER2 "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[{\"time\":2e9,\"direction\":\"in\",\"outcome\":\"missed\",\"peer\":\"sip:mallory@h\"}]}"
#define ASKED(n) EVENT("\"transfer-asked\",\"call\":" n ",\"peer\":\"sip:bob@h\",\"to\":\"sip:carol@h\"")
#define GOOD EVENT("\"quality\",\"call\":1,\"mos\":4.3,\"loss_percent\":0.5,\"delay_ms\":56,\"round_trip_ms\":38")
#define BOTH EVENT("\"quality\",\"call\":1,\"mos\":4.3,\"their_mos\":3.9,\"mouth_to_ear_ms\":104")
#define CONTACTS "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":[{\"name\":\"Bob\",\"address\":\"sip:bob@h\"},{\"name\":\"Ann\",\"address\":\"sip:ann@h\"}]}"

/* What the phone says, then what is typed; what the last of all that is answered with. */
static const struct row {
    const char *name;
    const char *heard[LINES_MAX];
    const char *typed[LINES_MAX]; /* or heard meanwhile, where it is JSON */
    const char *said; /* NULL: not looked at */
    const char *sent; /* a part of what was asked of the phone; NULL: nothing was */
} rows[] = {
    {"a call comes in", {INCOMING}, {0}, "bob@h, call 1: calls you, sip:bob@h; answer or decline\n", NULL},
    {"what a stranger calls itself is quoted", {NAMED}, {0}, "\"Carol\", call 1: calls you, sip:bob@h; answer or decline\n", NULL},
    {"a contact is not", {KNOWN}, {0}, "Bob, call 1: calls you, sip:bob@h, for work; answer or decline\n", NULL},
    {"later events have the name too", {KNOWN, EVENT("\"held\",\"call\":1")}, {0}, "Bob, call 1: put on hold by the other side\n", NULL},
    {"the end of a call", {KNOWN, EVENT("\"ended\",\"call\":1,\"text\":\"nobody answered\",\"outcome\":\"no-answer\"")}, {0}, "Bob, call 1: ended: nobody answered\n", NULL},
    {"a transfer is asked for", {KNOWN, ASKED("1")}, {0}, "Bob, call 1: asks you to call sip:carol@h instead; follow or stay\n", NULL},
    {"somebody wants to be followed", {UP("1"), ASKED("1")}, {"follow"}, "", "\"command\":\"follow\",\"id\":65,\"call\":1"},
    {"or is not", {UP("1"), ASKED("1")}, {"stay 1"}, "", "\"command\":\"stay\",\"id\":65,\"call\":1"},
    {"whose call is over", {KNOWN, ASKED("1"), EVENT("\"ended\",\"call\":1,\"text\":\"t\",\"outcome\":\"answered\"")}, {"follow 1"}, "", "\"command\":\"follow\",\"id\":65,\"call\":1"},
    {"nobody asks", {UP("1")}, {"follow"}, "follow needs a call in which that is asked\n", NULL},
    {"nobody does any more", {UP("1"), ASKED("1"), EVENT("\"transfer-refused\",\"call\":1,\"to\":\"sip:carol@h\",\"status\":603,\"text\":\"t\"")}, {"stay"}, "stay needs a call in which that is asked\n", NULL},
    {"muted", {UP("1"), EVENT("\"muted\",\"call\":1")}, {0}, "Bob, call 1: does not hear you: muted\n", NULL},
    {"an account", {EVENT("\"registered\",\"account\":\"home\",\"uri\":\"sip:alice@h\",\"expires\":300")}, {0}, "alice@h: registered for 5 minutes\n", NULL},
    {"why it is not registered is said once", {EVENT("\"registration-failed\",\"account\":\"home\",\"uri\":\"sip:alice@h\",\"text\":\"alice@h: the server refused the password\",\"retry\":61")}, {0}, "alice@h: the server refused the password; tried again in 1 minute 1 second\n", NULL},
    {"who has a long name", {LONG}, {0}, "\"" SIXTY "...\", call 1: calls you, sip:bob@h; answer or decline\n", NULL},
    {"a password is wanted", {EVENT("\"password-wanted\",\"account\":\"home\",\"uri\":\"sip:alice@h\"")}, {0}, "alice@h: a password is needed; the command password asks for it\n", NULL},
    {"what the phone wants known", {EVENT("\"notice\",\"text\":\"the disk is full\"")}, {0}, "telephone: the disk is full\n", NULL},
    {"quality is not told", {UP("1"), EVENT("\"quality\",\"call\":1,\"mos\":4.3")}, {0}, "", NULL},
    {"the beginning", {STATUS}, {0}, "alice@h: registered\nwork@h: not registered, password refused\nCalls: none\nType a command; help tells what can be done.\n", NULL},
    {"what was asked before, in a call that is over", {ASKING}, {0}, "There is no account: addresses are called without a server.\nBob, call 1: asks you to call sip:carol@h instead; follow or stay\nCalls: none\nType a command; help tells what can be done.\n", NULL},
    {"is answered", {ASKING}, {"follow"}, "", "\"command\":\"follow\",\"id\":65,\"call\":1"},
    {"or asked for once more", {ASKING}, {"status"}, "There is no account: addresses are called without a server.\nBob, call 1: asks you to call sip:carol@h instead; follow or stay\nCalls: none\n", NULL},
    {"is told once", {STATUS, STATUS}, {0}, "", NULL},
    {"an empty line", {UP("1")}, {""}, "", NULL},
    {"a command", {UP("1")}, {"mute"}, "", "\"command\":\"mute\""},
    {"a key", {UP("1")}, {"space"}, "", "\"command\":\"mute\""},
    {"a digit is one", {UP("1")}, {"5"}, "", "\"digits\":\"5\",\"call\":1"},
    {"the call by its number", {UP("1"), UP("2")}, {"hold 2"}, "", "\"command\":\"hold\",\"id\":65,\"call\":2"},
    {"digits alone are digits", {UP("1"), UP("2")}, {"dtmf 2"}, "", "\"digits\":\"2\""},
    {"digits of a call", {UP("1"), UP("2")}, {"dtmf 2 17#"}, "", "\"digits\":\"17#\",\"call\":2"},
    {"a call that is not there", {UP("1")}, {"hold 7"}, "there is no call 7\n", NULL},
    {"not now", {0}, {"mute"}, "mute needs a call that is up\n", NULL},
    {"nonsense is safe", {0}, {"x\x1b[2J"}, "there is no command x\xef\xbf\xbd[2J; ? shows them\n", NULL},
    {"a view", {CONTACTS}, {"contacts"}, "People: 2\n1. Bob, sip:bob@h\n2. Ann, sip:ann@h\n", NULL},
    {"a row is chosen", {CONTACTS}, {"contacts", "choose 2"}, "", "\"target\":\"Ann\""},
    {"a call is chosen by its own number", {UP("3"), UP("5")}, {"calls", "choose 3"}, "Call 3: Bob, sip:bob@h, talking, 0 seconds, opus\nsound: opus/48000, encryption not known\nquality: not known yet\nmessages: not encrypted\npackets: 0 sent, 0 received, 0 lost, 0 late, 0 concealed\n", NULL},
    {"a row that is not there", {CONTACTS}, {"contacts", "choose 3"}, "choose: a number from 1 to 2\n", NULL},
    {"rows one by one", {CONTACTS}, {"contacts", "down"}, "2. Ann, sip:ann@h\n", NULL},
    {"search", {CONTACTS}, {"contacts", "search ann"}, "People with that text: 1\n2. Ann, sip:ann@h\n", NULL},
    {"search finds the row one is on", {CONTACTS}, {"contacts", "search bob"}, "People with that text: 1\n1. Bob, sip:bob@h\n", NULL},
    {"search tells all rows", {CONTACTS}, {"contacts", "search SIP"}, "People with that text: 2\n1. Bob, sip:bob@h\n2. Ann, sip:ann@h\n", NULL},
    {"search leaves the view where it is", {UP("1")}, {"log", "search zz", "close"}, "Calls: 1\n", NULL},
    {"search finds nothing", {CONTACTS}, {"contacts", "search zz"}, "zz is not there\n", NULL},
    {"search from anywhere", {CONTACTS, HISTORY}, {"search ann"}, "People with that text: 1\n2. Ann, sip:ann@h\n", NULL},
    {"search in the history besides", {CONTACTS, HISTORY}, {"search bob"}, "People with that text: 1\n1. Bob, sip:bob@h\nThe history has 2 more; open it and search there.\n", NULL},
    {"search in the history alone", {CONTACTS, HISTORY}, {"search carol"}, "History with that text: 1\n2. \"Carol\" sip:carol@h, incoming, 2001-09-09, missed\n", NULL},
    {"the next one of a search", {CONTACTS}, {"contacts", "search sip", "n"}, "2. Ann, sip:ann@h\n", NULL},
    {"search asks", {CONTACTS}, {"contacts", "search"}, "What is looked for? A dot for nothing.\n", NULL},
    {"and is answered", {CONTACTS}, {"contacts", "search", "ann"}, "People with that text: 1\n2. Ann, sip:ann@h\n", NULL},
    {"or not answered", {CONTACTS}, {"contacts", "search", "."}, "", NULL},
    {"a call is told with its number", {UP("3")}, {"calls"}, "Calls: 1\n3. Bob, sip:bob@h, talking, 0 seconds, opus\n", NULL},
    {"the past", {HISTORY}, {"history"}, "History: 3\n1. Bob, sip:bob@h, outgoing, 2001-09-09, 12 minutes 10 seconds\n2. \"Carol\" sip:carol@h, incoming, 2001-09-09, missed\n3. Bob, sip:bob@h, incoming, 2001-09-09, 1 hour 1 second\n", NULL},
    {"a row that has changed is not called", {HISTORY}, {"history", LATER, "choose 1"}, "That row is another one now:\n1. \"Mallory\" sip:mallory@h, incoming, 2001-09-09, missed\n", NULL},
    {"one that has not is", {HISTORY}, {"history", HISTORY, "choose 1"}, NULL, "\"target\":\"Bob\""},
    {"how a call is heard", {UP("1"), GOOD}, {"quality"}, "Bob, call 1: quality 4.3 of 4.5, good, 0.5 percent lost, delay 56 milliseconds, round trip 38 milliseconds\n", NULL},
    {"how both hear", {UP("1"), BOTH}, {"quality"}, "Bob, call 1: quality 4.3 of 4.5, good, from mouth to ear 104 milliseconds, what they hear is 3.9 of 4.5\n", NULL},
    {"how no call is heard", {0}, {"quality"}, "quality: there is no call to hear\n", NULL},
    {"a call closely", {UP("1"), GOOD}, {"view call"}, "Call 1: Bob, sip:bob@h, talking, 0 seconds, opus\nsound: opus/48000, encryption not known\nquality: 4.3 of 4.5, good, 0.5 percent lost, delay 56 milliseconds, round trip 38 milliseconds\n", NULL},
    {"how much of what came was refused", {UP("1"), EVENT("\"quality\",\"call\":1,\"sent\":9,\"received\":7,\"lost\":1,\"late\":0,\"concealed\":1,\"refused\":300,\"frames_refused\":2")}, {"details"}, "Call 1: Bob, sip:bob@h, talking, 0 seconds, opus\nsound: opus/48000, encryption not known\nquality: not known yet\nmessages: not encrypted\npackets: 9 sent, 7 received, 1 lost, 0 late, 1 concealed, 300 refused\n", NULL},
    {"a call that is not by TLS any more", {UP("1"), EVENT("\"media\",\"call\":1,\"codec\":\"opus/48000\",\"signalling_encryption\":\"TLSv1.3\""), UP("1")}, {"calls", "choose 1"}, "Call 1: Bob, sip:bob@h, talking, 0 seconds, opus\nsound: opus/48000, encryption not known\nquality: not known yet\nmessages: not encrypted\npackets: 0 sent, 0 received, 0 lost, 0 late, 0 concealed\n", NULL},
    {"how sound and messages of a call are encrypted", {UP("1"), EVENT("\"media\",\"call\":1,\"encryption\":\"dtls\",\"suite\":\"AEAD_AES_256_GCM\",\"signalling_encryption\":\"TLSv1.3, X, h verified by tls-ca\"")}, {"details"}, "Call 1: Bob, sip:bob@h, talking, 0 seconds, opus, encrypted\nsound: opus/48000, encrypted, keys by DTLS, AEAD_AES_256_GCM\nquality: not known yet\nmessages: h verified by tls-ca, TLSv1.3, X\npackets: 0 sent, 0 received, 0 lost, 0 late, 0 concealed\n", NULL},
    {"no call closely", {0}, {"details"}, "Call: none\n", NULL},
    {"little is told", {UP("1")}, {"tell little"}, "tell: little\n", NULL},
    {"not of what one does oneself", {UP("1")}, {"tell little", HELD("1")}, "", NULL},
    {"but of what others do", {UP("1")}, {"tell little", EVENT("\"held\",\"call\":1")}, "Bob, call 1: put on hold by the other side\n", NULL},
    {"much is told", {0}, {"tell much", UP("1")}, "Bob, call 1: answered, opus/48000, messages not encrypted\n", NULL},
    {"how much is told", {0}, {"tell"}, "tell: normal\n", NULL},
    {"nobody tells like that", {0}, {"tell all"}, "tell: little, normal or much\n", NULL},
    {"the other side rings", {EVENT("\"ringing\",\"call\":1,\"peer\":\"sip:bob@h\",\"status\":180,\"reason\":\"Ringing\"")}, {0}, "bob@h, call 1: rings\n", NULL},
    {"a length is said", {UP("1"), EVENT("\"ended\",\"call\":1,\"text\":\"we hung up\",\"outcome\":\"answered\",\"answered\":true,\"duration\":61.9")}, {0}, "Bob, call 1: ended: we hung up, after 1 minute 1 second\n", NULL},
    {"missed calls are told", {HISTORY, LATER2}, {"status"}, "There is no connection to the telephone.\nMissed calls: 1; the history tells them.\nCalls: none\n", NULL},
    {"until the history is read", {HISTORY, LATER2}, {"history", "status"}, "There is no connection to the telephone.\nCalls: none\n", NULL},
    {"help of our own", {0}, {"help status"}, "status: say how the telephone is: accounts and calls\n", NULL},
    {"help of what means something else here", {0}, {"help search"}, "search TEXT: read the rows with that text: of the open list, else of people or the history\n", NULL},
    {"a view is gone back to", {CONTACTS}, {"contacts", "log", "close"}, "People: 2\n", NULL},
    {"a question is answered by a command", {UP("1")}, {"quit", "mute"}, "", "\"command\":\"mute\""},
    {"a question is answered by nothing", {UP("1")}, {"quit", ""}, "", "\"command\":\"status\""},
    {"the first row is said again", {CONTACTS}, {"contacts", "up"}, "1. Bob, sip:bob@h\n", NULL},
    {"a list has an end", {CONTACTS}, {"contacts", "page-down"}, "That was the end.\n", NULL},
    {"and a beginning", {CONTACTS}, {"contacts", "page-up"}, "That was the beginning.\n", NULL},
    {"the trace is empty", {0}, {"trace"}, "Trace: 0 messages\n", NULL},
    {"a filter is told", {0}, {"trace", "trace-filter BYE"}, "Trace: 0 messages, filter BYE\n", NULL},
    {"what is for eyes", {0}, {"bare"}, "That is for the screen: lines have nothing around them, and no mouse.\n", NULL},
    {"a tab completes", {CONTACTS}, {"call a\t"}, "call Ann\n", NULL},
    {"so does complete", {0}, {"complete mu"}, "mute\n", NULL},
    {"nothing completes", {0}, {"complete zz"}, "Nothing begins like that.\n", NULL},
    {"help of one", {0}, {"help mute"}, "mute: send silence in place of what is said; once more: no longer\n", NULL},
    {"whom to call is asked", {CONTACTS}, {"dial", "ann"}, NULL, "\"target\":\"ann\""},
    {"a password is asked", {STATUS}, {"password work"}, "Password for work? It is not shown.\n", NULL},
    {"and given", {STATUS}, {"password work", " s\"p "}, "", "\"account\":\"work\",\"password\":\" s\\\"p \""},
    {"or not", {STATUS}, {"password work", "."}, "", NULL},
    {"the people are there to be called", {CONTACTS}, {"contacts"}, "People: 2\n1. Bob, sip:bob@h\n2. Ann, sip:ann@h\n", NULL},
    {"a contact is added", {0}, {"contact-add Zoe = z@h"}, "", ",\"name\":\"Zoe\",\"address\":\"z@h\",\"new\":true}"},
    {"a blank does for the hyphen", {0}, {"contact add Zoe = z@h"}, "", ",\"name\":\"Zoe\",\"address\":\"z@h\",\"new\":true}"},
    {"what became of it is said", {"{\"v\":1,\"reply\":70,\"ok\":true}"}, {0}, "telephone: the contact is saved\n", "\"command\":\"contacts\""},
    {"a form asks for the name", {0}, {"contact-add"}, "Name of the new contact? A dot leaves.\n", NULL},
    {"then for the address", {0}, {"contact-add", "Zoe"}, "Address of the new contact? A dot leaves.\n", NULL},
    {"or at once", {0}, {"contact-add Zoe"}, "Address of the new contact? A dot leaves.\n", NULL},
    {"and saves", {0}, {"contact-add", "Zoe", "z@h"}, "", ",\"name\":\"Zoe\",\"address\":\"z@h\",\"new\":true}"},
    {"what is wrong is said", {CONTACTS}, {"contact-add", "ann"}, "there is a contact of that name already: sip:ann@h\nName of the new contact? It is ann; an empty line keeps it. A dot leaves.\n", NULL},
    {"a contact is changed", {CONTACTS}, {"contact-change ann"}, "Name? It is Ann; an empty line keeps it. A dot leaves.\n", NULL},
    {"one thing after the other", {CONTACTS}, {"contact change ann", ""}, "Address? It is sip:ann@h; an empty line keeps it. A dot leaves.\n", NULL},
    {"and the new one takes the place", {CONTACTS}, {"contact change ann", "", "z@h"}, "", ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"address\":\"z@h\"}"},
    {"nothing is lost unasked", {0}, {"contact-add", "Zoe", "."}, "leave, and lose what was typed? yes or no\n", NULL},
    {"another form does not take its place", {0}, {"contact-add Zoe", ":contact-add X"}, "a contact is being edited: save it first, or leave it\nAddress of the new contact? A dot leaves.\n", NULL},
    {"a blank is completed, too", {0}, {"complete contact re"}, "contact-rename\n", NULL},
    {"yes leaves", {0}, {"contact-add", "Zoe", ".", "yes"}, NULL, NULL},
    {"no asks again", {0}, {"contact-add", "Zoe", ".", "no"}, "Address of the new contact? A dot leaves.\n", NULL},
    {"a contact is deleted", {CONTACTS}, {"contact-delete Ann"}, "delete Ann? yes or no\n", NULL},
    {"after a yes", {CONTACTS}, {"contact-delete Ann", "yes"}, "", ",\"name\":\"Ann\",\"was\":\"sip:ann@h\",\"on\":false}"},
    {"hanging up, too, in two words", {UP("1")}, {"hang up"}, "", "\"command\":\"hangup\""},
    {"there is no set-up without its program", {0}, {"set-up"}, "set-up: not now\n", NULL},
};
/* clang-format on */

static void note_line(void *arg, struct slice line)
{
    buf_put(arg, line);
}

static void hear(struct plain *p, const char *text)
{
    struct ctl_line line;

    buf_clear(&p->out);
    assert_int_equal(ctl_line_read(slice_of(text), &line), 0);
    plain_line(p, &line);
    ctl_line_free(&line);
}

static void do_row(const struct row *row, struct plain *p)
{
    struct screen *s = p->screen;
    struct buf sent = buf_new(65536);

    s->now_ms = 1000;
    s->send = note_line;
    s->arg = &sent;
    for (size_t i = 0; i < LINES_MAX && row->heard[i]; i++)
        hear(p, row->heard[i]);
    for (size_t i = 0; i < LINES_MAX && row->typed[i]; i++) {
        buf_clear(&p->out);
        if (*row->typed[i] == '{')
            hear(p, row->typed[i]);
        else
            plain_typed(p, slice_of(row->typed[i]));
    }
    if (row->said)
        assert_string_equal(buf_cstr(&p->out), row->said);
    if (!row->sent)
        assert_string_equal(buf_cstr(&sent), "");
    else if (!strstr(buf_cstr(&sent), row->sent))
        fail_msg("%s is not in %s", row->sent, buf_cstr(&sent));
    buf_free(&sent);
}

static void check_row(void **state)
{
    struct model model;
    struct keymap keys;
    struct screen s;
    struct plain p;

    model_init(&model);
    keymap_init(&keys);
    screen_init(&s, &model, &keys);
    plain_init(&p, &s, 0);
    do_row(*state, &p);
    plain_free(&p);
    screen_free(&s);
    keymap_free(&keys);
    model_free(&model);
}

int main(void)
{
    return RUN_ROWS("ui/screen/plain", rows, check_row);
}
