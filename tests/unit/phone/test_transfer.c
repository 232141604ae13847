/* The other side of a call asks us to call somebody else: who is asked, what a list allows, what
 * becomes of both calls. */
#include "phone/phone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/lib/temporary.h"
#include "tests/unit/phone/phones.h"

static int set_up(void **state)
{
    return phones_set_up(state, 2);
}

#define A (&p->at[0])
#define B (&p->at[1])

static uint32_t far_call_with(struct phones *p, struct far_end *far,
                              const struct phone_sound *sound)
{
    char target[64], where[IP_TEXT_MAX];
    struct phone_command dial = {.kind = PHONE_DIAL, .target = target, .sound = *sound};
    uint32_t call;
    struct ip at;

    far_open(p, far);
    far->reinvite_status = 200;
    at = far_where(far);
    snprintf(target, sizeof target, "x@%s", ip_text(&at, where));
    assert_int_equal(phone_do(A->phone, &dial, &call, NULL), 0);
    far_say(far, "200 OK", 0, true);
    phones_wait(A, PHONE_ANSWERED, call);
    PHONES_UNTIL(p, far->n_acks > 0);
    return call;
}

static uint32_t far_call(struct phones *p, struct far_end *far)
{
    return far_call_with(p, far, &(struct phone_sound){.device = true});
}

static void refer(struct far_end *far, unsigned cseq, const struct ip *to)
{
    unsigned before = far->n_answers;
    char line[128], where[IP_TEXT_MAX];

    snprintf(line, sizeof line, "Refer-To: <sip:b@%s>\r\n", ip_text(to, where));
    far_request(far, "REFER", cseq, line);
    PHONES_UNTIL(far->owner, far->n_answers > before);
}

static void answered(const struct far_end *far, unsigned status)
{
    char start[32];

    snprintf(start, sizeof start, "SIP/2.0 %u", status);
    assert_memory_equal(far->answer, start, strlen(start));
}

static void notified(struct phones *p, const struct far_end *far, unsigned n, const char *state,
                     const char *body)
{
    PHONES_UNTIL(p, far->n_notifies >= n);
    assert_int_equal(far->n_notifies, n);
    assert_non_null(strstr(far->notify, state));
    assert_non_null(strstr(far->notify, body));
}

static void setting(struct phones_end *end, const char *value)
{
    struct config_fault fault = {.text = buf_new(1024)};

    assert_int_equal(config_set(&end->config, SLICE("transfers"), slice_of(value), &fault), 0);
    buf_free(&fault.text);
}

static void allow(struct phones_end *end, const struct ip *whom)
{
    char where[IP_TEXT_MAX];

    setting(end, ip_text(whom, where));
}

static void keep(void *arg, const struct phone_question *question)
{
    *(struct phone_question *)arg = *question;
}

static size_t questions(const struct phones_end *end)
{
    return phone_each_question(end->phone, NULL, NULL);
}

/* --- nobody is called ------------------------------------------------------------------------- */

static void nobody_is_there(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    refer(&far, 1, &B->where);
    answered(&far, 603);
    assert_int_equal(phones_wait(A, PHONE_TRANSFER_REFUSED, call)->status, 603);
    assert_null(phones_find(A, PHONE_TRANSFER_ASKED, 0));
    assert_int_equal(questions(A), 0);
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), -ENOENT);
    phones_run(p, 100);
    assert_int_equal(far.n_notifies, 0);
    assert_int_equal(B->n, B->from + 1); /* that it listens */
    assert_int_equal(phone_calls(A->phone), 1);
}

static void by_the_setting(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    phone_may_ask(A->phone, true);
    setting(A, "refuse");
    refer(&far, 1, &B->where);
    answered(&far, 603);
    assert_string_equal(phones_wait(A, PHONE_TRANSFER_REFUSED, call)->text,
                        "the setting transfers says so");
    assert_null(phones_find(A, PHONE_TRANSFER_ASKED, 0));
}

static void a_person_says_no(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    answered(&far, 202);
    notified(p, &far, 1, "pending;", "SIP/2.0 100 Trying");
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    assert_int_equal(questions(A), 1);
    assert_int_equal(phones_do(A, PHONE_STAY, call), 0);
    assert_int_equal(questions(A), 0);
    notified(p, &far, 2, "terminated;reason=noresource", "SIP/2.0 603 Decline");
    assert_int_equal(phones_wait(A, PHONE_TRANSFER_REFUSED, call)->status, 603);
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), -ENOENT);
    assert_int_equal(phone_calls(A->phone), 1);
    assert_null(phones_find(B, PHONE_INCOMING, 0));
}

