/* Load for one telephone: many calls at once over few sockets, so that the load itself takes little
 * of the machine, and what they cost the phone. It knows nothing of the project, so that it treats
 * all alike.
 *
 *     bench_load [-m] [-o] [-t] [-n CALLS] [-r PER_SECOND] [-d SECONDS] PORT PID
 *     bench_load -f [-n CALLS] [-d SECONDS]
 *
 * Places CALLS at PORT of 127.0.0.1, so many a second however the phone fares. Each is ended
 * SECONDS after its answer; with -t all stand together for that time, counted from the last answer.
 * -m: RTP both ways, PCMU, 50 packets a second each. -o: an OPTIONS every 100 ms. PID is the
 * phone's; 0: nobody is looked at. -f: no phone, but a process of our own that does nothing but
 * send and receive the packets of so many calls: the least that they can cost. Prints "up" when all
 * stand, then "KEY VALUE" lines, microseconds and KiB.
 *
 * SIP goes over one socket and RTP over few: the port that a packet comes from tells whose it is.
 * Arrivals of answers are the kernel's time stamps, so our own wake-up does not count. */
#define _GNU_SOURCE 1 /* sendmmsg */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RTP_SOCKETS 8
#define PARTS 4 /* of the 20 ms, in each of which a part of the calls is sent its packets */
#define PART_US 5000
#define BATCH 64
#define RTP_BYTES 172
#define FIRST_WAIT_US 500000 /* T1 of RFC 3261 17.1.1.2, doubled with each repetition */
#define GIVE_UP_US 8000000
#define OPTIONS_US 100000
#define TAG_MAX 64
#define TARGET_MAX 96

enum state { WAITING, INVITED, UP, LEAVING, OVER, FAILED };

struct call {
    enum state state;
    int64_t sent_us, again_us, wait_us, up_us;
    uint32_t answer_us, bye_us;
    uint16_t rtp_to, seq;
    uint32_t received, received_before;
    char tag[TAG_MAX], target[TARGET_MAX];
};

static struct {
    bool floor, media, options, together;
    long calls, rate;
    double seconds;
    uint16_t port;
    int pid;
} want = {.calls = 1, .rate = 100};

static struct call *calls;
static long oldest, placed, standing, over, failed; /* oldest: none before it is alive */
static long repeated, repeated_to_us;
static long options_sent, options_answered;
static int64_t option_sent_us, options_max_us, start_us, last_answer_us;
static uint32_t owner[65536]; /* call + 1, by the port that its RTP comes from */
static int sip_fd, rtp_fd[RTP_SOCKETS], rtcp_fd[RTP_SOCKETS];
static uint16_t sip_port, rtp_port[RTP_SOCKETS];
static struct sockaddr_in phone_at;
static char text[65536];

static void die(const char *what)
{
    fprintf(stderr, "bench_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The clock of the kernel's stamps. */
static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_until(int64_t when_us)
{
    int64_t wait_us = when_us - now_us();

    if (wait_us > 0)
        nanosleep(&(struct timespec){wait_us / 1000000, (long)(wait_us % 1000000) * 1000}, NULL);
}

/* --- sockets --------------------------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

/* Port 0: a free one. Returns -1 where the port is taken. */
static int udp_open(uint16_t port, uint16_t *bound)
{
    struct sockaddr_in at = loopback(port);
    socklen_t n = sizeof at;
    int on = 1, room = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) ||
        getsockname(fd, (struct sockaddr *)&at, &n)) {
        close(fd);
        return -1;
    }
    *bound = ntohs(at.sin_port);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    return fd;
}

static void open_pair(int i)
{
    for (int tries = 0; tries < 1000; tries++) {
        uint16_t port = (uint16_t)(40000 + 2 * (rand() % 10000)), bound;

        rtp_fd[i] = udp_open(port, &rtp_port[i]);
        if (rtp_fd[i] < 0)
            continue;
        rtcp_fd[i] = udp_open((uint16_t)(port + 1), &bound);
        if (rtcp_fd[i] >= 0)
            return;
        close(rtp_fd[i]);
    }
    die("no free pair of ports");
}

