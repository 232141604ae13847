/* What keys, clicks and lines of the phone do: to what is chosen, to what is asked of the phone,
 * and to what is remembered. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/ui/screen/scenes.h"
#include "ui/screen/commands.h"

#define CALL(n, phase, more)                                                                       \
    "{\"call\":" #n ",\"phase\":\"" phase "\",\"peer\":\"sip:p" #n                                 \
    "@h.example\",\"incoming\":false,\"answered\":true,\"on_hold\":false,\"held\":false,"          \
    "\"muted\":false,\"device\":true,\"codec\":\"opus/48000\",\"duration\":5" more "}"
#define STATUS(calls)                                                                              \
    "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0\",\"leaves\":true,\"calls\":[" calls         \
    "],\"accounts\":[]}"
/* What was asked in call n before the screen was there. */
#define QUESTION(n)                                                                                \
    "{\"call\":" #n ",\"peer\":\"sip:p" #n                                                         \
    "@h.example\",\"peer_name\":\"P\",\"to\":\"sip:carol" #n "@h.example\",\"expires\":41.5}"
#define ASKING(calls, questions) STATUS(calls "],\"questions\":[" questions)
#define INCOMING(n)                                                                                \
    "{\"v\":1,\"event\":\"incoming\",\"time\":1.0,\"call\":" #n ",\"peer\":\"sip:p" #n             \
    "@h.example\",\"peer_name\":\"P\"}"

#define ASKED(n)                                                                                   \
    "{\"v\":1,\"event\":\"transfer-asked\",\"time\":1.0,\"call\":" #n ",\"peer\":\"sip:p" #n       \
    "@h.example\",\"peer_name\":\"P\",\"to\":\"sip:carol@h.example\"}"

#define GIVEN_UP(n)                                                                                \
    "{\"v\":1,\"event\":\"transfer-refused\",\"time\":1.0,\"call\":" #n ",\"to\":\"sip:c@h\","     \
    "\"status\":603,\"text\":\"t\"}"

/* --- what is asked of the phone ------------------------------------------------------------- */

