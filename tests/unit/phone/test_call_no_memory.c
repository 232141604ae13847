/* A call that comes, one with keys that is held, and one that goes, each allocation of which fails
 * once: the other side is answered 503 or as if nothing had been, whoever was told of the call is
 * told its end, a call that is up has sound, nothing is left of it, and the next one is as good as
 * any. And keys are forgotten.
 *
 * Memory of threads counts as well, so that now and
 * then one run differs from the next. */
#define _GNU_SOURCE 1 /* pipe2 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/memory.h"
#include "tests/lib/memory_srtp.h"
#include "tests/lib/memory_uv.h"
#include "tests/unit/phone/frugal.h"
#include "tests/unit/phone/noted.h"

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio %u RTP/AVP 0\r\n"
#define KEYED                                                                                      \
    "v=0\r\no=- 1 %u IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                   \
    "m=audio %u RTP/SAVP 0\r\na=%s\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "                         \
    "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG%s\r\n"

static void calls_in(struct frugal *far)
{
    char tag[64], body[1024];

    snprintf(body, sizeof body, SDP, far->sound_port);
    frugal_invites(far, body, tag);
    if (!*tag)
        return;
    frugal_hears_sound(far);
    if (far->plays)
        PHONES_UNTIL(&far->phones, phones_find(far->end, PHONE_PLAY_ENDED, 0) ||
                                       phones_find(far->end, PHONE_ENDED, 0));
    frugal_hangs_up(far, 2, tag);
}

/* The call has ended, as what it was to be told or its sound had no room. */
static bool has_said_bye(struct frugal *far)
{
    if (far->is_up || frugal_heard(far, "503"))
        return false;
    if (!frugal_heard(far, "481") && !frugal_heard(far, "487"))
        fail_msg("an answer without reason: %.40s", far->heard);
    PHONES_UNTIL(&far->phones, phones_find(far->end, PHONE_ENDED, 0));
    return true;
}

static void asks(struct frugal *far, unsigned cseq, const char *tag, const char *offer,
                 const char *answer)
{
    frugal_asks_until(far, "INVITE", cseq, tag, offer);
    far->is_up = frugal_heard(far, "200");
    frugal_asks(far, "ACK", cseq, tag, far->is_up ? answer : "");
}

/* It holds, and comes back with another key: what is refused leaves the call as it was. */
static void holds_with_keys(struct frugal *far)
{
    static const struct {
        const char *direction, *key;
    } offers[] = {{"sendrecv", "Vz"}, {"sendonly", "Vz"}, {"sendrecv", "Xz"}};
    char tag[64], body[1024];
    unsigned cseq = 1;
    bool held = false;

    snprintf(body, sizeof body, KEYED, cseq, far->sound_port, offers[0].direction, offers[0].key);
    frugal_invites(far, body, tag);
    if (!*tag)
        return;
    frugal_hears_sound(far);
    for (size_t i = 1; i < ARRAY_LEN(offers); i++) {
        snprintf(body, sizeof body, KEYED, ++cseq, far->sound_port, offers[i].direction,
                 offers[i].key);
        asks(far, cseq, tag, body, "");
        if (has_said_bye(far))
            return;
        held = far->is_up ? strcmp(offers[i].direction, "sendonly") == 0 : held;
        if (!held)
            frugal_hears_sound(far);
    }
    frugal_hangs_up(far, cseq + 1, tag);
}

/* It asks for our offer, and then makes one of its own: what came to nothing stands in no way. */
static void asks_for_an_offer(struct frugal *far)
{
    char tag[64], body[1024];

    snprintf(body, sizeof body, SDP, far->sound_port);
    frugal_invites(far, body, tag);
    if (!*tag)
        return;
    frugal_hears_sound(far);
    for (unsigned cseq = 2; cseq <= 3; cseq++) {
        asks(far, cseq, tag, cseq == 2 ? "" : body, cseq == 2 ? body : "");
        if (has_said_bye(far))
            return;
        frugal_hears_sound(far);
    }
    frugal_hangs_up(far, 4, tag);
}