static void open_sockets(void)
{
    phone_at = loopback(want.port);
    sip_fd = udp_open(0, &sip_port);
    if (sip_fd < 0)
        die("bind");
    for (int i = 0; i < RTP_SOCKETS; i++)
        open_pair(i);
}

/* --- the phone's figures --------------------------------------------------------------------- */

/* Of all threads, those that have ended too: the process's own CPU clock (Linux). */
static int64_t cpu_us(void)
{
    struct timespec t = {0, 0};

    if (want.pid)
        clock_gettime((clockid_t)(~(unsigned)want.pid << 3 | 2), &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Resident, and what is its alone: written to. */
static void print_memory(const char *when)
{
    char path[64], line[256];
    long kib;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", want.pid);
    f = want.pid ? fopen(path, "r") : NULL;
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "Rss: %ld", &kib) == 1)
            printf("rss_%s %ld\n", when, kib);
        if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
            printf("private_%s %ld\n", when, kib);
    }
    if (f)
        fclose(f);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Median, 99th percentile and most of a member over the calls that have it. */
static void print_times(const char *what, size_t member)
{
    uint32_t *values = calloc((size_t)want.calls + 1, sizeof *values);
    long n = 0;

    for (long i = 0; i < want.calls; i++) {
        memcpy(&values[n], (const char *)&calls[i] + member, sizeof *values);
        n += values[n] > 0;
    }
    qsort(values, (size_t)n, sizeof *values, by_size);
    if (n)
        printf("%s_p50 %u\n%s_p99 %u\n%s_max %u\n", what, values[n / 2], what, values[n * 99 / 100],
               what, values[n - 1]);
    free(values);
}

/* --- SIP ------------------------------------------------------------------------------------- */

static void send_text(int n)
{
    sendto(sip_fd, text, (size_t)n, 0, (struct sockaddr *)&phone_at, sizeof phone_at);
}