/* clang-format off */
static const struct row {
    const char *name, *calls, *event; /* event: NULL, or a line behind it */
    const char *keys;
    const char *sent; /* the last line; a * where its id stands; "": nothing */
} rows[] = {
    {"x ends the call",            STATUS(CALL(1, "up", "")), NULL, "x", "{\"command\":\"hangup\",\"id\":*,\"call\":1}"},
    {"x with none does nothing",   STATUS(""), NULL, "x", ""},
    {"space mutes",                STATUS(CALL(1, "up", "")), NULL, "space", "{\"command\":\"mute\",\"id\":*,\"call\":1}"},
    {"space unmutes",              STATUS(CALL(1, "up", "")), "{\"v\":1,\"event\":\"muted\",\"time\":1.0,\"call\":1}", "space",
     "{\"command\":\"unmute\",\"id\":*,\"call\":1}"},
    {"H holds",                    STATUS(CALL(1, "up", "")), NULL, "H", "{\"command\":\"hold\",\"id\":*,\"call\":1}"},
    {"H goes on",                  STATUS(CALL(1, "up", "")), "{\"v\":1,\"event\":\"on-hold\",\"time\":1.0,\"call\":1}", "H",
     "{\"command\":\"resume\",\"id\":*,\"call\":1}"},
    {"H of one that they hold",    STATUS(CALL(1, "up", "")), "{\"v\":1,\"event\":\"held\",\"time\":1.0,\"call\":1}", "H",
     "{\"command\":\"hold\",\"id\":*,\"call\":1}"},
    {"a digit is sent",            STATUS(CALL(1, "up", "")), NULL, "5", "{\"command\":\"dtmf\",\"id\":*,\"digits\":\"5\",\"call\":1}"},
    {"a digit without a call",     STATUS(""), NULL, "5", ""},
    {"a digit while it rings",     STATUS(CALL(1, "ringing", "")), NULL, "5", ""},
    {"a takes what rings",         STATUS(""), INCOMING(7), "a", "{\"command\":\"answer\",\"id\":*,\"call\":7}"},
    {"x refuses what rings",       STATUS(""), INCOMING(7), "x", "{\"command\":\"decline\",\"id\":*,\"call\":7}"},
    {"x ends what one talks in though another rings", STATUS(CALL(1, "up", "")), INCOMING(7), "x",
     "{\"command\":\"hangup\",\"id\":*,\"call\":1}"},
    {"X refuses the other",        STATUS(CALL(1, "up", "")), INCOMING(7), "X", "{\"command\":\"decline\",\"id\":*,\"call\":7}"},
    {"F follows",                  STATUS(CALL(1, "up", "")), ASKED(1), "F", "{\"command\":\"follow\",\"id\":*,\"call\":1}"},
    {"S stays",                    STATUS(CALL(1, "up", "")), ASKED(1), "S", "{\"command\":\"stay\",\"id\":*,\"call\":1}"},
    {"F in a call that is over",   STATUS(""), ASKED(1), "F", "{\"command\":\"follow\",\"id\":*,\"call\":1}"},
    {"F with nobody who asks",     STATUS(CALL(1, "up", "")), NULL, "F", ""},
    {"F of what was asked before", ASKING(CALL(1, "up", ""), QUESTION(1)), NULL, "F", "{\"command\":\"follow\",\"id\":*,\"call\":1}"},
    {"in a call that is over",     ASKING("", QUESTION(1)), NULL, "F", "{\"command\":\"follow\",\"id\":*,\"call\":1}"},
    {"which is not wanted",        ASKING("", QUESTION(1)), NULL, "S", "{\"command\":\"stay\",\"id\":*,\"call\":1}"},
    {"and then the other",         ASKING("", QUESTION(1) "," QUESTION(3)), GIVEN_UP(1), "F", "{\"command\":\"follow\",\"id\":*,\"call\":3}"},
    {"the one that is named",      ASKING("", QUESTION(1) "," QUESTION(3)), NULL, ": s t a y space 3 enter", "{\"command\":\"stay\",\"id\":*,\"call\":3}"},
    {"what was asked is over",     ASKING("", QUESTION(1)), STATUS(""), "F", ""},
    {"a takes the other",          STATUS(CALL(1, "up", "")), INCOMING(7), "a", "{\"command\":\"answer\",\"id\":*,\"call\":7}"},
    {"s needs two",                STATUS(CALL(1, "up", "")), NULL, "s", ""},
    {"s goes to the one on hold",  STATUS(CALL(1, "up", "") "," CALL(2, "up", "")),
     "{\"v\":1,\"event\":\"on-hold\",\"time\":1.0,\"call\":2}", "s", "{\"command\":\"swap\",\"id\":*,\"call\":2}"},
    {"C joins all",                STATUS(CALL(1, "up", "") "," CALL(2, "up", "")), NULL, "C", "{\"command\":\"conference\",\"id\":*}"},
    {"the chosen one is meant",    STATUS(CALL(1, "up", "") "," CALL(2, "up", "")), NULL, "j x",
     "{\"command\":\"hangup\",\"id\":*,\"call\":2}"},
    {"not one that was on hold before the screen came", STATUS(CALL(1, "up", ",\"on_hold\":true") "," CALL(2, "up", "")), NULL, "x",
     "{\"command\":\"hangup\",\"id\":*,\"call\":2}"},
    {"a command by its name",      STATUS(CALL(1, "up", "")), NULL, ": m u t e enter", "{\"command\":\"mute\",\"id\":*,\"call\":1}"},
    {"one that needs more",        STATUS(CALL(1, "up", "")), NULL, ": d t m f enter", ""},
    {"one that is none",           STATUS(CALL(1, "up", "")), NULL, ": x y z enter", ""},
    {"escape leaves the line",     STATUS(CALL(1, "up", "")), NULL, ": m u t e esc", ""},
    {"quotes are quoted",          STATUS(""), NULL, ": c a l l space \" \\ enter",
     "{\"command\":\"call\",\"id\":*,\"target\":\"\\\"\\\\\"}"},
    {"a contact",                  STATUS(""), NULL, "tab tab enter", "{\"command\":\"call\",\"id\":*,\"target\":\"Bob Martin\"}"},
    {"whom dialling finds",        STATUS(""), NULL, "c b o b enter", "{\"command\":\"call\",\"id\":*,\"target\":\"sip:bob@example.org\"}"},
    {"whom it does not",           STATUS(""), NULL, "c z z enter", "{\"command\":\"call\",\"id\":*,\"target\":\"zz\"}"},
    {"a number is meant as it is", STATUS(""), NULL, "c 1 0 enter", "{\"command\":\"call\",\"id\":*,\"target\":\"10\"}"},
    {"by another account",         STATUS(""), NULL, "c C-o C-o 1 enter", "{\"command\":\"call\",\"id\":*,\"target\":\"1\",\"account\":\"work\"}"},
    {"and back to any",            STATUS(""), NULL, "o o o c 1 enter", "{\"command\":\"call\",\"id\":*,\"target\":\"1\"}"},
    {"an account registers",       STATUS(""), NULL, "R j r", "{\"command\":\"register\",\"id\":*,\"account\":\"work\"}"},
    {"and so does Enter",          STATUS(""), NULL, "R j enter", "{\"command\":\"register\",\"id\":*,\"account\":\"work\"}"},
    {"one is unregistered",        STATUS(""), NULL, "R u", "{\"command\":\"unregister\",\"id\":*,\"account\":\"home\"}"},
    {"its password is typed",      STATUS(""), NULL, "R j p x enter",
     "{\"command\":\"password\",\"id\":*,\"account\":\"work\",\"password\":\"x\"}"},
    {"dialling is left",           STATUS(""), NULL, "c b o b esc", ""},
};
/* clang-format on */

