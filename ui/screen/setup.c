#include "ui/screen/setup.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "phone/config.h"

enum { ADDRESS, PASSWORD, COMMAND, SERVER, TEST, DEVICE, WRITE };

static bool has_account(const struct setup *s)
{
    return *s->answers[ADDRESS] != '\0';
}

static bool has_no_password(const struct setup *s)
{
    return has_account(s) && !*s->answers[PASSWORD];
}

/* clang-format off */
static const struct setup_step steps[SETUP_STEPS] = {
    [ADDRESS]  = {"address", SETUP_TEXT, "What is your SIP address, like alice@example.org?",
                  "Enter alone: there is no account, addresses are called directly.", NULL, "uri"},
    [PASSWORD] = {"password", SETUP_SECRET, "What is its password?",
                  "It is not shown. Enter alone: a program prints it, or you are asked.",
                  has_account, "password"},
    [COMMAND]  = {"password-command", SETUP_TEXT,
                  "Which program prints the password, like pass show sip?",
                  "Enter alone: none, and you are asked each time.", has_no_password, "password-command"},
    [SERVER]   = {"server", SETUP_TEXT, "Through which server, like sip:pbx.example.org?",
                  "Enter alone: that of the address.", has_account, "proxy"},
    [TEST]     = {"test", SETUP_TEST, "Go on? Or \"again\" to test once more, \"back\" to change it.",
                  "Enter alone: go on.", has_account, NULL},
    [DEVICE]   = {"device", SETUP_DEVICE, "Which sound device: a number, a name, or none? \"tone 2\" lets one be heard, "
                  "\"record 2\" plays back what you say.",
                  "Enter alone: the usual one of this machine.", NULL, NULL},
    [WRITE]    = {"write", SETUP_WRITE, "Write this down, yes or no?",
                  "Enter alone: yes.", NULL, NULL},
};
/* clang-format on */

/* --- life ----------------------------------------------------------------------------------- */

static void set_answer(struct setup *s, size_t step, struct slice answer)
{
    char *copy = xcalloc(answer.n + 1, 1);

    if (answer.n > 0)
        memcpy(copy, answer.p, answer.n);
    mem_wipe_free(s->answers[step]);
    s->answers[step] = copy;
}

static void clear_devices(struct setup *s)
{
    while (s->n_devices > 0)
        free(s->devices[--s->n_devices]);
}

void setup_init(struct setup *s, const char *path)
{
    *s = (struct setup){.why = buf_new(4096), .outcome = buf_new(8192), .path = xstrdup(path)};
    for (size_t i = 0; i < SETUP_STEPS; i++)
        set_answer(s, i, SLICE(""));
}

void setup_free(struct setup *s)
{
    for (size_t i = 0; i < SETUP_STEPS; i++)
        mem_wipe_free(s->answers[i]);
    clear_devices(s);
    free(s->device);
    buf_free(&s->why);
    buf_free(&s->outcome);
    free(s->path);
}

void setup_restart(struct setup *s)
{
    for (size_t i = 0; i < SETUP_STEPS; i++)
        set_answer(s, i, SLICE(""));
    buf_clear(&s->why);
    buf_clear(&s->outcome);
    s->at = 0;
    s->written = false;
}

/* --- steps ---------------------------------------------------------------------------------- */

const struct setup_step *setup_step_at(size_t i)
{
    return i < SETUP_STEPS ? &steps[i] : NULL;
}

const struct setup_step *setup_step(const struct setup *s)
{
    return setup_step_at(s->at);
}

bool setup_is_over(const struct setup *s)
{
    return s->at >= SETUP_STEPS;
}

static bool is_asked(const struct setup *s, size_t step)
{
    return !steps[step].asked || steps[step].asked(s);
}

/* Where nobody works, what is to be worked on is passed over. */
static void begin_work(struct setup *s, enum setup_work work)
{
    if (!s->changed)
        return;
    buf_clear(&s->outcome);
    s->work = work;
    s->working = true;
    s->changed(s->arg);
}

/* Who does it hears that it is wanted no more. */
static void stop_work(struct setup *s)
{
    bool working = s->working;

    s->work = SETUP_NOTHING;
    s->working = false;
    if (working && s->changed)
        s->changed(s->arg);
}

static void enter_step(struct setup *s)
{
    if (s->at == DEVICE)
        clear_devices(s);
    if (s->at == TEST)
        begin_work(s, SETUP_TEST_ACCOUNT);
    else if (s->at == DEVICE)
        begin_work(s, SETUP_LIST_DEVICES);
}

