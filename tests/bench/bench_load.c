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
 * stand, then "KEY VALUE" lines, microseconds and KiB. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/load.h"

#define OPTIONS_US 100000

struct load load = {.want = {.calls = 1, .rate = 100}};

/* --- the phone's figures --------------------------------------------------------------------- */

/* Of all threads, those that have ended too: the process's own CPU clock (Linux). */
static int64_t cpu_us(void)
{
    struct timespec t = {0, 0};

    if (load.want.pid)
        clock_gettime((clockid_t)(~(unsigned)load.want.pid << 3 | 2), &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Resident, and what is its alone: written to. */
static void print_memory(const char *when)
{
    char path[64], line[256];
    long kib;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", load.want.pid);
    f = load.want.pid ? fopen(path, "r") : NULL;
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
    uint32_t *values = calloc((size_t)load.want.calls + 1, sizeof *values);
    long n = 0;

    for (long i = 0; i < load.want.calls; i++) {
        memcpy(&values[n], (const char *)&load.calls[i] + member, sizeof *values);
        n += values[n] > 0;
    }
    qsort(values, (size_t)n, sizeof *values, by_size);
    if (n)
        printf("%s_p50 %u\n%s_p99 %u\n%s_max %u\n", what, values[n / 2], what, values[n * 99 / 100],
               what, values[n - 1]);
    free(values);
}

/* --- the run --------------------------------------------------------------------------------- */

/* The time in which all calls stand together, without its first and last moments. */
static struct window {
    int64_t begin_us, end_us, begin_cpu_us, end_cpu_us;
    long least, sum;
} window;

static void look_at_window(int64_t at_us)
{
    int64_t margin_us = (int64_t)(load.want.seconds * 1e6 / 10);

    if (!load.want.together || load.standing + load.failed < load.want.calls)
        return;
    if (!window.begin_us && at_us >= load.last_answer_us + margin_us) {
        printf("up\n");
        fflush(stdout);
        window.begin_us = at_us;
        window.begin_cpu_us = cpu_us();
        for (long i = 0; i < load.want.calls; i++)
            load.calls[i].received_before = load.calls[i].received;
    }
    if (!window.end_us &&
        at_us >= load.last_answer_us + (int64_t)(load.want.seconds * 1e6) - margin_us) {
        window.end_us = at_us;
        window.end_cpu_us = cpu_us();
        window.least = 1 << 30;
        for (long i = 0; i < load.want.calls; i++) {
            long received = (long)(load.calls[i].received - load.calls[i].received_before);

            window.sum += received;
            if (received < window.least)
                window.least = received;
        }
        print_memory("at");
    }
}

static int64_t next_due_us(int64_t tick_us)
{
    int64_t place_us = load.placed < load.want.calls
                           ? load.start_us + load.placed * INT64_C(1000000) / load.want.rate
                           : INT64_MAX;

    return place_us < tick_us ? place_us : tick_us;
}

static void run(void)
{
    int64_t tick_us, option_us = load_now_us() + OPTIONS_US;

    tick_us = load.start_us = load_now_us();
    for (int part = 0; load.over + load.failed < load.want.calls;) {
        int64_t at_us = load_now_us();

        calls_place(at_us);
        if (at_us >= tick_us) {
            if (load.want.media)
                media_send_part(part);
            media_take();
            part = (part + 1) % LOAD_PARTS;
            tick_us += LOAD_PART_US;
            look_at_window(at_us);
            calls_look_after(at_us);
        } else if (load.want.seconds <= 0 && !load.want.together) {
            calls_look_after(at_us); /* as soon as they are answered */
        }
        if (load.want.options && at_us >= option_us) {
            calls_ask_options();
            option_us += OPTIONS_US;
        }
        calls_wait(next_due_us(tick_us));
    }
}

/* Like run, with calls that nobody has to set up. */
static void run_floor(void)
{
    int64_t end_us, tick_us;

    floor_start();
    tick_us = load.last_answer_us = load_now_us();
    end_us = tick_us + (int64_t)(load.want.seconds * 1e6);
    for (int part = 0; tick_us < end_us; part = (part + 1) % LOAD_PARTS) {
        load_sleep_until(tick_us += LOAD_PART_US);
        media_send_part(part);
        media_take();
        look_at_window(load_now_us());
    }
    kill(load.want.pid, SIGKILL);
    waitpid(load.want.pid, NULL, 0);
    load.want.pid = 0;
}

/* --- what is printed, and wanted ------------------------------------------------------------- */

static void print_window(void)
{
    printf("window_us %lld\nwindow_cpu_us %lld\nrtp_received %ld\nrtp_least %ld\n",
           (long long)(window.end_us - window.begin_us),
           (long long)(window.end_cpu_us - window.begin_cpu_us), window.sum, window.least);
}

static void print_all(int64_t cpu_before_us)
{
    printf("calls %ld\nfailed %ld\n", load.want.calls, load.failed);
    calls_print_repeated();
    printf("placing_us %lld\nrun_us %lld\ncpu_us %lld\n",
           (long long)(load.last_answer_us - load.start_us),
           (long long)(load_now_us() - load.start_us), (long long)(cpu_us() - cpu_before_us));
    print_times("answer_us", offsetof(struct call, answer_us));
    print_times("bye_us", offsetof(struct call, bye_us));
    if (load.want.together)
        print_window();
    if (load.want.options)
        calls_print_options();
    print_memory("after");
}

static bool read_arguments(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "fmotn:r:d:")) != -1)
        switch (option) {
        case 'f':
            load.want.floor = load.want.together = load.want.media = true;
            break;
        case 'm':
            load.want.media = true;
            break;
        case 'o':
            load.want.options = true;
            break;
        case 't':
            load.want.together = true;
            break;
        case 'n':
            load.want.calls = atol(optarg);
            break;
        case 'r':
            load.want.rate = atol(optarg);
            break;
        case 'd':
            load.want.seconds = atof(optarg);
            break;
        default:
            return false;
        }
    if (argc - optind != (load.want.floor ? 0 : 2) || load.want.calls < 1 || load.want.rate < 1)
        return false;
    if (load.want.floor)
        return true;
    load.want.port = (uint16_t)atoi(argv[optind]);
    load.want.pid = atoi(argv[optind + 1]);
    return true;
}

int main(int argc, char **argv)
{
    int64_t cpu_before_us;

    if (!read_arguments(argc, argv)) {
        fprintf(stderr, "usage: bench_load [-m] [-o] [-t] [-n CALLS] [-r PER_SECOND] [-d SECONDS] "
                        "PORT PID\n       bench_load -f [-n CALLS] [-d SECONDS]\n");
        return 2;
    }
    (void)setpriority(PRIO_PROCESS, 0, -15); /* else a busy machine's loss would be ours */
    srand((unsigned)(load_now_us() ^ getpid()));
    load.calls = calloc((size_t)load.want.calls, sizeof *load.calls);
    if (!load.calls)
        load_die("calloc");
    calls_open();
    media_open();
    print_memory("before");
    cpu_before_us = cpu_us();
    if (load.want.floor)
        run_floor();
    else
        run();
    print_all(cpu_before_us);
    free(load.calls);
    return load.failed ? 1 : 0;
}
