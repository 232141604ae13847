#include "ui/screen/restore.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    volatile sig_atomic_t noted;
    int fd;
    struct termios modes;
    char bytes[RESTORE_BYTES_MAX];
    size_t n;
} state;

static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

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

/* The signal comes again when this returns, and then does what it does by itself. */
static void on_deadly(int number)
{
    restore_now();
    signal(number, SIG_DFL);
    raise(number);
}

/* What catches them already, as sanitizers do, tells more than we could. */
static void catch_deadly(void)
{
    struct sigaction now;

    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        if (sigaction(deadly[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            signal(deadly[i], on_deadly);
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