/* The last of what was sent, with a star in place of its id. */
static void put_last(const struct stage *stage, struct buf *out)
{
    struct slice rest = buf_slice(&stage->sent), line = {0};
    ptrdiff_t id;

    while (rest.n > 0)
        line = slice_cut(&rest, '\n');
    for (id = 0; (size_t)id < line.n; id++)
        if (slice_starts(slice_skip(line, (size_t)id), SLICE("\"id\":")))
            break;
    if ((size_t)id < line.n) {
        size_t end = (size_t)id + 5;

        buf_put(out, slice_head(line, end));
        buf_putc(out, '*');
        while (end < line.n && line.p[end] >= '0' && line.p[end] <= '9')
            end++;
        buf_put(out, slice_skip(line, end));
    }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf sent = buf_new(65536);
    struct stage stage;

    stage_init(&stage, 24, 80);
    scene_hear(&stage.screen, row->calls);
    if (row->event)
        scene_hear(&stage.screen, row->event);
    buf_clear(&stage.sent);
    scene_press(&stage.screen, row->keys);
    put_last(&stage, &sent);
    assert_string_equal(buf_cstr(&sent), row->sent);
    buf_free(&sent);
    stage_free(&stage);
}

/* --- what is to be seen --------------------------------------------------------------------- */

#define ACCOUNT(label, uri) "{\"account\":\"" label "\",\"uri\":\"" uri "\",\"registers\":true}"
#define ACCOUNTS                                                                                   \
    "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0\",\"leaves\":true,\"calls\":[],"             \
    "\"accounts\":"                                                                                \
    "[" ACCOUNT("home", "sip:alice@example.org") "," ACCOUNT("work", "sip:work@pbx.example") "]}"
#define REFUSED_BEFORE                                                                             \
    "{\"v\":1,\"reply\":3,\"ok\":true,\"version\":\"0\",\"calls\":[],\"accounts\":[{\"account\":"  \
    "\"work\","                                                                                    \
    "\"uri\":\"sip:work@pbx.example\",\"registers\":true,\"registered\":false,\"text\":\"the "     \
    "server "                                                                                      \
    "refuses the password and asks for another one of this account\"}]}"
#define EVENT(word, more) "{\"v\":1,\"event\":\"" word "\",\"time\":1.0,\"call\":" more "}"
#define PAST(time, outcome)                                                                        \
    "{\"time\":" time ",\"direction\":\"in\",\"outcome\":\"" outcome                               \
    "\",\"peer\":\"sip:p@h.example\"}"
#define HISTORY(rows) "{\"v\":1,\"reply\":4,\"ok\":true,\"history\":[" rows "]}"
#define PERSON(name) "{\"name\":\"" name "\",\"address\":\"sip:x@h.example\"}"
#define PEOPLE                                                                                     \
    "{\"v\":1,\"reply\":5,\"ok\":true,\"contacts\":[" PERSON("Ann") "," PERSON("Ben") "," PERSON(  \
        "Dan") "," PERSON("Bea") "]}"
#define ENDED EVENT("ended", "2,\"outcome\":\"no-answer\",\"text\":\"nobody answered\"")

