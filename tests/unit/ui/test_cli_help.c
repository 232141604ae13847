/* The tables of commands and options, --help, manual and settings say the same. */
#include "ui/cli.h"
#include "ui/cli_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rows.h"

static const struct cli_option *option_named(const char *name)
{
    const struct cli_option *o;

    for (size_t i = 0; (o = cli_option_at(i)); i++)
        if (strcmp(o->name, name) == 0)
            return o;
    return NULL;
}

/* Every setting of a file can be given on the command line, to all commands that speak SIP or to
 * the screen, and help and options agree on it, but for the address of an account, which --account
 * gives, and for passwords. */
static void settings_are_options(void **state)
{
    const struct config_key *key;

    (void)state;
    for (size_t i = 0; (key = config_key_at(CONFIG_PHONE, i)); i++) {
        const struct cli_option *o = option_named(key->name);

        if (strcmp(key->name, "hep-password") == 0)
            assert_null(o);
        else if (!o || cli_option_key(o) != key ||
                 ((o->commands & CLI_PHONES) != CLI_PHONES && o->commands != CLI_SCREEN))
            fail_msg("the setting %s is no option of all that it concerns", key->name);
    }
    for (size_t i = 0; (key = config_key_at(CONFIG_ACCOUNT, i)); i++) {
        bool wanted = strcmp(key->name, "uri") != 0 && strcmp(key->name, "password") != 0;

        if ((option_named(key->name) != NULL) != wanted)
            fail_msg("the key %s and the options do not agree", key->name);
    }
}