static void go_on(struct setup *s)
{
    buf_clear(&s->outcome);
    do
        s->at++;
    while (s->at < SETUP_STEPS && !is_asked(s, s->at));
    enter_step(s);
}

bool setup_back(struct setup *s)
{
    size_t to = s->at;

    if (setup_is_over(s) || s->work == SETUP_WRITE_FILE)
        return false;
    buf_clear(&s->why);
    buf_clear(&s->outcome);
    stop_work(s);
    do
        if (to-- == 0)
            return false;
    while (!is_asked(s, to) || to == TEST);
    s->at = to;
    enter_step(s);
    return true;
}

void setup_cancel(struct setup *s)
{
    stop_work(s);
    setup_restart(s);
    s->at = SETUP_STEPS;
}

/* --- answers -------------------------------------------------------------------------------- */

static bool is_address(struct setup *s, struct slice answer)
{
    if (slice_index(answer, '@') > 0)
        return true;
    buf_puts(&s->why, "an address is like alice@example.org");
    return false;
}

/* The same function reads it that will read the file. */
static bool fits_key(struct setup *s, const struct setup_step *step, struct slice answer)
{
    struct config_fault fault = {.text = buf_new(2048)};
    struct phone_config config;
    const char *uri = s->at == ADDRESS ? NULL : s->answers[ADDRESS];
    struct buf why = buf_new(2048);
    int err;

    config_init(&config);
    err = config_choose_account(&config, uri ? slice_of(uri) : answer, &why);
    if (!err && uri)
        err =
            config_set_account(config_first_account(&config), slice_of(step->key), answer, &fault);
    if (err)
        buf_printf(&s->why, "%s", why.n > 0 ? buf_cstr(&why) : buf_cstr(&fault.text));
    config_free(&config);
    buf_free(&fault.text);
    buf_free(&why);
    return !err;
}

/* A file of settings takes the blanks around a value for its own. */
static bool has_blank_ends(struct setup *s, struct slice answer)
{
    if (slice_trim(answer).n == answer.n)
        return false;
    buf_puts(&s->why, "blanks at its ends cannot be written down; a program can print them");
    return true;
}

static void answer_text(struct setup *s, const struct setup_step *step, struct slice answer)
{
    if (has_blank_ends(s, answer))
        return;
    if (answer.n > 0 && s->at == ADDRESS && !is_address(s, answer))
        return;
    if (answer.n > 0 && !fits_key(s, step, answer))
        return;
    set_answer(s, s->at, answer);
    go_on(s);
}

static void answer_test(struct setup *s, struct slice answer)
{
    if (slice_ieq(answer, SLICE("again"))) {
        begin_work(s, SETUP_TEST_ACCOUNT);
    } else if (slice_ieq(answer, SLICE("back"))) {
        s->at = ADDRESS;
        buf_clear(&s->outcome);
    } else if (answer.n > 0 && !slice_istarts(answer, SLICE("y"))) {
        buf_puts(&s->why, "again, back, or nothing");
    } else {
        go_on(s);
    }
}

/* Its name by number or name; p NULL: there is none of that number. */
static struct slice device_of(struct setup *s, struct slice answer)
{
    uint64_t number;

    if (slice_number(answer, SIZE_MAX, &number) != 0)
        return answer;
    if (number > 0 && number <= s->n_devices)
        return slice_of(s->devices[number - 1]);
    buf_printf(&s->why, "there is no device %zu", (size_t)number);
    return (struct slice){0};
}

/* "tone", "tone 2", "record Head set". Whether it was that. */
static bool try_device(struct setup *s, struct slice answer)
{
    static const char *const tests[] = {"tone", "record"};
    struct slice rest = answer, word = slice_cut(&rest, ' ');

    for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
        struct slice device = rest.p ? device_of(s, slice_trim(rest)) : SLICE("default");

        if (!slice_ieq(word, slice_of(tests[i])))
            continue;
        if (device.p) {
            free(s->device);
            s->device = slice_dup(device);
            s->device_test = tests[i];
            begin_work(s, SETUP_TEST_DEVICE);
        }
        return true;
    }
    return false;
}

static void answer_device(struct setup *s, struct slice answer)
{
    struct slice device;

    if (try_device(s, answer))
        return;
    device = answer.n > 0 ? device_of(s, answer) : SLICE("");
    if (!device.p)
        return;
    set_answer(s, DEVICE, device);
    go_on(s);
}

static void answer_write(struct setup *s, struct slice answer)
{
    if (answer.n == 0 || slice_istarts(answer, SLICE("y")))
        begin_work(s, SETUP_WRITE_FILE);
    else if (slice_istarts(answer, SLICE("n")))
        setup_cancel(s);
    else
        buf_puts(&s->why, "yes or no");
}