/* clang-format off */
static const struct seen_row {
    const char *name, *lines[4], *keys;
    const char *shown, *not_shown; /* NULL: anything */
} seen_rows[] = {
    {"digits that are sent",             {STATUS(CALL(1, "up", ""))}, "1 2 #", "digits to p1@h.example: 12#", NULL},
    {"of the other call only its own",   {STATUS(CALL(1, "up", "") "," CALL(2, "up", ""))}, "1 j 2", "digits to p2@h.example: 2", NULL},
    {"the last digits that came",        {STATUS(CALL(1, "up", "")), EVENT("dtmf", "1,\"digit\":\"7\""), EVENT("dtmf", "1,\"digit\":\"8\"")}, "",
     "they press 78", NULL},
    {"what is told hides no key",        {STATUS(CALL(1, "up", "") "," CALL(2, "up", "")), ENDED}, "", "x hang up", NULL},
    {"and names whose call it was",      {STATUS(CALL(1, "up", "") "," CALL(2, "up", "")), ENDED}, "", "p2@h.example: ended", "call 2: ended"},
    {"the log names it too",             {STATUS(CALL(1, "up", "") "," CALL(2, "up", "")), ENDED}, "L", "p2@h.example: ended", NULL},
    {"a call that others end",           {STATUS(CALL(2, "up", "")), ENDED}, "", "nobody answered", NULL},
    {"enter on a call looks closer",     {STATUS(CALL(1, "up", ""))}, "enter", "one column is one second", NULL},
    {"a slash searches people",          {STATUS(""), PEOPLE}, "/ d a", "1 of 1", NULL},
    {"how many there are",               {STATUS(""), PEOPLE}, "/ b", "1 of 2", NULL},
    {"which one of them",                {STATUS(""), PEOPLE}, "/ b enter n", "\"b\": 2 of 2", NULL},
    {"and back",                         {STATUS(""), PEOPLE}, "/ b enter n N", "\"b\": 1 of 2", NULL},
    {"a command searches, too",          {STATUS(""), PEOPLE}, ": s e a r c h space d a enter n", "\"da\": 1 of 1", NULL},
    {"a command tells that there is none", {STATUS(""), PEOPLE}, ": s e a r c h space z z enter", "\"zz\" is in no row of this list", NULL},
    {"none is told as one types",        {STATUS(""), PEOPLE}, "/ z", "in no row", NULL},
    {"a letter that is taken back",      {STATUS(""), PEOPLE}, "/ b e a backspace backspace", "1 of 2", NULL},
    {"a slash is always offered",        {STATUS("")}, "", "/ search", NULL},
    {"a digit begins a number",          {STATUS("")}, "5 5", "to 55", NULL},
    {"what will be dialled",             {ACCOUNTS}, "c + 4 9 space ( 0 ) 3 0", "Enter calls sip:+4930@example.org", NULL},
    {"by the account that was chosen",   {ACCOUNTS}, "c C-o C-o 4 4", "Enter calls sip:44@pbx.example", NULL},
    {"of a contact by its whole name",   {ACCOUNTS, PEOPLE}, "c a n n", "Enter calls sip:x@h.example", NULL},
    {"why it will not be",               {ACCOUNTS}, "c m a i l t o : a @ b", "no address of a telephone", "Enter calls"},
    {"whose call it will be",            {ACCOUNTS}, "c C-o C-o", "as work@pbx.example", NULL},
    {"an account that is none",          {ACCOUNTS}, ": a c c o u n t space z enter", "there is no account z", NULL},
    {"keys come first in the help",      {STATUS(CALL(1, "up", ""))}, "?", "end the call", "call ADDRESS"},
    {"what has no key comes behind",     {STATUS("")}, "? G", "set-up", NULL},
    {"the whole of a long one",          {STATUS("")}, "? / m u t e enter", "mute: send silence in place of what is said; once more: no longer", NULL},
    {"enter does the one that is shown", {STATUS("")}, "? / d i a l : enter enter", "arrows choose", NULL},
    {"keys of a text that is typed",     {STATUS("")}, "c", "F1 help", "? help"},
    {"what a command is missing",        {STATUS("")}, ": h o l d enter", "hold needs a call that is up", NULL},
    {"what is missing behind it",        {STATUS(CALL(1, "up", ""))}, ": d t m f enter", "dtmf needs DIGITS: send digits", NULL},
    {"which views there are",            {STATUS("")}, ": v i e w space z enter", "there is no view z, but calls, ", NULL},
    {"words of calls below each other",  {STATUS(CALL(1, "up", "") "," CALL(2, "incoming", ""))}, "", "0:05  opus    ", NULL},
    {"a call that is encrypted",         {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"sdes\"")}, "", "0:05  opus \360\237\224\222", NULL},
    {"no lock for keys that others have", {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"sdes-in-the-clear\"")}, "", NULL, "opus \360\237\224\222"},
    {"but words",                        {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"sdes-in-the-clear\",\"suite\":\"AEAD_AES_128_GCM\"")}, "", "but the keys went in the clear", NULL},
    {"keys by DTLS from who was verified", {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"dtls\"")}, "", "0:05  opus \360\237\224\222", NULL},
    {"and closely",                      {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"dtls\"")}, "i", "opus 48 kHz, encrypted (DTLS)", "not verified"},
    {"no lock for them from others",     {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"dtls-unverified\"")}, "", "encrypted, not verified", "opus \360\237\224\222"},
    {"nor closely",                      {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"dtls-unverified\"")}, "i", "opus 48 kHz, encrypted, not verified (DTLS)", NULL},
    {"no lock for what a later phone may say", {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"dtls-odd\"")}, "", NULL, "opus \360\237\224\222"},
    {"no lock for keys from nobody knows whom", {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"sdes-unverified\"")}, "", NULL, "opus \360\237\224\222"},
    {"but words of that",                {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"sdes-unverified\"")}, "i", "encrypted, not verified (SDES)", NULL},
    {"closely by what, and what that is worth first", {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"sdes-in-the-clear\",\"suite\":\"AES_CM_128_HMAC_SHA1_80\"")}, "i",
     "encrypted, but the keys went in the clear (SDES, ", NULL},
    {"messages that are encrypted",      {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"signalling_encryption\":\"TLSv1.3, TLS_AES_256_GCM_SHA384, h.example verified by system store\"")}, "i",
     "messages    h.example verified by system store, TLSv1.3, TLS_AES", "they -; "},
    {"by nobody knows whom",             {EVENT("incoming", "2,\"signalling_encryption\":\"TLSv1.3, TLS_AES_256_GCM_SHA384, nobody verified\"")}, "i", "messages    nobody verified, TLSv1.3, TLS_AES", NULL},
    {"messages that are not",            {STATUS(CALL(1, "up", ""))}, "i", "messages    not encrypted", NULL},
    {"messages that are in the clear of who calls", {EVENT("incoming", "2,\"peer\":\"sip:p2@h.example\"")}, "i", "messages    not encrypted", NULL},
    {"before anything has come of them", {EVENT("calling", "1,\"peer\":\"sip:p1@h.example\"")}, "i", "messages    not known yet", NULL},
    {"one that is not",                  {STATUS(CALL(1, "up", "")), EVENT("media", "1,\"encryption\":\"none\"")}, "", NULL, "opus \360\237\224\222"},
    {"where a recording goes",           {STATUS(CALL(1, "up", "")), EVENT("recording", "1,\"file\":\"/home/me/x.wav\"")}, "",
     "p1@h.example: recording to /home/me/x.wav", NULL},
    {"a reason from before is in the log", {REFUSED_BEFORE}, "L", "before  work@pbx.example: the server", NULL},
    {"and is read as a whole",           {REFUSED_BEFORE}, "L enter", "this account", NULL},
    {"not with a call",                  {STATUS(CALL(1, "ringing", ""))}, "5", NULL, "to 5"},
    {"who asks to call somebody else",   {STATUS(CALL(1, "up", "")), ASKED(1)}, "", "P\" asks you to call carol@h.example", NULL},
    {"and by which keys",                {STATUS(CALL(1, "up", "")), ASKED(1)}, "", "F follow  S stay", NULL},
    {"before the screen was there",      {ASKING("", QUESTION(1))}, "", "P\" asks you to call carol1@h.example", NULL},
    {"behind a call that comes in",      {STATUS(CALL(1, "up", "")), ASKED(1), INCOMING(7)}, "", NULL, "asks you"},
    {"what was asked when it is over",   {STATUS(CALL(1, "up", "")), ASKED(1), GIVEN_UP(1)}, "", NULL, "asks you"},
    {"missed calls are counted",         {STATUS(""), HISTORY(PAST("9.0", "missed") "," PAST("8.0", "missed") "," PAST("7.0", "answered"))}, "",
     "2 missed", NULL},
    {"those from before were seen",      {STATUS(""), HISTORY(PAST("9.0", "answered") "," PAST("8.0", "missed"))}, "", NULL, "1 missed"},
    {"those that come later count",      {STATUS(""), HISTORY(PAST("7.0", "answered")),
     HISTORY(PAST("9.0", "answered") "," PAST("8.0", "missed") "," PAST("7.0", "answered"))}, "", "1 missed", NULL},
    {"who looks has seen them",          {STATUS(""), HISTORY(PAST("9.0", "missed"))}, "S-tab", NULL, "1 missed"},
    {"escape says they are seen",        {STATUS(""), HISTORY(PAST("9.0", "missed"))}, "esc", NULL, "1 missed"},
    {"other keys do not",                {STATUS(""), HISTORY(PAST("9.0", "missed"))}, "tab", "1 missed", NULL},
};
/* clang-format on */

