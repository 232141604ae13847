/* A registrar that takes no time of its own, over UDP on 127.0.0.1, for what a phone needs to get
 * registered and to stay so. Whoever shows credentials is let in; none are checked.
 *
 *     bench_registrar start PORT RUNS COMMAND…  runs COMMAND, which registers with us at PORT. A
 *                                               line each: exec to the first REGISTER, and to the
 *                                               one with credentials, in microseconds
 *     bench_registrar serve PORT EXPIRES        grants so many seconds, until standard input ends;
 *                                               tells for each line there how many REGISTERs it has
 *                                               granted so far
 *     bench_registrar crowd PORT RUNS ACCOUNTS COMMAND…
 *                                               as start, with a COMMAND of so many accounts, and
 *                                               the room for requests of any socket. A line each:
 *                                               exec to when all are registered, in microseconds,
 *                                               and how many REGISTERs that took
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
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 5000

static char request[65536]; /* the last one */

static void die(const char *what)
{
    fprintf(stderr, "bench_registrar: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The clock of the kernel's stamps. */
static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int udp_open(uint16_t port, bool roomy)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1, room = 4 << 20, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (roomy)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return fd;
}

/* One datagram into request, without waiting, and when it arrived. */
static bool take(int fd, struct sockaddr_in *from, int64_t *when_us)
{
    struct iovec bytes = {request, sizeof request - 1};
    union {
        struct cmsghdr align;
        char room[256];
    } control;
    struct msghdr msg = {.msg_name = from,
                         .msg_namelen = sizeof *from,
                         .msg_iov = &bytes,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

    if (n < 0)
        return false;
    request[n] = '\0';
    *when_us = now_us();
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;

            memcpy(&t, CMSG_DATA(c), sizeof t);
            *when_us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
        }
    return strncmp(request, "REGISTER ", 9) == 0;
}

/* The whole line of the first header of that name, or "". */
static const char *line_of(const char *name, int *length)
{
    size_t n = strlen(name);

    for (const char *at = strstr(request, "\r\n"); at && strncmp(at, "\r\n\r\n", 4);
         at = strstr(at + 2, "\r\n"))
        if (!strncasecmp(at + 2, name, n) && at[2 + n] == ':') {
            *length = (int)(strstr(at + 2, "\r\n") - at - 2);
            return at + 2;
        }
    *length = 0;
    return "";
}

/* Answers request: a challenge to who shows no credentials. Whether it was granted. */
static bool answer(int fd, const struct sockaddr_in *to, unsigned expires_s)
{
    static const char *const copied[] = {"Via", "From", "To", "Call-ID", "CSeq"};
    static char out[16384];
    int n, length;
    bool known = *line_of("Authorization", &length) != '\0';
    size_t at =
        (size_t)snprintf(out, sizeof out, "SIP/2.0 %s\r\n", known ? "200 OK" : "401 Unauthorized");

    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        const char *line = line_of(copied[i], &n);
        bool tag = copied[i][0] == 'T';

        at += (size_t)snprintf(out + at, sizeof out - at, "%.*s%s\r\n", n, line,
                               tag ? ";tag=bench" : "");
    }
    if (known) {
        const char *contact = line_of("Contact", &n), *end = memchr(contact, '>', (size_t)n);

        at += (size_t)snprintf(out + at, sizeof out - at, "%.*s;expires=%u\r\nExpires: %u\r\n",
                               end ? (int)(end - contact + 1) : 0, contact, expires_s, expires_s);
    } else {
        at += (size_t)snprintf(out + at, sizeof out - at,
                               "WWW-Authenticate: Digest realm=\"bench\", nonce=\"0123456789\", "
                               "algorithm=MD5, qop=\"auth\"\r\n");
    }
    at += (size_t)snprintf(out + at, sizeof out - at, "Content-Length: 0\r\n\r\n");
    sendto(fd, out, at, 0, (const struct sockaddr *)to, sizeof *to);
    return known;
}

static bool wait_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) > 0;
}

/* Gives a phone that was told to end what it asks for: its binding is taken back. */
static void end_child(int fd, pid_t child)
{
    struct sockaddr_in from;
    int64_t when_us;

    kill(child, SIGTERM);
    for (int i = 0; i < 600 && waitpid(child, NULL, WNOHANG) == 0; i++) {
        if (i == 500)
            kill(child, SIGKILL);
        if (wait_readable(fd, 5) && take(fd, &from, &when_us))
            answer(fd, &from, 0);
    }
}

