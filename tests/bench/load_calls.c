/* The calls of bench_load: SIP over one socket, so that the load itself takes little of the
 * machine. Arrivals of answers are the kernel's time stamps, so our own wake-up does not count. */
#define _GNU_SOURCE 1 /* ppoll */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/load.h"

#define FIRST_WAIT_US 500000 /* T1 of RFC 3261 17.1.1.2, doubled with each repetition */
#define GIVE_UP_US 8000000

static long repeated, repeated_to_us;
static long options_sent, options_answered;
static int64_t option_sent_us, options_max_us;
static int sip_fd;
static uint16_t sip_port;
static struct sockaddr_in phone_at;
static char text[65536];

void calls_open(void)
{
    phone_at = load_loopback(load.want.port);
    sip_fd = load_udp_open(0, &sip_port);
    if (sip_fd < 0)
        load_die("bind");
}

static void send_text(int n)
{
    sendto(sip_fd, text, (size_t)n, 0, (struct sockaddr *)&phone_at, sizeof phone_at);
}

static void send_request(long i, const char *method, int cseq)
{
    struct call *call = &load.calls[i];
    char body[256] = "", to[2 * sizeof call->tag], user[64];
    bool invite = !strcmp(method, "INVITE");

    snprintf(user, sizeof user, "sip:bob@127.0.0.1:%u", load.want.port);
    snprintf(to, sizeof to, "%s%s", *call->tag ? ";tag=" : "", call->tag);
    if (invite)
        snprintf(body, sizeof body,
                 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                 "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
                 load.rtp_port[i % LOAD_RTP_SOCKETS]);
    send_text(snprintf(text, sizeof text,
                       "%s %s SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%d-%ld\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:load@127.0.0.1>;tag=f%ld\r\n"
                       "To: <%s>%s\r\nCall-ID: %ld-%d@load\r\nCSeq: %d %s\r\n"
                       "Contact: <sip:load@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
                       method, *call->target ? call->target : user, sip_port, method, getpid(), i,
                       i, user, to, i, getpid(), cseq, method, sip_port,
                       invite ? "Content-Type: application/sdp\r\n" : "", strlen(body), body));
}

void calls_ask_options(void)
{
    option_sent_us = load_now_us();
    options_sent++;
    send_text(snprintf(text, sizeof text,
                       "OPTIONS sip:bob@127.0.0.1:%u SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKo%d-%ld\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:load@127.0.0.1>;tag=o%ld\r\n"
                       "To: <sip:bob@127.0.0.1:%u>\r\nCall-ID: o%ld-%d@load\r\n"
                       "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                       load.want.port, sip_port, getpid(), options_sent, options_sent,
                       load.want.port, options_sent, getpid()));
}

/* What stands between start and one of the bytes in end, in the message or behind it. */
static void cut(const char *from, const char *start, const char *end, char *out, size_t room)
{
    const char *at = from ? strstr(from, start) : NULL;

    *out = '\0';
    if (at) {
        at += strlen(start);
        snprintf(out, room, "%.*s", (int)strcspn(at, end), at);
    }
}

static void wait_anew(struct call *call, int64_t at_us)
{
    call->sent_us = at_us;
    call->wait_us = FIRST_WAIT_US;
    call->again_us = at_us + FIRST_WAIT_US;
}

static void answered(long i, int status, int64_t at_us)
{
    struct call *call = &load.calls[i];
    const char *audio = strstr(text, "m=audio ");

    if (call->state != INVITED) {
        repeated_to_us++;
        if (call->state >= UP && status < 300)
            send_request(i, "ACK", 1);
        return;
    }
    cut(strstr(text, "\nTo:"), ";tag=", ";\r\n", call->tag, sizeof call->tag);
    cut(strstr(text, "\nContact:"), "<", ">", call->target, sizeof call->target);
    call->rtp_to = audio ? (uint16_t)atoi(audio + 8) : 0;
    send_request(i, "ACK", 1);
    if (status >= 300) {
        call->state = FAILED;
        load.failed++;
        fprintf(stderr, "bench_load: call %ld: %d\n", i, status);
        return;
    }
    call->state = UP;
    call->up_us = load.last_answer_us = at_us;
    call->answer_us = (uint32_t)(at_us - call->sent_us);
    load.owner[call->rtp_to] = (uint32_t)i + 1;
    load.standing++;
}

