/* What one who has taken over a phone or its screen may say to their helpers: nothing is read
 * beyond the end of it, and nothing passes that they are not there for. Nothing is done here.
 *
 * The first byte says what it is: an order to start something, an edit of the contacts, a question
 * of a screen, of which the second byte says what and from whom, or the beginning of a file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/device.h"
#include "net/spawner_private.h"
#include "phone/contacts_edit.h"
#include "phone/helper_private.h"
#include "phone/sound_kind.h"
#include "tests/lib/exact.h"
#include "ui/screen/screen_helper_private.h"

extern char **environ;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* --- orders ----------------------------------------------------------------------------------- */

static void check_environment(char *const *variables)
{
    static char path[] = "PATH=/bin", old[] = "TPHONE_OLD=1";
    char *ours[] = {path, old, NULL}, **before = environ, **all;
    size_t n = 0;

    environ = ours;
    all = spawner_join_environment(variables);
    environ = before;
    must(all && all[0] == path);
    for (size_t i = 1; all[i]; i++, n++)
        must(strncmp(all[i], SPAWNER_VARIABLES, strlen(SPAWNER_VARIABLES)) == 0 && all[i] != old);
    must(n <= SPAWNER_VARIABLES_MAX);
    free(all);
}

static void check_start(const struct spawner_start *start, const struct spawner_order *order)
{
    size_t words = 0, variables = 0;

    while (start->words[words])
        words++;
    while (start->variables[variables])
        variables++;
    must(words == order->words && variables == order->variables);
    must((words == 1 && strcmp(start->words[0], "notify") == 0) ||
         (words == 3 && strcmp(start->words[0], "sh") == 0 && strcmp(start->words[1], "-c") == 0 &&
          strcmp(start->words[2], "true") == 0));
    check_environment(start->variables);
}

static void try_order(struct slice message)
{
    static char notify[] = "notify", sh[] = "sh", c[] = "-c", command[] = "true";
    static char *const one[] = {notify, NULL}, *const three[] = {sh, c, command, NULL};
    static const struct net_spawner_command commands[] = {{one}, {three}};
    static const struct net_spawner_spec spec = {.commands = commands, .n = ARRAY_LEN(commands)};
    struct spawner_order order;
    struct spawner_start start;

    if (spawner_read_order(&message, &order) && order.verb == SPAWNER_START &&
        spawner_read_start(&spec, &order, message, &start) == 0)
        check_start(&start, &order);
}

/* --- edits ------------------------------------------------------------------------------------ */

static void check_text(const char *text, const char *from, size_t n)
{
    must(!text ||
         (text > from && text < from + n && memchr(text, '\0', (size_t)(from + n - text))));
}

static void check_same(const char *a, const char *b)
{
    must(!a == !b && (!a || strcmp(a, b) == 0));
}

/* As we would say it, it is the same. */
static void check_edit(const struct contacts_edit *edit)
{
    struct buf said = buf_new(1u << 20);
    struct contacts_edit again;

    helper_put_edit(&said, edit);
    buf_putc(&said, '\0');
    must(buf_ok(&said) && helper_take_edit(said.p, said.n - 1, &again));
    check_same(edit->name, again.name);
    check_same(edit->address, again.address);
    check_same(edit->rename, again.rename);
    check_same(edit->was, again.was);
    must(edit->fresh == again.fresh && edit->remove == again.remove);
    buf_free(&said);
}

static void try_edit(struct slice in)
{
    char *text = slice_dup(in);
    struct contacts_edit edit;

    must(text != NULL);
    if (helper_take_edit(text, in.n, &edit)) {
        must(edit.name != NULL);
        check_text(edit.name, text, in.n);
        check_text(edit.address, text, in.n);
        check_text(edit.rename, text, in.n);
        check_text(edit.was, text, in.n);
        check_edit(&edit);
    }
    free(text);
}

/* --- questions of a screen -------------------------------------------------------------------- */

/* As the settings are read, where blanks do not count. */
static bool is_file(const char *value)
{
    while (*value == ' ' || *value == '\t')
        value++;
    return audio_device_file(value) != NULL;
}

static void check_kept(const struct screen_asked *asked, bool trusted)
{
    must(asked->n_kept <= SCREEN_KEPT_MAX);
    for (size_t i = 0; i < asked->n_kept; i++) {
        const struct config_kept *kept = &asked->kept[i];

        must(strcmp(kept->name, "device") == 0 || strcmp(kept->name, "ring-device") == 0);
        must(kept->n <= SCREEN_VALUES_MAX);
        for (size_t k = 0; k < kept->n; k++) {
            must(!strpbrk(kept->values[k], "\r\n"));
            must(trusted || !is_file(kept->values[k]));
        }
    }
}

static void check_asked(const struct screen_asked *asked, bool trusted, bool no_sandbox)
{
    const char *dot;

    switch (asked->what) {
    case SCREEN_TRY:
        must(asked->work == SETUP_TEST_ACCOUNT || asked->work == SETUP_LIST_DEVICES ||
             asked->work == SETUP_TEST_DEVICE);
        must(setup_is_draft(asked->draft, trusted));
        break;
    case SCREEN_WRITE:
        must(setup_is_draft(asked->draft, trusted));
        break;
    case SCREEN_TRACE:
        dot = strrchr(asked->path, '.');
        must(no_sandbox || (dot && (strlen(dot) == 4 || strlen(dot) == 5)));
        break;
    case SCREEN_KEEP:
        check_kept(asked, trusted);
        break;
    case SCREEN_START:
    case SCREEN_LAST_WORDS:
    case SCREEN_KNOWS_PHONE:
        break;
    }
}

/* how: the question in the low bits, above them whether a telephone was there and whether there is
 * a sandbox. */
static void ask(unsigned how, struct slice in)
{
    static struct cli cli;
    struct screen_shared shared = {.knows_phone = (how & 8) != 0};
    const struct screen_side side = {.cli = &cli, .draft = "", .shared = &shared};
    struct buf why = buf_new(SPAWNER_ANSWER_MAX);
    char *text = slice_dup(in);
    struct screen_asked asked;

    must(text != NULL);
    cli.config.no_sandbox = (how & 16) != 0;
    if (screen_helper_read(&side, how & 7, text, in.n, &asked, &why) == 0)
        check_asked(&asked, (how & 24) != 8, cli.config.no_sandbox);
    must(buf_ok(&why));
    buf_free(&why);
    free(text);
}

/* --- beginnings of files ---------------------------------------------------------------------- */

/* What a person would not have anybody read or write over. */
static void try_kind(struct slice in)
{
    static const char *const others[] = {"-----BEGIN", "SQLite format 3", "#!", "ssh-", "[", "<"};
    bool known = sound_kind_known(in);

    must(known == sound_kind_known(slice_head(in, SOUND_KIND_BYTES)));
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        must(!known || !slice_starts(in, slice_of(others[i])));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in;

    if (n < 2)
        return 0;
    in = exact_bytes(bytes + 1, n - 1);
    switch (bytes[0]) {
    case 'o':
        try_order(in);
        break;
    case 'e':
        try_edit(in);
        break;
    case 's':
        ask((unsigned char)in.p[0], slice_skip(in, 1));
        break;
    case 'k':
        try_kind(in);
        break;
    }
    exact_free(in);
    return 0;
}
