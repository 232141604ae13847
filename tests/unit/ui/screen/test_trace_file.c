/* Files of the trace, read back by a reader of our own. */
#include "ui/screen/trace_file.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ip.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

static const struct traced *add(struct traced_list *list, bool sent, const char *local,
                                const char *remote, const char *message)
{
    traced_add(list, &(struct traced_source){.time = 1795290189.25,
                                             .sent = sent,
                                             .transport = "tls",
                                             .local = local,
                                             .remote = remote,
                                             .message = message});
    return traced_at(list, list->n - 1);
}

/* --- a reader of pcap ----------------------------------------------------------------------- */

struct packet {
    double time;
    struct ip from, to;
    struct slice payload;
};

static unsigned get16(struct slice s, size_t at)
{
    assert_true(at + 2 <= s.n);
    return (unsigned)(unsigned char)s.p[at] << 8 | (unsigned char)s.p[at + 1];
}

static uint32_t get32(struct slice s, size_t at)
{
    return (uint32_t)get16(s, at) << 16 | get16(s, at + 2);
}

/* RFC 1071: over right bytes and their checksum it is all ones. */
static uint32_t sum(uint32_t sum, struct slice bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        sum += (uint32_t)(unsigned char)bytes.p[i] << (i % 2 ? 0 : 8);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void read_address(struct slice ip, size_t at, size_t n, struct ip *out)
{
    assert_true(at + n <= ip.n);
    *out = (struct ip){.family = n == 4 ? 4 : 6};
    memcpy(out->bytes, ip.p + at, n);
}

static struct slice read_ip(struct slice ip, struct packet *out)
{
    size_t head = (unsigned char)ip.p[0] == 0x45 ? 20 : 40, n = head == 20 ? 4 : 16;
    size_t at = head == 20 ? 12 : 8;

    read_address(ip, at, n, &out->from);
    read_address(ip, at + n, n, &out->to);
    if (head == 20) {
        assert_int_equal(get16(ip, 2), ip.n);
        assert_int_equal(ip.p[9], 17);
        assert_int_equal(sum(0, slice_head(ip, head)), 0xffff);
    } else {
        assert_int_equal((unsigned char)ip.p[0], 0x60);
        assert_int_equal(get16(ip, 4), ip.n - head);
        assert_int_equal(ip.p[6], 17);
    }
    return slice_skip(ip, head);
}

static void read_udp(struct slice ip, struct packet *out)
{
    struct slice udp = read_ip(ip, out);
    size_t n = out->from.family == 4 ? 4 : 16;
    uint32_t pseudo = (uint32_t)udp.n + 17;

    pseudo = sum(pseudo, (struct slice){(char *)out->from.bytes, n});
    pseudo = sum(pseudo, (struct slice){(char *)out->to.bytes, n});
    assert_int_equal(sum(pseudo, udp), 0xffff);
    out->from.port = (uint16_t)get16(udp, 0);
    out->to.port = (uint16_t)get16(udp, 2);
    assert_int_equal(get16(udp, 4), udp.n);
    assert_int_not_equal(get16(udp, 6), 0);
    out->payload = slice_skip(udp, 8);
}

static void read_head(struct slice *file)
{
    assert_int_equal(get32(*file, 0), 0xa1b2c3d4);
    assert_int_equal(get16(*file, 4), 2);
    assert_int_equal(get16(*file, 6), 4);
    assert_int_equal(get32(*file, 16), 65535);
    assert_int_equal(get32(*file, 20), 101);
    *file = slice_skip(*file, 24);
}

static void read_packet(struct slice *file, struct packet *out)
{
    uint32_t n = get32(*file, 8);

    out->time = get32(*file, 0) + get32(*file, 4) / 1e6;
    assert_int_equal(n, get32(*file, 12));
    assert_true(n <= 65535 && 16 + n <= file->n);
    read_udp(slice_head(slice_skip(*file, 16), n), out);
    *file = slice_skip(*file, 16 + n);
}

/* --- pcap ----------------------------------------------------------------------------------- */

/* The example of RFC 1071 3: what judges the files here is right itself. */
static void sums_are_right(void **state)
{
    (void)state;
    assert_int_equal(sum(0, SLICE("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7")), 0xddf2);
}

static const struct row {
    const char *name;
    bool sent;
    const char *local, *remote, *from, *to;
} rows[] = {
    {"sent", true, "192.0.2.1:5070", "192.0.2.2:5060", "192.0.2.1:5070", "192.0.2.2:5060"},
    {"received", false, "192.0.2.1:5070", "192.0.2.2:5060", "192.0.2.2:5060", "192.0.2.1:5070"},
    {"IPv6", true, "[2001:db8::1]:5060", "[2001:db8::2]:5080", "[2001:db8::1]:5060",
     "[2001:db8::2]:5080"},
    {"our address is not known", true, "", "192.0.2.2:5060", "0.0.0.0:5060", "192.0.2.2:5060"},
    {"nor is it of IPv6", false, "", "[2001:db8::2]:5060", "[2001:db8::2]:5060", "[::]:5060"},
    {"nothing is known", true, "x", "", "0.0.0.0:5060", "0.0.0.0:5060"},
    {"families that do not fit", true, "[2001:db8::1]:5070", "192.0.2.2:5060", "0.0.0.0:5070",
     "192.0.2.2:5060"},
};

static void check_row(void **state)
{
    static const char *const messages[] = {"", "a", "OPTIONS sip:a SIP/2.0\r\nX: \xff\t\r\n\r\n"};
    const struct row *row = *state;
    struct traced_list list = {0};
    struct buf out = buf_new(65536);
    char text[IP_TEXT_MAX];
    struct packet packet;
    struct slice file;

    trace_put_pcap_head(&out);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        trace_put_pcap(&out, add(&list, row->sent, row->local, row->remote, messages[i]));
    file = buf_slice(&out);
    read_head(&file);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        read_packet(&file, &packet);
        assert_true(fabs(packet.time - 1795290189.25) < 1e-5);
        assert_string_equal(ip_text(&packet.from, text), row->from);
        assert_string_equal(ip_text(&packet.to, text), row->to);
        assert_slice(packet.payload, messages[i]);
    }
    assert_int_equal(file.n, 0);
    buf_free(&out);
    traced_clear(&list);
}