static void send_request(long i, const char *method, int cseq)
{
    struct call *call = &calls[i];
    char body[256] = "", to[2 * TAG_MAX], user[64];
    bool invite = !strcmp(method, "INVITE");

    snprintf(user, sizeof user, "sip:bob@127.0.0.1:%u", want.port);
    snprintf(to, sizeof to, "%s%s", *call->tag ? ";tag=" : "", call->tag);
    if (invite)
        snprintf(body, sizeof body,
                 "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                 "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
                 rtp_port[i % RTP_SOCKETS]);
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

static void ask_options(void)
{
    option_sent_us = now_us();
    options_sent++;
    send_text(snprintf(text, sizeof text,
                       "OPTIONS sip:bob@127.0.0.1:%u SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKo%d-%ld\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:load@127.0.0.1>;tag=o%ld\r\n"
                       "To: <sip:bob@127.0.0.1:%u>\r\nCall-ID: o%ld-%d@load\r\n"
                       "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                       want.port, sip_port, getpid(), options_sent, options_sent, want.port,
                       options_sent, getpid()));
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
    struct call *call = &calls[i];
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
        failed++;
        fprintf(stderr, "bench_load: call %ld: %d\n", i, status);
        return;
    }
    call->state = UP;
    call->up_us = last_answer_us = at_us;
    call->answer_us = (uint32_t)(at_us - call->sent_us);
    owner[call->rtp_to] = (uint32_t)i + 1;
    standing++;
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
    if (i < 0 || i >= placed)
        return;
    if (!strcmp(method, "INVITE")) {
        answered(i, status, at_us);
    } else if (calls[i].state == LEAVING) {
        calls[i].state = OVER;
        calls[i].bye_us = (uint32_t)(at_us - calls[i].sent_us);
        owner[calls[i].rtp_to] = 0;
        over++;
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
    return now_us();
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

static void place_due(int64_t at_us)
{
    while (placed < want.calls && at_us - start_us >= placed * INT64_C(1000000) / want.rate) {
        struct call *call = &calls[placed];

        call->state = INVITED;
        wait_anew(call, now_us());
        send_request(placed++, "INVITE", 1);
    }
}

static void end_call(long i, int64_t at_us)
{
    calls[i].state = LEAVING;
    standing--;
    wait_anew(&calls[i], at_us);
    send_request(i, "BYE", 2);
}

static void repeat(long i, int64_t at_us)
{
    struct call *call = &calls[i];

    if (at_us - call->sent_us > GIVE_UP_US) {
        fprintf(stderr, "bench_load: call %ld: no answer\n", i);
        call->state = FAILED;
        failed++;
        return;
    }
    call->wait_us *= 2;
    call->again_us = at_us + call->wait_us;
    repeated++;
    send_request(i, call->state == INVITED ? "INVITE" : "BYE", call->state == INVITED ? 1 : 2);
}

/* Ends and repeats what is due. Calls that stand together end no faster than they were placed, as
 * nobody hangs up a thousand telephones in one millisecond. */
static void look_after_calls(int64_t at_us)
{
    static int64_t ended_us;
    int64_t life_us = (int64_t)(want.seconds * 1e6),
            spacing_us = want.together ? 1000000 / want.rate : 0;

    if (ended_us < at_us - spacing_us - PART_US)
        ended_us = at_us - spacing_us - PART_US;
    while (oldest < placed && calls[oldest].state >= OVER)
        oldest++;
    for (long i = oldest; i < placed; i++) {
        struct call *call = &calls[i];
        int64_t from_us = want.together ? last_answer_us : call->up_us;

        if ((call->state == INVITED || call->state == LEAVING) && at_us >= call->again_us)
            repeat(i, at_us);
        if (call->state != UP || at_us < from_us + life_us ||
            (want.together && placed < want.calls) || ended_us + spacing_us > at_us)
            continue;
        end_call(i, now_us());
        ended_us += spacing_us;
    }
}

/* --- RTP ------------------------------------------------------------------------------------- */

static void send_part(int part)
{
    static uint8_t packets[BATCH][RTP_BYTES];
    static struct iovec bytes[BATCH];
    static struct sockaddr_in to[BATCH];
    static struct mmsghdr messages[BATCH];
    unsigned n = 0;

    for (long i = oldest + ((part - oldest) % PARTS + PARTS) % PARTS; i < placed; i += PARTS) {
        struct call *call = &calls[i];
        uint32_t head[3] = {htonl(0x80000000u | call->seq), htonl(call->seq * 160u),
                            htonl((uint32_t)i + 1)};

        if (call->state != UP)
            continue;
        call->seq++;
        memcpy(packets[n], head, sizeof head);
        memset(packets[n] + sizeof head, 0xff, RTP_BYTES - sizeof head);
        bytes[n] = (struct iovec){packets[n], RTP_BYTES};
        to[n] = loopback(call->rtp_to);
        messages[n].msg_hdr = (struct msghdr){
            .msg_name = &to[n], .msg_namelen = sizeof to[n], .msg_iov = &bytes[n], .msg_iovlen = 1};
        if (++n == BATCH) {
            sendmmsg(rtp_fd[part % RTP_SOCKETS], messages, n, 0);
            n = 0;
        }
    }
    if (n)
        sendmmsg(rtp_fd[part % RTP_SOCKETS], messages, n, 0);
}

/* True: there may be more. */
static bool take_batch(int fd, bool rtcp)
{
    static uint8_t packets[BATCH][256];
    static struct sockaddr_in from[BATCH];
    struct mmsghdr messages[BATCH];
    struct iovec bytes[BATCH];
    int n;

    for (int i = 0; i < BATCH; i++) {
        bytes[i] = (struct iovec){packets[i], sizeof packets[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                              .msg_namelen = sizeof from[i],
                                              .msg_iov = &bytes[i],
                                              .msg_iovlen = 1};
    }
    n = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n && !rtcp; i++) {
        uint32_t whose = owner[ntohs(from[i].sin_port)];

        if (whose)
            calls[whose - 1].received++;
    }
    return n == BATCH;
}

static void take_media(void)
{
    for (int i = 0; i < RTP_SOCKETS; i++) {
        while (take_batch(rtp_fd[i], false))
            ;
        while (take_batch(rtcp_fd[i], true))
            ;
    }
}

/* --- the run --------------------------------------------------------------------------------- */

/* The time in which all calls stand together, without its first and last moments. */
static struct window {
    int64_t begin_us, end_us, begin_cpu_us, end_cpu_us;
    long least, sum;
} window;

static void look_at_window(int64_t at_us)
{
    int64_t margin_us = (int64_t)(want.seconds * 1e6 / 10);

    if (!want.together || standing + failed < want.calls)
        return;
    if (!window.begin_us && at_us >= last_answer_us + margin_us) {
        printf("up\n");
        fflush(stdout);
        window.begin_us = at_us;
        window.begin_cpu_us = cpu_us();
        for (long i = 0; i < want.calls; i++)
            calls[i].received_before = calls[i].received;
    }
    if (!window.end_us && at_us >= last_answer_us + (int64_t)(want.seconds * 1e6) - margin_us) {
        window.end_us = at_us;
        window.end_cpu_us = cpu_us();
        window.least = 1 << 30;
        for (long i = 0; i < want.calls; i++) {
            long received = (long)(calls[i].received - calls[i].received_before);

            window.sum += received;
            if (received < window.least)
                window.least = received;
        }
        print_memory("at");
    }
}

static void wait_for_sip(int64_t until_us)
{
    int64_t left_us = until_us - now_us();
    struct timespec wait = {0, left_us > 0 ? (long)left_us * 1000 : 0};
    struct pollfd p = {.fd = sip_fd, .events = POLLIN};

    if (ppoll(&p, 1, &wait, NULL) > 0)
        take_sip();
}

static int64_t next_due_us(int64_t tick_us)
{
    int64_t place_us =
        placed < want.calls ? start_us + placed * INT64_C(1000000) / want.rate : INT64_MAX;

    return place_us < tick_us ? place_us : tick_us;
}

static void run(void)
{
    int64_t tick_us, option_us = now_us() + OPTIONS_US;

    tick_us = start_us = now_us();
    for (int part = 0; over + failed < want.calls;) {
        int64_t at_us = now_us();

        place_due(at_us);
        if (at_us >= tick_us) {
            if (want.media)
                send_part(part);
            take_media();
            part = (part + 1) % PARTS;
            tick_us += PART_US;
            look_at_window(at_us);
            look_after_calls(at_us);
        } else if (want.seconds <= 0 && !want.together) {
            look_after_calls(at_us); /* as soon as they are answered */
        }
        if (want.options && at_us >= option_us) {
            ask_options();
            option_us += OPTIONS_US;
        }
        wait_for_sip(next_due_us(tick_us));
    }
}

/* --- the least that it can cost --------------------------------------------------------------- */

/* A process with a socket for each call: a packet out on each 50 times a second, and what came in
 * taken in one system call of four times 20 ms. That is what remains of a telephone without all
 * that makes it one. Runs until it is killed. */
static void be_floor(const int *fds)
{
    static uint8_t packet[RTP_BYTES], room[16][256];
    struct mmsghdr messages[16];
    struct iovec bytes[16];
    struct sockaddr_in to[RTP_SOCKETS];
    int64_t next_us = now_us();

    for (int i = 0; i < RTP_SOCKETS; i++)
        to[i] = loopback(rtp_port[i]);
    for (int i = 0; i < 16; i++) {
        bytes[i] = (struct iovec){room[i], sizeof room[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &bytes[i], .msg_iovlen = 1};
    }
    for (long beat = 0;; beat++) {
        sleep_until(next_us += 20000);
        for (long i = 0; i < want.calls; i++) {
            sendto(fds[i], packet, sizeof packet, MSG_DONTWAIT,
                   (struct sockaddr *)&to[i % RTP_SOCKETS], sizeof to[0]);
            if ((i + beat) % 4 == 0)
                recvmmsg(fds[i], messages, 16, MSG_DONTWAIT, NULL);
        }
    }
}

static void start_floor(void)
{
    int *fds = calloc((size_t)want.calls, sizeof *fds);

    for (long i = 0; i < want.calls; i++) {
        fds[i] = udp_open(0, &calls[i].rtp_to);
        owner[calls[i].rtp_to] = (uint32_t)i + 1;
        calls[i].state = UP;
    }
    want.pid = fork();
    if (want.pid == 0)
        be_floor(fds);
    for (long i = 0; i < want.calls; i++)
        close(fds[i]);
    free(fds);
    placed = standing = want.calls;
}

/* Like run, with calls that nobody has to set up. */
static void run_floor(void)
{
    int64_t end_us, tick_us;

    start_floor();
    tick_us = last_answer_us = now_us();
    end_us = tick_us + (int64_t)(want.seconds * 1e6);
    for (int part = 0; tick_us < end_us; part = (part + 1) % PARTS) {
        sleep_until(tick_us += PART_US);
        send_part(part);
        take_media();
        look_at_window(now_us());
    }
    kill(want.pid, SIGKILL);
    waitpid(want.pid, NULL, 0);
    want.pid = 0;
}

static void print_window(void)
{
    printf("window_us %lld\nwindow_cpu_us %lld\nrtp_received %ld\nrtp_least %ld\n",
           (long long)(window.end_us - window.begin_us),
           (long long)(window.end_cpu_us - window.begin_cpu_us), window.sum, window.least);
}

static void print_all(int64_t cpu_before_us)
{
    printf("calls %ld\nfailed %ld\nrepeated %ld\nrepeated_to_us %ld\n", want.calls, failed,
           repeated, repeated_to_us);
    printf("placing_us %lld\nrun_us %lld\ncpu_us %lld\n", (long long)(last_answer_us - start_us),
           (long long)(now_us() - start_us), (long long)(cpu_us() - cpu_before_us));
    print_times("answer_us", offsetof(struct call, answer_us));
    print_times("bye_us", offsetof(struct call, bye_us));
    if (want.together)
        print_window();
    if (want.options)
        printf("options_sent %ld\noptions_answered %ld\noptions_us_max %lld\n", options_sent,
               options_answered, (long long)options_max_us);
    print_memory("after");
}

static bool read_arguments(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "fmotn:r:d:")) != -1)
        switch (option) {
        case 'f':
            want.floor = want.together = want.media = true;
            break;
        case 'm':
            want.media = true;
            break;
        case 'o':
            want.options = true;
            break;
        case 't':
            want.together = true;
            break;
        case 'n':
            want.calls = atol(optarg);
            break;
        case 'r':
            want.rate = atol(optarg);
            break;
        case 'd':
            want.seconds = atof(optarg);
            break;
        default:
            return false;
        }
    if (argc - optind != (want.floor ? 0 : 2) || want.calls < 1 || want.rate < 1)
        return false;
    if (want.floor)
        return true;
    want.port = (uint16_t)atoi(argv[optind]);
    want.pid = atoi(argv[optind + 1]);
    return true;
}

int main(int argc, char **argv)
{
    int64_t cpu_before_us;

    if (!read_arguments(argc, argv)) {
        fprintf(stderr, "usage: bench_load [-m] [-o] [-t] [-n CALLS] [-r PER_SECOND] [-d SECONDS] "
                        "PORT PID\n");
        return 2;
    }
    (void)setpriority(PRIO_PROCESS, 0, -15); /* else a busy machine's loss would be ours */
    srand((unsigned)(now_us() ^ getpid()));
    calls = calloc((size_t)want.calls, sizeof *calls);
    if (!calls)
        die("calloc");
    open_sockets();
    print_memory("before");
    cpu_before_us = cpu_us();
    if (want.floor)
        run_floor();
    else
        run();
    print_all(cpu_before_us);
    free(calls);
    return failed ? 1 : 0;
}
