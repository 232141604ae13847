#include "tests/unit/phone/frugal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/memory.h"

#define SILENCE_MS 3000
#define SHORTLY_MS 40 /* then something is said again, as the far end of a real call would */

void frugal_send(const struct frugal *far, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(far->end->where.port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(sendto(far->fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) > 0);
}

/* Takes the call that has come; where that fails, with the next turn. */
static void answer(struct frugal *far)
{
    const struct phones_seen *seen = phones_find(far->end, PHONE_INCOMING, 0);
    struct phone_command command = {.kind = PHONE_ANSWER,
                                    .call = seen ? seen->call : 0,
                                    .sound = {.play = far->plays, .record = far->records}};

    if (seen && !far->answered)
        far->answered = phone_do(far->end->phone, &command, NULL, NULL) == 0;
}

/* An answer to a call before, said once more. */
static bool is_old(const struct frugal *far)
{
    char id[32];

    snprintf(id, sizeof id, "\r\nCall-ID: n%u\r\n", far->n);
    return strncmp(far->heard, "SIP/2.0", 7) == 0 && !strstr(far->heard, id);
}

/* One that begins so has come within a moment; others are passed over. */
bool frugal_hears(struct frugal *far, const char *start, const char *or_start)
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
void frugal_to_tag(const struct frugal *far, char out[64])
{
    const char *to = strstr(far->heard, "\r\nTo: "), *tag = to ? strstr(to, ";tag=") : NULL;

    out[0] = '\0';
    if (tag)
        snprintf(out, 64, "%.*s", (int)strcspn(tag, "\r"), tag);
}

void frugal_asks(const struct frugal *far, const char *method, unsigned cseq, const char *tag,
                 const char *body)
{
    char text[2048];

    snprintf(text, sizeof text,
             "%s sip:t@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%u%s%u\r\n"
             "From: <sip:far@127.0.0.1>;tag=f\r\nTo: <sip:t@127.0.0.1>%s\r\nCall-ID: n%u\r\n"
             "CSeq: %u %s\r\nContact: <sip:far@127.0.0.1:%u>\r\nMax-Forwards: 70\r\n%s%s"
             "Content-Length: %zu\r\n\r\n%s",
             method, far->port, far->n, strcmp(method, "ACK") == 0 && far->is_up ? "a" : "", cseq,
             tag, far->n, cseq, method, far->port, far->lines ? far->lines : "",
             *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    frugal_send(far, text);
}

/* Until there is an answer, as over UDP nobody knows what got lost. */
void frugal_asks_until(struct frugal *far, const char *method, unsigned cseq, const char *tag,
                       const char *body)
{
    for (unsigned i = 0; i < FRUGAL_TRIES; i++) {
        frugal_asks(far, method, cseq, tag, body);
        for (unsigned more = 0; frugal_hears(far, "SIP/2.0", NULL) && more < 5; more++)
            if (strncmp(far->heard, "SIP/2.0 1", 9) != 0)
                return;
    }
    fail_msg("no answer to %s", method);
}

bool frugal_heard(const struct frugal *far, const char *status)
{
    return strncmp(far->heard + strlen("SIP/2.0 "), status, 3) == 0;
}

/* Its tag; nothing: there is no call. */
void frugal_invites(struct frugal *far, const char *body, char tag[64])
{
    frugal_asks_until(far, "INVITE", 1, "", body);
    frugal_to_tag(far, tag);
    far->is_up = frugal_heard(far, "200");
    frugal_asks(far, "ACK", 1, tag, "");
    if (far->is_up) {
        far->ok++;
        return;
    }
    tag[0] = '\0';
    if (!frugal_heard(far, "503"))
        fail_msg("an answer without reason: %.40s", far->heard);
    far->shortage++;
}

void frugal_hangs_up(struct frugal *far, unsigned cseq, const char *tag)
{
    frugal_asks_until(far, "BYE", cseq, tag, "");
    assert_true(frugal_heard(far, "200") || frugal_heard(far, "481"));
}

/* What has been said until now. */
static void forget_sound(const struct frugal *far)
{
    char packet[2048];

    while (recv(far->sound, packet, sizeof packet, MSG_DONTWAIT) > 0)
        ;
}

/* A call that is up is heard, or it has said its end: nobody is left alone with silence. */
void frugal_hears_sound(struct frugal *far)
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

/* Copies a header of what was heard. */
static const char *header(const struct frugal *far, const char *name, char out[512])
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

void frugal_replies(struct frugal *far, const char *status, const char *tag, const char *body)
{
    char via[512], from[512], to[512], id[512], cseq[512];

    header(far, "To", to);
    snprintf(far->said, sizeof far->said,
             "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "Contact: <sip:far@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
             status, header(far, "Via", via), header(far, "From", from), to,
             strstr(to, ";tag=") ? "" : tag, header(far, "Call-ID", id), header(far, "CSeq", cseq),
             far->port, *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    frugal_send(far, far->said);
}

static size_t told(const struct phones_end *end, enum phone_event_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < end->n; i++)
        n += end->seen[i].kind == kind;
    return n;
}

/* Whether it is being told, or what has come of it. */
size_t frugal_told_recording(const struct frugal *far, bool on)
{
    size_t n = 0;

    for (size_t i = 0; i < far->end->n; i++)
        n += far->end->seen[i].kind == PHONE_RECORDING && far->end->seen[i].on == on;
    return n;
}

/* What was begun has ended, with a file or a reason. */
static void assert_recordings_ended(struct frugal *far)
{
    assert_true(frugal_told_recording(far, false) >= frugal_told_recording(far, true));
    for (size_t i = 0; i < far->end->n; i++) {
        const struct phones_seen *seen = &far->end->seen[i];

        if (seen->kind != PHONE_RECORDING || seen->on || seen->text[0])
            continue;
        assert_true(strcmp(seen->file, "-") == 0 || access(far->records, R_OK) == 0);
    }
}

/* Whether one failed. */
bool frugal_once(struct frugal *far, void (*script)(struct frugal *far), unsigned n)
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
    assert_true(told(far->end, PHONE_ENDED) <= (far->most ? far->most : 1));
    assert_recordings_ended(far);
    far->ends += told(far->end, PHONE_ENDED);
    return failed;
}

void frugal_each_fails(void **state, void (*script)(struct frugal *far))
{
    struct frugal *far = *state;
    unsigned n = 1;

    while (frugal_once(far, script, n))
        n += memory_step();
    print_message("%u allocations: %u calls all the same, %u refused\n", n - 1, far->ok,
                  far->shortage);
    assert_true(n > 50);
    far->ok = 0;
    frugal_once(far, script, 0);
    assert_true(far->ok >= 1);
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

static struct frugal *open_sockets(void)
{
    static struct frugal far;

    far = (struct frugal){.end = &far.phones.at[0]};
    far.fd = open_socket(&far.port);
    far.sound = open_socket(&far.sound_port);
    return &far;
}

struct frugal *frugal_open(const char *history)
{
    struct frugal *far = open_sockets();

    phones_open_noted(&far->phones, 1, history);
    return far;
}

struct frugal *frugal_open_at(const char *listen)
{
    struct frugal *far = open_sockets();

    phones_open_at(&far->phones, 1, listen);
    return far;
}

int frugal_set_up(void **state)
{
    *state = frugal_open(NULL);
    return 0;
}

int frugal_tear_down(void **state)
{
    struct frugal *far = *state;

    phones_close(&far->phones);
    close(far->fd);
    close(far->sound);
    return 0;
}
