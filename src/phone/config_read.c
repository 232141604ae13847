/* Files: lines and sections. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "phone/config_private.h"
#include "phone/spelling.h"

#define LABEL_BYTES_MAX 64

struct reader {
    struct phone_config *config;
    struct account_config *account; /* whose section is read; NULL: the settings of the phone */
    size_t account_column;          /* where its section begins */
    size_t line_number;
    size_t seen_on[CONFIG_KEYS_MAX]; /* line of each key of this section, 0: not yet */
    struct config_fault fault;       /* at: within the line */
};

static int fail(struct reader *r, struct slice line, const char *where, const char *sentence)
{
    r->fault.at = (size_t)(where - line.p);
    buf_puts(&r->fault.text, sentence);
    return -EINVAL;
}

/* --- keys ----------------------------------------------------------------------------------- */

static int refuse_twice(struct reader *r, struct slice line, struct slice name, const char *other,
                        size_t seen_on, const char *then)
{
    fail(r, line, name.p, "");
    buf_printf(&r->fault.text, "\"%s\" stands on line %zu already%s", other, seen_on, then);
    return -EINVAL;
}

/* There is one way to a password. */
static int check_password(struct reader *r, struct slice line, struct slice name)
{
    static const char *const ways[] = {"password", "password-command", "password-keyring"};
    bool is_way = false;

    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        is_way = is_way || slice_eq(name, slice_of(ways[i]));
    for (size_t i = 0; is_way && i < ARRAY_LEN(ways); i++) {
        ptrdiff_t other = config_find(CONFIG_ACCOUNT, slice_of(ways[i]));

        if (r->seen_on[other] > 0)
            return refuse_twice(r, line, name, ways[i], r->seen_on[other],
                                "; only one of the two can give the password");
    }
    return 0;
}

/* What may stand several times. */
static bool adds(config_set_fn *set)
{
    return set == config_set_on_event || set == config_set_bind || set == config_set_ring_device;
}

static int read_key(struct reader *r, struct slice line, struct slice name, struct slice value)
{
    enum config_section section = r->account ? CONFIG_ACCOUNT : CONFIG_PHONE;
    ptrdiff_t i = config_find(section, name);
    int err;

    if (i < 0) {
        config_refuse_name(section, name, &r->fault);
        r->fault.at = (size_t)(name.p - line.p);
        return -EINVAL;
    }
    if (r->seen_on[i] > 0 && !adds(config_options(section)[i].set))
        return refuse_twice(r, line, name, config_key_at(section, (size_t)i)->name, r->seen_on[i],
                            "");
    if (r->account && check_password(r, line, name) != 0)
        return -EINVAL;
    r->seen_on[i] = r->line_number;
    err = config_set_at(section, (size_t)i, r->account ? (void *)r->account : (void *)r->config,
                        value, &r->fault);
    r->fault.at += (size_t)(value.p - line.p);
    if (err == -EINVAL)
        spelling_put_habit(value, &r->fault.text);
    return err;
}

static int read_setting(struct reader *r, struct slice line, struct slice rest)
{
    struct slice value = rest, name = slice_trim(slice_cut(&value, '='));

    if (!value.p)
        return fail(r, line, rest.p + rest.n,
                    "an equals sign is missing: a line is \"name = value\"");
    if (name.n == 0)
        return fail(r, line, rest.p, "the name of a setting is missing before the equals sign");
    return read_key(r, line, name, slice_trim(value));
}

/* --- sections ------------------------------------------------------------------------------- */

static int check_label(struct reader *r, struct slice line, struct slice label)
{
    if (label.n > LABEL_BYTES_MAX)
        return fail(r, line, label.p, "the label is longer than 64 bytes");
    for (size_t i = 0; i < label.n; i++)
        if ((unsigned char)label.p[i] < ' ' || label.p[i] == 127)
            return fail(r, line, label.p + i, "a control character cannot stand in a label");
    LIST_EACH (&r->config->accounts, at) {
        const struct account_config *other = LIST_ITEM(at, struct account_config, link);

        if (!slice_eq(label, slice_of(other->label)))
            continue;
        fail(r, line, label.p, "");
        buf_printf(&r->fault.text, "the account on line %zu has this label already", other->line);
        return -EINVAL;
    }
    return 0;
}

static int begin_account(struct reader *r, struct slice line, const char *bracket,
                         struct slice label)
{
    int err = check_label(r, line, label);

    if (err)
        return err;
    r->account = config_account_new(label);
    if (!r->account)
        return -ENOMEM;
    r->account->line = r->line_number;
    r->account_column = text_column(line, (size_t)(bracket - line.p));
    list_append(&r->config->accounts, &r->account->link);
    memset(r->seen_on, 0, sizeof r->seen_on);
    return 0;
}

static int refuse_section(struct reader *r, struct slice line, const char *where, struct slice kind)
{
    fail(r, line, where, "");
    if (kind.n > 0 && spelling_near(kind, SLICE("account")))
        buf_puts(&r->fault.text, "there is no such section; is [account LABEL] meant?");
    else
        buf_puts(&r->fault.text, "there is no such section; sections are accounts, [account "
                                 "LABEL], and the settings of the phone stand before them");
    return -EINVAL;
}

