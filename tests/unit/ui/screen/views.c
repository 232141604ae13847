#include "tests/unit/ui/screen/views.h"

#include <stdio.h>

/* --- the trace ------------------------------------------------------------------------------ */

#define INVITE_HEAD                                                                                \
    "INVITE sip:bob@example.org SIP/2.0\n"                                                         \
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1;rport\n"                                     \
    "Max-Forwards: 70\n"                                                                           \
    "From: \"Alice\" <sip:alice@example.org>;tag=1928301774\n"                                     \
    "To: <sip:bob@example.org>\n"                                                                  \
    "Call-ID: a84b4c76e66710@192.0.2.1\n"

#define SDP                                                                                        \
    "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"                              \
    "m=audio 40000 RTP/AVP 96 8 0\na=rtpmap:96 opus/48000/2\na=sendrecv\n"

#define RESPONSE(line, to, cseq)                                                                   \
    line "\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1\n"                                    \
         "From: \"Alice\" <sip:alice@example.org>;tag=1928301774\nTo: " to                         \
         "\nCall-ID: a84b4c76e66710@192.0.2.1\nCSeq: " cseq "\n"

static const char *const invite =
    INVITE_HEAD "CSeq: 1 INVITE\nContact: <sip:alice@192.0.2.1:5060>\n"
                "Content-Type: application/sdp\nContent-Length: 148\n\n" SDP;
static const char *const invite_again =
    INVITE_HEAD "CSeq: 2 INVITE\nContact: <sip:alice@192.0.2.1:5060>\n"
                "Authorization: Digest username=\"alice\",realm=\"example.org\",nonce=\"...\","
                "uri=\"sip:bob@example.org\",response=\"...\",algorithm=SHA-256\n"
                "Content-Type: application/sdp\nContent-Length: 148\n\n" SDP;
static const char *const ok =
    RESPONSE("SIP/2.0 200 OK", "<sip:bob@example.org>;tag=b2",
             "2 INVITE") "Content-Type: application/sdp\n\nv=0\no=- 7 7 IN IP4 "
                         "192.0.2.77\ns=-\nc=IN IP4 192.0.2.77\n"
                         "t=0 0\nm=audio 5000 RTP/AVP 96\na=rtpmap:96 opus/48000/2\n";

static const char *const unauthorized =
    RESPONSE("SIP/2.0 401 Unauthorized", "<sip:bob@example.org>;tag=b1", "1 INVITE");
static const char *const ringing =
    RESPONSE("SIP/2.0 180 Ringing", "<sip:bob@example.org>;tag=b2", "2 INVITE");
static const char *const ack = "ACK sip:bob@192.0.2.77 SIP/2.0\nTo: <sip:bob@example.org>;tag=b2\n"
                               "Call-ID: a84b4c76e66710@192.0.2.1\nCSeq: 2 ACK\n\n";
static const char *const options = "OPTIONS sip:alice@192.0.2.1 SIP/2.0\n"
                                   "f: <sip:carol@other.example>\ni: 77\nCSeq: 4 OPTIONS\n\n";
static const char *const registers = "REGISTER sip:example.org SIP/2.0\n"
                                     "To: <sip:alice@example.org>\nCall-ID: r1\n"
                                     "CSeq: 9 REGISTER\n\n";
static const char *const registered = "SIP/2.0 200 OK\nTo: <sip:alice@example.org>\nCall-ID: r1\n"
                                      "CSeq: 9 REGISTER\n\n";

void scene_exchange(struct screen *s)
{
    scene_message(s, 0, true, SCENE_SERVER, registers);
    scene_message(s, 0.021, false, SCENE_SERVER, registered);
    scene_message(s, 5, true, SCENE_SERVER, invite);
    scene_message(s, 5.5, true, SCENE_SERVER, invite);
    scene_message(s, 5.52, false, SCENE_SERVER, unauthorized);
    scene_message(s, 5.53, true, SCENE_SERVER, invite_again);
    scene_message(s, 5.61, false, SCENE_SERVER, ringing);
    scene_message(s, 9.2, false, SCENE_SERVER, ok);
    scene_message(s, 9.21, true, SCENE_BOB, ack);
    scene_message(s, 11, false, "198.51.100.7:5060", options);
}

void scene_trace(struct screen *s)
{
    scene_begin(s);
    scene_exchange(s);
    scene_press(s, "T");
}

void scene_trace_bare(struct screen *s)
{
    scene_trace(s);
    scene_press(s, "B k");
}