/* Who hangs up does not want to go on elsewhere. */
static void a_person_hangs_up(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(A, PHONE_TRANSFER_REFUSED, call);
    notified(p, &far, 2, "terminated;reason=noresource", "SIP/2.0 603 Decline");
}

/* --- somebody is ------------------------------------------------------------------------------ */

static void a_person_says_yes(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;
    const struct phones_seen *s;

    B->answers = true;
    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    s = phones_wait(A, PHONE_TRANSFER_ASKED, call);
    assert_memory_equal(s->to, "sip:b@127.0.0.1:", 16);
    assert_null(phones_find(B, PHONE_INCOMING, 0));
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), 0);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_int_not_equal(other, call);
    phones_wait(A, PHONE_ANSWERED, other);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 200 OK"));
    assert_non_null(strstr(far.notify, "terminated;reason=noresource"));
    assert_true(phones_wait(A, PHONE_ON_HOLD, call)->on);
    far_request(&far, "BYE", 2, "");
    assert_int_equal(phones_wait(A, PHONE_ENDED, call)->outcome, PHONE_OK);
    phones_run(p, 100);
    assert_null(phones_find(A, PHONE_ENDED, other));
    phones_do(A, PHONE_HANG_UP, other);
    assert_int_equal(phones_wait(A, PHONE_ENDED, other)->outcome, PHONE_OK);
}

/* Many phones that transfer hang up at once: the question stays. */
static void the_call_has_ended_meanwhile(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;

    B->answers = true;
    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    far_request(&far, "BYE", 2, "");
    phones_wait(A, PHONE_ENDED, call);
    phones_run(p, 1500); /* beyond the time that a call without use is kept */
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), 0);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    phones_wait(A, PHONE_ANSWERED, other);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 200 OK"));
}

/* Who has not heard the event can look for what it has told. */
static void who_comes_when_the_call_has_ended(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);
    struct phone_question question = {0};
    uint64_t left_ms;
    char peer[64], where[IP_TEXT_MAX];
    struct ip at = far_where(&far);

    snprintf(peer, sizeof peer, "sip:x@%s", ip_text(&at, where));
    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    assert_int_equal(phone_each_question(A->phone, keep, &question), 1);
    left_ms = question.left_ms;
    assert_in_range(left_ms, 50000, 60000);
    far_request(&far, "BYE", 2, "");
    phones_wait(A, PHONE_ENDED, call);
    phones_run(p, 1500); /* beyond the time that a call without use is kept */
    assert_int_equal(phone_calls(A->phone), 0);
    question = (struct phone_question){0};
    assert_int_equal(phone_each_question(A->phone, keep, &question), 1);
    assert_int_equal(question.call, call);
    assert_string_equal(question.peer, peer);
    assert_string_equal(question.peer_name, "");
    assert_string_equal(question.contact, "");
    assert_string_equal(question.account, "");
    assert_memory_equal(question.to, "sip:b@127.0.0.1:", 16);
    assert_in_range(question.left_ms, left_ms - 5000, left_ms - 1500);
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), 0);
    assert_int_equal(questions(A), 0);
}

/* Nor is it forgotten to say no. */
static void the_phone_ends_behind_the_call(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    far_request(&far, "BYE", 2, "");
    phones_wait(A, PHONE_ENDED, call);
    phones_run(p, 1500);
    assert_int_equal(questions(A), 1);
    phones_do(A, PHONE_QUIT, 0);
    assert_int_equal(questions(A), 0);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 603 Decline"));
    assert_int_equal(phones_wait(A, PHONE_TRANSFER_REFUSED, call)->status, 603);
}

static void a_list_allows_it(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;

    B->answers = true;
    allow(A, &B->where);
    refer(&far, 1, &B->where);
    answered(&far, 202);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_null(phones_find(A, PHONE_TRANSFER_ASKED, 0));
    phones_wait(A, PHONE_ANSWERED, other);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 200 OK"));
}