/* "[account LABEL]" */
static int read_section(struct reader *r, struct slice line, struct slice rest)
{
    struct slice behind = slice_skip(rest, 1), inside = slice_trim(slice_cut(&behind, ']')), label;
    size_t n = 0;

    if (!behind.p)
        return fail(r, line, rest.p + rest.n,
                    "the bracket that ends the section's name is missing");
    if (slice_trim(behind).n > 0)
        return fail(r, line, slice_trim(behind).p, "nothing can stand behind a section's name");
    while (n < inside.n && inside.p[n] != ' ' && inside.p[n] != '\t')
        n++;
    label = slice_trim(slice_skip(inside, n));
    if (!slice_eq(slice_head(inside, n), SLICE("account")))
        return refuse_section(r, line, inside.n > 0 ? inside.p : rest.p, slice_head(inside, n));
    if (label.n == 0)
        return fail(r, line, inside.p + inside.n, "the account needs a label: [account work]");
    return begin_account(r, line, rest.p, label);
}

/* What must stand in an account is known to be missing when the next one begins. */
static bool is_complete(const struct account_config *account)
{
    return !account || account->uri;
}

/* --- whole files ---------------------------------------------------------------------------- */

static int read_line(struct reader *r, struct slice line)
{
    struct slice rest = slice_trim(line);

    if (rest.n == 0 || rest.p[0] == '#' || rest.p[0] == ';')
        return 0;
    return rest.p[0] == '[' ? read_section(r, line, rest) : read_setting(r, line, rest);
}

static void put_place(struct buf *why, const char *path, size_t line, size_t col)
{
    text_safe(why, slice_of(path));
    buf_printf(why, ":%zu:%zu: ", line, col);
}

static int read_lines(struct reader *r, struct slice text, const char *path, struct buf *why)
{
    while (text.p) {
        struct slice line = slice_cut(&text, '\n');
        bool section = slice_starts(slice_trim(line), SLICE("["));
        int err;

        if (section && !is_complete(r->account))
            break;
        r->line_number++;
        err = read_line(r, line);
        if (!err)
            continue;
        put_place(why, path, r->line_number, text_column(line, r->fault.at));
        return err;
    }
    if (is_complete(r->account))
        return 0;
    put_place(why, path, r->account->line, r->account_column);
    buf_puts(&r->fault.text, "this account has no uri, like: uri = sip:alice@example.org");
    return -EINVAL;
}

int config_read_text(struct phone_config *config, struct slice text, const char *path,
                     struct buf *why)
{
    struct reader r = {.config = config, .fault = {.text = buf_new(1024)}};
    int err;

    if (slice_starts(text, SLICE("\xef\xbb\xbf")))
        text = slice_skip(text, 3); /* the mark that some editors begin UTF-8 with */
    err = read_lines(&r, text, path, why);
    if (err == -ENOMEM)
        buf_puts(&r.fault.text, "there is no memory left");
    buf_put(why, buf_slice(&r.fault.text));
    buf_free(&r.fault.text);
    return err;
}

/* At most one byte more than may be there, so that the caller sees it. */
static int read_all(int fd, char *text, size_t *n)
{
    while (*n <= CONFIG_FILE_BYTES_MAX) {
        ssize_t got = read(fd, text + *n, CONFIG_FILE_BYTES_MAX + 1 - *n);

        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            return 0;
        *n += got > 0 ? (size_t)got : 0;
    }
    return -EFBIG;
}

/* What others can read is no secret any more; but whose file it is decides that. */
static void look_at_mode(const struct phone_config *config, int fd, const char *path,
                         struct buf *notice)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & (S_IRGRP | S_IROTH)))
        return;
    LIST_EACH (&config->accounts, at) {
        if (!LIST_ITEM(at, struct account_config, link)->password)
            continue;
        text_safe(notice, slice_of(path));
        buf_puts(notice, " has a password in it and can be read by others; chmod 600 keeps it "
                         "to yourself");
        return;
    }
}

static void cannot_be_read(struct buf *why, const char *path, int err)
{
    text_safe(why, slice_of(path));
    buf_printf(why, ": cannot be read: %s", strerror(-err));
}

static int read_fd(struct phone_config *config, int fd, const char *path, struct buf *notice,
                   struct buf *why)
{
    char *text = xzalloc(CONFIG_FILE_BYTES_MAX + 1); /* does not grow: that would leave copies */
    size_t n = 0;
    int err = read_all(fd, text, &n);

    if (err)
        cannot_be_read(why, path, err);
    else
        err = config_read_text(config, (struct slice){text, n}, path, why);
    if (!err)
        look_at_mode(config, fd, path, notice);
    mem_wipe(text, n);
    free(text);
    return err;
}

int config_read_file(struct phone_config *config, const char *path, struct buf *notice,
                     struct buf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

    if (fd < 0) {
        err = -errno;
        cannot_be_read(why, path, err);
        return err;
    }
    err = read_fd(config, fd, path, notice, why);
    close(fd);
    return err;
}