static void a_long_message_is_cut(void **state)
{
    struct traced_list list = {0};
    struct buf out = buf_new(1 << 20);
    char *big = calloc(1, 100001);
    struct packet packet;
    struct slice file;

    (void)state;
    assert_non_null(big);
    memset(big, 'x', 100000);
    trace_put_pcap_head(&out);
    trace_put_pcap(&out, add(&list, true, "", "192.0.2.2:5060", big));
    file = buf_slice(&out);
    read_head(&file);
    read_packet(&file, &packet);
    assert_true(packet.payload.n > 65000);
    assert_int_equal(file.n, 0);
    free(big);
    buf_free(&out);
    traced_clear(&list);
}

/* --- text ----------------------------------------------------------------------------------- */

static void text_is_for_people(void **state)
{
    struct traced_list list = {0};
    struct buf out = buf_new(65536);

    (void)state;
    setenv("TZ", "UTC", 1);
    trace_put_text(&out, add(&list, false, "", "192.0.2.2:5060", "BYE a\r\nX: \x1b[2J\r\n\r\nb"));
    assert_slice(buf_slice(&out), "2026-11-21 19:43:09.250 received from tls 192.0.2.2:5060\n"
                                  "  | BYE a\n  | X: \xef\xbf\xbd[2J\n  |\n  | b\n\n");
    buf_free(&out);
    traced_clear(&list);
}

/* --- files ---------------------------------------------------------------------------------- */

static int write_file(const char *path, struct slice content)
{
    int fd, err = trace_file_open(path, &fd);

    return err ? err : trace_file_write(fd, content);
}

static void files_are_new_and_our_own(void **state)
{
    char folder[TEMPORARY_MAX] = "/tmp/test_trace_file.XXXXXX", path[64], other[64], bytes[8] = "";
    struct stat st;
    FILE *file;

    (void)state;
    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/trace", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    umask(0);
    assert_int_equal(write_file(path, SLICE("abc")), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(write_file(path, SLICE("xyz")), -EEXIST);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), 3);
    assert_string_equal(bytes, "abc");
    fclose(file);
    assert_int_equal(symlink("nowhere", other), 0);
    assert_int_equal(write_file(other, SLICE("abc")), -EEXIST);
    assert_int_equal(unlink(other), 0);
    snprintf(other, sizeof other, "%s/no/such", folder);
    assert_int_equal(write_file(other, SLICE("abc")), -ENOENT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Half a trace would be taken for a whole one. */
static void no_room(void **state)
{
    char folder[TEMPORARY_MAX] = "/tmp/tphone-trace-XXXXXX", path[128];
    struct rlimit before, few;
    struct stat st;

    (void)state;
    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/trace", folder);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    few = (struct rlimit){2, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    assert_int_equal(write_file(path, SLICE("abc")), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(write_file(path, SLICE("abc")), 0); /* there is room again */
    assert_int_equal(write_file(path, SLICE("abc")), -EEXIST);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_right),
        cmocka_unit_test(a_long_message_is_cut),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(files_are_new_and_our_own),
        cmocka_unit_test(no_room),
    };

    return RUN_ROWS("ui/screen/trace_file", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/trace_file, all", tests, NULL, NULL);
}
