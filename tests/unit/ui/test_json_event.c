/* Events as lines of JSON: what is known is told, in order, and safely. */
#include "ui/json.h"

#include <jansson.h>
#include <math.h>

#include "phone/event_names.h"
#include "tests/lib/rows.h"

#define AT                                                                                         \
    {                                                                                              \
        .family = 4, .bytes = {192, 0, 2, 1}, .port = 5060                                         \
    }

static const struct phone_quality quality = {.loss_percent = 1.5,
                                             .their_loss_percent = -1,
                                             .jitter_ms = 2,
                                             .round_trip_ms = -1,
                                             .delay_ms = 40,
                                             .level_in_dbfs = -20,
                                             .level_out_dbfs = -127,
                                             .burst = 1.5,
                                             .mouth_to_ear_ms = 110,
                                             .echo_less_db = 31.5,
                                             .echo_delay_ms = NAN,
                                             .speech_dbfs = NAN,
                                             .noise_dbfs = -61.25,
                                             .gain_db = 0,
                                             .rating = 92,
                                             .mos = 4.41,
                                             .mos_listening = -1,
                                             .their_discard_percent = -1,
                                             .their_delay_ms = -1,
                                             .their_rating = -1,
                                             .their_mos = 4.1,
                                             .sent = 50,
                                             .received = 49,
                                             .lost = 1,
                                             .from_copies = 7,
                                             .from_fec = 2,
                                             .refused = 13,
                                             .frames_refused = 4,
                                             .copies = 2,
                                             .copies_ms = 160};
static const struct phone_device devices[] = {
    {.name = "Card \"1\"", .host_api = "ALSA", .inputs = 1, .outputs = 2, .rate_hz = 48000},
    {.name = "null", .host_api = "", .is_default = true},
};