void setup_answer(struct setup *s, struct slice answer)
{
    const struct setup_step *step = setup_step(s);

    if (!step || s->working)
        return;
    buf_clear(&s->why);
    if (step->kind != SETUP_SECRET)
        answer = slice_trim(answer);
    if (step->kind == SETUP_TEXT || step->kind == SETUP_SECRET)
        answer_text(s, step, answer);
    else if (step->kind == SETUP_TEST)
        answer_test(s, answer);
    else if (step->kind == SETUP_DEVICE)
        answer_device(s, answer);
    else
        answer_write(s, answer);
}

void setup_put_answer(const struct setup *s, size_t step, struct buf *out)
{
    const char *answer = s->answers[step];

    if (!is_asked(s, step))
        return;
    if (steps[step].kind == SETUP_SECRET)
        buf_puts(out, *answer ? "given, not shown" : "");
    else
        text_safe(out, slice_of(answer));
}

const char *setup_doing(const struct setup *s)
{
    if (!s->working)
        return "";
    if (s->work == SETUP_TEST_ACCOUNT)
        return "The account is tested now.";
    if (s->work != SETUP_TEST_DEVICE)
        return "One moment.";
    return strcmp(s->device_test, "tone") == 0
               ? "A tone is played for a second."
               : "Speak now, for three seconds; then you hear yourself.";
}

/* --- work ----------------------------------------------------------------------------------- */

static void end_work(struct setup *s, bool good, const char *sentence)
{
    s->work = SETUP_NOTHING;
    s->working = false;
    s->good = good;
    buf_clear(&s->outcome);
    buf_puts(&s->outcome, sentence);
}

void setup_tested(struct setup *s, bool good, const char *sentence)
{
    if (s->work == SETUP_TEST_ACCOUNT || s->work == SETUP_TEST_DEVICE)
        end_work(s, good, sentence);
}

void setup_add_device(struct setup *s, const char *name)
{
    if (s->n_devices < SETUP_DEVICES_MAX)
        s->devices[s->n_devices++] = xstrdup(name);
}

void setup_listed(struct setup *s)
{
    if (s->work == SETUP_LIST_DEVICES)
        end_work(s, s->n_devices > 0, s->n_devices > 0 ? "" : "There is no sound device.");
}

void setup_wrote(struct setup *s, bool good, const char *sentence)
{
    end_work(s, good, sentence);
    if (!good)
        return;
    s->written = true;
    s->at = SETUP_STEPS;
}

/* --- the file ------------------------------------------------------------------------------- */

static void put_line(struct buf *out, const char *comment, const char *key, const char *value)
{
    buf_printf(out, "\n# %s\n", comment);
    buf_printf(out, "%s%s = %s\n", *value ? "" : "#", key, value);
}

/* The label is what stands before the @, where that can be one. */
static void put_label(const struct setup *s, struct buf *out)
{
    struct slice rest = slice_of(s->answers[ADDRESS]), user;

    if (slice_istarts(rest, SLICE("sip:")))
        rest = slice_skip(rest, 4);
    user = slice_cut(&rest, '@');
    for (size_t i = 0; i < user.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", user.p[i]))
            user.n = 0;
    buf_put(out, user.n > 0 && rest.p ? user : SLICE("account"));
}

static void put_account(const struct setup *s, struct buf *out)
{
    buf_puts(out, "\n[account ");
    put_label(s, out);
    buf_puts(out, "]\n# The address that others call.\n");
    buf_printf(out, "uri = %s\n", s->answers[ADDRESS]);
    if (*s->answers[PASSWORD] || !*s->answers[COMMAND])
        put_line(out, "Nobody but you may read this file.", "password", s->answers[PASSWORD]);
    if (!*s->answers[PASSWORD])
        put_line(out, "A program that prints the password, instead of writing it here.",
                 "password-command", s->answers[COMMAND]);
    put_line(out, "The server that all calls go through, where it is not that of the address.",
             "proxy", s->answers[SERVER]);
}

void setup_put_config(const struct setup *s, struct buf *out)
{
    buf_puts(out, "# The settings of tphone; man tphone.conf tells them all. Lines that begin with "
                  "# are comments.\n");
    put_line(out, "The sound device; tphone devices lists them, none: calls work with files.",
             "device", s->answers[DEVICE]);
    if (has_account(s))
        put_account(s, out);
    else
        buf_puts(out, "\n# With an account others can call you:\n#\n#[account alice]\n"
                      "#uri = sip:alice@example.org\n#password-command = pass show sip\n");
}