/* Else whoever is in a call with a script could have it fill all places for calls. */
static void a_list_allows_one_at_a_time(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;

    B->answers = true;
    allow(A, &B->where);
    refer(&far, 1, &B->where);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    phones_wait(A, PHONE_ANSWERED, other);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 200 OK"));
    phones_run(p, 50);
    refer(&far, 2, &B->where);
    answered(&far, 603);
    assert_int_equal(phones_wait(A, PHONE_TRANSFER_REFUSED, call)->status, 603);
    assert_int_equal(phone_calls(A->phone), 2);
    phones_do(A, PHONE_HANG_UP, other);
    phones_wait(A, PHONE_ENDED, other);
    phones_forget(p);
    refer(&far, 3, &B->where);
    answered(&far, 202);
    phones_wait(A, PHONE_TRANSFER_FOLLOWED, call);
}

/* Who hears that one came to nothing may name the next at once, as those that hunt do. */
static void a_list_allows_the_next(void **state, unsigned refusal)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);
    struct phone_command decline = {.kind = PHONE_REJECT, .status = refusal};
    char final[32];

    snprintf(final, sizeof final, "SIP/2.0 %u", refusal);
    allow(A, &B->where);
    for (unsigned i = 1; i <= 3; i++) {
        refer(&far, i, &B->where);
        answered(&far, 202);
        phones_wait(A, PHONE_TRANSFER_FOLLOWED, call);
        phones_wait(B, PHONE_INCOMING, 0);
        decline.call = B->incoming;
        phones_forget(p);
        phone_do(B->phone, &decline, NULL, NULL);
        PHONES_UNTIL(p, strstr(far.notify, final));
    }
}

static void the_next_behind_a_decline(void **state)
{
    a_list_allows_the_next(state, 603);
}

static void the_next_behind_a_busy_one(void **state)
{
    a_list_allows_the_next(state, 486);
}

/* As when a call was answered by a rule: nobody may know that the room is heard elsewhere now. */
static void an_open_microphone(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call =
        far_call_with(p, &far, &(struct phone_sound){.device = true, .unattended = true});
    uint32_t other;

    B->answers = true;
    allow(A, &B->where);
    phones_run(p, 100);
    phones_forget(p);
    refer(&far, 1, &B->where);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_string_equal(phones_wait(A, PHONE_NOTICE, other)->text,
                        "transferred by itself, and the microphone is open: this room is heard");
}

/* Sound of a pipe cannot go along: a program that talks by it is not to talk to somebody else. */
static void by_a_pipe(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    struct phone_pipe in = {.rate_hz = 8000};
    uint32_t call;
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    in.fd = fds[0];
    call = far_call_with(p, &far, &(struct phone_sound){.in = &in});
    close(fds[0]);
    allow(A, &B->where);
    refer(&far, 1, &B->where);
    answered(&far, 603);
    phones_wait(A, PHONE_TRANSFER_REFUSED, call);
    phone_may_ask(A->phone, true); /* who can be asked can say so all the same */
    refer(&far, 2, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    close(fds[1]);
}

/* Who was not to hear us is not followed by somebody who does. */
static void muted(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;
    struct phone_command mute = {.kind = PHONE_MUTE, .call = call, .on = true};

    B->answers = true;
    allow(A, &B->where);
    assert_int_equal(phone_do(A->phone, &mute, NULL, NULL), 0);
    refer(&far, 1, &B->where);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_true(phones_wait(A, PHONE_MUTED, other)->on);
}

static bool was_muted(struct phones *p, uint32_t other)
{
    phones_wait(A, PHONE_ANSWERED, other);
    phones_run(p, 50);
    return phones_find(A, PHONE_MUTED, other);
}

/* Between the question and the answer there is a minute: what was said last counts, */
static void muted_meanwhile(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;
    struct phone_command mute = {.kind = PHONE_MUTE, .call = call, .on = true};

    B->answers = true;
    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    assert_int_equal(phone_do(A->phone, &mute, NULL, NULL), 0);
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), 0);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_true(was_muted(p, other));
}

/* also where the call has ended since; */
static void muted_and_ended_meanwhile(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;
    struct phone_command mute = {.kind = PHONE_MUTE, .call = call, .on = true};

    B->answers = true;
    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    assert_int_equal(phone_do(A->phone, &mute, NULL, NULL), 0);
    far_request(&far, "BYE", 2, "");
    phones_wait(A, PHONE_ENDED, call);
    phones_run(p, 1500); /* beyond the time that a call without use is kept */
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), 0);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_true(was_muted(p, other));
}

