/* Table, schema and manual of the events agree: each event and each of its members stands in all
 * three, and nothing else does. And so do the table and the schema of the commands, whose manual
 * test_json_command.c looks at. */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rows.h"
#include "ui/json.h"
#include "ui/json_command.h"

#define TEXT_MAX 262144u

static char *read_file(const char *path)
{
    const char *srcdir = getenv("srcdir");
    char name[4096], *text = calloc(1, TEXT_MAX);
    FILE *f;

    snprintf(name, sizeof name, "%s/%s", srcdir ? srcdir : ".", path);
    f = fopen(name, "r");
    if (!f || !text)
        fail_msg("%s: %s", name, strerror(errno));
    assert_in_range(fread(text, 1, TEXT_MAX - 1, f), 1, TEXT_MAX - 2);
    fclose(f);
    return text;
}

static bool has_member(const struct json_shape *shape, const char *name)
{
    for (size_t i = 0; shape->members[i]; i++)
        if (strcmp(shape->members[i], name) == 0)
            return true;
    return false;
}

static bool is_head(const char *name)
{
    return strcmp(name, "v") == 0 || strcmp(name, "event") == 0 || strcmp(name, "time") == 0;
}

/* --- the schema ------------------------------------------------------------------------------ */

static json_t *properties_of(const json_t *shape)
{
    return json_object_get(shape, "properties");
}

/* The one of shapes whose member key is always name. */
static json_t *schema_of(const json_t *shapes, const char *key, const char *name)
{
    for (size_t i = 0; i < json_array_size(shapes); i++) {
        json_t *shape = json_array_get(shapes, i);
        json_t *said = json_object_get(json_object_get(properties_of(shape), key), "const");

        if (strcmp(json_string_value(said), name) == 0)
            return shape;
    }
    fail_msg("the schema has no %s %s", key, name);
    return NULL;
}

/* What stands in the definition of this name; *root is the caller's. */
static json_t *read_shapes(const char *name, json_t **root)
{
    char *text = read_file("doc/control.schema.json");
    json_error_t error;

    *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    free(text);
    if (!*root)
        fail_msg("line %d: %s", error.line, error.text);
    return json_object_get(json_object_get(json_object_get(*root, "$defs"), name), "oneOf");
}

static void compare(const json_t *event, const struct json_shape *shape)
{
    void *at = json_object_iter(properties_of(event));

    for (size_t i = 0; shape->members[i]; i++)
        if (!json_object_get(properties_of(event), shape->members[i]))
            fail_msg("the schema of %s has no %s", shape->name, shape->members[i]);
    for (; at; at = json_object_iter_next(properties_of(event), at)) {
        const char *name = json_object_iter_key(at);

        if (!is_head(name) && !has_member(shape, name))
            fail_msg("the table has no %s of %s", name, shape->name);
    }
}

static void the_schema_has_what_the_table_has(void **state)
{
    json_t *root, *events = read_shapes("event", &root);
    struct json_shape shape;
    size_t n = 0;

    (void)state;
    for (; json_shape_at(n, &shape); n++)
        compare(schema_of(events, "event", shape.name), &shape);
    assert_int_equal(json_array_size(events), n);
    json_decref(root);
}

static bool is_required(const json_t *shape, const char *name)
{
    json_t *required = json_object_get(shape, "required");

    for (size_t i = 0; i < json_array_size(required); i++)
        if (strcmp(json_string_value(json_array_get(required, i)), name) == 0)
            return true;
    return false;
}

static void compare_command(const json_t *shape, const struct json_verb *verb)
{
    const struct json_member *m;
    size_t n = 2; /* "command" and "id" */

    assert_true(is_required(shape, "command") && !is_required(shape, "id"));
    for (size_t i = 0; (m = json_member_at(i)); i++) {
        if (!((verb->must | verb->may) & m->bit))
            continue;
        n++;
        if (!json_object_get(properties_of(shape), m->name))
            fail_msg("the schema of %s has no %s", verb->name, m->name);
        if (is_required(shape, m->name) != ((verb->must & m->bit) != 0))
            fail_msg("whether %s needs %s", verb->name, m->name);
    }
    if (json_object_size(properties_of(shape)) != n)
        fail_msg("the schema of %s has more members than its table", verb->name);
}

