/* Lines for people, lines for scripts, and the trace. */
#include "ui/status.h"

#include <string.h>

#include "tests/lib/rows.h"
#include "ui/trace.h"

#define AT                                                                                         \
    {                                                                                              \
        .family = 4, .bytes = {192, 0, 2, 1}, .port = 5060                                         \
    }
/* Events have no NULL strings: see phone/event.h. */
static struct phone_event whole(struct phone_event e)
{
    const char **strings[] = {&e.peer,    &e.peer_name, &e.target,    &e.transport, &e.codec,
                              &e.reason,  &e.text,      &e.file,      &e.digits,    &e.contact,
                              &e.account, &e.seen_at,   &e.encryption,
                              &e.signalling_encryption};

    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        if (!*strings[i])
            *strings[i] = "";
    return e;
}

static const struct phone_quality heard = {.loss_percent = 1.25,
                                           .their_loss_percent = -1,
                                           .jitter_ms = 3,
                                           .round_trip_ms = -1,
                                           .delay_ms = 40,
                                           .mouth_to_ear_ms = 104,
                                           .mos = 4.2,
                                           .their_mos = 3.9};
static const struct phone_quality nothing = {.mouth_to_ear_ms = -1, .mos = -1, .their_mos = -1};

static const struct row {
    const char *name;
    int verbosity;
    struct phone_event event;
    const char *line;
} rows[] = {
    {"where it listens",
     0,
     {.kind = PHONE_LISTENING, .transport = "udp", .where = AT},
     "listening on udp 192.0.2.1:5060\n"},
    {"nothing of that with -q", -1, {.kind = PHONE_LISTENING, .transport = "udp", .where = AT}, ""},
    {"who calls",
     0,
     {.kind = PHONE_INCOMING,
      .call = 1,
      .peer = "sip:a@h",
      .peer_name = "A",
      .transport = "tcp",
      .where = AT},
     "call from \"A\" sip:a@h (tcp 192.0.2.1:5060)\n"},
    {"a caller has no quotes of his own",
     0,
     {.kind = PHONE_INCOMING,
      .call = 1,
      .peer = "sip:a@h",
      .peer_name = "\" Bob",
      .transport = "tcp",
      .where = AT},
     "call from \"' Bob\" sip:a@h (tcp 192.0.2.1:5060)\n"},
    {"a transfer that is asked for",
     0,
     {.kind = PHONE_TRANSFER_ASKED, .call = 2, .to = "sip:c@h"},
     "call 2: asks you to call sip:c@h instead: follow or stay\n"},
    {"one that is done",
     0,
     {.kind = PHONE_TRANSFER_FOLLOWED, .call = 1, .to = "sip:c@h", .other = 2},
     "calling sip:c@h instead, as call 2\n"},
    {"one that is not",
     0,
     {.kind = PHONE_TRANSFER_REFUSED, .call = 1, .to = "sip:c@h", .status = 603, .text = "no"},
     "not calling sip:c@h instead: no\n"},
    {"a contact stands without quotes",
     0,
     {.kind = PHONE_INCOMING,
      .call = 1,
      .peer = "sip:a@h",
      .peer_name = "Mallory",
      .contact = "Bob Baker",
      .transport = "tcp",
      .where = AT},
     "call from Bob Baker, sip:a@h (tcp 192.0.2.1:5060)\n"},
    {"a contact is called",
     0,
     {.kind = PHONE_CALLING,
      .call = 1,
      .peer = "sip:a@h",
      .contact = "Bob",
      .transport = "udp",
      .where = AT},
     "calling Bob, sip:a@h (udp 192.0.2.1:5060)\n"},
    {"further calls have their number",
     0,
     {.kind = PHONE_HELD, .call = 2},
     "call 2: put on hold by the other side\n"},
    {"a hold of our own", 0, {.kind = PHONE_ON_HOLD, .call = 1, .on = true}, "on hold\n"},
    {"a hold that the other side refuses",
     0,
     {.kind = PHONE_ON_HOLD, .call = 1, .on = true, .status = 488},
     "on hold, though the other side refused (488)\n"},
    {"a resume", 0, {.kind = PHONE_ON_HOLD, .call = 1}, "off hold\n"},
    {"silence goes out", 0, {.kind = PHONE_MUTED, .call = 1, .on = true}, "muted\n"},
    {"sound again", 0, {.kind = PHONE_MUTED, .call = 2}, "call 2: no longer muted\n"},
    {"a conference",
     0,
     {.kind = PHONE_JOINED, .call = 2, .conference = 3},
     "call 2: in conference 3\n"},
    {"out of it",
     0,
     {.kind = PHONE_PARTED, .call = 2, .conference = 3},
     "call 2: out of conference 3\n"},
    {"volumes",
     1,
     {.kind = PHONE_VOLUMES, .speaker_db = -6},
     "microphone +0 dB, loudspeaker -6 dB\n"},
    {"volumes are a detail", 0, {.kind = PHONE_VOLUMES}, ""},
    {"quality, as far as it is known",
     2,
     {.kind = PHONE_QUALITY, .call = 1, .quality = &heard},
     "quality 4.2 of 4.5, theirs 3.9, 1.2 % lost, jitter 3 ms, delay 40 ms, "
     "from mouth to ear 104 ms\n"},
    {"quality every second is too much",
     1,
     {.kind = PHONE_QUALITY, .call = 1, .quality = &nothing},
     ""},
    {"another address of ours",
     0,
     {.kind = PHONE_MOVED, .call = 1, .where = AT},
     "the network has changed: we are heard from 192.0.2.1:5060 now\n"},
    {"ringing",
     0,
     {.kind = PHONE_RINGING, .call = 1, .status = 180, .reason = "Ringing"},
     "ringing (180 Ringing)\n"},
    {"other news before the answer",
     0,
     {.kind = PHONE_RINGING, .call = 1, .status = 183, .reason = "Session Progress"},
     "in progress (183 Session Progress)\n"},
    {"codec and place of the sound",
     0,
     {.kind = PHONE_ANSWERED, .call = 1, .codec = "opus/48000", .where = AT},
     "answered, opus/48000, sound to 192.0.2.1:5060, messages not encrypted\n"},
    {"a call that is not encrypted",
     0,
     {.kind = PHONE_ANSWERED, .call = 1, .codec = "opus/48000", .where = AT, .encryption = "none"},
     "answered, opus/48000, not encrypted, sound to 192.0.2.1:5060, "
     "messages not encrypted\n"},
    {"one that is",
     0,
     {.kind = PHONE_ANSWERED, .call = 1, .codec = "opus/48000", .where = AT, .encryption = "sdes"},
     "answered, opus/48000, encrypted, sound to 192.0.2.1:5060, "
     "messages not encrypted\n"},
    {"one whose keys are known to others",
     0,
     {.kind = PHONE_ANSWERED, .call = 1, .codec = "opus/48000", .encryption = "sdes-in-the-clear"},
     "answered, opus/48000, encrypted, but the keys went in the clear, messages not encrypted\n"},
    {"one whose keys came from nobody knows whom",
     0,
     {.kind = PHONE_ANSWERED,
      .call = 1,
      .codec = "opus/48000",
      .encryption = "sdes-unverified",
      .signalling_encryption = "TLSv1.3, X, nobody verified"},
     "answered, opus/48000, encrypted, not verified, messages by TLSv1.3, X, nobody verified\n"},
    {"a digit", 0, {.kind = PHONE_DIGIT, .call = 1, .text = "#"}, "digit # received\n"},
    {"a call for one of our accounts",
     0,
     {.kind = PHONE_INCOMING,
      .call = 1,
      .peer = "sip:a@h",
      .account = "work",
      .transport = "udp",
      .where = AT},
     "call from sip:a@h (udp 192.0.2.1:5060) for work\n"},
    {"a registration",
     0,
     {.kind = PHONE_REGISTERED,
      .peer = "sip:a@h",
      .where = AT,
      .transport = "udp",
      .expires_s = 60,
      .bindings = 1},
     "registered sip:a@h at udp 192.0.2.1:5060 for 60 s\n"},
    {"one of several, behind a router",
     0,
     {.kind = PHONE_REGISTERED,
      .peer = "sip:a@h",
      .where = AT,
      .transport = "udp",
      .expires_s = 60,
      .bindings = 2,
      .seen_at = "203.0.113.5:1024"},
     "registered sip:a@h at udp 192.0.2.1:5060 for 60 s, one of 2 devices, seen at "
     "203.0.113.5:1024\n"},
    {"a registration that failed, also with -q",
     -1,
     {.kind = PHONE_REGISTER_FAILED, .text = "a@h: no"},
     "a@h: no\n"},
    {"and is tried again",
     0,
     {.kind = PHONE_REGISTER_FAILED, .text = "a@h: no", .retry_ms = 2500},
     "a@h: no; tried again in 2.5 s\n"},
    {"what is waited for", 0, {.kind = PHONE_WAITING, .text = "waiting"}, "waiting\n"},
    {"and not with -q", -1, {.kind = PHONE_WAITING, .text = "waiting"}, ""},
    {"the end of a registration",
     0,
     {.kind = PHONE_UNREGISTERED, .peer = "sip:a@h"},
     "no longer registered: sip:a@h\n"},
    {"the end of a file only with -v", 0, {.kind = PHONE_PLAY_ENDED, .call = 1}, ""},
    {"and there it is", 1, {.kind = PHONE_PLAY_ENDED, .call = 1}, "the file has been played\n"},
    {"one that was stopped",
     1,
     {.kind = PHONE_PLAY_ENDED, .call = 1, .text = "stopped before its end"},
     "playing has ended: stopped before its end\n"},
    {"a recording only with -v",
     0,
     {.kind = PHONE_RECORDING, .call = 1, .on = true, .file = "a.wav"},
     ""},
    {"and there it begins",
     1,
     {.kind = PHONE_RECORDING, .call = 1, .on = true, .file = "a.wav"},
     "recording to a.wav\n"},
    {"and ends", 1, {.kind = PHONE_RECORDING, .call = 1, .file = "a.wav"}, "recorded to a.wav\n"},
    {"why it ended by itself, even with -q",
     -1,
     {.kind = PHONE_RECORDING, .call = 1, .file = "a.wav", .text = "cannot write a.wav: full"},
     "cannot write a.wav: full\n"},
    {"the end and its cause",
     0,
     {.kind = PHONE_ENDED,
      .call = 1,
      .outcome = PHONE_OK,
      .text = "the other side hung up",
      .result = {.answered = true, .talk_ms = 12345}},
     "ended: the other side hung up, after 12.3 s\n"},
    {"a good end is not told with -q",
     -1,
     {.kind = PHONE_ENDED, .call = 1, .outcome = PHONE_OK, .text = "x"},
     ""},
    {"a bad end is",
     -1,
     {.kind = PHONE_ENDED, .call = 1, .outcome = PHONE_BUSY, .text = "busy"},
     "ended: busy\n"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf out = buf_new(4096);
    struct phone_event event = whole(row->event);

    status_line(&out, &event, row->verbosity);
    assert_slice(buf_slice(&out), row->line);
    buf_free(&out);
}

static const struct result_row {
    const char *name;
    struct phone_event event;
    const char *line;
} result_rows[] = {
    {"a registration",
     {.kind = PHONE_REGISTERED,
      .account = "work",
      .peer = "sip:a@h",
      .text = "sip:a-12@192.0.2.9:5061",
      .where = AT,
      .transport = "udp",
      .expires_s = 60,
      .bindings = 2,
      .seen_at = "203.0.113.5:1024"},
     "registered account=work uri=sip:a@h contact=sip:a-12@192.0.2.9:5061 expires=60 bindings=2 "
     "server=192.0.2.1:5060 transport=udp seen-at=203.0.113.5:1024\n"},
    {"a registration that failed",
     {.kind = PHONE_REGISTER_FAILED,
      .account = "work",
      .peer = "sip:a@h",
      .outcome = PHONE_NOT_ALLOWED,
      .status = 403},
     "not-allowed status=403 account=work uri=sip:a@h\n"},
    {"a call through an account",
     {.kind = PHONE_ENDED, .outcome = PHONE_BUSY, .peer = "sip:a@h", .account = "work"},
     "busy peer=sip:a@h account=work\n"},
    {"an answered call",
     {.kind = PHONE_ENDED,
      .outcome = PHONE_OK,
      .peer = "sip:a@h",
      .codec = "opus/48000",
      .file = "my file.wav",
      .digits = "12#",
      .result = {.answered = true,
                 .talk_ms = 5020,
                 .sent = 251,
                 .received = 250,
                 .lost = 1,
                 .jitter_ms = 1.25,
                 .round_trip_ms = 12.5,
                 .lost_percent = 0.4,
                 .their_lost_percent = -1,
                 .left_percent = 0.2,
                 .mouth_to_ear_ms = 96,
                 .rating = 91.4,
                 .mos = 4.37,
                 .mos_listening = 4.41,
                 .their_mos = 4.1}},
     "answered peer=sip:a@h seconds=5.020 codec=opus/48000 sent=251 received=250 lost=1 loss=0.4% "
     "jitter=1.2 round-trip=12.5 left=0.2% mouth-to-ear=96 rating=91 mos=4.4 mos-listening=4.4 their-mos=4.1 "
     "digits=12# file=my_file.wav\n"},
    {"what the other side reports",
     {.kind = PHONE_ENDED,
      .outcome = PHONE_OK,
      .result = {.answered = true,
                 .talk_ms = 7,
                 .refused = 5,
                 .frames_refused = 3,
                 .round_trip_ms = -1,
                 .their_lost_percent = 2,
                 .mouth_to_ear_ms = -1,
                 .rating = -1,
                 .mos = -1,
                 .mos_listening = -1,
                 .their_mos = -1}},
     "answered seconds=0.007 sent=0 received=0 lost=0 loss=0.0% refused=5 "
     "frames-refused=3 their-loss=2.0%\n"},
    {"busy",
     {.kind = PHONE_ENDED, .outcome = PHONE_BUSY, .status = 486, .peer = "sip:a@h"},
     "busy status=486 peer=sip:a@h\n"},
    {"the host does not exist", {.kind = PHONE_ENDED, .outcome = PHONE_NOT_FOUND}, "not-found\n"},
};

static void check_result(void **state)
{
    const struct result_row *row = *state;
    struct buf out = buf_new(4096);
    struct phone_event event = whole(row->event);

    result_line(&out, &event);
    assert_slice(buf_slice(&out), row->line);
    buf_free(&out);
}

/* The statuses of the manual. */
static void exits(void **state)
{
    (void)state;
    assert_int_equal(exit_of(PHONE_OK), 0);
    assert_int_equal(exit_of(PHONE_FAILED), 1);
    assert_int_equal(exit_of(PHONE_REFUSED), 1);
    assert_int_equal(exit_of(PHONE_BUSY), 3);
    assert_int_equal(exit_of(PHONE_DECLINED), 4);
    assert_int_equal(exit_of(PHONE_NO_ANSWER), 5);
    assert_int_equal(exit_of(PHONE_NOT_FOUND), 6);
    assert_int_equal(exit_of(PHONE_NOT_ALLOWED), 7);
    assert_int_equal(exit_of(PHONE_UNREACHABLE), 8);
    assert_int_equal(exit_of(PHONE_INTERRUPTED), 130);
}

static const struct credentials_row {
    const char *name, *line, *shown;
} credentials_rows[] = {
    {"the response of our credentials is not traced",
     "Authorization: Digest username=\"a\", response=\"0123\", nc=00000001",
     "Authorization: Digest username=\"a\", response=\"...\", nc=00000001"},
    {"nor that of a proxy's, at the end of a line",
     "proxy-authorization: Digest nonce=\"response=\", response=\"0123\"\r",
     "proxy-authorization: Digest nonce=\"...\", response=\"...\""},
    {"nor one that is cut off", "Authorization: Digest response=\"0123",
     "Authorization: Digest response=\"..."},
    {"nor other credentials", "Authorization: Bearer x", "Authorization: ..."},
    {"other lines stay", "Subject: response=\"0123\"", "Subject: response=\"0123\""},
};

static void check_credentials(void **state)
{
    const struct credentials_row *row = *state;
    struct phone_event event = {
        .kind = PHONE_MESSAGE, .transport = "udp", .where = AT, .bytes = slice_of(row->line)};
    struct buf out = buf_new(4096), wanted = buf_new(4096);

    trace_put(&out, &event, 0);
    buf_printf(&wanted, "  | %s\n", row->shown);
    assert_true(strstr(buf_cstr(&out), buf_cstr(&wanted)) != NULL);
    buf_free(&out);
    buf_free(&wanted);
}

/* No byte of a message moves the cursor, and no line of it looks like a heading. */
static void trace(void **state)
{
    struct phone_event event = {.kind = PHONE_MESSAGE,
                                .transport = "udp",
                                .where = AT,
                                .bytes = SLICE_INIT("A\r\n0.000 sent to\x1b[2J\r\n\r\nx")};
    struct buf out = buf_new(4096);

    (void)state;
    trace_put(&out, &event, 1234);
    assert_slice(buf_slice(&out), "1.234 received from udp 192.0.2.1:5060, 25 bytes\n"
                                  "  | A\n"
                                  "  | 0.000 sent to\xef\xbf\xbd[2J\n"
                                  "  |\n"
                                  "  | x\n");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exits), cmocka_unit_test(trace)};

    return RUN_ROWS("ui/status", rows, check_row) +
           RUN_ROWS("ui/status results", result_rows, check_result) +
           RUN_ROWS("ui/trace", credentials_rows, check_credentials) +
           cmocka_run_group_tests_name("ui/status whole", tests, NULL, NULL);
}
