#include "ui/hooks_environment.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"

#define VARIABLES_MAX 256 /* of ours; what one event has is far below */
#define NAME_BYTES_MAX 128
#define VALUE_BYTES_MAX 65536
#define PREFIX "TPHONE"

extern char **environ;

struct maker {
    char **variables;
    size_t n, max;
    bool failed;
};

static void add(struct maker *m, struct slice variable)
{
    char *copy = m->n < m->max ? slice_dup(variable) : NULL;

    if (copy)
        m->variables[m->n++] = copy;
    else
        m->failed = true;
}

/* Members have names of letters and underlines, which are ours; no other byte gets into the name of
 * a variable. */
static void put_name(struct buf *out, const char *name)
{
    for (; *name; name++) {
        bool small = *name >= 'a' && *name <= 'z';
        bool other = (*name >= '0' && *name <= '9') || *name == '_';

        buf_putc(out, small ? (char)(*name - 'a' + 'A') : other ? *name : '_');
    }
}

static bool put_value(struct buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        buf_puts(out, json_string_value(value));
        return true;
    case JSON_INTEGER:
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    case JSON_REAL:
        buf_printf(out, "%.15g", json_real_value(value));
        return true;
    case JSON_TRUE:
        buf_puts(out, "true");
        return true;
    case JSON_FALSE:
        buf_puts(out, "false");
        return true;
    default:
        return false;
    }
}

static void add_member(struct maker *m, const char *prefix, const char *name, const json_t *value);

/* Events are two deep; prefix grows with each, up to its ceiling. */
static void add_members(struct maker *m, const char *prefix, json_t *object)
{
    const char *name;
    char number[24];
    json_t *value;
    size_t i;

    json_object_foreach (object, name, value)
        add_member(m, prefix, name, value);
    json_array_foreach (object, i, value) {
        snprintf(number, sizeof number, "%zu", i + 1);
        add_member(m, prefix, number, value);
    }
}

static void add_member(struct maker *m, const char *prefix, const char *name, const json_t *value)
{
    struct buf variable = buf_new(NAME_BYTES_MAX + VALUE_BYTES_MAX);
    bool holds_more = json_is_object(value) || json_is_array(value), has_text = true;

    buf_printf(&variable, "%s_", prefix);
    put_name(&variable, name);
    if (!holds_more) {
        buf_putc(&variable, '=');
        has_text = put_value(&variable, value);
    }
    if (!buf_ok(&variable))
        m->failed = true; /* all of them, or the command is not started */
    else if (holds_more)
        add_members(m, buf_cstr(&variable), (json_t *)value);
    else if (has_text)
        add(m, buf_slice(&variable));
    buf_free(&variable);
}

static void add_ours(struct maker *m)
{
    for (char **v = environ; *v; v++)
        if (!slice_starts(slice_of(*v), SLICE(PREFIX "_")))
            add(m, slice_of(*v));
}

static size_t count_ours(void)
{
    size_t n = 0;

    while (environ[n])
        n++;
    return n;
}

char **hooks_environment(struct slice line)
{
    json_t *object = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    struct maker m = {.max = count_ours() + VARIABLES_MAX};

    m.variables = object ? calloc(m.max + 1, sizeof *m.variables) : NULL;
    if (!m.variables) {
        json_decref(object);
        return NULL;
    }
    add_ours(&m);
    add_members(&m, PREFIX, object);
    json_decref(object);
    if (!m.failed)
        return m.variables;
    hooks_environment_free(m.variables);
    return NULL;
}

void hooks_environment_free(char **environment)
{
    for (char **v = environment; v && *v; v++)
        free(*v);
    free(environment);
}