static void take_response(int64_t at_us)
{
    const char *id = strstr(text, "\nCall-ID: "), *cseq = strstr(text, "\nCSeq: ");
    int status, number;
    char method[16];
    long i;

    if (!id || !cseq || sscanf(text, "SIP/2.0 %d", &status) != 1 || status < 200 ||
        sscanf(cseq, "\nCSeq: %d %15s", &number, method) != 2)
        return;
    if (id[10] == 'o') {
        options_answered++;
        if (at_us - option_sent_us > options_max_us)
            options_max_us = at_us - option_sent_us;
        return;
    }
    i = atol(id + 10);
    if (i < 0 || i >= load.placed)
        return;
    if (!strcmp(method, "INVITE")) {
        answered(i, status, at_us);
    } else if (load.calls[i].state == LEAVING) {
        load.calls[i].state = OVER;
        load.calls[i].bye_us = (uint32_t)(at_us - load.calls[i].sent_us);
        load.owner[load.calls[i].rtp_to] = 0;
        load.over++;
    }
}

static int64_t stamp_of(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;

            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
        }
    return load_now_us();
}

static void take_sip(void)
{
    static char in[65536];
    union {
        struct cmsghdr align;
        char room[128];
    } control;
    struct iovec bytes = {in, sizeof in - 1};

    for (;;) {
        struct msghdr msg = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
        ssize_t n = recvmsg(sip_fd, &msg, MSG_DONTWAIT);

        if (n < 0)
            return;
        in[n] = '\0';
        memcpy(text, in, (size_t)n + 1);
        take_response(stamp_of(&msg));
    }
}

void calls_place(int64_t at_us)
{
    while (load.placed < load.want.calls &&
           at_us - load.start_us >= load.placed * INT64_C(1000000) / load.want.rate) {
        struct call *call = &load.calls[load.placed];

        call->state = INVITED;
        wait_anew(call, load_now_us());
        send_request(load.placed++, "INVITE", 1);
    }
}

static void end_call(long i, int64_t at_us)
{
    load.calls[i].state = LEAVING;
    load.standing--;
    wait_anew(&load.calls[i], at_us);
    send_request(i, "BYE", 2);
}

static void repeat(long i, int64_t at_us)
{
    struct call *call = &load.calls[i];

    if (at_us - call->sent_us > GIVE_UP_US) {
        fprintf(stderr, "bench_load: call %ld: no answer\n", i);
        call->state = FAILED;
        load.failed++;
        return;
    }
    call->wait_us *= 2;
    call->again_us = at_us + call->wait_us;
    repeated++;
    send_request(i, call->state == INVITED ? "INVITE" : "BYE", call->state == INVITED ? 1 : 2);
}

void calls_look_after(int64_t at_us)
{
    static int64_t ended_us;
    int64_t life_us = (int64_t)(load.want.seconds * 1e6),
            spacing_us = load.want.together ? 1000000 / load.want.rate : 0;

    if (ended_us < at_us - spacing_us - LOAD_PART_US)
        ended_us = at_us - spacing_us - LOAD_PART_US;
    while (load.oldest < load.placed && load.calls[load.oldest].state >= OVER)
        load.oldest++;
    for (long i = load.oldest; i < load.placed; i++) {
        struct call *call = &load.calls[i];
        int64_t from_us = load.want.together ? load.last_answer_us : call->up_us;

        if ((call->state == INVITED || call->state == LEAVING) && at_us >= call->again_us)
            repeat(i, at_us);
        if (call->state != UP || at_us < from_us + life_us ||
            (load.want.together && load.placed < load.want.calls) || ended_us + spacing_us > at_us)
            continue;
        end_call(i, load_now_us());
        ended_us += spacing_us;
    }
}

void calls_wait(int64_t until_us)
{
    int64_t left_us = until_us - load_now_us();
    struct timespec wait = {0, left_us > 0 ? (long)left_us * 1000 : 0};
    struct pollfd p = {.fd = sip_fd, .events = POLLIN};

    if (ppoll(&p, 1, &wait, NULL) > 0)
        take_sip();
}

void calls_print_repeated(void)
{
    printf("repeated %ld\nrepeated_to_us %ld\n", repeated, repeated_to_us);
}

void calls_print_options(void)
{
    printf("options_sent %ld\noptions_answered %ld\noptions_us_max %lld\n", options_sent,
           options_answered, (long long)options_max_us);
}