static void the_schema_has_the_commands(void **state)
{
    json_t *root, *commands = read_shapes("command", &root);
    const struct json_verb *verb;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; (verb = json_verb_at(i)); i++) {
        if (verb->action == JSON_NOT_BUILT)
            continue;
        compare_command(schema_of(commands, "command", verb->name), verb);
        n++;
    }
    assert_int_equal(json_array_size(commands), n);
    json_decref(root);
}

/* --- the manual ------------------------------------------------------------------------------ */

/* What is not said again at each event of a call. */
static const char *const whose[] = {"call", "peer", "contact", "account"};

static bool is_whose(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(whose); i++)
        if (strcmp(whose[i], name) == 0)
            return true;
    return false;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_';
}

/* Whether text has the word on a line that begins with one of the two macros. */
static bool names(struct slice text, const char *macro, const char *word)
{
    while (text.n > 0) {
        struct slice line = slice_cut(&text, '\n');

        if (!slice_starts(line, slice_of(macro)))
            continue;
        while (line.n > 0) {
            struct slice rest = line;
            size_t n = 0;

            while (n < line.n && is_letter(line.p[n]))
                n++;
            if (slice_eq(slice_head(rest, n), slice_of(word)))
                return true;
            line = slice_skip(line, n > 0 ? n : 1);
        }
    }
    return false;
}

/* The entry of an event: from its .It Cm line to the next one. */
static struct slice entry_of(struct slice section, const char *name)
{
    struct slice entry = {0};

    while (section.n > 0) {
        const char *begin = section.p;
        struct slice line = slice_cut(&section, '\n');

        if (slice_starts(line, SLICE(".It ")) || slice_starts(line, SLICE(".El")) ||
            slice_starts(line, SLICE(".S"))) {
            if (entry.p)
                return (struct slice){entry.p, (size_t)(begin - entry.p)};
            if (names(line, ".It Cm ", name))
                entry.p = begin;
        }
    }
    return entry;
}

/* Both ways: what an entry names of what any event has must be the event's own. */
static void check_entry(struct slice entry, const struct json_shape *shape)
{
    struct json_shape other;

    for (size_t i = 0; shape->members[i]; i++)
        if (!is_whose(shape->members[i]) && !names(entry, ".Cm ", shape->members[i]))
            fail_msg("the manual does not name %s of %s", shape->members[i], shape->name);
    for (size_t n = 0; json_shape_at(n, &other); n++)
        for (size_t i = 0; other.members[i]; i++)
            if (names(entry, ".Cm ", other.members[i]) && !has_member(shape, other.members[i]))
                fail_msg("the manual names %s of %s", other.members[i], shape->name);
}

static void the_manual_has_what_the_table_has(void **state)
{
    char *text = read_file("man/tphone-control.7");
    char *begin = strstr(text, "\n.Sh EVENTS\n"), *end = begin ? strstr(begin + 1, "\n.Sh ") : NULL;
    struct json_shape shape;
    struct slice section;

    (void)state;
    assert_non_null(end);
    section = (struct slice){begin, (size_t)(end - begin)};
    for (size_t i = 0; json_shape_at(i, &shape); i++) {
        struct slice entry = entry_of(section, shape.name);

        if (!entry.p)
            fail_msg("the manual has no event %s", shape.name);
        check_entry(entry, &shape);
    }
    free(text);
}

static void the_manual_has_no_other_events(void **state)
{
    char *text = read_file("man/tphone-control.7");
    char *begin = strstr(text, "\n.Ss The telephone itself\n");
    char *end = begin ? strstr(begin, "\n.Sh ") : NULL;
    struct slice section;
    size_t entries = 0, shapes = 0;
    struct json_shape shape;

    (void)state;
    assert_non_null(end);
    section = (struct slice){begin, (size_t)(end - begin)};
    while (section.n > 0) {
        struct slice line = slice_cut(&section, '\n');

        for (size_t i = 0; slice_starts(line, SLICE(".It ")) && i < line.n; i++)
            entries += line.p[i] == ','; /* "held , resumed" */
        entries += slice_starts(line, SLICE(".It "));
    }
    while (json_shape_at(shapes, &shape))
        shapes++;
    assert_int_equal(entries, shapes);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_has_what_the_table_has),
        cmocka_unit_test(the_schema_has_the_commands),
        cmocka_unit_test(the_manual_has_what_the_table_has),
        cmocka_unit_test(the_manual_has_no_other_events),
    };

    return cmocka_run_group_tests_name("ui/json words", tests, NULL, NULL);
}
