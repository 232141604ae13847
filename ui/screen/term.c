#include "ui/screen/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"
#include "net/watch.h"
#include "ui/screen/key_reader.h"
#include "ui/screen/paint.h"
#include "ui/screen/restore.h"

#define FRAME_BYTES_MAX (64u << 20)
#define CHUNK_BYTES 4096u
#define TITLE_BYTES_MAX 1024u
#define SIDE_MAX 1000 /* columns, and rows: what says that it has more is not believed */
#define REST_MS 300   /* that a terminal has to take what has begun to leave */

/* What xterm and its relatives have, and no terminfo. */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"
#define TITLE_KEEP "\033[22;2t"
#define TITLE_BACK "\033[23;2t"

#define SEQUENCES 16u

struct term {
    struct net_loop *loop;
    int fd;
    struct net_watch *watch;
    struct net_deadline *escape;
    uv_signal_t winch, stop, cont;
    size_t handles; /* of them that are not closed yet */
    struct term_options options;
    struct term_events events;
    void *arg;
    struct termios before;
    struct terminfo info;
    struct key_sequence sequences[SEQUENCES + 1];
    struct key_reader keys;
    struct paint paint;
    struct cells next; /* to be shown when what waits has left */
    bool has_next;
    struct buf out;   /* what waits, and behind it, where it is so: */
    struct buf title; /* to be told, */
    bool has_title;
    bool has_bell; /* to be rung */
    int rows, cols;
    bool gone;
};

/* --- writing -------------------------------------------------------------------------------- */

static void set_watch(struct term *t)
{
    net_watch_set(t->watch, t->gone ? 0 : NET_READABLE | (t->out.n > 0 ? NET_WRITABLE : 0));
}

/* Only the newest of each, once all before it has left: what a terminal cannot take does not grow
 * here. */
static void put_next(struct term *t)
{
    if (t->has_bell)
        buf_puts(&t->out, "\a");
    if (t->has_title) {
        buf_puts(&t->out, t->info.title);
        buf_put(&t->out, buf_slice(&t->title));
        buf_puts(&t->out, t->info.title_end);
    }
    if (t->has_next)
        paint(&t->paint, &t->next, &t->out);
    t->has_bell = t->has_title = t->has_next = false;
    if (!buf_ok(&t->out)) {
        buf_clear(&t->out);
        paint_forget(&t->paint);
    }
}

static void write_some(struct term *t)
{
    ssize_t n = 0;

    while (t->out.n > 0 && (n = write(t->fd, t->out.p, t->out.n)) > 0)
        buf_drop(&t->out, (size_t)n);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        buf_clear(&t->out); /* reading tells that nobody is there */
}

static void flush(struct term *t)
{
    write_some(t);
    if (t->out.n == 0) {
        put_next(t);
        write_some(t);
    }
    set_watch(t);
}

void term_show(struct term *t, const struct cells *cells)
{
    if (t->next.rows != cells->rows || t->next.cols != cells->cols)
        cells_resize(&t->next, cells->rows, cells->cols);
    memcpy(t->next.at, cells->at, (size_t)(cells->rows * cells->cols) * sizeof *cells->at);
    t->next.cursor_row = cells->cursor_row;
    t->next.cursor_col = cells->cursor_col;
    t->has_next = true;
    flush(t);
}

void term_redraw(struct term *t)
{
    paint_forget(&t->paint);
}

void term_bell(struct term *t)
{
    t->has_bell = true;
    flush(t);
}

void term_title(struct term *t, const char *title)
{
    if (!t->info.title)
        return;
    buf_clear(&t->title);
    buf_puts(&t->title, title);
    t->has_title = buf_ok(&t->title);
    flush(t);
}

/* --- reading -------------------------------------------------------------------------------- */

static void tell_keys(struct term *t, bool late)
{
    struct key key;

    while (!t->gone && key_reader_next(&t->keys, late, &key))
        t->events.key(t->arg, &key);
    net_deadline_set(t->escape,
                     key_reader_waits(&t->keys) ? net_now_ms() + KEY_ESCAPE_MS : NEVER_MS);
}

static void on_escape(void *arg)
{
    tell_keys(arg, true);
}

static void receive(struct term *t)
{
    char chunk[CHUNK_BYTES];
    ssize_t n = read(t->fd, chunk, sizeof chunk);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        t->gone = true;
        set_watch(t);
        t->events.gone(t->arg);
        return;
    }
    key_reader_add(&t->keys, (struct slice){chunk, (size_t)n});
    mem_wipe(chunk, (size_t)n); /* there may have been a password in it */
    tell_keys(t, false);
}

static void on_ready(void *arg, int events)
{
    struct term *t = arg;

    if (events & NET_WRITABLE)
        flush(t);
    if (events & NET_READABLE)
        receive(t);
}

