#include "tests/unit/phone/phones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sip/parse.h"

/* --- what phones tell ------------------------------------------------------------------------- */

static void note_sdp(struct phones_end *end, const struct sip_msg *msg)
{
    static const char *const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
    char body[4096] = "";

    if (!msg->body.n || msg->body.n >= sizeof body)
        return;
    memcpy(body, msg->body.p, msg->body.n);
    strcpy(end->offered, "sendrecv");
    for (size_t i = 0; i < ARRAY_LEN(directions); i++) {
        char line[32];

        snprintf(line, sizeof line, "a=%s\r\n", directions[i]);
        if (strstr(body, line))
            strcpy(end->offered, directions[i]);
    }
}

static void note_message(struct phones_end *end, const struct phone_event *e)
{
    struct sip_msg msg;

    if (!e->sent || sip_parse(e->bytes, true, &msg))
        return;
    note_sdp(end, &msg);
    end->n_491 += msg.status == 491;
    end->n_invites += msg.request && msg.method == SIP_INVITE;
}

static void answer(struct phones_end *end, uint32_t call)
{
    struct phone_command command = {
        .kind = PHONE_ANSWER, .call = call, .sound.device = end->device};

    int err = phone_do(end->phone, &command, NULL, NULL);

    if (err != -ENOENT || !end->short_of_all)
        assert_int_equal(err, 0);
}

static void on_event(void *arg, const struct phone_event *e)
{
    struct phones_end *end = arg;
    struct phones_seen *s;

    if (e->kind == PHONE_MESSAGE) {
        note_message(end, e);
        return;
    }
    assert_true(end->n < PHONES_SEEN_MAX);
    s = &end->seen[end->n++];
    *s = (struct phones_seen){.kind = e->kind,
                              .call = e->call,
                              .outcome = e->outcome,
                              .status = e->status,
                              .on = e->on,
                              .conference = e->conference,
                              .microphone_db = e->microphone_db,
                              .speaker_db = e->speaker_db,
                              .where = e->where};
    snprintf(s->text, sizeof s->text, "%s", e->text);
    snprintf(s->file, sizeof s->file, "%s", e->file);
    snprintf(s->to, sizeof s->to, "%s", e->to);
    s->other = e->other;
    if (e->kind == PHONE_LISTENING)
        end->where = e->where;
    if (e->kind != PHONE_INCOMING)
        return;
    end->incoming = e->call;
    if (end->answers)
        answer(end, e->call);
}

/* --- life ------------------------------------------------------------------------------------- */

static void set(struct phone_config *config, const char *name, const char *value)
{
    struct config_fault fault = {.text = buf_new(1024)};

    assert_int_equal(config_set(config, slice_of(name), slice_of(value), &fault), 0);
    buf_free(&fault.text);
}

static void open_end(struct phones *p, struct phones_end *end, const char *listen,
                     const char *history)
{
    struct buf why = buf_new(1024);

    *end = (struct phones_end){.owner = p};
    config_init(&end->config);
    set(&end->config, "listen", listen);
    set(&end->config, "device", "null");
    set(&end->config, history ? "history-file" : "history", history ? history : "no");
    assert_int_equal(phone_new(p->loop, &end->config, on_event, end, &why, &end->phone), 0);
    phone_trace(end->phone, true);
    buf_free(&why);
    phones_wait(end, PHONE_LISTENING, 0);
}

static void open_all(struct phones *p, size_t n, const char *listen, const char *history)
{
    *p = (struct phones){.n = n};
    assert_int_equal(net_loop_new(&p->loop), 0);
    for (size_t i = 0; i < n; i++)
        open_end(p, &p->at[i], listen, history);
}

void phones_open(struct phones *p, size_t n)
{
    phones_open_noted(p, n, NULL);
}

void phones_open_at(struct phones *p, size_t n, const char *listen)
{
    open_all(p, n, listen, NULL);
}

void phones_open_noted(struct phones *p, size_t n, const char *history)
{
    open_all(p, n, "udp:127.0.0.1:0", history);
}

static void close_far(struct far_end *far)
{
    net_udp_close(far->sip);
    for (size_t i = 0; i < FAR_FORKS; i++)
        net_udp_close(far->media[i]);
}

void phones_close(struct phones *p)
{
    for (size_t i = 0; i < p->n; i++)
        phones_do(&p->at[i], PHONE_QUIT, 0);
    for (size_t i = 0; i < p->n; i++) {
        p->at[i].from = 0;
        phones_wait(&p->at[i], PHONE_CLOSED, 0);
        assert_int_equal(phone_calls(p->at[i].phone), 0);
        phone_free(p->at[i].phone);
        config_free(&p->at[i].config);
    }
    if (p->far)
        close_far(p->far);
    net_loop_free(p->loop);
}