/* --- one that is recorded -------------------------------------------------------------------- */

static int records_to(struct frugal *far, const struct phone_pipe *pipe)
{
    const struct phones_seen *seen = phones_find(far->end, PHONE_INCOMING, 0);
    struct phone_command command = {.kind = PHONE_RECORD,
                                    .call = seen->call,
                                    .sound = {.out = pipe, .sides = PHONE_SIDES_APART}};

    return phone_do(far->end->phone, &command, NULL, NULL);
}

/* Nobody has the other end any more. */
static void assert_let_go(struct frugal *far, int fd)
{
    char bytes[4096];
    ssize_t n;

    PHONES_UNTIL(&far->phones, (n = read(fd, bytes, sizeof bytes)) == 0);
    close(fd);
}

/* Into a pipe instead, in the middle of the call, and then no more; or both stay as they were. */
static void is_recorded(struct frugal *far)
{
    char tag[64], body[1024];
    struct phone_pipe pipe;
    int fd[2];

    unlink(far->records);
    snprintf(body, sizeof body, SDP, far->sound_port);
    frugal_invites(far, body, tag);
    if (!*tag)
        return;
    frugal_hears_sound(far);
    assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
    pipe = (struct phone_pipe){.fd = fd[1], .channels = 2};
    if (records_to(far, &pipe) == 0)
        frugal_hears_sound(far);
    close(fd[1]);
    if (records_to(far, NULL) == 0)
        assert_let_go(far, fd[0]);
    else
        close(fd[0]);
    frugal_hangs_up(far, 2, tag);
}

/* Keys, and a codec that we lack. */
static void is_refused(struct frugal *far)
{
    char tag[64], body[1024];

    snprintf(body, sizeof body, KEYED, 1u, 9u, "sendrecv", "Vz");
    strstr(body, "SAVP 0")[strlen("SAVP ")] = '3';
    frugal_asks_until(far, "INVITE", 1, "", body);
    frugal_to_tag(far, tag);
    frugal_asks(far, "ACK", 1, tag, "");
    assert_true(frugal_heard(far, "488"));
}

static void takes(struct frugal *far)
{
    char body[1024];

    snprintf(body, sizeof body, SDP, far->sound_port);
    frugal_replies(far, "200 OK", ";tag=f", body);
}

/* Two phones of it name their sound beforehand, and the second one is the one that takes it. */
static void takes_by_fork(struct frugal *far)
{
    char body[1024];

    snprintf(body, sizeof body, SDP, 9u);
    frugal_replies(far, "183 Session Progress", ";tag=e", body);
    snprintf(body, sizeof body, SDP, far->sound_port);
    frugal_replies(far, "183 Session Progress", ";tag=f", body);
    frugal_replies(far, "200 OK", ";tag=f", "");
}

/* It has moved, and answers where it is now. */
static void sends_on(struct frugal *far)
{
    if (strncmp(far->heard, "INVITE sip:far@", strlen("INVITE sip:far@")) == 0)
        takes(far);
    else
        frugal_replies(far, "302 Moved Temporarily", ";tag=m", "");
}

/* Perhaps of a call before: what was said to the INVITE of this one is still to be said again. */
static void takes_bye(struct frugal *far)
{
    char said[sizeof far->said];

    memcpy(said, far->said, sizeof said);
    frugal_replies(far, "200 OK", "", "");
    memcpy(far->said, said, sizeof said);
}