static void check_seen(void **state)
{
    const struct seen_row *row = *state;
    struct stage stage;

    stage_init(&stage, 24, 80);
    for (size_t i = 0; i < ARRAY_LEN(row->lines) && row->lines[i]; i++)
        scene_hear(&stage.screen, row->lines[i]);
    scene_press(&stage.screen, row->keys);
    if (row->shown && !scene_shows(&stage.screen, row->shown))
        fail_msg("it does not show %s", row->shown);
    if (row->not_shown && scene_shows(&stage.screen, row->not_shown))
        fail_msg("it shows %s", row->not_shown);
    stage_free(&stage);
}

/* The person knows it already, and wants to see the keys. */
static void who_hangs_up_is_not_told(void **state)
{
    struct stage *stage = *state;

    scene_hear(&stage->screen, STATUS(CALL(2, "up", "")));
    scene_press(&stage->screen, "x");
    scene_hear(&stage->screen, ENDED);
    assert_false(scene_shows(&stage->screen, "nobody answered"));
}

static void the_way_out_is_shown(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage, 10, 40);
    scene_hear(&stage.screen, STATUS(CALL(1, "up", "")));
    scene_press(&stage.screen, "i");
    assert_true(scene_shows(&stage.screen, "esc close  ? help"));
    stage_free(&stage);
}