/* --- its size ------------------------------------------------------------------------------- */

static void read_size(struct term *t)
{
    struct winsize size;
    bool known = ioctl(t->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;

    t->rows = !known ? 24 : size.ws_row < SIDE_MAX ? size.ws_row : SIDE_MAX;
    t->cols = !known ? 80 : size.ws_col < SIDE_MAX ? size.ws_col : SIDE_MAX;
}

void term_size(const struct term *t, int *rows, int *cols)
{
    *rows = t->rows;
    *cols = t->cols;
}

/* Also where it is what it was: it may have been another in between, and cut the picture. */
static void on_winch(uv_signal_t *handle, int number)
{
    struct term *t = handle->data;

    (void)number;
    paint_forget(&t->paint);
    read_size(t);
    t->events.resized(t->arg, t->rows, t->cols);
}

/* --- modes ---------------------------------------------------------------------------------- */

static void put_leave(const struct term *t, struct buf *out)
{
    buf_puts(out, t->options.mouse ? MOUSE_OFF : "");
    buf_puts(out, t->info.title ? PASTE_OFF TITLE_BACK : "");
    terminfo_put(out, t->info.keys_off);
    terminfo_put(out, t->info.plain);
    terminfo_put(out, t->info.wrap);
    terminfo_put(out, t->info.show);
    terminfo_put(out, t->info.leave);
}

/* Without wrapping, a character that is wider than we know moves no other row. */
static void put_enter(const struct term *t, struct buf *out)
{
    terminfo_put(out, t->info.enter);
    terminfo_put(out, t->info.no_wrap);
    terminfo_put(out, t->info.keys_on);
    buf_puts(out, t->info.title ? PASTE_ON : "");
    buf_puts(out, t->options.mouse ? MOUSE_ON : "");
}

/* Every byte as it is typed, Ctrl-C and Ctrl-Z too; what is written goes out as it is. */
static void set_modes(const struct term *t)
{
    struct termios modes = t->before;

    modes.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    modes.c_oflag &= ~(tcflag_t)OPOST;
    modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    tcsetattr(t->fd, TCSANOW, &modes);
}

/* What gives it back, whatever happens. */
static void note_leave(const struct term *t)
{
    struct buf leave = buf_new(RESTORE_BYTES_MAX);

    put_leave(t, &leave);
    restore_note(t->fd, &t->before, buf_slice(&leave));
    buf_free(&leave);
}

static void enter(struct term *t)
{
    note_leave(t);
    set_modes(t);
    buf_puts(&t->out, t->info.title ? TITLE_KEEP : "");
    put_enter(t, &t->out);
    paint_forget(&t->paint);
    flush(t);
}

void term_mouse(struct term *t, bool on)
{
    if (t->options.mouse == on)
        return;
    t->options.mouse = on;
    note_leave(t);
    buf_puts(&t->out, on ? MOUSE_ON : MOUSE_OFF);
    flush(t);
}

/* What has begun to leave is ended: half a sequence would swallow what follows. One that takes
 * nothing any more is not waited for, and what it has not read makes room for the last words. */
static void write_rest(struct term *t)
{
    uint64_t by_ms = net_now_ms() + REST_MS, now_ms;
    struct pollfd p = {.fd = t->fd, .events = POLLOUT};

    t->has_next = t->has_bell = t->has_title = false;
    write_some(t);
    while (t->out.n > 0 && (now_ms = net_now_ms()) < by_ms) {
        if (poll(&p, 1, (int)(by_ms - now_ms)) > 0)
            write_some(t);
    }
    if (t->out.n > 0)
        tcflush(t->fd, TCOFLUSH);
    buf_clear(&t->out);
}

void term_suspend(struct term *t)
{
    write_rest(t);
    restore_now();
    uv_signal_stop(&t->stop); /* so that the signal does what it does by itself */
    uv_signal_stop(&t->cont);
    kill(0, SIGTSTP);
    /* Here we go on. */
    uv_signal_start(&t->stop, t->stop.signal_cb, SIGTSTP);
    uv_signal_start(&t->cont, t->cont.signal_cb, SIGCONT);
    read_size(t);
    enter(t);
    t->events.resized(t->arg, t->rows, t->cols);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct term *t = handle->data;

    (void)number;
    term_suspend(t);
}

/* Who sent SIGSTOP did not ask, and had the terminal meanwhile. */
static void on_cont(uv_signal_t *handle, int number)
{
    struct term *t = handle->data;

    (void)number;
    set_modes(t);
    put_enter(t, &t->out);
    paint_forget(&t->paint);
    read_size(t);
    t->events.resized(t->arg, t->rows, t->cols);
}

/* --- begin and end -------------------------------------------------------------------------- */

bool term_is_utf8(void)
{
    setlocale(LC_CTYPE, "");
    return slice_ieq(slice_of(nl_langinfo(CODESET)), SLICE("UTF-8"));
}

/* A description of its own: that of standard output is shared with the shell, which does not expect
 * writes that fail because they would wait. */
static int open_terminal(struct term *t, struct buf *why)
{
    const char *name = ttyname(STDIN_FILENO);

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !name) {
        buf_puts(why, "standard input and output are no terminal");
        return -ENOTTY;
    }
    t->fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0 || tcgetattr(t->fd, &t->before) != 0) {
        buf_printf(why, "the terminal %s: %s", name, strerror(errno));
        return -EIO;
    }
    return 0;
}

