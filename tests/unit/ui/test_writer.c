/* A disk that hangs holds up nobody who writes, and what a disk takes comes whole and in order. */
#include "ui/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/timers.h"
#include "net/loop.h"
#include "tests/lib/rows.h"
#include "ui/flush.h"

/* The disk: writes to regular files wait while it hangs, fail with err and are cut short. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hangs;
    int err;
    size_t most;
    unsigned waiting, delay_us;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static atomic_uint n_threads, n_ended;

struct started {
    void *(*run)(void *);
    void *arg;
};

/* The latest thread, and whether the disk lets go of it, and it ends, as soon as the next lock has
 * been given back. */
static struct {
    pthread_t handle;
    bool ends_now, alone; /* alone: no other one is detached */
} latest;

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __real_pthread_detach(pthread_t thread);
int __wrap_pthread_detach(pthread_t thread);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    struct stat st;
    unsigned delay_us;
    int err;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return __real_write(fd, bytes, n);
    pthread_mutex_lock(&disk.lock);
    disk.waiting++;
    pthread_cond_broadcast(&disk.changed);
    while (disk.hangs)
        pthread_cond_wait(&disk.changed, &disk.lock);
    disk.waiting--;
    pthread_cond_broadcast(&disk.changed);
    err = disk.err;
    delay_us = disk.delay_us;
    n = disk.most && n > disk.most ? disk.most : n;
    pthread_mutex_unlock(&disk.lock);
    if (delay_us)
        usleep(delay_us);
    if (!err)
        return __real_write(fd, bytes, n);
    errno = err;
    return -1;
}

static void *run_started(void *arg)
{
    struct started started = *(struct started *)arg;

    free(arg);
    (void)started.run(started.arg);
    n_ended++;
    return NULL;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg)
{
    struct started *started = malloc(sizeof *started);
    int err;

    assert_non_null(started);
    *started = (struct started){run, arg};
    n_threads++;
    err = __real_pthread_create(thread, attr, run_started, started);
    latest.handle = *thread;
    return err;
}

static void hang(bool hangs)
{
    pthread_mutex_lock(&disk.lock);
    disk.hangs = hangs;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    int err = __real_pthread_mutex_unlock(mutex);

    if (latest.ends_now) {
        unsigned before = n_ended;

        latest.ends_now = false;
        hang(false);
        while (n_ended == before)
            usleep(1000);
    }
    return err;
}

int __wrap_pthread_detach(pthread_t thread)
{
    if (latest.alone)
        assert_true(pthread_equal(thread, latest.handle));
    return __real_pthread_detach(thread);
}

static void wait_until_somebody_hangs(bool does)
{
    pthread_mutex_lock(&disk.lock);
    while ((disk.waiting > 0) != does)
        pthread_cond_wait(&disk.changed, &disk.lock);
    pthread_mutex_unlock(&disk.lock);
}

/* --- a terminal whose outputs are files ------------------------------------------------------ */

static struct net_loop *loop;
static struct flush *flush;
static struct terminal terminal;

static void set_output(struct output *out, FILE *file)
{
    output_init(out, file ? dup(fileno(file)) : -1);
}

static void begin(FILE *out, FILE *err, FILE *trace)
{
    terminal = (struct terminal){.library_fd = -1};
    set_output(&terminal.out, out);
    set_output(&terminal.err, err);
    set_output(&terminal.trace_file, trace);
    outcome_init(&terminal.outcome);
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(flush_new(loop, &terminal, &flush), 0);
}

static int end(void)
{
    flush_free(flush);
    net_loop_free(loop);
    return terminal_close(&terminal);
}

static char *text_of(FILE *file)
{
    struct stat st;
    char *text;

    assert_int_equal(fstat(fileno(file), &st), 0);
    text = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(text);
    assert_int_equal(pread(fileno(file), text, (size_t)st.st_size, 0), st.st_size);
    fclose(file);
    return text;
}

static void assert_text(FILE *file, const char *want)
{
    char *text = text_of(file);

    assert_string_equal(text, want);
    free(text);
}