static void how_small_it_is(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage, 9, 39);
    assert_true(scene_shows(&stage.screen, "There are 39 and 9."));
    scene_hear(&stage.screen, INCOMING(7));
    assert_true(scene_shows(&stage.screen, "Somebody calls.  a answer"));
    scene_press(&stage.screen, "a");
    assert_non_null(strstr(buf_cstr(&stage.sent), "\"command\":\"answer\""));
    stage_free(&stage);
    stage_init(&stage, 1, 10);
    assert_true(scene_shows(&stage.screen, "tphone"));
    stage_free(&stage);
}

/* What was typed may be secret. */
static void digits_go_away(void **state)
{
    struct stage *stage = *state;

    scene_hear(&stage->screen, STATUS(CALL(1, "up", "")));
    scene_press(&stage->screen, "1 2");
    stage->screen.now_ms += 10000;
    assert_false(scene_shows(&stage->screen, "12"));
    scene_press(&stage->screen, "3");
    assert_true(scene_shows(&stage->screen, "p1@h.example: 3"));
}

static void a_search_that_is_left(void **state)
{
    struct stage *stage = *state;

    scene_hear(&stage->screen, PEOPLE);
    scene_press(&stage->screen, "tab tab j / d a n");
    assert_int_equal(screen_chosen(&stage->screen, &view_contacts), 2);
    scene_press(&stage->screen, "esc");
    assert_int_equal(screen_chosen(&stage->screen, &view_contacts), 1);
}

/* "12:30" of today becomes "Fri 12:30", though nothing happens. */
static void dates_change_at_midnight(void **state)
{
    struct stage *stage = *state;

    stage->screen.unix_time = 1795305540.0; /* 23:59:00 UTC */
    stage->screen.message_until_ms = 0;
    assert_in_range(screen_deadline_ms(&stage->screen), stage->screen.now_ms + 59000,
                    stage->screen.now_ms + 61000);
}

static void a_number_is_pasted(void **state)
{
    struct stage *stage = *state;

    screen_key(&stage->screen, &(struct key){.code = KEY_PASTE, .text = SLICE("+32 (2) 555\n")});
    assert_true(scene_shows(&stage->screen, "to +32 (2) 555"));
}

/* --- the model ------------------------------------------------------------------------------ */

static const struct model_call *hear_call(struct stage *stage, const char *line)
{
    scene_hear(&stage->screen, line);
    return stage->model.n_calls > 0 ? stage->model.calls[0] : NULL;
}

static void the_life_of_a_call(void **state)
{
    struct stage *stage = *state;
    const struct model_call *c;

    c = hear_call(stage,
                  "{\"v\":1,\"event\":\"calling\",\"time\":1.0,\"call\":4,\"peer\":\"sip:b@h\"}");
    assert_int_equal(c->phase, PHONE_PHASE_CALLING);
    c = hear_call(stage, "{\"v\":1,\"event\":\"ringing\",\"time\":1.0,\"call\":4,\"status\":183}");
    assert_int_equal(c->phase, PHONE_PHASE_CALLING);
    c = hear_call(stage, "{\"v\":1,\"event\":\"ringing\",\"time\":1.0,\"call\":4,\"status\":180}");
    assert_int_equal(c->phase, PHONE_PHASE_RINGING);
    stage->screen.now_ms += 5000;
    c = hear_call(
        stage, "{\"v\":1,\"event\":\"answered\",\"time\":1.0,\"call\":4,\"codec\":\"pcmu/8000\"}");
    assert_true(c->phase == PHONE_PHASE_UP && c->up_ms == stage->screen.now_ms);
    assert_string_equal(c->codec, "pcmu/8000");
    c = hear_call(stage,
                  "{\"v\":1,\"event\":\"recording\",\"time\":1.0,\"call\":4,\"file\":\"/b.wav\"}");
    c = hear_call(
        stage,
        "{\"v\":1,\"event\":\"recording-ended\",\"time\":1.0,\"call\":4,\"file\":\"/a.wav\"}");
    assert_true(c->recording); /* it is the end of the one before */
    c = hear_call(
        stage,
        "{\"v\":1,\"event\":\"recording-ended\",\"time\":1.0,\"call\":4,\"file\":\"/b.wav\"}");
    assert_false(c->recording);
    c = hear_call(stage, "{\"v\":1,\"event\":\"quality\",\"time\":1.0,\"call\":4,\"mos\":4.2}");
    assert_true(model_call_now(c).mos > 4.1F && isnan(model_call_now(c).delay));
    c = hear_call(stage,
                  "{\"v\":1,\"event\":\"ended\",\"time\":1.0,\"call\":4,\"outcome\":\"answered\"}");
    assert_null(c);
    assert_null(
        hear_call(stage, "{\"v\":1,\"event\":\"quality\",\"time\":1.0,\"call\":4,\"mos\":4.2}"));
}

