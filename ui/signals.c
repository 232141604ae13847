#include "ui/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slice.h"
#include "net/loop.h"

/* timeout(1) sends its signal to the process and at once again to its group; no person is as
 * quick. */
#define ONE_SIGNAL_MS 100

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

struct signals {
    uv_signal_t handles[ARRAY_LEN(numbers)];
    size_t open; /* handles that are to be closed before this is freed */
    bool came;
    int number; /* of the first */
    uint64_t first_ms;
    void (*first)(void *arg);
    void (*leave)(void *arg);
    void *arg;
};

static void on_signal(uv_signal_t *handle, int number)
{
    struct signals *s = handle->data;

    if (s->came && net_now_ms() < s->first_ms + ONE_SIGNAL_MS)
        return;
    if (s->came) {
        if (s->leave)
            s->leave(s->arg);
        _exit(128 + number); /* a person who asks twice means it */
    }
    s->came = true;
    s->number = number;
    s->first_ms = net_now_ms();
    s->first(s->arg);
}

/* nohup(1): stay when the terminal goes. */
static bool stays_ignored(int number)
{
    struct sigaction now;

    return number == SIGHUP && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static int watch(struct net_loop *loop, struct signals *s)
{
    int err = 0;

    for (size_t i = 0; !err && i < ARRAY_LEN(numbers); i++) {
        uv_signal_t *handle = &s->handles[s->open];

        if (stays_ignored(numbers[i]))
            continue;
        err = uv_signal_init(net_loop_uv(loop), handle);
        if (err)
            break;
        s->open++;
        handle->data = s;
        err = uv_signal_start(handle, on_signal, numbers[i]);
    }
    return err;
}

int signals_new(struct net_loop *loop, void (*first)(void *arg), void (*leave)(void *arg),
                void *arg, struct signals **out)
{
    struct signals *s = calloc(1, sizeof *s);
    int err;

    if (!s)
        return -ENOMEM;
    s->first = first;
    s->leave = leave;
    s->arg = arg;
    err = watch(loop, s);
    if (err)
        signals_free(s);
    else
        *out = s;
    return err;
}

/* The copy of a signal that has done its work must not end us before our own status is given. */
static void hold_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sigaddset(&set, numbers[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void on_closed(uv_handle_t *handle)
{
    struct signals *s = handle->data;

    if (--s->open == 0)
        free(s);
}

int signals_first(const struct signals *s)
{
    return s->number;
}

void signals_free(struct signals *s)
{
    size_t n = s ? s->open : 0;

    if (!s)
        return;
    if (s->came)
        hold_signals();
    for (size_t i = 0; i < n; i++)
        uv_close((uv_handle_t *)&s->handles[i], on_closed);
    if (n == 0)
        free(s);
}