static int reset(void **state)
{
    (void)state;
    pthread_mutex_lock(&disk.lock);
    disk.hangs = false;
    disk.err = 0;
    disk.most = 0;
    disk.delay_us = 0;
    pthread_mutex_unlock(&disk.lock);
    n_threads = 0;
    return 0;
}

/* --- tests ----------------------------------------------------------------------------------- */

static void a_disk_that_hangs_holds_up_nobody(void **state)
{
    FILE *trace = tmpfile();
    uint64_t began;
    char *text;

    (void)state;
    begin(NULL, NULL, trace);
    hang(true);
    flush_put(flush, &terminal.trace_file, SLICE("one\n"));
    wait_until_somebody_hangs(true);
    began = net_now_ms();
    for (int i = 0; i < 100; i++)
        flush_put(flush, &terminal.trace_file, SLICE("more\n"));
    assert_in_range(net_now_ms() - began, 0, 1000);
    assert_int_equal(terminal.trace_file.lost, 0);
    hang(false);
    assert_int_equal(end(), 0);
    assert_false(terminal.left);
    assert_int_equal(n_threads, 1);
    text = text_of(trace);
    assert_int_equal(strlen(text), 4 + 100 * 5);
    assert_memory_equal(text, "one\nmore\nmore\n", 14);
    free(text);
}

static void no_thread_before_there_is_something_to_write(void **state)
{
    FILE *out = tmpfile();

    (void)state;
    begin(out, out, NULL);
    flush_put(flush, &terminal.out, SLICE(""));
    assert_int_equal(end(), 0);
    assert_int_equal(n_threads, 0);
    assert_text(out, "");
}

static void without_a_loop_the_file_has_it_at_once(void **state)
{
    FILE *file = tmpfile();
    struct output out;

    (void)state;
    output_init(&out, fileno(file));
    output_put(&out, SLICE("a list\n"));
    assert_int_equal(n_threads, 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 7);
    assert_true(output_close(&out, 0, 0, NEVER_MS));
    assert_text(file, "a list\n");
}

static void two_outputs_into_one_file_keep_their_order(void **state)
{
    struct buf want = buf_new(1u << 20);
    FILE *file = tmpfile();

    (void)state;
    disk.most = 5; /* a disk that takes less than it was given */
    begin(file, file, NULL);
    for (int i = 0; i < 2000; i++) {
        struct buf line = buf_new(64);

        buf_printf(&line, "%s %d\n", i % 3 ? "result" : "word", i);
        flush_put(flush, i % 3 ? &terminal.out : &terminal.err, buf_slice(&line));
        buf_put(&want, buf_slice(&line));
        buf_free(&line);
    }
    terminal_error(&terminal, "behind all of it");
    buf_puts(&want, "tphone: behind all of it\n");
    assert_int_equal(end(), 0);
    assert_int_equal(n_threads, 1);
    assert_text(file, buf_cstr(&want));
    buf_free(&want);
}

static void a_slow_disk_gets_all_of_it_at_the_end(void **state)
{
    static char line[4096];
    const size_t n = 6u << 20;
    FILE *trace = tmpfile();
    char *text;

    (void)state;
    memset(line, 'x', sizeof line);
    disk.delay_us = 25000; /* 96 pieces of it: longer than any piece may take */
    begin(NULL, NULL, trace);
    for (size_t i = 0; i < n; i += sizeof line)
        flush_put(flush, &terminal.trace_file, (struct slice){line, sizeof line});
    assert_int_equal(terminal.trace_file.lost, 0);
    assert_int_equal(end(), 0);
    text = text_of(trace);
    assert_int_equal(strlen(text), n);
    free(text);
}

