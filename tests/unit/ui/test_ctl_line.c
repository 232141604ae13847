/* What ui/json_event.c prints is read back: whoever sees a call of the daemon is told the same as
 * if it were his own. */
#include "ui/ctl_line.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "phone/event_names.h"
#include "phone/phone.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "ui/json.h"
#include "ui/status.h"

static const struct phone_quality heard = {.loss_percent = 1.5,
                                           .their_loss_percent = 0.5,
                                           .jitter_ms = 2,
                                           .round_trip_ms = 21,
                                           .delay_ms = 40,
                                           .level_in_dbfs = -20,
                                           .level_out_dbfs = -30,
                                           .left_percent = 0.75,
                                           .burst = 2,
                                           .mouth_to_ear_ms = 110,
                                           .rating = 90,
                                           .mos = 4.3,
                                           .mos_listening = 4.4,
                                           .their_discard_percent = 0.25,
                                           .their_delay_ms = 70,
                                           .their_rating = 88,
                                           .their_mos = 4.2,
                                           .sent = 50,
                                           .received = 49,
                                           .refused = 6,
                                           .frames_refused = 2,
                                           .echo_less_db = 30,
                                           .echo_delay_ms = 70,
                                           .speech_dbfs = -25,
                                           .noise_dbfs = -60,
                                           .gain_db = 3};
static const struct phone_quality unknown = {.their_loss_percent = -1,
                                             .round_trip_ms = -1,
                                             .delay_ms = -1,
                                             .level_in_dbfs = NAN,
                                             .level_out_dbfs = NAN,
                                             .mouth_to_ear_ms = -1,
                                             .rating = -1,
                                             .mos = -1,
                                             .mos_listening = -1,
                                             .their_discard_percent = -1,
                                             .their_delay_ms = -1,
                                             .their_rating = -1,
                                             .their_mos = -1,
                                             .echo_less_db = NAN,
                                             .echo_delay_ms = NAN,
                                             .speech_dbfs = NAN,
                                             .noise_dbfs = NAN,
                                             .gain_db = NAN};

static struct phone_event full(enum phone_event_kind kind)
{
    struct phone_event e = {
        .kind = kind,
        .call = 7,
        .peer = "sip:bob@192.0.2.7",
        .peer_name = "Bob \"the\" \\ caller",
        .contact = "bob",
        .target = "sip:alice@example.org",
        .transport = "udp",
        .codec = "opus/48000/2",
        .status = 183,
        .reason = "Session Progress",
        .text = "said in words",
        .file = "/tmp/heard.wav",
        .digits = "12#",
        .way = "rtp",
        .outcome = PHONE_BUSY,
        .result = {.answered = true,
                   .talk_ms = 62345,
                   .sent = 3117,
                   .received = 3100,
                   .lost = 17,
                   .from_copies = 9,
                   .from_fec = 3,
                   .concealed = 5,
                   .refused = 11,
                   .frames_refused = 1,
                   .jitter_ms = 1.5,
                   .round_trip_ms = 20.25,
                   .lost_percent = 0.5,
                   .their_lost_percent = 0.25,
                   .left_percent = 0.125,
                   .mouth_to_ear_ms = 100,
                   .rating = 91,
                   .mos = 4.375,
                   .mos_listening = 4.5,
                   .their_mos = 4.125},
        .account = "work",
        .expires_s = 3600,
        .bindings = 2,
        .seen_at = "203.0.113.5:1024",
        .retry_ms = 2500,
        .encryption = "none",
        .redundancy = true,
        .signalling_encryption = "TLSv1.2, X, h verified by tls-ca",
        .device = "null",
        .conference = 3,
        .to = "sip:carol@h",
        .other = 9,
        .speaker_db = -6,
        .echo = PHONE_VOICE_OFF,
        .noise = PHONE_VOICE_ON,
        .quality = &heard,
    };

    assert_int_equal(ip_parse_with_port(SLICE("[2001:db8::1]:5060"), &e.where), 0);
    assert_int_equal(ip_parse_with_port(SLICE("192.0.2.1:16384"), &e.local), 0);
    return e;
}

/* Nothing that could be left out is there. */
static struct phone_event empty(enum phone_event_kind kind)
{
    struct phone_event e = {.kind = kind,
                            .call = 1,
                            .outcome = PHONE_NO_ANSWER,
                            .quality = &unknown,
                            .result = {.round_trip_ms = -1, .their_lost_percent = -1}};

    phone_fill_event(&e);
    return e;
}

static bool has_result(enum phone_event_kind kind)
{
    return kind == PHONE_ENDED || kind == PHONE_REGISTERED || kind == PHONE_REGISTER_FAILED;
}

static void print(const struct phone_event *event, struct buf *out)
{
    status_line(out, event, 2);
    if (has_result(event->kind))
        result_line(out, event);
    buf_printf(out, "%s exit %d", event_name(event), (int)exit_of(event->outcome));
}

static bool is_of_a_call(enum phone_event_kind kind)
{
    static const enum phone_event_kind others[] = {
        PHONE_LISTENING,    PHONE_REGISTERED, PHONE_REGISTER_FAILED,
        PHONE_UNREGISTERED, PHONE_DND_SET,    PHONE_DEVICE_IN_USE,
        PHONE_TESTED,       PHONE_TEST_ENDED, PHONE_VOLUMES,
        PHONE_VOICE_SET,
    };

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (kind == others[i])
            return false;
    return true;
}

