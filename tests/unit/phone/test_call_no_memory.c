/* A call that comes, one with keys that is held, and one that goes, each allocation of which fails
 * once: the other side is answered 503 or as if nothing had been, whoever was told of the call is
 * told its end, a call that is up has sound, nothing is left of it, and the next one is as good as
 * any. And keys are forgotten.
 *
 * The far end is a socket that allocates nothing. Memory of threads counts as well, so that now and
 * then one run differs from the next. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/memory.h"
#include "tests/lib/memory_srtp.h"
#include "tests/lib/memory_uv.h"
#include "tests/unit/phone/noted.h"
#include "tests/unit/phone/phones.h"

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio %u RTP/AVP 0\r\n"
#define KEYED                                                                                      \
    "v=0\r\no=- 1 %u IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                   \
    "m=audio %u RTP/SAVP 0\r\na=%s\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "                         \
    "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG%s\r\n"
#define SILENCE_MS 3000
#define SHORTLY_MS 40 /* then something is said again, as the far end of a real call would */
#define TRIES 100

struct far {
    struct phones phones;
    struct phones_end *end;
    int fd, sound;
    uint16_t port, sound_port;
    bool is_up;            /* its INVITE got a 200: the ACK has a branch of its own */
    bool answered;         /* it */
    const char *plays;     /* a file, to who calls; NULL: nothing */
    unsigned n;            /* of the call */
    unsigned ok, shortage; /* what became of them */
    size_t ends;           /* that were told */
    char said[4096];       /* our last answer */
    char heard[4096];      /* the last message that came */
};