/* and who is heard again is so there, too. */
static void unmuted_meanwhile(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;
    struct phone_command mute = {.kind = PHONE_MUTE, .call = call, .on = true};

    B->answers = true;
    phone_may_ask(A->phone, true);
    assert_int_equal(phone_do(A->phone, &mute, NULL, NULL), 0);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    mute.on = false;
    assert_int_equal(phone_do(A->phone, &mute, NULL, NULL), 0);
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), 0);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    assert_false(was_muted(p, other));
}

/* The one who transfers may do so again, where the first one has come to nothing. */
static void recordings_of_two(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    char folder[TEMPORARY_MAX] = "/tmp/tphone-test-transfer-XXXXXX", first[96], wanted[3][96];
    uint32_t call;

    assert_non_null(temporary_folder(folder));
    snprintf(first, sizeof first, "%s/a.wav", folder);
    snprintf(wanted[0], sizeof wanted[0], "%s/a-transferred.wav", folder);
    snprintf(wanted[1], sizeof wanted[1], "%s/a-transferred-2.wav", folder);
    snprintf(wanted[2], sizeof wanted[2], "%s/a-transferred-3.wav", folder);
    B->answers = true;
    allow(A, &B->where);
    call = far_call_with(p, &far, &(struct phone_sound){.device = true, .record = first});
    for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
        uint32_t other;

        refer(&far, i + 1, &B->where);
        other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
        assert_string_equal(phones_wait(A, PHONE_RECORDING, other)->file, wanted[i]);
        phones_wait(A, PHONE_ANSWERED, other);
        phones_do(A, PHONE_HANG_UP, other);
        phones_wait(A, PHONE_ENDED, other);
        assert_int_equal(unlink(wanted[i]), 0);
        phones_forget(p);
    }
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(A, PHONE_ENDED, call);
    (void)unlink(first); /* it may not have come to be */
    assert_int_equal(rmdir(folder), 0);
}

static void a_list_does_not_have_it(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    struct ip elsewhere = B->where;
    uint32_t call = far_call(p, &far);

    elsewhere.port++;
    allow(A, &elsewhere);
    refer(&far, 1, &B->where);
    answered(&far, 603);
    phones_wait(A, PHONE_TRANSFER_REFUSED, call);
    assert_null(phones_find(B, PHONE_INCOMING, 0));
}

/* The new call fails: the other side hears how, and the call is there as it was. */
static void busy(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;
    struct phone_command decline = {.kind = PHONE_REJECT, .status = 486};

    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    phones_do(A, PHONE_FOLLOW, call);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    phones_wait(B, PHONE_INCOMING, 0);
    assert_true(phones_wait(A, PHONE_ON_HOLD, call)->on);
    phones_forget(p);
    decline.call = B->incoming;
    phone_do(B->phone, &decline, NULL, NULL);
    assert_int_equal(phones_wait(A, PHONE_ENDED, other)->outcome, PHONE_BUSY);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 486 Busy Here"));
    assert_false(phones_wait(A, PHONE_ON_HOLD, call)->on);
    assert_null(phones_find(A, PHONE_ENDED, call));
}

/* Nobody is there, and a person gives it up. */
static void given_up(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far), other;

    allow(A, &B->where);
    refer(&far, 1, &B->where);
    other = phones_wait(A, PHONE_TRANSFER_FOLLOWED, call)->other;
    phones_wait(B, PHONE_INCOMING, 0);
    phones_do(A, PHONE_HANG_UP, other);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 487 Request Terminated"));
    assert_null(phones_find(A, PHONE_ENDED, call));
}

static void the_phone_ends(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    phone_may_ask(A->phone, true);
    refer(&far, 1, &B->where);
    phones_wait(A, PHONE_TRANSFER_ASKED, call);
    phones_do(A, PHONE_QUIT, 0);
    PHONES_UNTIL(p, strstr(far.notify, "SIP/2.0 603 Decline"));
    assert_int_equal(phones_do(A, PHONE_FOLLOW, call), -ENOENT);
}

/* --- the list --------------------------------------------------------------------------------- */