/* clang-format off */
/* The line behind {"v":1,"event":, in which an event begins with its name. */
static const struct row {
    const char *name;
    struct phone_event event;
    const char *rest;
} rows[] = {
    {"where it listens", {.kind = PHONE_LISTENING, .transport = "udp", .where = AT},
     "\"listening\",\"time\":1.005,\"transport\":\"udp\",\"local\":\"192.0.2.1:5060\"}\n"},
    {"nothing that is not known",
     {.kind = PHONE_INCOMING, .call = 3, .peer = "sip:a@h", .peer_name = "", .target = NULL},
     "\"incoming\",\"time\":1.005,\"call\":3,\"peer\":\"sip:a@h\"}\n"},
    {"quotes and backslashes of a stranger",
     {.kind = PHONE_INCOMING, .call = 1, .peer_name = "\\\"x\"\\"},
     "\"incoming\",\"time\":1.005,\"call\":1,\"peer_name\":\"\\\\\\\"x\\\"\\\\\"}\n"},
    {"what moves a cursor, hides, or is not UTF-8",
     {.kind = PHONE_INCOMING, .call = 1, .peer_name = "a\x1b[2J\xe2\x80\xae\n\xc3\"\xff"},
     "\"incoming\",\"time\":1.005,\"call\":1,\"peer_name\":"
     "\"a\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\\"\xef\xbf\xbd\"}\n"},
    {"a transfer that is asked for",
     {.kind = PHONE_TRANSFER_ASKED, .call = 1, .peer = "sip:a@h", .to = "sip:c\x1b@h"},
     "\"transfer-asked\",\"time\":1.005,\"call\":1,\"peer\":\"sip:a@h\","
     "\"to\":\"sip:c\xef\xbf\xbd@h\"}\n"},
    {"one that is done",
     {.kind = PHONE_TRANSFER_FOLLOWED, .call = 1, .to = "sip:c@h", .other = 2},
     "\"transfer-followed\",\"time\":1.005,\"call\":1,\"to\":\"sip:c@h\",\"other\":2}\n"},
    {"a hold", {.kind = PHONE_ON_HOLD, .call = 1, .on = true},
     "\"on-hold\",\"time\":1.005,\"call\":1}\n"},
    {"its end", {.kind = PHONE_ON_HOLD, .call = 1, .status = 488},
     "\"off-hold\",\"time\":1.005,\"call\":1,\"status\":488}\n"},
    {"an end without an answer has no totals",
     {.kind = PHONE_ENDED, .call = 1, .outcome = PHONE_BUSY, .status = 486, .text = "busy (486)"},
     "\"ended\",\"time\":1.005,\"call\":1,\"outcome\":\"busy\",\"status\":486,"
     "\"text\":\"busy (486)\",\"answered\":false}\n"},
    {"one after an answer has those that are known",
     {.kind = PHONE_ENDED, .call = 1, .outcome = PHONE_OK,
      .result = {.answered = true, .talk_ms = 61050, .sent = 3, .received = 2, .lost = 1,
                 .from_copies = 1, .refused = 8, .lost_percent = 100.0 / 3, .jitter_ms = 0.25, .their_lost_percent = 0,
                 .round_trip_ms = -1, .left_percent = 2, .mouth_to_ear_ms = -1, .rating = 60,
                 .mos = 3.1, .mos_listening = 3.25, .their_mos = -1}},
     "\"ended\",\"time\":1.005,\"call\":1,\"outcome\":\"answered\",\"answered\":true,"
     "\"duration\":61.050,\"sent\":3,\"received\":2,\"lost\":1,\"from_copies\":1,\"from_fec\":0,"
     "\"concealed\":0,\"refused\":8,\"frames_refused\":0,\"loss_percent\":33.33,"
     "\"their_loss_percent\":0.00,\"jitter_ms\":0.25,\"left_percent\":2.00,\"rating\":60.00,"
     "\"mos\":3.10,\"mos_listening\":3.25}\n"},
    {"a number that is none", {.kind = PHONE_VOLUMES, .microphone_db = -6, .speaker_db = NAN},
     "\"volume\",\"time\":1.005,\"microphone_db\":-6.00}\n"},
    {"what is agreed",
     {.kind = PHONE_MEDIA, .call = 1, .codec = "opus/48000", .local = AT, .encryption = "none",
      .on = true},
     "\"media\",\"time\":1.005,\"call\":1,\"codec\":\"opus/48000\",\"local\":\"192.0.2.1:5060\","
     "\"encryption\":\"none\",\"redundancy\":false,\"sending\":true,\"early\":true}\n"},
    {"quality", {.kind = PHONE_QUALITY, .call = 1, .quality = &quality},
     "\"quality\",\"time\":1.005,\"call\":1,\"loss_percent\":1.50,\"jitter_ms\":2.00,"
     "\"delay_ms\":40.00,\"level_in_db\":-20.00,\"level_out_db\":-127.00,"
     "\"left_percent\":0.00,\"burst\":1.50,\"mouth_to_ear_ms\":110.00,\"rating\":92.00,"
     "\"mos\":4.41,\"their_mos\":4.10,\"sent\":50,"
     "\"received\":49,\"lost\":1,\"late\":0,\"concealed\":0,\"from_copies\":7,\"from_fec\":2,"
     "\"refused\":13,\"frames_refused\":4,\"copies\":2,\"copies_ms\":160,\"echo_less_db\":31.50,"
     "\"noise_dbfs\":-61.25,\"gain_db\":0.00}\n"},
    {"what is done to a microphone",
     {.kind = PHONE_VOICE_SET, .echo = PHONE_VOICE_ON, .level = PHONE_VOICE_OFF},
     "\"voice\",\"time\":1.005,\"echo\":\"on\",\"noise\":\"auto\",\"level\":\"off\"}\n"},
    {"devices", {.kind = PHONE_DEVICE_LIST, .devices = devices, .n_devices = 2, .text = ""},
     "\"devices\",\"time\":1.005,\"devices\":["
     "{\"name\":\"Card \\\"1\\\"\",\"host_api\":\"ALSA\",\"inputs\":1,\"outputs\":2,"
     "\"rate\":48000,\"default\":false},"
     "{\"name\":\"null\",\"host_api\":\"\",\"inputs\":0,\"outputs\":0,\"rate\":0,"
     "\"default\":true}]}\n"},
    {"no devices", {.kind = PHONE_DEVICE_LIST, .text = ""},
     "\"devices\",\"time\":1.005,\"devices\":[]}\n"},
    {"why there are none to be told", {.kind = PHONE_DEVICE_LIST, .text = "no sound"},
     "\"devices\",\"time\":1.005,\"text\":\"no sound\"}\n"},
    {"a message, safe and without what is secret",
     {.kind = PHONE_MESSAGE, .transport = "udp", .where = AT, .sent = true,
      .bytes = SLICE_INIT("A \"b\"\r\nAuthorization: Digest response=\"12\"\r\n\r\n\tx\x1b")},
     "\"sip\",\"time\":1.005,\"direction\":\"out\",\"transport\":\"udp\","
     "\"remote\":\"192.0.2.1:5060\",\"message\":\"A \\\"b\\\"\\r\\nAuthorization: Digest "
     "response=\\\"...\\\"\\r\\n\\r\\n\\tx\xef\xbf\xbd\"}\n"},
    {"when it is tried again",
     {.kind = PHONE_REGISTER_FAILED, .account = "work", .peer = "sip:a@h", .retry_ms = 30000,
      .outcome = PHONE_UNREACHABLE},
     "\"registration-failed\",\"time\":1.005,\"account\":\"work\",\"uri\":\"sip:a@h\","
     "\"outcome\":\"unreachable\",\"retry\":30.000}\n"},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf line = buf_new(4096), wanted = buf_new(4096);

    buf_printf(&wanted, "{\"v\":1,\"event\":%s", row->rest);
    json_event(&line, &row->event, 1005);
    assert_string_equal(buf_cstr(&line), buf_cstr(&wanted));
    buf_free(&line);
    buf_free(&wanted);
}