static void say(const struct far *far, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(far->end->where.port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(sendto(far->fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) > 0);
}

/* Takes the call that has come; where that fails, with the next turn. */
static void answer(struct far *far)
{
    const struct phones_seen *seen = phones_find(far->end, PHONE_INCOMING, 0);
    struct phone_command command = {
        .kind = PHONE_ANSWER, .call = seen ? seen->call : 0, .sound.play = far->plays};

    if (seen && !far->answered)
        far->answered = phone_do(far->end->phone, &command, NULL, NULL) == 0;
}

/* An answer to a call before, said once more. */
static bool is_old(const struct far *far)
{
    char id[32];

    snprintf(id, sizeof id, "\r\nCall-ID: n%u\r\n", far->n);
    return strncmp(far->heard, "SIP/2.0", 7) == 0 && !strstr(far->heard, id);
}

/* One that begins so has come within a moment; others are passed over. */
static bool hears(struct far *far, const char *start, const char *or_start)
{
    uint64_t until_ms = net_now_ms() + SHORTLY_MS;
    ssize_t n;

    do {
        while ((n = recv(far->fd, far->heard, sizeof far->heard - 1, MSG_DONTWAIT)) > 0) {
            far->heard[n] = '\0';
            if (is_old(far))
                continue;
            if (!strncmp(far->heard, start, strlen(start)) ||
                (or_start && !strncmp(far->heard, or_start, strlen(or_start))))
                return true;
        }
        phones_turn(&far->phones);
        answer(far);
    } while (net_now_ms() < until_ms);
    return false;
}

/* The tag in the To of what was heard, or nothing. */
static void to_tag(const struct far *far, char out[64])
{
    const char *to = strstr(far->heard, "\r\nTo: "), *tag = to ? strstr(to, ";tag=") : NULL;

    out[0] = '\0';
    if (tag)
        snprintf(out, 64, "%.*s", (int)strcspn(tag, "\r"), tag);
}

static void ask(const struct far *far, const char *method, unsigned cseq, const char *tag,
                const char *body)
{
    char text[2048];

    snprintf(text, sizeof text,
             "%s sip:t@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%u%s%u\r\n"
             "From: <sip:far@127.0.0.1>;tag=f\r\nTo: <sip:t@127.0.0.1>%s\r\nCall-ID: n%u\r\n"
             "CSeq: %u %s\r\nContact: <sip:far@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%s"
             "Content-Length: %zu\r\n\r\n%s",
             method, far->port, far->n, strcmp(method, "ACK") == 0 && far->is_up ? "a" : "", cseq,
             tag, far->n, cseq, method, far->port, *body ? "Content-Type: application/sdp\r\n" : "",
             strlen(body), body);
    say(far, text);
}

/* Until there is an answer, as over UDP nobody knows what got lost. */
static void ask_until(struct far *far, const char *method, unsigned cseq, const char *tag,
                      const char *body)
{
    for (unsigned i = 0; i < TRIES; i++) {
        ask(far, method, cseq, tag, body);
        for (unsigned more = 0; hears(far, "SIP/2.0", NULL) && more < 5; more++)
            if (strncmp(far->heard, "SIP/2.0 1", 9) != 0)
                return;
    }
    fail_msg("no answer to %s", method);
}

static bool says(const struct far *far, const char *status)
{
    return strncmp(far->heard + strlen("SIP/2.0 "), status, 3) == 0;
}

/* Its tag; nothing: there is no call. */
static void invites(struct far *far, const char *body, char tag[64])
{
    ask_until(far, "INVITE", 1, "", body);
    to_tag(far, tag);
    far->is_up = says(far, "200");
    ask(far, "ACK", 1, tag, "");
    if (far->is_up) {
        far->ok++;
        return;
    }
    tag[0] = '\0';
    if (!says(far, "503"))
        fail_msg("an answer without reason: %.40s", far->heard);
    far->shortage++;
}

static void hangs_up(struct far *far, unsigned cseq, const char *tag)
{
    ask_until(far, "BYE", cseq, tag, "");
    assert_true(says(far, "200") || says(far, "481"));
}

/* What has been said until now. */
static void forget_sound(const struct far *far)
{
    char packet[2048];

    while (recv(far->sound, packet, sizeof packet, MSG_DONTWAIT) > 0)
        ;
}

/* A call that is up is heard, or it has said its end: nobody is left alone with silence. */
static void hears_sound(struct far *far)
{
    uint64_t until_ms = net_now_ms() + SILENCE_MS;
    char packet[2048];

    forget_sound(far);
    while (recv(far->sound, packet, sizeof packet, MSG_DONTWAIT) <= 0) {
        if (phones_find(far->end, PHONE_ENDED, 0))
            return;
        if (net_now_ms() > until_ms)
            fail_msg("a call that is up, and no sound");
        phones_turn(&far->phones);
    }
}

static void calls_in(struct far *far)
{
    char tag[64], body[1024];

    snprintf(body, sizeof body, SDP, far->sound_port);
    invites(far, body, tag);
    if (!*tag)
        return;
    hears_sound(far);
    if (far->plays)
        PHONES_UNTIL(&far->phones, phones_find(far->end, PHONE_PLAY_ENDED, 0) ||
                                       phones_find(far->end, PHONE_ENDED, 0));
    hangs_up(far, 2, tag);
}

/* It holds, and comes back with another key: what is refused leaves the call as it was. */
static void holds_with_keys(struct far *far)
{
    static const struct {
        const char *direction, *key;
    } offers[] = {{"sendrecv", "Vz"}, {"sendonly", "Vz"}, {"sendrecv", "Xz"}};
    char tag[64], body[1024];
    unsigned cseq = 1;

    snprintf(body, sizeof body, KEYED, cseq, far->sound_port, offers[0].direction, offers[0].key);
    invites(far, body, tag);
    if (!*tag)
        return;
    hears_sound(far);
    for (size_t i = 1; i < ARRAY_LEN(offers); i++) {
        snprintf(body, sizeof body, KEYED, ++cseq, far->sound_port, offers[i].direction,
                 offers[i].key);
        ask_until(far, "INVITE", cseq, tag, body);
        far->is_up = says(far, "200");
        ask(far, "ACK", cseq, tag, "");
        if (far->is_up && strcmp(offers[i].direction, "sendrecv") == 0)
            hears_sound(far);
        if (far->is_up || says(far, "503"))
            continue;
        /* What it was to be told, or its sound, had no room: then it has said BYE. */
        if (!says(far, "481") && !says(far, "487"))
            fail_msg("an answer without reason: %.40s", far->heard);
        PHONES_UNTIL(&far->phones, phones_find(far->end, PHONE_ENDED, 0));
        return;
    }
    hangs_up(far, cseq + 1, tag);
}

/* Keys, and a codec that we lack. */
static void is_refused(struct far *far)
{
    char tag[64], body[1024];

    snprintf(body, sizeof body, KEYED, 1u, 9u, "sendrecv", "Vz");
    strstr(body, "SAVP 0")[strlen("SAVP ")] = '3';
    ask_until(far, "INVITE", 1, "", body);
    to_tag(far, tag);
    ask(far, "ACK", 1, tag, "");
    assert_true(says(far, "488"));
}

/* Copies a header of what was heard. */
static const char *header(const struct far *far, const char *name, char out[512])
{
    char start[32];
    const char *at;

    snprintf(start, sizeof start, "\r\n%s: ", name);
    at = strstr(far->heard, start);
    out[0] = '\0';
    if (at)
        snprintf(out, 512, "%.*s", (int)strcspn(at + strlen(start), "\r"), at + strlen(start));
    return out;
}

static void reply(struct far *far, const char *status, const char *tag, const char *body)
{
    char via[512], from[512], to[512], id[512], cseq[512];

    header(far, "To", to);
    snprintf(far->said, sizeof far->said,
             "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "Contact: <sip:far@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
             status, header(far, "Via", via), header(far, "From", from), to,
             strstr(to, ";tag=") ? "" : tag, header(far, "Call-ID", id), header(far, "CSeq", cseq),
             far->port, *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    say(far, far->said);
}

static void takes(struct far *far)
{
    char body[1024];

    snprintf(body, sizeof body, SDP, far->sound_port);
    reply(far, "200 OK", ";tag=f", body);
}

/* Two phones of it name their sound beforehand, and the second one is the one that takes it. */
static void takes_by_fork(struct far *far)
{
    char body[1024];

    snprintf(body, sizeof body, SDP, 9u);
    reply(far, "183 Session Progress", ";tag=e", body);
    snprintf(body, sizeof body, SDP, far->sound_port);
    reply(far, "183 Session Progress", ";tag=f", body);
    reply(far, "200 OK", ";tag=f", "");
}

static void calls_out_to(struct far *far, void (*answers)(struct far *far))
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
    for (unsigned i = 0; i < TRIES && !phones_find(far->end, PHONE_ENDED, call); i++) {
        bool asked = hears(far, "INVITE", "BYE");

        if (asked && far->heard[0] == 'I')
            answers(far);
        else if (asked)
            reply(far, "200 OK", "", "");
        else if (!answered && far->said[0])
            say(far, far->said); /* as long as there is no ACK */
        if (!answered && phones_find(far->end, PHONE_ANSWERED, call)) {
            answered = true;
            far->ok++;
            hears_sound(far);
            phones_do(far->end, PHONE_HANG_UP, call);
        }
    }
    assert_non_null(phones_find(far->end, PHONE_ENDED, call));
}

static void calls_out(struct far *far)
{
    calls_out_to(far, takes);
}

static void calls_forks(struct far *far)
{
    calls_out_to(far, takes_by_fork);
}

static size_t told(const struct phones_end *end, enum phone_event_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < end->n; i++)
        n += end->seen[i].kind == kind;
    return n;
}