/* What happened while we were not connected is in the status. */
static void a_status_replaces_what_was(void **state)
{
    struct stage *stage = *state;

    scene_hear(&stage->screen, STATUS(CALL(1, "up", "") "," CALL(2, "up", "")));
    assert_int_equal(stage->model.n_calls, 2);
    scene_hear(&stage->screen, STATUS(CALL(2, "up", "") "," CALL(9, "calling", "")));
    assert_int_equal(stage->model.n_calls, 2);
    assert_int_equal(stage->model.calls[0]->call, 2);
    assert_int_equal(stage->model.calls[1]->call, 9);
}

/* The answer of the phone to the question for its state, with the id that this had. */
static void answer_status(struct stage *stage, const char *members)
{
    struct buf line = buf_new(4096);

    buf_printf(&line, "{\"v\":1,\"reply\":%llu,\"ok\":true,\"accounts\":[],\"calls\":[%s],%s}",
               (unsigned long long)(stage->screen.asked * 64 + ASK_QUIT), CALL(1, "up", ""),
               members);
    scene_hear(&stage->screen, buf_cstr(&line));
    buf_free(&line);
}

static void q_asks_by_what_becomes_of_the_calls(void **state)
{
    static const struct {
        const char *members, *question;
    } rows_of_quit[] = {
        {"\"leaves\":true,\"screens\":1", "hang up and quit? (d detaches)"},
        {"\"leaves\":true,\"screens\":2", "quit? calls go on, as another screen is open"},
        {"\"screens\":1", "quit? the telephone goes on with its calls"},
    };
    struct stage stage;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows_of_quit); i++) {
        stage_init(&stage, 24, 80);
        scene_hear(&stage.screen, STATUS(CALL(1, "up", "")));
        scene_press(&stage.screen, "q");
        assert_true(scene_shows(&stage.screen, "hang up and quit?")); /* as it was known */
        answer_status(&stage, rows_of_quit[i].members);
        assert_true(scene_shows(&stage.screen, rows_of_quit[i].question));
        assert_false(stage.screen.wish.quit);
        scene_press(&stage.screen, "y");
        assert_true(stage.screen.wish.quit);
        stage_free(&stage);
    }
    stage_init(&stage, 24, 80);
    scene_press(&stage.screen, "q"); /* nobody would miss anything */
    assert_true(stage.screen.wish.quit);
    stage_free(&stage);
}

/* --- completion ----------------------------------------------------------------------------- */

static void expect_line(struct stage *stage, const char *keys, const char *line)
{
    scene_press(&stage->screen, keys);
    assert_slice(line_text(&stage->screen.line), line);
}

static void tab_goes_round(void **state)
{
    struct stage *stage = *state;

    expect_line(stage, ": h", "h");
    expect_line(stage, "tab", "hang-up");
    expect_line(stage, "tab", "hold");
    expect_line(stage, "tab", "help");
    expect_line(stage, "tab", "h");
    expect_line(stage, "S-tab", "help");
    expect_line(stage, "esc", "");
    expect_line(stage, ": c a l l space B tab", "call Bob Martin");
}

/* --- the mouse ------------------------------------------------------------------------------ */

static void point(struct stage *stage, enum key_mouse mouse, int row, int col)
{
    screen_key(&stage->screen,
               &(struct key){.code = KEY_MOUSE, .mouse = mouse, .row = row, .col = col});
}

static void clicks_do_what_keys_do(void **state)
{
    struct stage *stage = *state;

    scene_hear(&stage->screen, STATUS(CALL(1, "up", "") "," CALL(2, "up", "")));
    screen_draw(&stage->screen);
    point(stage, MOUSE_PRESS, 4, 5);
    assert_int_equal(screen_call(&stage->screen)->call, 2);
    point(stage, MOUSE_PRESS, 3, 50);
    assert_ptr_equal(stage->screen.focus, &view_contacts);
    buf_clear(&stage->sent);
    point(stage, MOUSE_PRESS, 3, 50);
    assert_true(stage->sent.n > 0); /* the second one calls */
    buf_clear(&stage->sent);
    point(stage, MOUSE_PRESS, 23, 2);
    assert_true(slice_starts(buf_slice(&stage->sent), SLICE("{\"command\":\"hangup\"")));
    point(stage, MOUSE_WHEEL_DOWN, 4, 5);
    point(stage, MOUSE_PRESS, 200, 300); /* nowhere */
}