void scene_trace_filter(struct screen *s)
{
    scene_begin(s);
    scene_exchange(s);
    scene_press(s, "T k k o");
    scene_run(s, "trace-filter invite !401");
    scene_press(s, "g m j");
}

void scene_trace_nothing(struct screen *s)
{
    scene_begin(s);
    scene_press(s, "T");
}

void scene_trace_hostile(struct screen *s)
{
    scene_begin(s);
    scene_message(s, 0, false, SCENE_BOB,
                  "INV\033[2JITE\x07 sip:a SIP/2.0\n"
                  "From: \"\xe2\x80\xae evil \x1b]0;title\x07\" <sip:\x01@x>\n"
                  "\x7f\x1b[31mX-Red: \xc2\x9b 31m\n"
                  "Subject: \xe4\xbd\xa0\xe5\xa5\xbd e\xcc\x81\t\x1b(0 tab\n"
                  "CSeq: 1 \x1b[A\x1b[A\n\nbody \x1b[1;1H\n");
    scene_press(s, "T");
}

void scene_message_one(struct screen *s)
{
    scene_begin(s);
    scene_exchange(s);
    scene_press(s, "T k k k k enter");
}

void scene_message_hostile(struct screen *s)
{
    scene_trace_hostile(s);
    scene_press(s, "enter j j");
}

void scene_message_sdp(struct screen *s)
{
    scene_message_one(s);
    scene_press(s, "s j");
}

void scene_compare(struct screen *s)
{
    scene_begin(s);
    scene_exchange(s);
    scene_press(s, "T g j j m j j j =");
}

/* --- a call closely --------------------------------------------------------------------------- */

static void hear_quality(struct screen *s, unsigned second)
{
    unsigned wave = second * second % 23;
    bool bad = second >= 40 && second < 50;
    char line[1024];

    snprintf(line, sizeof line,
             "{\"v\":1,\"event\":\"quality\",\"time\":1,\"call\":1,\"loss_percent\":%u.5,"
             "\"their_loss_percent\":0.0,\"jitter_ms\":2.0,%s\"delay_ms\":%u.0,"
             "\"level_in_db\":-%u.0,\"level_out_db\":-%u.0,\"mos\":%s,\"sent\":%u,"
             "\"received\":%u,\"lost\":%u,\"late\":2,\"concealed\":%u,\"refused\":4}",
             bad ? wave / 2 : 0,
             second > 5 ? "\"round_trip_ms\":38.0,\"mouth_to_ear_ms\":104.0,\"their_mos\":4.1,"
                        : "",
             bad ? 120 + 10 * wave : 50 + wave, 3 * wave, second % 9 ? 20 + wave : 1,
             bad ? "2.9" : "4.3", second * 50, second * 50 - 12, 12, 15);
    scene_hear(s, line);
}

static void answer(struct screen *s)
{
    scene_begin(s);
    scene_hear(s, "{\"v\":1,\"event\":\"calling\",\"time\":1,\"call\":1,\"peer\":"
                  "\"sip:bob@example.org\",\"contact\":\"Bob Martin\",\"account\":\"home\"}");
    scene_hear(s,
               "{\"v\":1,\"event\":\"answered\",\"time\":1,\"call\":1,\"codec\":\"opus/48000\"}");
}

void scene_details(struct screen *s)
{
    answer(s);
    scene_hear(s, "{\"v\":1,\"event\":\"media\",\"time\":1,\"call\":1,\"codec\":\"opus/48000\","
                  "\"local\":\"192.0.2.1:40000\",\"remote\":\"192.0.2.77:5000\",\"encryption\":"
                  "\"none\",\"sending\":true}");
    for (unsigned second = 1; second <= 90; second++)
        hear_quality(s, second);
    s->now_ms += 90000;
    scene_press(s, "i");
}

void scene_details_early(struct screen *s)
{
    answer(s);
    scene_press(s, "i");
}

void scene_details_none(struct screen *s)
{
    scene_begin(s);
    scene_press(s, "i");
}

/* --- no telephone ----------------------------------------------------------------------------- */

void scene_starting(struct screen *s)
{
    s->send = NULL;
    s->starts = true;
}

void scene_trouble(struct screen *s)
{
    s->send = NULL;
    buf_puts(&s->trouble,
             "The telephone could not be started.\n"
             "/home/alice/.config/tphone/tphone.conf:3:1: there is no setting \"listne\"; is "
             "\"listen\" meant?\n"
             "The settings are in /home/alice/.config/tphone/tphone.conf; man tphone.conf explains "
             "them.\n"
             "Put it right, then try again.\n");
    screen_open(s, &view_trouble);
}