static void the_end_of_all_is_not_told(void **state)
{
    struct buf line = buf_new(4096);

    (void)state;
    json_event(&line, &(struct phone_event){.kind = PHONE_CLOSED}, 0);
    assert_int_equal(line.n, 0);
    buf_free(&line);
}

static void an_outcome_has_word_status_and_sentence(void **state)
{
    struct json_own own = {.kind = JSON_OUTCOME, .word = "usage", .exit = 2, .text = "no \"x\""};
    struct buf line = buf_new(4096);

    (void)state;
    json_own(&line, &own, 2000);
    assert_string_equal(buf_cstr(&line),
                        "{\"v\":1,\"event\":\"outcome\",\"time\":2.000,"
                        "\"outcome\":\"usage\",\"exit\":2,\"text\":\"no \\\"x\\\"\"}\n");
    buf_free(&line);
}

static void check_line(const struct phone_event *event, const struct json_shape *shape)
{
    struct buf line = buf_new(8192);
    json_t *root;
    size_t n = 0;

    json_event(&line, event, json_now_ms());
    root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    for (; shape->members[n]; n++)
        assert_true(json_object_get(root, shape->members[n]) || event->kind == PHONE_DEVICE_LIST);
    assert_string_equal(json_string_value(json_object_get(root, "event")), shape->name);
    json_decref(root);
    buf_free(&line);
}

/* Nothing is told twice or of the wrong kind: a line with all members is an object for a reader
 * that refuses duplicates, and has as many as its shape. */
static void an_event_with_everything_has_all_its_members(void **state)
{
    static const struct phone_quality all = {.mos = 1};
    struct phone_event event = {.call = 1,
                                .peer = "p",
                                .peer_name = "n",
                                .contact = "c",
                                .target = "t",
                                .transport = "udp",
                                .where = AT,
                                .codec = "x",
                                .status = 200,
                                .reason = "r",
                                .text = "t",
                                .file = "f",
                                .digits = "1",
                                .way = "rtp",
                                .outcome = PHONE_OK,
                                .result = {.answered = true},
                                .account = "a",
                                .seen_at = "s",
                                .retry_ms = 1,
                                .local = AT,
                                .encryption = "sdes",
                                .suite = "AEAD_AES_128_GCM",
                                .signalling_encryption = "TLSv1.2, X, h verified by tls-ca",
                                .device = "d",
                                .conference = 1,
                                .to = "o",
                                .other = 2,
                                .quality = &all,
                                .devices = devices,
                                .n_devices = 1};
    struct json_shape shape;
    size_t shapes = 0;

    (void)state;
    for (int kind = PHONE_LISTENING; kind < PHONE_MESSAGE; kind++)
        for (int on = 0; on < 2; on++) {
            event.kind = (enum phone_event_kind)kind;
            event.on = on == 1;
            assert_true(json_shape_at((size_t)event_name_place(&event), &shape));
            check_line(&event, &shape);
        }
    while (json_shape_at(shapes, &shape))
        shapes++;
    assert_string_equal(shape.name, "dropped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_all_is_not_told),
        cmocka_unit_test(an_outcome_has_word_status_and_sentence),
        cmocka_unit_test(an_event_with_everything_has_all_its_members),
    };

    return RUN_ROWS("ui/json_event", rows, check_row) +
           cmocka_run_group_tests_name("ui/json_event whole", tests, NULL, NULL);
}
