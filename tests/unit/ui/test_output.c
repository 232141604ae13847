/* A reader that is slow, full or gone never makes the writer wait. */
#include "ui/output.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/timers.h"
#include "tests/lib/rows.h"

static void open_pipe(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

static size_t drain(int fd, char *out, size_t room)
{
    size_t n = 0;
    ssize_t got;

    while (n < room && (got = read(fd, out + n, room - n)) > 0)
        n += (size_t)got;
    return n;
}

static void a_line_goes_out_at_once(void **state)
{
    struct output out;
    char got[64];
    int ends[2];

    (void)state;
    open_pipe(ends);
    output_init(&out, ends[1]);
    output_put(&out, SLICE("one\n"));
    assert_int_equal(drain(ends[0], got, sizeof got), 4);
    assert_memory_equal(got, "one\n", 4);
    output_close(&out, 0, 0, NEVER_MS);
    close(ends[0]);
    close(ends[1]);
}

static void what_nobody_reads_waits_in_order(void **state)
{
    static char got[2 * OUTPUT_WAITING_MAX];
    struct output out;
    char line[65];
    int ends[2];
    size_t written = 0, n;

    (void)state;
    open_pipe(ends);
    output_init(&out, ends[1]);
    memset(line, 'x', 63);
    while (out.lost == 0 && written < sizeof got) { /* 64 kB in the pipe, the rest here */
        line[0] = (char)('a' + written / 64 % 26);
        line[63] = '\n';
        output_put(&out, (struct slice){line, 64});
        written += out.lost == 0 ? 64 : 0;
    }
    assert_true(out.lost > 0);
    assert_true(out.waiting.n <= OUTPUT_WAITING_MAX);
    n = drain(ends[0], got, sizeof got);
    while (!output_flush(&out))
        n += drain(ends[0], got + n, sizeof got - n);
    n += drain(ends[0], got + n, sizeof got - n);
    assert_int_equal(n, written);
    for (size_t i = 0; i < n / 64; i++)
        assert_int_equal(got[64 * i], 'a' + i % 26);
    output_close(&out, 0, 0, NEVER_MS);
    close(ends[0]);
    close(ends[1]);
}

static void a_reader_that_left_harms_nobody(void **state)
{
    struct output out;
    int ends[2];

    (void)state;
    open_pipe(ends);
    output_init(&out, ends[1]);
    close(ends[0]);
    output_put(&out, SLICE("lost\n"));
    output_put(&out, SLICE("lost\n"));
    assert_int_equal(out.waiting.n, 0);
    assert_true(output_flush(&out));
    output_close(&out, 1000, 1000, NEVER_MS);
    close(ends[1]);
}

static void a_closed_descriptor_harms_nobody(void **state)
{
    struct output out;

    (void)state;
    output_init(&out, -1);
    output_put(&out, SLICE("lost\n"));
    assert_true(output_flush(&out));
    output_close(&out, 1000, 1000, NEVER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_goes_out_at_once),
        cmocka_unit_test(what_nobody_reads_waits_in_order),
        cmocka_unit_test(a_reader_that_left_harms_nobody),
        cmocka_unit_test(a_closed_descriptor_harms_nobody),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("ui/output", tests, NULL, NULL);
}