int phones_set_up(void **state, size_t n)
{
    static struct phones p;

    phones_open(&p, n);
    *state = &p;
    return 0;
}

int phones_tear_down(void **state)
{
    phones_close(*state);
    return 0;
}

/* Not so fast that it keeps a whole processor from others. */
void phones_turn(struct phones *p)
{
    const struct timespec pause = {.tv_nsec = 200000};

    net_loop_turn(p->loop, false);
    nanosleep(&pause, NULL);
}

void phones_run(struct phones *p, unsigned ms)
{
    for (uint64_t until_ms = net_now_ms() + ms; net_now_ms() < until_ms;)
        phones_turn(p);
}

/* --- events and commands ---------------------------------------------------------------------- */

const struct phones_seen *phones_find(const struct phones_end *end, enum phone_event_kind kind,
                                      uint32_t call)
{
    for (size_t i = end->from; i < end->n; i++)
        if (end->seen[i].kind == kind && (!call || end->seen[i].call == call))
            return &end->seen[i];
    return NULL;
}

const struct phones_seen *phones_wait(struct phones_end *end, enum phone_event_kind kind,
                                      uint32_t call)
{
    uint64_t until_ms = net_now_ms() + PHONES_LIMIT_MS;
    const struct phones_seen *s;

    while (!(s = phones_find(end, kind, call))) {
        if (net_now_ms() > until_ms)
            fail_msg("event %d of call %u did not come to phone %d", kind, call,
                     (int)(end - end->owner->at));
        phones_turn(end->owner);
    }
    return s;
}

void phones_forget(struct phones *p)
{
    for (size_t i = 0; i < p->n; i++)
        p->at[i].from = p->at[i].n;
}

int phones_do(struct phones_end *end, enum phone_command_kind kind, uint32_t call)
{
    struct phone_command command = {.kind = kind, .call = call, .sound.device = end->device};

    return phone_do(end->phone, &command, NULL, NULL);
}

int phones_join(struct phones_end *end, uint32_t call, uint32_t other)
{
    struct phone_command command = {.kind = PHONE_JOIN, .call = call, .other = other};

    return phone_do(end->phone, &command, NULL, NULL);
}

uint32_t phones_dial(struct phones_end *end, const struct ip *to, bool device)
{
    char target[64], where[IP_TEXT_MAX];
    struct phone_command command = {.kind = PHONE_DIAL, .target = target, .sound.device = device};
    uint32_t call = 0;

    snprintf(target, sizeof target, "x@%s", ip_text(to, where));
    assert_int_equal(phone_do(end->phone, &command, &call, NULL), 0);
    return call;
}

uint32_t phones_connect(struct phones_end *end, struct phones_end *other, bool device)
{
    uint32_t call;

    other->answers = true;
    call = phones_dial(end, &other->where, device);
    phones_wait(end, PHONE_ANSWERED, call);
    phones_wait(other, PHONE_ANSWERED, 0);
    return call;
}

/* --- the far end ------------------------------------------------------------------------------ */

static void keep(char *out, size_t room, struct slice text)
{
    snprintf(out, room, "%.*s", (int)text.n, text.p);
}

/* The lines of a request that its answers repeat, and what to say beside them. */
static void respond(struct far_end *far, const char *request, const char *status, unsigned fork,
                    bool sdp)
{
    static const char *const names[] = {"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
    struct ip media = net_udp_local(far->media[fork]), sip = far_where(far);
    struct buf b = buf_new(8192), body = buf_new(2048);

    if (sdp)
        buf_printf(&body,
                   "v=0\r\no=- %u 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                   "m=audio %u RTP/AVP 0\r\na=%s\r\n",
                   fork + 1, media.port, far->direction ? far->direction : "sendrecv");
    buf_printf(&b, "SIP/2.0 %s\r\n", status);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *at = strstr(request, names[i]);
        char line[512];

        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\r"), at);
        buf_puts(&b, line);
        if (i == 2 && !strstr(line, "tag="))
            buf_printf(&b, ";tag=fork%u", fork);
        buf_puts(&b, "\r\n");
    }
    buf_printf(&b, "Contact: <sip:far@127.0.0.1:%u>\r\n", sip.port);
    if (sdp)
        buf_puts(&b, "Content-Type: application/sdp\r\n");
    buf_printf(&b, "Content-Length: %zu\r\n\r\n", body.n);
    buf_put(&b, buf_slice(&body));
    assert_int_equal(net_udp_send(far->sip, &far->from, buf_slice(&b)), 0);
    buf_free(&b);
    buf_free(&body);
}

