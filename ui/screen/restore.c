#include "ui/screen/restore.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

static struct {
    volatile sig_atomic_t noted;
    int fd;
    struct termios modes;
    char bytes[RESTORE_BYTES_MAX];
    size_t n;
    struct sigaction before[ARRAY_LEN(deadly)]; /* what the signals did */
} state;

/* Of a terminal that does not take the bytes nothing can be had. */
void restore_now(void)
{
    ssize_t written;

    if (!state.noted)
        return;
    state.noted = 0;
    written = write(state.fd, state.bytes, state.n);
    (void)written;
    tcsetattr(state.fd, TCSANOW, &state.modes);
}

/* The signal comes again when this returns, and then does what it did before we caught it. */
static void on_deadly(int number)
{
    restore_now();
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        if (deadly[i] == number)
            sigaction(number, &state.before[i], NULL);
    raise(number);
}

static void catch_deadly(void)
{
    struct sigaction ours = {.sa_handler = on_deadly};

    sigemptyset(&ours.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        sigaction(deadly[i], &ours, &state.before[i]);
}

void restore_note(int fd, const struct termios *modes, struct slice bytes)
{
    static bool prepared;

    state.noted = 0;
    state.fd = fd;
    state.modes = *modes;
    state.n = bytes.n < RESTORE_BYTES_MAX ? bytes.n : RESTORE_BYTES_MAX;
    memcpy(state.bytes, bytes.p, state.n);
    state.noted = 1;
    if (!prepared) {
        catch_deadly();
        atexit(restore_now);
    }
    prepared = true;
}
