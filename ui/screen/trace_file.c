#include "ui/screen/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/ip.h"

#define SIP_PORT 5060u
#define LINKTYPE_RAW 101u
#define PACKET_MAX 65535u
#define IPV4_HEAD 20u
#define IPV6_HEAD 40u
#define UDP_HEAD 8u
#define PROTOCOL_UDP 17u
#define HOPS 64u

/* --- text ----------------------------------------------------------------------------------- */

void trace_put_text(struct buf *out, const struct traced *t)
{
    long long ms = llround(t->time * 1000);
    time_t when = (time_t)(ms / 1000);
    struct slice rest = slice_of(t->text);
    char text[32] = "";
    struct tm tm;

    if (localtime_r(&when, &tm))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    buf_printf(out, "%s.%03lld %s %s %s\n", text, ms % 1000, t->sent ? "sent to" : "received from",
               t->transport, t->remote);
    while (rest.n > 0) {
        struct slice line = slice_cut(&rest, '\n');

        buf_puts(out, line.n > 0 ? "  | " : "  |");
        buf_put(out, line);
        buf_putc(out, '\n');
    }
    buf_putc(out, '\n');
}

/* --- pcap ----------------------------------------------------------------------------------- */

static void put16(struct buf *out, unsigned n)
{
    buf_putc(out, (char)(n >> 8));
    buf_putc(out, (char)n);
}

static void put32(struct buf *out, uint32_t n)
{
    put16(out, n >> 16);
    put16(out, n & 0xffff);
}

/* The magic number tells readers the order of bytes, so any will do: the network's. */
void trace_put_pcap_head(struct buf *out)
{
    put32(out, 0xa1b2c3d4);
    put16(out, 2);
    put16(out, 4);
    put32(out, 0); /* times are UTC */
    put32(out, 0);
    put32(out, PACKET_MAX);
    put32(out, LINKTYPE_RAW);
}

static struct ip address(const char *text)
{
    struct ip ip = {0};

    if (ip_parse_with_port(slice_of(text), &ip) != 0)
        ip = (struct ip){0};
    return ip;
}

/* RFC 1071 */
static uint32_t sum(uint32_t sum, struct slice bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        sum += (uint32_t)(unsigned char)bytes.p[i] << (i % 2 ? 0 : 8);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void set16(struct buf *out, size_t at, unsigned n)
{
    if (!buf_ok(out))
        return;
    out->p[at] = (char)(n >> 8);
    out->p[at + 1] = (char)n;
}

/* RFC 791 3.1 */
static void put_ipv4(struct buf *out, const struct ip *from, const struct ip *to, unsigned length)
{
    size_t begin = out->n;

    put16(out, 0x4500);
    put16(out, IPV4_HEAD + length);
    put32(out, 0x4000); /* not to be fragmented */
    buf_putc(out, (char)HOPS);
    buf_putc(out, (char)PROTOCOL_UDP);
    put16(out, 0);
    buf_put(out, (struct slice){(const char *)from->bytes, 4});
    buf_put(out, (struct slice){(const char *)to->bytes, 4});
    if (buf_ok(out))
        set16(out, begin + 10, ~sum(0, (struct slice){out->p + begin, IPV4_HEAD}) & 0xffff);
}

/* RFC 8200 3 */
static void put_ipv6(struct buf *out, const struct ip *from, const struct ip *to, unsigned length)
{
    put32(out, 0x60000000);
    put16(out, length);
    buf_putc(out, (char)PROTOCOL_UDP);
    buf_putc(out, (char)HOPS);
    buf_put(out, (struct slice){(const char *)from->bytes, 16});
    buf_put(out, (struct slice){(const char *)to->bytes, 16});
}

/* RFC 768; over a pseudo-header of addresses, length and protocol. */
static void put_udp(struct buf *out, const struct ip *from, const struct ip *to,
                    struct slice payload)
{
    unsigned length = UDP_HEAD + (unsigned)payload.n;
    size_t begin = out->n, bytes = to->family == 6 ? 16 : 4;
    uint32_t pseudo = length + PROTOCOL_UDP, check;

    put16(out, from->port ? from->port : SIP_PORT);
    put16(out, to->port ? to->port : SIP_PORT);
    put16(out, length);
    put16(out, 0);
    buf_put(out, payload);
    if (!buf_ok(out))
        return;
    pseudo = sum(pseudo, (struct slice){(const char *)from->bytes, bytes});
    pseudo = sum(pseudo, (struct slice){(const char *)to->bytes, bytes});
    check = ~sum(pseudo, (struct slice){out->p + begin, out->n - begin}) & 0xffff;
    set16(out, begin + 6, check ? check : 0xffff);
}

static void put_record_head(struct buf *out, double unix_time, unsigned length)
{
    long long us = llround(unix_time * 1e6);

    put32(out, (uint32_t)(us / 1000000));
    put32(out, (uint32_t)(us % 1000000));
    put32(out, length);
    put32(out, length);
}

void trace_put_pcap(struct buf *out, const struct traced *t)
{
    struct ip remote = address(t->remote), local = address(t->local);
    const struct ip *from = t->sent ? &local : &remote, *to = t->sent ? &remote : &local;
    unsigned head = remote.family == 6 ? IPV6_HEAD : IPV4_HEAD;
    struct slice payload = slice_head(slice_of(t->raw), PACKET_MAX - IPV6_HEAD - UDP_HEAD);
    unsigned length = UDP_HEAD + (unsigned)payload.n;

    if (local.family != remote.family)
        local = (struct ip){.family = remote.family, .port = local.port};
    put_record_head(out, t->time, head + length);
    if (remote.family == 6)
        put_ipv6(out, from, to, length);
    else
        put_ipv4(out, from, to, length);
    put_udp(out, from, to, payload);
}

/* --- files ---------------------------------------------------------------------------------- */

static int write_all(int fd, struct slice content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);

        if (n < 0 && errno != EINTR)
            return -errno;
        content = slice_skip(content, n > 0 ? (size_t)n : 0);
    }
    return 0;
}

/* Of regular files alone: anything else may wait for somebody. */
static int take_empty(int folder, const char *name, int *fd)
{
    struct stat st;

    *fd = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd >= 0 && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
        return 0;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return -EEXIST;
}

int trace_file_open_in(int folder, const char *name, int *fd)
{
    *fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return 0;
    return errno == EEXIST ? take_empty(folder, name, fd) : -errno;
}

int trace_file_open(const char *path, int *fd)
{
    return trace_file_open_in(AT_FDCWD, path, fd);
}

int trace_file_write(int fd, struct slice content)
{
    int err = write_all(fd, content);

    if (err != 0)
        (void)!ftruncate(fd, 0); /* half a trace would be taken for a whole one */
    if (close(fd) != 0 && err == 0)
        err = -errno;
    return err;
}