static int find_capabilities(struct term *t, struct buf *why)
{
    const char *name = getenv("TERM");
    int err = terminfo_open(name, &t->info);

    if (err == -ENOENT)
        buf_printf(why, "what a terminal \"%s\" can do is not known; see TERM", name ? name : "");
    else if (err)
        buf_printf(why, "a terminal \"%s\" cannot move its cursor; tphone --plain needs no more",
                   name);
    return err;
}

static void find_sequences(struct term *t)
{
    static const struct {
        const char *name;
        uint32_t code;
    } names[] = {{"kcuu1", KEY_UP},     {"kcud1", KEY_DOWN},    {"kcub1", KEY_LEFT},
                 {"kcuf1", KEY_RIGHT},  {"khome", KEY_HOME},    {"kend", KEY_END},
                 {"kpp", KEY_PAGE_UP},  {"knp", KEY_PAGE_DOWN}, {"kich1", KEY_INSERT},
                 {"kdch1", KEY_DELETE}, {"kf1", KEY_F1},        {"kf2", KEY_F1 + 1},
                 {"kf3", KEY_F1 + 2},   {"kf4", KEY_F1 + 3}};
    size_t n = 0;

    _Static_assert(ARRAY_LEN(names) <= SEQUENCES, "each has its place");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *bytes = terminfo_string(names[i].name);

        if (bytes)
            t->sequences[n++] = (struct key_sequence){bytes, names[i].code};
    }
}

static void start_signal(struct term *t, uv_signal_t *handle, uv_signal_cb callback, int number)
{
    uv_signal_init(net_loop_uv(t->loop), handle);
    handle->data = t;
    t->handles++;
    uv_signal_start(handle, callback, number);
    uv_unref((uv_handle_t *)handle);
}

static int start(struct term *t, struct buf *why)
{
    int err = net_watch_new(t->loop, t->fd, on_ready, t, &t->watch);

    if (!err)
        err = net_deadline_new(t->loop, on_escape, t, &t->escape);
    if (err) {
        buf_printf(why, "the terminal: %s", strerror(-err));
        return err;
    }
    find_sequences(t);
    key_reader_init(&t->keys, t->sequences);
    paint_init(&t->paint, &t->info, t->options.theme, t->options.colours);
    start_signal(t, &t->winch, on_winch, SIGWINCH);
    start_signal(t, &t->stop, on_stop, SIGTSTP);
    start_signal(t, &t->cont, on_cont, SIGCONT);
    read_size(t);
    enter(t);
    return 0;
}

int term_open(struct net_loop *loop, const struct term_options *options,
              const struct term_events *events, void *arg, struct term **out, struct buf *why)
{
    struct term *t = calloc(1, sizeof *t);
    int err = t ? 0 : -ENOMEM;

    if (err)
        return err;
    *t = (struct term){.loop = loop,
                       .fd = -1,
                       .options = *options,
                       .events = *events,
                       .arg = arg,
                       .out = buf_new(FRAME_BYTES_MAX),
                       .title = buf_new(TITLE_BYTES_MAX)};
    err = open_terminal(t, why);
    if (!err)
        err = find_capabilities(t, why);
    if (!err)
        err = start(t, why);
    if (err) {
        net_watch_free(t->watch);
        net_deadline_free(t->escape);
        if (t->fd >= 0)
            close(t->fd);
        free(t);
        return err;
    }
    *out = t;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct term *t = handle->data;

    if (--t->handles == 0)
        free(t);
}

void term_close(struct term *t)
{
    if (!t)
        return;
    if (!t->gone)
        write_rest(t);
    restore_now();
    net_watch_free(t->watch);
    net_deadline_free(t->escape);
    close(t->fd);
    key_reader_free(&t->keys);
    paint_free(&t->paint);
    cells_free(&t->next);
    buf_free(&t->out);
    buf_free(&t->title);
    uv_close((uv_handle_t *)&t->winch, on_closed);
    uv_close((uv_handle_t *)&t->stop, on_closed);
    uv_close((uv_handle_t *)&t->cont, on_closed);
}