static char *read_document(const char *name)
{
    const char *srcdir = getenv("srcdir");
    char path[1024], *text = calloc(1, 65536);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", srcdir ? srcdir : ".", name);
    file = fopen(path, "r");
    if (!file || !text)
        fail_msg("%s cannot be read", path);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

/* How the manual's list of options begins an option. */
static void manual_item(const struct cli_option *o, char *out, size_t room)
{
    if (o->letter)
        snprintf(out, room, "\n.It Fl %c , -%s\n", o->letter, o->name);
    else
        snprintf(out, room, "\n.It Fl -%s%c", o->name, cli_option_argument(o) ? ' ' : '\n');
}

static void manual_has_every_option(void **state)
{
    char *manual = read_document("man/tphone.1"), item[64];
    const struct cli_option *o;
    size_t n = 0;

    (void)state;
    for (; (o = cli_option_at(n)); n++) {
        manual_item(o, item, sizeof item);
        if (count(manual, item) != 1)
            fail_msg("the manual has %zu items for --%s", count(manual, item), o->name);
    }
    if (count(manual, "\n.It Fl ") != n)
        fail_msg("the manual has %zu options, the table %zu", count(manual, "\n.It Fl "), n);
    free(manual);
}

/* The keys that stand between two headings of tphone.conf.5 are those of the table. */
static void check_keys(const char *from, const char *to, enum config_section section)
{
    char *manual = read_document("man/tphone.conf.5"), *begin = strstr(manual, from), *end,
         item[64];
    const struct config_key *key;
    size_t n = 0;

    assert_non_null(begin);
    end = strstr(begin, to);
    assert_non_null(end);
    *end = '\0';
    for (; (key = config_key_at(section, n)); n++) {
        snprintf(item, sizeof item, "\n.It Cm %s No = ", key->name);
        if (count(begin, item) != 1)
            fail_msg("tphone.conf.5 has %zu items for %s", count(begin, item), key->name);
    }
    assert_int_equal(count(begin, "\n.It "), n);
    free(manual);
}

static void manual_has_every_setting(void **state)
{
    (void)state;
    check_keys(".Sh SETTINGS OF THE PHONE", ".Sh KEYS OF AN ACCOUNT", CONFIG_PHONE);
    check_keys(".Sh KEYS OF AN ACCOUNT", ".Sh FILES", CONFIG_ACCOUNT);
}

/* What people begin with is right, and stays so with every line of it that is commented out. */
static void the_example_can_be_read(void **state)
{
    char *text = read_document("doc/tphone.conf.example"), *line = text;
    struct buf why = buf_new(4096);
    struct phone_config config;

    (void)state;
    for (int switched_on = 0; switched_on < 2; switched_on++) {
        config_init(&config);
        if (config_read_text(&config, slice_of(text), "example", &why) != 0)
            fail_msg("%s", buf_cstr(&why));
        assert_string_equal(config_first_account(&config)->label, "example");
        config_free(&config);
        /* "# codec = opus", "# [account office]": what is not there yet, unlike words. */
        for (line = text; (line = strstr(line, "\n# ")); line++) {
            size_t name = strcspn(line + 3, " \n"), blanks = strspn(line + 3 + name, " ");

            if (line[3] == '[' || (line[3 + name + blanks] == '=' &&
                                   strncmp(line + 3, "password ", 9) != 0)) /* there is a command */
                line[1] = ' ';
        }
    }
    free(text);
    buf_free(&why);
}

static void manual_has_every_command(void **state)
{
    char *manual = read_document("man/tphone.1"), item[64];
    const struct cli_command *c;
    size_t n = 0;

    (void)state;
    for (; (c = cli_command_at(n)); n++) {
        snprintf(item, sizeof item, "\n.It Cm %s\n", c->name);
        assert_int_equal(count(manual, item), 1);
        snprintf(item, sizeof item, "\n.Nm\n.Cm %s\n", c->name);
        assert_int_equal(count(manual, item), 1);
    }
    assert_int_equal(count(manual, "\n.It Cm "), n);
    free(manual);
}

/* What stands behind an option's name in --help. */
static char end_of_name(const struct cli_option *o)
{
    return strcmp(o->name, "trace") == 0 ? '[' : ' ';
}

static void help_has_every_option(void **state)
{
    struct buf all = buf_new(65536);
    const struct cli_option *o;

    (void)state;
    cli_help(NULL, &all);
    assert_true(buf_ok(&all));
    for (size_t i = 0; (o = cli_option_at(i)); i++) {
        char item[64];

        if (o->letter)
            snprintf(item, sizeof item, "\n  -%c, --%s ", o->letter, o->name);
        else
            snprintf(item, sizeof item, "\n  --%s%c", o->name, end_of_name(o));
        if (count(buf_cstr(&all), item) != 1)
            fail_msg("--help has %zu lines for --%s", count(buf_cstr(&all), item), o->name);
    }
    buf_free(&all);
}

/* Nobody's terminal is narrower than 79 columns on purpose. */
static void help_is_narrow_and_begins_with_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i == 0 || cli_command_at(i - 1); i++) {
        const struct cli_command *c = i > 0 ? cli_command_at(i - 1) : NULL;
        struct buf help = buf_new(65536);
        struct slice rest;

        cli_help(c, &help);
        rest = buf_slice(&help);
        assert_true(slice_starts(rest, SLICE("Examples:\n  tphone ")));
        while (rest.n > 0) {
            struct slice line = slice_cut(&rest, '\n');

            if (line.n > 79)
                fail_msg("too wide: %" PRI_SLICE, ARG_SLICE(line));
        }
        buf_free(&help);
    }
}

static void help_of_a_command_has_its_options_only(void **state)
{
    const struct cli_command *c;

    (void)state;
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        struct buf help = buf_new(65536);
        const struct cli_option *o;

        cli_help(c, &help);
        for (size_t j = 0; (o = cli_option_at(j)); j++) {
            char item[64];
            bool there;

            snprintf(item, sizeof item, "--%s%c", o->name, end_of_name(o));
            there = strstr(strstr(buf_cstr(&help), "Options"), item) != NULL;
            if (there != ((o->commands & c->bit) != 0))
                fail_msg("tphone %s --help and --%s disagree", c->name, o->name);
        }
        buf_free(&help);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_options),
        cmocka_unit_test(manual_has_every_option),
        cmocka_unit_test(manual_has_every_setting),
        cmocka_unit_test(the_example_can_be_read),
        cmocka_unit_test(manual_has_every_command),
        cmocka_unit_test(help_has_every_option),
        cmocka_unit_test(help_is_narrow_and_begins_with_examples),
        cmocka_unit_test(help_of_a_command_has_its_options_only),
    };

    setenv("XDG_CONFIG_HOME", "/no/such/home", 1); /* not the settings of whoever runs this */
    return cmocka_run_group_tests_name("ui/cli_help", tests, NULL, NULL);
}