static void what_is_too_much_is_counted(void **state)
{
    static char line[4096];
    FILE *trace = tmpfile(), *err = tmpfile();
    char *text;

    (void)state;
    memset(line, 'x', sizeof line);
    begin(NULL, err, trace);
    hang(true);
    for (size_t i = 0; i < WRITER_WAITING_MAX + 3 * sizeof line; i += sizeof line)
        flush_put(flush, &terminal.trace_file, (struct slice){line, sizeof line});
    assert_int_equal(terminal.trace_file.lost, 3);
    assert_false(output_has_room(&terminal.trace_file));
    hang(false);
    assert_int_equal(end(), 0);
    text = text_of(trace);
    assert_int_equal(strlen(text), WRITER_WAITING_MAX);
    free(text);
    assert_text(err, "tphone: messages that the trace lacks, as it was not taken in time: 3\n");
}

static void what_cannot_be_written_is_told_at_the_end(void **state)
{
    FILE *out = tmpfile(), *err;
    char said[256] = "";
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    err = fdopen(ends[1], "w");
    disk.err = ENOSPC;
    begin(out, err, NULL);
    flush_put(flush, &terminal.out, SLICE("one\n"));
    assert_int_equal(end(), -ENOSPC);
    assert_false(terminal.left);
    assert_true(read(ends[0], said, sizeof said - 1) > 0);
    assert_string_equal(said,
                        "tphone: the results could not be written: No space left on device\n");
    fclose(err);
    close(ends[0]);
    assert_text(out, "");
}

/* The rest is the thread's to free, which a checker of memory sees. */
static void a_signal_leaves_a_disk_that_hangs_behind(void **state)
{
    FILE *out = tmpfile(), *trace = tmpfile();
    uint64_t began;

    (void)state;
    begin(out, NULL, trace);
    hang(true);
    flush_put(flush, &terminal.out, SLICE("one\n"));
    flush_put(flush, &terminal.trace_file, SLICE("one\n"));
    wait_until_somebody_hangs(true);
    terminal.gone_by_ms = net_now_ms() + 300;
    began = net_now_ms();
    assert_int_equal(end(), -ETIMEDOUT);
    assert_true(terminal.left);
    assert_in_range(net_now_ms() - began, 250, 1000);
    hang(false);
    wait_until_somebody_hangs(false);
    fclose(out);
    fclose(trace);
}

/* The disk lets go just then: who detaches the thread has nothing left of the writer to look at. */
static void a_thread_that_ends_just_then_is_detached_all_the_same(void **state)
{
    FILE *out = tmpfile();
    struct writer *w;

    (void)state;
    assert_int_equal(writer_new(fileno(out), &w), 0);
    hang(true);
    assert_int_equal(writer_put(w, SLICE("one\n")), 0);
    wait_until_somebody_hangs(true);
    latest.ends_now = latest.alone = true;
    assert_false(writer_free(w));
    latest.alone = false;
    fclose(out);
}

static void a_reader_that_is_slow_is_left_behind_as_well(void **state)
{
    static char bytes[OUTPUT_WAITING_MAX];
    struct output out;
    uint64_t began;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    output_init(&out, ends[1]);
    output_put(&out, (struct slice){bytes, sizeof bytes});
    began = net_now_ms();
    assert_true(output_close(&out, 500, 2000, net_now_ms() + 100));
    assert_in_range(net_now_ms() - began, 90, 400);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_disk_that_hangs_holds_up_nobody, reset),
        cmocka_unit_test_setup(no_thread_before_there_is_something_to_write, reset),
        cmocka_unit_test_setup(without_a_loop_the_file_has_it_at_once, reset),
        cmocka_unit_test_setup(two_outputs_into_one_file_keep_their_order, reset),
        cmocka_unit_test_setup(a_slow_disk_gets_all_of_it_at_the_end, reset),
        cmocka_unit_test_setup(what_is_too_much_is_counted, reset),
        cmocka_unit_test_setup(what_cannot_be_written_is_told_at_the_end, reset),
        cmocka_unit_test_setup(a_signal_leaves_a_disk_that_hangs_behind, reset),
        cmocka_unit_test_setup(a_thread_that_ends_just_then_is_detached_all_the_same, reset),
        cmocka_unit_test_setup(a_reader_that_is_slow_is_left_behind_as_well, reset),
    };

    return cmocka_run_group_tests_name("ui/writer", tests, NULL, NULL);
}