static bool is_retransmitted(const struct far_end *far)
{
    const char *a = strstr(far->invite, "branch="), *b = strstr(far->last, "branch=");
    size_t n = a ? strcspn(a, ";\r") : 0;

    return a && b && strcspn(b, ";\r") == n && !memcmp(a, b, n);
}

static void on_invite(struct far_end *far)
{
    char status[32];

    if (is_retransmitted(far))
        return;
    far->n_invites++;
    if (far->n_invites == 1) {
        memcpy(far->invite, far->last, sizeof far->invite);
        return;
    }
    snprintf(status, sizeof status, "%u Said", far->reinvite_status);
    if (far->reinvite_status)
        respond(far, far->last, status, 0, far->reinvite_status < 300);
}

static void on_sip(void *arg, const struct ip *from, struct slice bytes)
{
    struct far_end *far = arg;

    far->from = *from;
    keep(far->last, sizeof far->last, bytes);
    if (!strncmp(far->last, "INVITE ", 7)) {
        on_invite(far);
    } else if (!strncmp(far->last, "ACK ", 4)) {
        far->n_acks++;
    } else if (!strncmp(far->last, "BYE ", 4)) {
        const char *to = strstr(far->last, "To:");

        far->n_byes++;
        snprintf(far->bye_to, sizeof far->bye_to, "%.*s", (int)strcspn(to, "\r"), to);
        respond(far, far->last, "200 OK", 0, false);
    } else if (!strncmp(far->last, "NOTIFY ", 7)) {
        far->n_notifies++;
        memcpy(far->notify, far->last, sizeof far->notify);
        respond(far, far->last, "200 OK", 0, false);
    } else if (!strncmp(far->last, "SIP/2.0 ", 8)) {
        far->n_answers++;
        memcpy(far->answer, far->last, sizeof far->answer);
    } else if (!strncmp(far->last, "CANCEL ", 7)) {
        respond(far, far->last, "200 OK", 0, false);
        respond(far, far->invite, "487 Terminated", 0, false);
    }
}

static void on_media(void *arg, const struct ip *from, struct slice bytes)
{
    struct far_media *media = arg;

    media->from = *from;
    media->rtp += bytes.n > 12;
}

void far_open(struct phones *p, struct far_end *far)
{
    static const struct net_udp_events sip = {on_sip, NULL}, media = {on_media, NULL};
    struct ip any = {.family = 4, .bytes = {127, 0, 0, 1}};

    *far = (struct far_end){.owner = p};
    p->far = far;
    assert_int_equal(net_udp_open(p->loop, &any, &sip, far, &far->sip), 0);
    for (size_t i = 0; i < FAR_FORKS; i++)
        assert_int_equal(net_udp_open(p->loop, &any, &media, &far->heard[i], &far->media[i]), 0);
}

struct ip far_where(const struct far_end *far)
{
    return net_udp_local(far->sip);
}

void far_say(struct far_end *far, const char *status, unsigned fork, bool sdp)
{
    PHONES_UNTIL(far->owner, far->n_invites > 0);
    respond(far, far->invite, status, fork, sdp);
}

static void line_of(const char *message, const char *name, char *out, size_t room)
{
    const char *at = strstr(message, name);

    assert_non_null(at);
    at += strlen(name);
    snprintf(out, room, "%.*s", (int)strcspn(at, "\r"), at);
}

void far_request(struct far_end *far, const char *method, unsigned cseq, const char *lines)
{
    char to[512], from[512], id[512];
    struct buf b = buf_new(4096);
    struct ip where = far_where(far);

    line_of(far->invite, "\r\nFrom: ", to, sizeof to);
    line_of(far->invite, "\r\nTo: ", from, sizeof from);
    line_of(far->invite, "\r\nCall-ID: ", id, sizeof id);
    buf_printf(&b,
               "%s sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%u\r\n"
               "From: %s;tag=fork0\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
               "Max-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
               method, where.port, method, cseq, from, to, id, cseq, method, lines);
    assert_int_equal(net_udp_send(far->sip, &far->from, buf_slice(&b)), 0);
    buf_free(&b);
}

void far_speak(struct far_end *far, unsigned fork, uint16_t sequence)
{
    unsigned char packet[172] = {0x80, 0, (unsigned char)(sequence >> 8),
                                 (unsigned char)sequence, [8] = (unsigned char)(fork + 1)};
    struct ip to = {.family = 4, .bytes = {127, 0, 0, 1}};
    const char *line = strstr(far->invite, "m=audio ");

    to.port = (uint16_t)atoi(line + 8);
    net_udp_send(far->media[fork], &to, (struct slice){(const char *)packet, sizeof packet});
}