/* --- sound devices ---------------------------------------------------------------------------- */

#define STATUS(device, rings)                                                                      \
    "{\"v\":1,\"reply\":3,\"ok\":true,\"device\":\"" device "\",\"ring_devices\":[" rings          \
    "],\"calls\":[],\"accounts\":[]}"

static void hear_levels(struct screen *s, unsigned tenth)
{
    unsigned wave = tenth * tenth % 29;
    char line[256];

    snprintf(line, sizeof line,
             "{\"v\":1,\"event\":\"levels\",\"time\":1,\"microphone_dbfs\":-%u.0,"
             "\"speaker_dbfs\":-96.0}",
             tenth % 16 ? 12 + wave : 2);
    scene_hear(s, line);
}

void scene_devices(struct screen *s)
{
    s->watches = true;
    scene_begin(s);
    scene_press(s, "D");
    scene_hear(s, STATUS("USB Headset: Audio", "\"Built-in \xc3\xa4udio\",\"USB Headset: Audio\""));
    scene_hear(s, "{\"v\":1,\"event\":\"devices\",\"time\":1,\"devices\":["
                  "{\"name\":\"Built-in \xc3\xa4udio\",\"host_api\":\"ALSA\",\"inputs\":2,"
                  "\"outputs\":2,\"rate\":44100,\"default\":true},"
                  "{\"name\":\"USB Headset: Audio\",\"host_api\":\"ALSA\",\"inputs\":1,"
                  "\"outputs\":2,\"rate\":48000,\"default\":false},"
                  "{\"name\":\"HDMI 0\",\"host_api\":\"ALSA\",\"inputs\":0,"
                  "\"outputs\":8,\"rate\":48000,\"default\":false}]}");
    scene_hear(s, "{\"v\":1,\"event\":\"test\",\"time\":1,\"doing\":\"open\"}");
    scene_hear(s, "{\"v\":1,\"event\":\"voice\",\"time\":1,\"echo\":\"auto\",\"noise\":\"on\","
                  "\"level\":\"off\"}");
    for (unsigned tenth = 0; tenth < 150; tenth++)
        hear_levels(s, tenth);
    scene_press(s, "j");
}

void scene_devices_none(struct screen *s)
{
    scene_begin(s);
    scene_press(s, "D");
    scene_hear(s, STATUS("none", ""));
    scene_hear(s, "{\"v\":1,\"event\":\"devices\",\"time\":1,\"text\":\"there is no sound\"}");
}

/* --- contacts --------------------------------------------------------------------------------- */

#define CONTACTS_FILE "\"file\":\"/home/alice/.config/tphone/contacts\""

/* The reply to the last question: screens number theirs, 64 apart, 6 being an edit of a contact. */
static void refuse_last(struct screen *s, const char *error, const char *text)
{
    char line[1024];

    snprintf(line, sizeof line,
             "{\"v\":1,\"reply\":%llu,\"ok\":false,\"error\":\"%s\",\"text\":\"%s\"}",
             (unsigned long long)(s->asked * 64 + ASK_CONTACT), error, text);
    scene_hear(s, line);
}

static void drop_line(void *arg, struct slice line)
{
    (void)arg;
    (void)line;
}

void scene_contact_refused(struct screen *s)
{
    scene_begin(s);
    s->send = drop_line;
    scene_press(s, "e A D a v e tab d a v e @ h enter");
    refuse_last(s, "failed",
                "/home/alice/.config/tphone/contacts: cannot be written: No space left on device");
}

void scene_contacts_hostile(struct screen *s)
{
    scene_begin(s);
    scene_hear(s,
               "{\"v\":1,\"reply\":5,\"ok\":true," CONTACTS_FILE ",\"contacts\":["
               "{\"name\":\"\\u001b[2Jred \\u001b[31m\",\"address\":\"sip:\\u0007\\u009b1;1H@x\"},"
               "{\"name\":\"\u202e evil\",\"address\":\"a@\\u000d\\u000ab = c\"},"
               "{\"name\":\"\u4f60\u597d\",\"address\":\"sip:nihao@example.org\"}]}");
    scene_press(s, "e enter tab");
}

void scene_contacts_broken(struct screen *s)
{
    scene_hear(s, "{\"v\":1,\"reply\":5,\"ok\":false,\"error\":\"failed\",\"text\":"
                  "\"/home/alice/.config/tphone/contacts:3:9: an equals sign is missing: a line is "
                  "\\\"name = address\\\"\"}");
    scene_press(s, "e");
}