/* --- bindings ------------------------------------------------------------------------------- */

static const struct bind_row {
    const char *name, *text;
    const char *fault; /* NULL: it is taken */
} bind_rows[] = {
    {"a key", "C-g redraw", NULL},
    {"a key of a view", "calls:k hang-up", NULL},
    {"a key of all panes", "main:F5 record", NULL},
    {"a command with words", "F6 call alice", NULL},
    {"a key taken away", "c none", NULL},
    {"the colon", ": help", NULL},
    {"no key", "foo redraw", "\"foo\" is no key"},
    {"no view", "foo:c redraw", "\"foo\" is no view"},
    {"no command", "c foo", "\"foo\" is no command"},
    {"nothing", "", "\"\" is no key"},
};

static void check_bind(void **state)
{
    const struct bind_row *row = *state;
    struct buf why = buf_new(1024);
    struct keymap keys;

    keymap_init(&keys);
    assert_int_equal(keymap_bind(&keys, slice_of(row->text), &why) == 0, row->fault == NULL);
    assert_true(slice_starts(buf_slice(&why), slice_of(row->fault ? row->fault : "")));
    keymap_free(&keys);
    buf_free(&why);
}

static unsigned news_of(struct stage *stage, const char *json)
{
    struct ctl_line line;
    unsigned news;

    assert_int_equal(ctl_line_read(slice_of(json), &line), 0);
    news = screen_line(&stage->screen, &line);
    ctl_line_free(&line);
    return news;
}

/* Though the other one would be meant by somebody who comes then. */
static void once_more_is_about_the_same_call(void **state)
{
    struct stage *stage = *state;
    struct buf sent = buf_new(65536);

    scene_hear(&stage->screen, STATUS(CALL(1, "up", "") "," CALL(2, "up", "")));
    scene_press(&stage->screen, "H");
    scene_hear(&stage->screen, EVENT("on-hold", "1"));
    scene_press(&stage->screen, "H");
    put_last(stage, &sent);
    assert_string_equal(buf_cstr(&sent), "{\"command\":\"resume\",\"id\":*,\"call\":1}");
    buf_free(&sent);
}

/* It has a row for each call from the beginning on. */
static void the_history_is_asked_for(void **state)
{
    struct stage *stage = *state;

    assert_true(news_of(stage, INCOMING(1)) & MODEL_PEOPLE);
    assert_false(news_of(stage, EVENT("answered", "1")) & MODEL_PEOPLE);
    assert_true(news_of(stage, EVENT("ended", "1,\"outcome\":\"answered\"")) & MODEL_PEOPLE);
}

/* Each binding of the table means a command that there is, and each command says what it does. */
static void the_tables_agree(void **state)
{
    const struct command *c;
    struct keymap keys;

    (void)state;
    keymap_init(&keys);
    for (size_t i = 0; i < keys.n; i++)
        if (!command_of_line(slice_of(keys.at[i].command)))
            fail_msg("there is no command %s", keys.at[i].command);
    for (size_t i = 0; (c = command_at(i)); i++) {
        assert_ptr_equal(command_find(slice_of(c->name)), c);
        assert_true(*c->help && c->run && (!c->must || c->value));
    }
    keymap_free(&keys);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STAGE_TEST(the_life_of_a_call),
        STAGE_TEST(a_status_replaces_what_was),
        cmocka_unit_test(q_asks_by_what_becomes_of_the_calls),
        STAGE_TEST(tab_goes_round),
        STAGE_TEST(clicks_do_what_keys_do),
        cmocka_unit_test(the_tables_agree),
        STAGE_TEST(once_more_is_about_the_same_call),
        STAGE_TEST(the_history_is_asked_for),
        STAGE_TEST(who_hangs_up_is_not_told),
        cmocka_unit_test(the_way_out_is_shown),
        cmocka_unit_test(how_small_it_is),
        STAGE_TEST(digits_go_away),
        STAGE_TEST(a_search_that_is_left),
        STAGE_TEST(dates_change_at_midnight),
        STAGE_TEST(a_number_is_pasted),
    };

    return RUN_ROWS("ui/screen/screen", rows, check_row) +
           RUN_ROWS("ui/screen/screen seen", seen_rows, check_seen) +
           RUN_ROWS("ui/screen/keys", bind_rows, check_bind) +
           cmocka_run_group_tests_name("ui/screen/screen together", tests, NULL, NULL);
}