static void calls_out_to(struct frugal *far, void (*answers)(struct frugal *far))
{
    struct ip there = {.family = 4, .bytes = {127, 0, 0, 1}, .port = far->port};
    char target[64], where[IP_TEXT_MAX];
    struct phone_command command = {.kind = PHONE_DIAL, .target = target};
    uint32_t call = 0;
    bool answered = false;

    snprintf(target, sizeof target, "x@%s", ip_text(&there, where));
    if (phone_do(far->end->phone, &command, &call, NULL)) {
        far->shortage++;
        return;
    }
    /* Until it is over, for whatever reason: each request is taken. */
    for (unsigned i = 0; i < FRUGAL_TRIES && !phones_find(far->end, PHONE_ENDED, call); i++) {
        bool asked = frugal_hears(far, "INVITE", "BYE");

        if (asked && far->heard[0] == 'I')
            answers(far);
        else if (asked)
            takes_bye(far);
        else if (!answered && far->said[0])
            frugal_send(far, far->said); /* as long as there is no ACK */
        if (!answered && phones_find(far->end, PHONE_ANSWERED, call)) {
            answered = true;
            far->ok++;
            frugal_hears_sound(far);
            phones_do(far->end, PHONE_HANG_UP, call);
        }
    }
    assert_non_null(phones_find(far->end, PHONE_ENDED, call));
}

static void calls_out(struct frugal *far)
{
    calls_out_to(far, takes);
}

static void calls_forks(struct frugal *far)
{
    calls_out_to(far, takes_by_fork);
}

/* Nobody is told that it was sent on to where it went before. */
static void calls_sent_on(struct frugal *far)
{
    const struct phones_seen *seen;

    calls_out_to(far, sends_on);
    seen = phones_find(far->end, PHONE_NOTICE, 0);
    if (seen && strstr(seen->text, "sent on to") && !strstr(seen->text, "sip:far@") &&
        !strstr(seen->text, "another address"))
        fail_msg("%s", seen->text);
}

static void is_busy(struct frugal *far)
{
    frugal_replies(far, far->heard[0] == 'I' ? "486 Busy Here" : "200 OK", ";tag=b", "");
}

/* It asks to be called back, as the list of the phone allows, is busy then, and hangs up. */
static void transfers(struct frugal *far)
{
    char body[1024], lines[128], tag[64];

    snprintf(body, sizeof body, SDP, far->sound_port);
    frugal_invites(far, body, tag);
    if (!*tag)
        return;
    snprintf(lines, sizeof lines, "Refer-To: <sip:back@127.0.0.1:%u>\r\n", far->port);
    far->lines = lines;
    frugal_asks_until(far, "REFER", 2, tag, "");
    far->lines = NULL;
    /* 481: the call has ended for want of memory; 603: its ACK was lost for that. */
    if (!frugal_heard(far, "202") && !frugal_heard(far, "503") && !frugal_heard(far, "481") &&
        !frugal_heard(far, "603"))
        fail_msg("an answer without reason: %.40s", far->heard);
    while (frugal_hears(far, "INVITE", "NOTIFY"))
        is_busy(far);
    frugal_hangs_up(far, 3, tag);
    /* An INVITE may have been lost, and comes again. */
    for (unsigned i = 0; i < FRUGAL_TRIES && phone_calls(far->end->phone) > 0; i++)
        if (frugal_hears(far, "INVITE", "NOTIFY"))
            is_busy(far);
}

static void called(void **state)
{
    frugal_each_fails(state, calls_in);
}

/* From where it is told of, which without memory is at once. */
static void answered_at_once(void **state)
{
    struct frugal *far = *state;

    far->end->answers = far->end->short_of_all = true;
    frugal_each_fails(state, calls_in);
}

/* Its end is told, as else a script would wait for it for ever. */
static void played_to(void **state)
{
    struct frugal *far = *state;

    far->plays = "/nonexistent/greeting.wav";
    frugal_each_fails(state, calls_in);
}

/* Where nothing fails, both recordings are there. */
static void recorded(void **state)
{
    struct frugal *far = *state;

    far->records = "no-memory-heard.wav";
    frugal_each_fails(state, is_recorded);
    assert_int_equal(frugal_told_recording(far, true), 2);
    assert_int_equal(frugal_told_recording(far, false), 2);
    unlink(far->records);
}