/* Whether one failed. */
static bool once(struct far *far, void (*script)(struct far *far), unsigned n)
{
    bool failed;

    far->n++;
    far->answered = far->is_up = false;
    far->said[0] = '\0';
    far->end->n = far->end->from = 0;
    forget_sound(far);
    memory_fail_at(n);
    script(far);
    failed = memory_has_failed();
    memory_fail_at(0);
    PHONES_UNTIL(&far->phones, phone_calls(far->end->phone) == 0);
    assert_true(told(far->end, PHONE_ENDED) >= told(far->end, PHONE_INCOMING));
    assert_true(told(far->end, PHONE_ENDED) <= 1);
    far->ends += told(far->end, PHONE_ENDED);
    return failed;
}

static void each_fails(void **state, void (*script)(struct far *far))
{
    struct far *far = *state;
    unsigned n = 1;

    while (once(far, script, n))
        n++;
    print_message("%u allocations: %u calls all the same, %u refused\n", n - 1, far->ok,
                  far->shortage);
    assert_true(n > 50);
    far->ok = 0;
    once(far, script, 0);
    assert_true(far->ok >= 1);
}

static void called(void **state)
{
    each_fails(state, calls_in);
}

/* From where it is told of, which without memory is at once. */
static void answered_at_once(void **state)
{
    struct far *far = *state;

    far->end->answers = far->end->short_of_all = true;
    each_fails(state, calls_in);
}

