/* The other side of each measurement: places and takes calls over UDP on 127.0.0.1, and says how
 * long the phone under test took. It knows nothing of the project, so that it treats all alike.
 *
 *     bench_sip callee PORT CALLS HOLD_MS CODEC       calls the phone at PORT, one call at a time
 *     bench_sip caller PORT RUNS COMMAND…             runs COMMAND, which calls us at PORT, and
 * answers bench_sip hold PORT CALLS SECONDS CODEC RAWFILE keeps CALLS at once, speech from RAWFILE
 *     bench_sip opus RAWFILE SECONDS                  how long libopus alone takes for a minute
 *
 * Arrivals are the kernel's time stamps, so our own wake-up does not count. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench_speech.h"

#define MAX_CALLS 64

struct call {
    int rtp_fd, rtcp_fd;
    uint16_t rtp_port;
    struct sockaddr_in rtp_to;
    char id[64], remote_to[512], target[256];
    uint16_t seq;
    uint32_t timestamp;
    long received;
};

static char text[65536]; /* the last message */

void die(const char *what)
{
    fprintf(stderr, "bench_sip: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The clock of the kernel's stamps. */
int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

/* Port 0: a free one. Returns -1 where the port is taken. */
static int udp_open(uint16_t port)
{
    struct sockaddr_in at = loopback(port);
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (!bind(fd, (struct sockaddr *)&at, sizeof at))
        return fd;
    close(fd);
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in at;
    socklen_t n = sizeof at;

    getsockname(fd, (struct sockaddr *)&at, &n);
    return ntohs(at.sin_port);
}

/* One datagram into out, without waiting; its length or -1; when it arrived. */
static ssize_t take(int fd, void *out, size_t cap, struct sockaddr_in *from, int64_t *when_us)
{
    struct iovec bytes = {out, cap};
    union {
        struct cmsghdr align;
        char room[256];
    } control;
    struct msghdr msg = {.msg_name = from,
                         .msg_namelen = from ? sizeof *from : 0,
                         .msg_iov = &bytes,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

    if (n < 0)
        return -1;
    *when_us = now_us();
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;

            memcpy(&t, CMSG_DATA(c), sizeof t);
            *when_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
        }
    return n;
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) > 0;
}

/* The next SIP message into text; false: none came in time. */
static bool take_sip(int fd, int ms, struct sockaddr_in *from, int64_t *when_us)
{
    ssize_t n;

    if (!wait_readable(fd, ms))
        return false;
    n = take(fd, text, sizeof text - 1, from, when_us);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* The value of the first header of that name into out, "" without one. */
static void header(const char *name, char *out, size_t cap)
{
    size_t length = strlen(name);

    *out = '\0';
    for (const char *at = strstr(text, "\r\n"); at && strncmp(at, "\r\n\r\n", 4);
         at = strstr(at + 2, "\r\n")) {
        const char *end;

        at += 2;
        if (!strncasecmp(at, name, length) && at[length] == ':') {
            at += length + 1;
            at += strspn(at, " ");
            end = strstr(at, "\r\n");
            snprintf(out, cap, "%.*s", (int)(end ? end - at : 0), at);
            return;
        }
        at -= 2;
    }
}

/* All Via lines as they are, RFC 3261 8.2.6.2. */
static void copy_vias(char *out, size_t cap)
{
    size_t n = 0;

    *out = '\0';
    for (const char *at = text; (at = strstr(at, "\r\nVia:")); at += 2) {
        const char *end = strstr(at + 2, "\r\n");

        n += (size_t)snprintf(out + n, cap - n, "%.*s\r\n", (int)(end - at - 2), at + 2);
    }
}

static void rtp_open(struct call *call)
{
    for (int tries = 0; tries < 1000; tries++) {
        uint16_t port = (uint16_t)(20000 + 2 * (rand() % 15000));

        call->rtp_fd = udp_open(port);
        if (call->rtp_fd < 0)
            continue;
        call->rtcp_fd = udp_open((uint16_t)(port + 1));
        if (call->rtcp_fd >= 0) {
            call->rtp_port = port;
            return;
        }
        close(call->rtp_fd);
    }
    die("no free pair of ports");
}

static void rtp_close(struct call *call)
{
    close(call->rtp_fd);
    close(call->rtcp_fd);
}

static bool is_opus; /* else PCMU */

static size_t make_sdp(const struct call *call, char *out, size_t cap)
{
    return (size_t)snprintf(
        out, cap,
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio %u RTP/AVP %d\r\na=rtpmap:%s\r\n",
        call->rtp_port, is_opus ? 96 : 0, is_opus ? "96 opus/48000/2" : "0 PCMU/8000");
}

static void read_sdp(struct call *call)
{
    const char *audio = strstr(text, "m=audio ");

    call->rtp_to = loopback(audio ? (uint16_t)atoi(audio + 8) : 9);
}

static void send_text(int fd, uint16_t port, const char *bytes)
{
    struct sockaddr_in to = loopback(port);

    sendto(fd, bytes, strlen(bytes), 0, (struct sockaddr *)&to, sizeof to);
}

static void send_request(int fd, uint16_t port, const struct call *call, const char *method,
                         int cseq, const char *body)
{
    char out[4096], user[32];
    const char *target = *call->target ? call->target : user;

    snprintf(user, sizeof user, "sip:bob@127.0.0.1:%u", port);
    snprintf(out, sizeof out,
             "%s %s SIP/2.0\r\n"
             "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%s;rport\r\n"
             "Max-Forwards: 70\r\n"
             "From: <sip:bench@127.0.0.1>;tag=f%s\r\nTo: %s%s%s\r\n"
             "Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:bench@127.0.0.1:%u>\r\n%s"
             "Content-Length: %zu\r\n\r\n%s",
             method, target, port_of(fd), method, call->id, call->id,
             *call->remote_to ? call->remote_to : "<", *call->remote_to ? "" : user,
             *call->remote_to ? "" : ">", call->id, cseq, method, port_of(fd),
             *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    send_text(fd, port, out);
}

static void send_200(int fd, const struct sockaddr_in *to, const char *body)
{
    static char out[16384], vias[8192];
    char from[512], callee[512], id[256], cseq[64];

    header("From", from, sizeof from);
    header("To", callee, sizeof callee);
    header("Call-ID", id, sizeof id);
    header("CSeq", cseq, sizeof cseq);
    copy_vias(vias, sizeof vias);
    snprintf(out, sizeof out,
             "SIP/2.0 200 OK\r\n%sFrom: %s\r\nTo: %s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "Contact: <sip:bob@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
             vias, from, callee, strstr(callee, "tag=") ? "" : ";tag=bench", id, cseq, port_of(fd),
             *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    sendto(fd, out, strlen(out), 0, (const struct sockaddr *)to, sizeof *to);
}

/* A final response to call's request; others of earlier calls are passed over. 0: none came. */
static int take_final(int fd, const struct call *call, int ms, int64_t *when_us)
{
    int64_t end_us = now_us() + (int64_t)ms * 1000;
    int status;

    while (now_us() < end_us)
        if (take_sip(fd, ms, NULL, when_us) && sscanf(text, "SIP/2.0 %d", &status) == 1 &&
            status >= 200 && strstr(text, call->id))
            return status;
    return 0;
}

/* INVITE, 200, ACK. How long the 200 took, or -1. */
static int64_t set_up(int fd, uint16_t port, struct call *call, int64_t *answered_us)
{
    char body[512], contact[300];
    int64_t start_us;
    char *end;

    snprintf(call->id, sizeof call->id, "b%d-%08x", getpid(), (unsigned)rand());
    rtp_open(call);
    make_sdp(call, body, sizeof body);
    start_us = now_us();
    send_request(fd, port, call, "INVITE", 1, body);
    if (take_final(fd, call, 5000, answered_us) != 200)
        return -1;
    header("To", call->remote_to, sizeof call->remote_to);
    header("Contact", contact, sizeof contact);
    if ((end = strchr(contact, '>')) && *contact == '<') {
        *end = '\0';
        snprintf(call->target, sizeof call->target, "%.255s", contact + 1);
    }
    read_sdp(call);
    send_request(fd, port, call, "ACK", 1, "");
    return *answered_us - start_us;
}

/* BYE, 200. How long that took, or -1. */
static int64_t clear(int fd, uint16_t port, struct call *call)
{
    int64_t start_us = now_us(), when_us = 0;

    send_request(fd, port, call, "BYE", 2, "");
    if (!take_final(fd, call, 5000, &when_us))
        return -1;
    rtp_close(call);
    return when_us - start_us;
}

/* A line each: INVITE to 200, 200 to first RTP (0: none), BYE to 200, in microseconds. */
static int callee(uint16_t port, int calls, int hold_ms)
{
    int fd = udp_open(0);

    for (int i = 0; i < calls; i++) {
        struct call call = {0};
        char packet[2000];
        int64_t answered_us, rtp_us = 0, invite_us = set_up(fd, port, &call, &answered_us), bye_us;
        struct timespec hold = {hold_ms / 1000, hold_ms % 1000 * 1000000L};

        if (invite_us < 0) {
            fprintf(stderr, "bench_sip: call %d was not answered: %.60s\n", i, text);
            return 1;
        }
        if (hold_ms && wait_readable(call.rtp_fd, 2000) &&
            take(call.rtp_fd, packet, sizeof packet, NULL, &rtp_us) >= 0)
            rtp_us -= answered_us;
        nanosleep(&hold, NULL);
        bye_us = clear(fd, port, &call);
        printf("%lld %lld %lld\n", (long long)invite_us, (long long)rtp_us, (long long)bye_us);
        fflush(stdout);
    }
    return 0;
}

static void end_child(pid_t child)
{
    for (int i = 0; i < 100 && waitpid(child, NULL, WNOHANG) == 0; i++) {
        struct timespec ms = {0, 5000000};

        if (i == 20)
            kill(child, SIGINT);
        if (i == 60)
            kill(child, SIGKILL);
        nanosleep(&ms, NULL);
    }
}

/* Passes over all messages until one that begins so; false: it did not come. */
static bool take_until(int fd, const char *start, struct sockaddr_in *from, int64_t *when_us)
{
    int64_t end_us = now_us() + 10000000;

    while (now_us() < end_us)
        if (take_sip(fd, 2000, from, when_us) && !strncmp(text, start, strlen(start)))
            return true;
    return false;
}

/* BYE by the called side: its From is the To of the INVITE with our tag. text is the INVITE or its
 * ACK. */
static void send_bye(int fd, const struct sockaddr_in *to)
{
    char out[4096], us[512], them[512], id[256];

    header("From", them, sizeof them);
    header("To", us, sizeof us);
    header("Call-ID", id, sizeof id);
    snprintf(out, sizeof out,
             "BYE sip:a@127.0.0.1:%u SIP/2.0\r\n"
             "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKbye%.40s;rport\r\n"
             "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 BYE\r\n"
             "Content-Length: 0\r\n\r\n",
             ntohs(to->sin_port), port_of(fd), id, us, them, id);
    sendto(fd, out, strlen(out), 0, (const struct sockaddr *)to, sizeof *to);
}

/* One run of command; a line: exec to INVITE, our 200 to its ACK, our BYE to its 200, in
 * microseconds. */
static bool run_caller(int fd, char **command)
{
    int64_t start_us, invited_us, answered_us, acked_us, bye_us, gone_us;
    struct call call = {0};
    struct sockaddr_in from;
    char body[512];
    pid_t child;
    bool done;

    while (take_sip(fd, 0, &from, &invited_us))
        ; /* what the last run repeated */
    start_us = now_us();
    child = vfork();
    if (child < 0)
        die("vfork");
    if (!child) {
        execvp(*command, command);
        _exit(127);
    }
    done = take_until(fd, "INVITE ", &from, &invited_us);
    if (done) {
        rtp_open(&call);
        make_sdp(&call, body, sizeof body);
        answered_us = now_us();
        send_200(fd, &from, body);
        done = take_until(fd, "ACK ", &from, &acked_us);
    }
    if (done) {
        bye_us = now_us();
        send_bye(fd, &from);
        done = take_until(fd, "SIP/2.0 200", &from, &gone_us);
    }
    if (done)
        printf("%lld %lld %lld\n", (long long)(invited_us - start_us),
               (long long)(acked_us - answered_us), (long long)(gone_us - bye_us));
    else
        fprintf(stderr, "bench_sip: %s did not call, ACK and end; last came: %.60s\n", *command,
                text);
    fflush(stdout);
    if (call.rtp_port)
        rtp_close(&call);
    end_child(child);
    return done;
}

static int caller(uint16_t port, int runs, char **command)
{
    int fd = udp_open(port), failed = 0;

    if (fd < 0)
        die("bind");
    for (int i = 0; i < runs && !failed; i++)
        failed = !run_caller(fd, command);
    return failed;
}

/* --- calls with speech ------------------------------------------------------------------------ */

static void send_rtp(struct call *call, uint32_t ssrc, const uint8_t *payload, size_t n,
                     uint32_t samples)
{
    uint8_t packet[1500] = {0x80, is_opus ? 96 : 0};
    uint16_t seq = htons(call->seq++);
    uint32_t stamp = htonl(call->timestamp);

    memcpy(packet + 2, &seq, 2);
    memcpy(packet + 4, &stamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    memcpy(packet + 12, payload, n);
    call->timestamp += samples;
    sendto(call->rtp_fd, packet, n + 12, 0, (struct sockaddr *)&call->rtp_to, sizeof call->rtp_to);
}

/* Everything that came; of the first call each arrival is printed. */
static void drain(struct call *calls, int n, bool print)
{
    char packet[2000];
    int64_t when_us;

    for (int i = 0; i < n; i++) {
        while (take(calls[i].rtp_fd, packet, sizeof packet, NULL, &when_us) >= 0) {
            calls[i].received++;
            if (print && i == 0)
                printf("packet %lld\n", (long long)when_us);
        }
        while (take(calls[i].rtcp_fd, packet, sizeof packet, NULL, &when_us) >= 0)
            ;
    }
}

/* "up" when all calls stand, "packet MICROSECONDS" for each of the first call, "received N" in all,
 * and "down" when all have ended. */
static int hold(uint16_t port, int n, double seconds, const char *path)
{
    static struct call calls[MAX_CALLS];
    struct speech speech = speech_open(path, is_opus);
    int fd = udp_open(0);
    int64_t next_us, end_us, ignored;
    uint8_t payload[1400];
    long received = 0;

    for (int i = 0; i < n; i++)
        if (set_up(fd, port, &calls[i], &ignored) < 0) {
            fprintf(stderr, "bench_sip: call %d was not answered: %.60s\n", i, text);
            return 1;
        }
    printf("up\n");
    fflush(stdout);
    next_us = now_us();
    end_us = next_us + (int64_t)(seconds * 1e6);
    while (now_us() < end_us) {
        size_t bytes = speech_encode(&speech, payload, sizeof payload);
        int64_t wait_us;

        for (int i = 0; i < n; i++)
            send_rtp(&calls[i], (uint32_t)(i + 77), payload, bytes, (uint32_t)speech.frame);
        drain(calls, n, true);
        next_us += TICK_US;
        wait_us = next_us - now_us();
        if (wait_us > 0)
            nanosleep(&(struct timespec){0, (long)wait_us * 1000}, NULL);
    }
    drain(calls, n, true);
    for (int i = 0; i < n; i++)
        received += calls[i].received;
    printf("received %ld\n", received);
    for (int i = 0; i < n; i++)
        if (clear(fd, port, &calls[i]) < 0)
            return 1;
    printf("down\n");
    fflush(stdout);
    speech_close(&speech);
    return 0;
}

int main(int argc, char **argv)
{
    uint16_t port = argc > 2 ? (uint16_t)atoi(argv[2]) : 0;

    srand((unsigned)(now_us() ^ getpid()));
    if (argc == 6 && !strcmp(argv[1], "callee")) {
        is_opus = !strcmp(argv[5], "opus");
        return callee(port, atoi(argv[3]), atoi(argv[4]));
    }
    if (argc > 4 && !strcmp(argv[1], "caller"))
        return caller(port, atoi(argv[3]), argv + 4);
    if (argc == 7 && !strcmp(argv[1], "hold") && atoi(argv[3]) <= MAX_CALLS) {
        is_opus = !strcmp(argv[5], "opus");
        return hold(port, atoi(argv[3]), atof(argv[4]), argv[6]);
    }
    if (argc == 4 && !strcmp(argv[1], "opus") && atoi(argv[3]) > 0)
        return opus_alone(argv[2], atoi(argv[3]));
    fprintf(stderr,
            "usage: bench_sip callee PORT CALLS HOLD_MS CODEC | "
            "caller PORT RUNS COMMAND... | hold PORT CALLS SECONDS CODEC RAWFILE | opus RAWFILE SECONDS\n");
    return 2;
}