static void holding(void **state)
{
    unsigned before = memory_srtp_taken();

    frugal_each_fails(state, holds_with_keys);
    assert_true(memory_srtp_taken() - before > 1000 / memory_step());
}

static void asking(void **state)
{
    frugal_each_fails(state, asks_for_an_offer);
}

static void calling(void **state)
{
    frugal_each_fails(state, calls_out);
}

static void calling_one_who_moved(void **state)
{
    frugal_each_fails(state, calls_sent_on);
    assert_non_null(phones_find(((struct frugal *)*state)->end, PHONE_NOTICE, 0));
}

static void calling_forks(void **state)
{
    frugal_each_fails(state, calls_forks);
}

static void transferred(void **state)
{
    struct frugal *far = *state;
    struct config_fault fault = {.text = buf_new(1024)};
    char list[64];

    snprintf(list, sizeof list, "127.0.0.1:%u", far->port);
    assert_int_equal(config_set(&far->end->config, SLICE("transfers"), slice_of(list), &fault), 0);
    buf_free(&fault.text);
    far->most = 2;
    frugal_each_fails(state, transfers);
    assert_non_null(phones_find(far->end, PHONE_TRANSFER_FOLLOWED, 0));
}

/* What is given back, to the end of the phone, has no key in it, theirs or ours, in no form. */
static void forgetting(void **state)
{
    static const struct slice secrets[] = {SLICE_INIT("inline:"), SLICE_INIT("WVNfX19zZW1jdGwg"),
                                           SLICE_INIT("YS___semctl (")};
    struct frugal *far;

    frugal_set_up(state);
    far = *state;
    memory_watch(secrets, ARRAY_LEN(secrets));
    frugal_once(far, is_refused, 0);
    frugal_once(far, holds_with_keys, 0);
    frugal_tear_down(state);
    assert_int_equal(memory_found(), 0);
    assert_true(far->ok >= 1);
}

/* Of each call that was told there is one line, and it has ended. */
static void noted(void **state)
{
    struct frugal *far = frugal_open(noted_at.path);
    struct noted_seen seen;

    *state = far;
    frugal_each_fails(state, calls_in);
    frugal_each_fails(state, calls_out);
    frugal_tear_down(state); /* what waits is written */
    seen = noted_look();
    assert_int_equal(seen.n, far->ends);
    assert_int_equal(seen.of[HISTORY_OPEN] + seen.of[HISTORY_CUT_OFF], 0);
    assert_true(seen.of[HISTORY_ANSWERED] > 50 / memory_step());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"a call that comes", called, frugal_set_up, frugal_tear_down, NULL},
        {"one that is answered at once", answered_at_once, frugal_set_up, frugal_tear_down, NULL},
        {"one that hears a file", played_to, frugal_set_up, frugal_tear_down, NULL},
        {"one that is recorded", recorded, frugal_set_up, frugal_tear_down, NULL},
        {"one with keys, held and with another key", holding, frugal_set_up, frugal_tear_down,
         NULL},
        {"one that asks for our offer", asking, frugal_set_up, frugal_tear_down, NULL},
        {"no key is left behind", forgetting, NULL, NULL, NULL},
        {"a call that goes", calling, frugal_set_up, frugal_tear_down, NULL},
        {"one that is sent on", calling_one_who_moved, frugal_set_up, frugal_tear_down, NULL},
        {"one that is transferred", transferred, frugal_set_up, frugal_tear_down, NULL},
        {"one that goes to two phones", calling_forks, frugal_set_up, frugal_tear_down, NULL},
        {"each is noted", noted, noted_clean, noted_clean, NULL},
    };

    if (!memory_uv_prepare())
        return 1;
    return cmocka_run_group_tests_name("phone: calls without memory", tests, NULL, NULL);
}