static pid_t start_child(char **command)
{
    pid_t child = vfork();

    if (child < 0)
        die("vfork");
    if (child)
        return child;
    execvp(*command, command);
    _exit(127);
}

static bool run_once(int fd, char **command)
{
    int64_t start_us, when_us, first_us = 0, known_us = 0;
    struct sockaddr_in from;
    pid_t child;

    while (wait_readable(fd, 0))
        take(fd, &from, &when_us); /* what the last run repeated */
    start_us = now_us();
    child = start_child(command);
    while (!known_us && wait_readable(fd, WAIT_MS)) {
        if (!take(fd, &from, &when_us))
            continue;
        if (!first_us)
            first_us = when_us;
        if (answer(fd, &from, 3600))
            known_us = when_us;
    }
    if (known_us)
        printf("%lld %lld\n", (long long)(first_us - start_us), (long long)(known_us - start_us));
    else
        fprintf(stderr, "bench_registrar: %s did not register\n", *command);
    fflush(stdout);
    end_child(fd, child);
    return known_us != 0;
}

static int start(int fd, int runs, char **command)
{
    for (int i = 0; i < runs; i++)
        if (!run_once(fd, command))
            return 1;
    return 0;
}

/* Repeated requests with credentials count once: a phone tells its accounts apart by their
 * names. */
static bool is_new(bool *known, unsigned accounts)
{
    int n;
    const char *number = strstr(line_of("To", &n), "sip:a");
    unsigned long i = number ? strtoul(number + 5, NULL, 10) : accounts;

    if (i >= accounts || known[i])
        return false;
    return known[i] = true;
}

static bool crowd_once(int fd, unsigned accounts, char **command)
{
    bool *known = calloc(accounts, sizeof *known);
    unsigned granted = 0, requests = 0;
    int64_t start_us = now_us(), when_us = 0;
    struct sockaddr_in from;
    pid_t child;

    if (!known)
        die("memory");
    child = start_child(command);
    while (granted < accounts && wait_readable(fd, 40000)) {
        if (!take(fd, &from, &when_us))
            continue;
        requests++;
        if (answer(fd, &from, 3600) && is_new(known, accounts))
            granted++;
    }
    free(known);
    if (granted == accounts)
        printf("%lld %u\n", (long long)(when_us - start_us), requests);
    else
        fprintf(stderr, "bench_registrar: %s registered %u accounts\n", *command, granted);
    fflush(stdout);
    end_child(fd, child);
    return granted == accounts;
}

static int crowd(int fd, int runs, unsigned accounts, char **command)
{
    for (int i = 0; i < runs; i++)
        if (!crowd_once(fd, accounts, command))
            return 1;
    return 0;
}

static int serve(int fd, unsigned expires_s)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    struct sockaddr_in from;
    unsigned long granted = 0;
    int64_t when_us;
    char line[256];

    printf("ready\n");
    fflush(stdout);
    for (;;) {
        if (poll(p, 2, -1) < 0)
            die("poll");
        while (wait_readable(fd, 0))
            if (take(fd, &from, &when_us) && answer(fd, &from, expires_s))
                granted++;
        if (!p[1].revents)
            continue;
        if (read(STDIN_FILENO, line, sizeof line) <= 0)
            return 0;
        printf("%lu\n", granted);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    bool roomy = argc > 1 && strcmp(argv[1], "crowd");
    int fd = argc > 3 ? udp_open((uint16_t)atoi(argv[2]), roomy) : -1;

    if (argc > 4 && !strcmp(argv[1], "start"))
        return start(fd, atoi(argv[3]), argv + 4);
    if (argc == 4 && !strcmp(argv[1], "serve"))
        return serve(fd, (unsigned)atoi(argv[3]));
    if (argc > 5 && !strcmp(argv[1], "crowd"))
        return crowd(fd, atoi(argv[3]), (unsigned)atoi(argv[4]), argv + 5);
    fprintf(stderr, "usage: bench_registrar start PORT RUNS COMMAND... | serve PORT EXPIRES | "
                    "crowd PORT RUNS ACCOUNTS COMMAND...\n");
    return 2;
}