/* clang-format off */
static const struct row {
    const char *name, *list, *uri;
    bool has;
} rows[] = {
    {"a host", "pbx.example", "sip:bob@pbx.example", true},
    {"a host, in other letters", "PBX.example", "sip:bob@pbx.EXAMPLE", true},
    {"a host without a user", "pbx.example", "sip:pbx.example", true},
    {"parameters", "pbx.example", "sip:bob@pbx.example;transport=tcp;user=phone", true},
    {"another host", "pbx.example", "sip:bob@evil.example", false},
    {"a longer host", "pbx.example", "sip:bob@pbx.example.evil.example", false},
    {"a host as a user", "pbx.example", "sip:pbx.example@evil.example", false},
    {"a host in a parameter", "pbx.example", "sip:bob@evil.example;x=pbx.example", false},
    {"maddr", "pbx.example", "sip:bob@pbx.example;maddr=192.0.2.66", false},
    {"a password", "pbx.example", "sip:bob:secret@pbx.example", false},
    {"a port", "pbx.example:5080", "sip:bob@pbx.example:5080", true},
    {"another port", "pbx.example:5080", "sip:bob@pbx.example", false},
    {"a port that is not in the list", "pbx.example", "sip:bob@pbx.example:5080", false},
    {"a person", "bob@pbx.example", "sip:bob@pbx.example", true},
    {"a person, escaped", "bob@pbx.example", "sip:%62ob@pbx.example", true},
    {"another person", "bob@pbx.example", "sip:carol@pbx.example", false},
    {"a person in other letters", "bob@pbx.example", "sip:BOB@pbx.example", false},
    {"nobody", "bob@pbx.example", "sip:pbx.example", false},
    {"the second of three", "a.example, bob@pbx.example ,c.example", "sip:bob@pbx.example", true},
    {"something safer", "pbx.example", "sips:bob@pbx.example", true},
    {"sips alone", "sips:pbx.example", "sips:bob@pbx.example", true},
    {"nothing less than sips", "sips:pbx.example", "sip:bob@pbx.example", false},
    {"an address", "192.0.2.7", "sip:bob@192.0.2.7", true},
    {"IPv6, spelled otherwise", "[2001:db8::7]", "sip:bob@[2001:DB8:0::7]", true},
    {"tel:", "pbx.example", "tel:+4930", false},
    {"ask is no list", "ask", "sip:bob@ask", false},
    {"refuse is none", "Refuse", "sip:bob@refuse", false},
};

static const char *const wrong[] = {"", "a b", "*", "sip:", "a.example,,b.example", "a.example;x=y",
                                    "http://h/", "bob:secret@h", "h?x=y", "a.example,"};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    struct config_fault fault = {.text = buf_new(1024)};
    struct phone_config config;

    config_init(&config);
    assert_int_equal(config_set(&config, SLICE("transfers"), slice_of(row->list), &fault), 0);
    assert_int_equal(config_transfers_has(&config.transfers, slice_of(row->uri)), row->has);
    config_free(&config);
    buf_free(&fault.text);
}

static void wrong_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct config_fault fault = {.text = buf_new(1024)};
        struct phone_config config;

        config_init(&config);
        assert_int_equal(config_set(&config, SLICE("transfers"), slice_of(wrong[i]), &fault),
                         -EINVAL);
        assert_int_equal(config.transfers.how, CONFIG_TRANSFERS_UNSAID);
        config_free(&config);
        buf_free(&fault.text);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, phones_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_there),
        TEST(by_the_setting),
        TEST(a_person_says_no),
        TEST(a_person_hangs_up),
        TEST(a_person_says_yes),
        TEST(the_call_has_ended_meanwhile),
        TEST(who_comes_when_the_call_has_ended),
        TEST(the_phone_ends_behind_the_call),
        TEST(an_open_microphone),
        TEST(by_a_pipe),
        TEST(recordings_of_two),
        TEST(muted),
        TEST(muted_meanwhile),
        TEST(muted_and_ended_meanwhile),
        TEST(unmuted_meanwhile),
        TEST(a_list_allows_it),
        TEST(a_list_allows_one_at_a_time),
        TEST(the_next_behind_a_decline),
        TEST(the_next_behind_a_busy_one),
        TEST(a_list_does_not_have_it),
        TEST(busy),
        TEST(given_up),
        TEST(the_phone_ends),
        cmocka_unit_test(wrong_lists),
    };

    return RUN_ROWS("phone/transfers", rows, check_row) +
           cmocka_run_group_tests_name("phone/transfer", tests, NULL, NULL);
}