static void drop_what_is_not_told(struct phone_event *event)
{
    if (event->kind != PHONE_ENDED && event->kind != PHONE_REGISTER_FAILED)
        event->outcome = 0;
    if (!is_of_a_call(event->kind))
        event->call = 0;
    if (event->kind == PHONE_REGISTERED)
        event->status = 0;
}

static void check_back(struct phone_event event)
{
    struct buf line = buf_new(65536), told = buf_new(65536), wanted = buf_new(65536);
    struct ctl_line back;

    drop_what_is_not_told(&event);
    json_event(&line, &event, 1795290189123);
    assert_true(line.n > 0);
    assert_int_equal(ctl_line_read(slice_head(buf_slice(&line), line.n - 1), &back), 0);
    assert_int_equal(back.kind, CTL_EVENT);
    assert_string_equal(back.name, event_name(&event));
    print(&event, &wanted);
    print(&back.event, &told);
    assert_string_equal(buf_cstr(&told), buf_cstr(&wanted));
    ctl_line_free(&back);
    buf_free(&line);
    buf_free(&told);
    buf_free(&wanted);
}

static void every_event_comes_back_as_it_was(void **state)
{
    (void)state;
    for (int k = PHONE_LISTENING; k < PHONE_CLOSED; k++) {
        for (int on = 0; on < 2; on++) {
            struct phone_event much = full((enum phone_event_kind)k);
            struct phone_event little = empty((enum phone_event_kind)k);

            much.on = little.on = on;
            if (!event_name(&much))
                continue;
            check_back(much);
            check_back(little);
        }
    }
}

static void every_outcome_comes_back(void **state)
{
    (void)state;
    for (int o = PHONE_OK; o <= PHONE_FAILED; o++) {
        struct phone_event event = full(PHONE_ENDED);

        event.outcome = (enum phone_outcome)o;
        check_back(event);
    }
}

static const struct row {
    const char *name, *in;
    int err;
    enum ctl_kind kind;
    uint64_t id;
    bool ok;
    uint32_t call;
    const char *error, *text;
} rows[] = {
    {"a reply", "{\"v\":1,\"reply\":7,\"ok\":true,\"call\":3}", 0, CTL_REPLY, 7, true, 3, "", ""},
    {"a refusal", "{\"reply\":8,\"ok\":false,\"error\":\"sound\",\"text\":\"no\"}", 0, CTL_REPLY, 8,
     false, 0, "sound", "no"},
    {"a reply to somebody who gave no id", "{\"reply\":null,\"ok\":true}", 0, CTL_REPLY, 0, true, 0,
     "", ""},
    {"what is told, but not by the phone", "{\"event\":\"dropped\",\"text\":\"slow\"}", 0, CTL_OWN,
     0, false, 0, "", "slow"},
    {"an event of a later version", "{\"event\":\"hologram\",\"call\":1}", 0, CTL_OWN, 0, false, 0,
     "", ""},
    {"values of other types count as missing",
     "{\"event\":\"ended\",\"call\":\"1\",\"peer\":5,\"duration\":\"x\",\"remote\":{}}", 0,
     CTL_EVENT, 0, false, 0, "", ""},
    {"numbers beyond all bounds",
     "{\"event\":\"ended\",\"call\":99999999999,\"duration\":1e300,\"sent\":-5,\"status\":-1}", 0,
     CTL_EVENT, 0, false, 0, "", ""},
    {"an object of nothing", "{}", 0, CTL_OTHER, 0, false, 0, "", ""},
    {"no object", "[1]", -EBADMSG, 0, 0, false, 0, "", ""},
    {"no JSON", "hello", -EBADMSG, 0, 0, false, 0, "", ""},
    {"nothing", "", -EBADMSG, 0, 0, false, 0, "", ""},
    {"cut off", "{\"event\":", -EBADMSG, 0, 0, false, 0, "", ""},
    {"no UTF-8", "{\"event\":\"\xff\"}", -EBADMSG, 0, 0, false, 0, "", ""},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in);
    struct ctl_line line;

    assert_int_equal(ctl_line_read(in, &line), row->err);
    exact_free(in);
    if (row->err)
        return;
    assert_int_equal(line.kind, row->kind);
    assert_int_equal(line.id, row->id);
    assert_int_equal(line.ok, row->ok);
    assert_int_equal(line.kind == CTL_EVENT ? line.event.call : line.call, row->call);
    assert_string_equal(line.error, row->error);
    assert_string_equal(line.text, row->text);
    ctl_line_free(&line);
}

/* Other strings are made safe, of which a screen draws whole rows. */
static void a_message_keeps_its_lines(void **state)
{
    struct ctl_line line;

    (void)state;
    assert_int_equal(
        ctl_line_read(SLICE("{\"event\":\"sip\",\"message\":\"a\\r\\nb\",\"text\":\"a\\r\"}"),
                      &line),
        0);
    assert_string_equal(json_string_value(json_object_get(line.tree, "message")), "a\r\nb");
    assert_string_equal(json_string_value(json_object_get(line.tree, "text")), "a\xef\xbf\xbd");
    ctl_line_free(&line);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_comes_back_as_it_was),
        cmocka_unit_test(every_outcome_comes_back),
        cmocka_unit_test(a_message_keeps_its_lines),
    };
    int failed = RUN_ROWS("ui/ctl_line: lines", rows, check_row);

    return failed + cmocka_run_group_tests_name("ui/ctl_line: events", tests, NULL, NULL);
}