/* Its end is told, as else a script would wait for it for ever. */
static void played_to(void **state)
{
    struct far *far = *state;

    far->plays = "/nonexistent/greeting.wav";
    each_fails(state, calls_in);
}

static void holding(void **state)
{
    unsigned before = memory_srtp_taken();

    each_fails(state, holds_with_keys);
    assert_true(memory_srtp_taken() - before > 1000);
}

static void calling(void **state)
{
    each_fails(state, calls_out);
}

static void calling_forks(void **state)
{
    each_fails(state, calls_forks);
}

static int open_socket(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    socklen_t n = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static struct far *open_far(const char *history)
{
    static struct far far;

    far = (struct far){0};
    far.fd = open_socket(&far.port);
    far.sound = open_socket(&far.sound_port);
    phones_open_noted(&far.phones, 1, history);
    far.end = &far.phones.at[0];
    return &far;
}

static int set_up(void **state)
{
    *state = open_far(NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct far *far = *state;

    phones_close(&far->phones);
    close(far->fd);
    close(far->sound);
    return 0;
}

/* What is given back, to the end of the phone, has no key in it, theirs or ours, in no form. */
static void forgetting(void **state)
{
    static const struct slice secrets[] = {SLICE_INIT("inline:"), SLICE_INIT("WVNfX19zZW1jdGwg"),
                                           SLICE_INIT("YS___semctl (")};
    struct far *far;

    set_up(state);
    far = *state;
    memory_watch(secrets, ARRAY_LEN(secrets));
    once(far, is_refused, 0);
    once(far, holds_with_keys, 0);
    tear_down(state);
    assert_int_equal(memory_found(), 0);
    assert_true(far->ok >= 1);
}

/* Of each call that was told there is one line, and it has ended. */
static void noted(void **state)
{
    struct far *far = open_far(noted_at.path);
    struct noted_seen seen;

    *state = far;
    each_fails(state, calls_in);
    each_fails(state, calls_out);
    tear_down(state); /* what waits is written */
    seen = noted_look();
    assert_int_equal(seen.n, far->ends);
    assert_int_equal(seen.of[HISTORY_OPEN] + seen.of[HISTORY_CUT_OFF], 0);
    assert_true(seen.of[HISTORY_ANSWERED] > 50);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"a call that comes", called, set_up, tear_down, NULL},
        {"one that is answered at once", answered_at_once, set_up, tear_down, NULL},
        {"one that hears a file", played_to, set_up, tear_down, NULL},
        {"one with keys, held and with another key", holding, set_up, tear_down, NULL},
        {"no key is left behind", forgetting, NULL, NULL, NULL},
        {"a call that goes", calling, set_up, tear_down, NULL},
        {"one that goes to two phones", calling_forks, set_up, tear_down, NULL},
        {"each is noted", noted, noted_clean, noted_clean, NULL},
    };

    if (!memory_uv_prepare())
        return 1;
    return cmocka_run_group_tests_name("phone: calls without memory", tests, NULL, NULL);
}
