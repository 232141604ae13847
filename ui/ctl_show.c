#include "ui/ctl_show.h"

#include <inttypes.h>
#include <jansson.h>
#include <time.h>

#include "base/text.h"
#include "ui/status.h"

static bool is_true(const json_t *object, const char *member)
{
    return json_is_true(json_object_get(object, member));
}

static void put_text(struct buf *out, const char *text)
{
    text_safe_own(out, slice_of(text));
}

/* A name, then blanks up to the next column. */
static void put_column(struct buf *out, const char *text, size_t width)
{
    put_text(out, text);
    for (size_t n = text_column(slice_of(text), SIZE_MAX) - 1; n < width; n++)
        buf_putc(out, ' ');
    buf_puts(out, "  ");
}

/* --- accounts ------------------------------------------------------------------------------- */

#define LABEL_COLUMNS 12
#define STATE_COLUMNS 19

static void put_account(struct buf *out, const json_t *account)
{
    struct buf state = buf_new(64);
    const char *text = ctl_text(account, "text");

    if (is_true(account, "registered"))
        buf_printf(&state, "registered, %" JSON_INTEGER_FORMAT " s",
                   json_integer_value(json_object_get(account, "expires")));
    else
        buf_puts(&state, is_true(account, "registers") ? "not registered" : "for calls only");
    buf_puts(out, "account  ");
    put_column(out, ctl_text(account, "account"), LABEL_COLUMNS);
    put_column(out, buf_cstr(&state), STATE_COLUMNS);
    put_text(out, ctl_text(account, "uri"));
    if (*text) {
        buf_puts(out, ": ");
        put_text(out, text);
    }
    buf_putc(out, '\n');
    buf_free(&state);
}

/* --- calls ---------------------------------------------------------------------------------- */

#define DURATION_MAX_S 1e9

static uint64_t seconds_of(const json_t *object, const char *member)
{
    double said = json_number_value(json_object_get(object, member));

    return said > 0 && said < DURATION_MAX_S ? (uint64_t)said : 0;
}

static void put_duration(struct buf *out, const json_t *call)
{
    struct buf text = buf_new(32);

    if (is_true(call, "answered"))
        status_put_duration(&text, seconds_of(call, "duration"));
    else
        buf_putc(&text, '-');
    buf_printf(out, "%8s", buf_cstr(&text));
    buf_free(&text);
}

static void put_detail(struct buf *out, const char **between, const char *text)
{
    if (!*text)
        return;
    buf_puts(out, *between);
    put_text(out, text);
    *between = ", ";
}

/* Each can be without the other: keys of sound that is encrypted may stand in open messages. */
static void put_safety(struct buf *out, const char **between, const json_t *call)
{
    const char *sound = ctl_text(call, "encryption");
    bool known = is_true(call, "answered") || is_true(call, "incoming") || *sound;
    struct buf text = buf_new(2048);

    if (*sound) {
        buf_printf(&text, "sound: %s", status_encryption(sound));
        put_detail(out, between, buf_cstr(&text));
        *between = "; ";
        buf_clear(&text);
    }
    buf_puts(&text, "messages: ");
    status_put_messages(&text, ctl_text(call, "signalling_encryption"), known);
    if (known)
        put_detail(out, between, buf_cstr(&text));
    buf_free(&text);
}

static void put_details(struct buf *out, const json_t *call)
{
    static const struct {
        const char *member, *words;
    } flags[] = {{"on_hold", "on hold"}, {"held", "held by them"}, {"muted", "muted"}};
    const json_t *conference = json_object_get(call, "conference");
    const char *between = " (";
    char text[64];

    put_detail(out, &between, ctl_text(call, "codec"));
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        if (is_true(call, flags[i].member))
            put_detail(out, &between, flags[i].words);
    snprintf(text, sizeof text, "conference %" JSON_INTEGER_FORMAT, json_integer_value(conference));
    put_detail(out, &between, conference ? text : "");
    put_detail(out, &between, *ctl_text(call, "play") ? "playing" : "");
    put_detail(out, &between, *ctl_text(call, "record") ? "recording" : "");
    if (between[0] == ',')
        between = "; ";
    put_safety(out, &between, call);
    if (between[0] != ' ')
        buf_putc(out, ')');
}

static void put_call(struct buf *out, const json_t *call)
{
    char number[32];

    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(call, "call")));
    buf_puts(out, "call     ");
    put_column(out, number, LABEL_COLUMNS);
    put_column(out, ctl_text(call, "phase"), STATE_COLUMNS - 10);
    put_duration(out, call);
    buf_puts(out, is_true(call, "incoming") ? "  from  " : "  to    ");
    status_put_name(out, ctl_text(call, "contact"), ctl_text(call, "peer_name"));
    put_text(out, ctl_text(call, "peer"));
    put_details(out, call);
    buf_putc(out, '\n');
}

/* Somebody asks us to call somebody else, in a call that may be over. */
static void put_question(struct buf *out, const json_t *question)
{
    struct buf left = buf_new(64);
    char number[32];

    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
             json_integer_value(json_object_get(question, "call")));
    buf_printf(&left, "%" PRIu64 " s left", seconds_of(question, "expires"));
    buf_puts(out, "question ");
    put_column(out, number, LABEL_COLUMNS);
    put_column(out, buf_cstr(&left), STATE_COLUMNS);
    status_put_name(out, ctl_text(question, "contact"), ctl_text(question, "peer_name"));
    put_text(out, ctl_text(question, "peer"));
    buf_puts(out, " asks you to call ");
    put_text(out, ctl_text(question, "to"));
    buf_puts(out, " instead: follow or stay\n");
    buf_free(&left);
}

/* --- people --------------------------------------------------------------------------------- */

#define OUTCOME_COLUMNS 10

static void put_past(struct buf *out, const json_t *row)
{
    time_t when = (time_t)json_number_value(json_object_get(row, "time"));
    struct tm tm;
    char text[32] = "-";

    if (localtime_r(&when, &tm))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    buf_puts(out, text);
    buf_puts(out, strcmp(ctl_text(row, "direction"), "out") == 0 ? "  to    " : "  from  ");
    put_column(out, ctl_text(row, "outcome"), OUTCOME_COLUMNS);
    status_put_name(out, ctl_text(row, "contact"), ctl_text(row, "peer_name"));
    put_text(out, ctl_text(row, "peer"));
    buf_putc(out, '\n');
}

static void put_contact(struct buf *out, const json_t *row)
{
    put_text(out, ctl_text(row, "name"));
    buf_puts(out, "  ");
    put_text(out, ctl_text(row, "address"));
    buf_putc(out, '\n');
}

/* --- replies -------------------------------------------------------------------------------- */

static void put_list(struct buf *out, const json_t *reply, const char *member,
                     void (*put)(struct buf *out, const json_t *item))
{
    const json_t *list = json_object_get(reply, member);

    for (size_t i = 0; i < json_array_size(list); i++)
        put(out, json_array_get(list, i));
}

/* What every reply has, and what nobody asks for who looks at a table; that nobody is turned away
 * goes without saying. */
static bool is_said_already(const char *member, const json_t *value)
{
    static const char *const members[] = {
        "v",        "reply",  "ok",        "version", "calls",        "accounts", "history",
        "contacts", "device", "listening", "leaves",  "ring_devices", "screens",  "questions"};

    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (strcmp(member, members[i]) == 0)
            return true;
    return strcmp(member, "dnd") == 0 && json_is_false(value);
}

static void put_value(struct buf *out, const json_t *value)
{
    if (json_is_string(value))
        put_text(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        buf_printf(out, "%g", json_real_value(value));
    else
        buf_puts(out, json_is_true(value) ? "yes" : "no");
}

static void put_values(struct buf *out, json_t *reply)
{
    const char *between = "";

    for (void *at = json_object_iter(reply); at; at = json_object_iter_next(reply, at)) {
        if (is_said_already(json_object_iter_key(at), json_object_iter_value(at)))
            continue;
        buf_puts(out, between);
        put_text(out, json_object_iter_key(at));
        buf_putc(out, '=');
        put_value(out, json_object_iter_value(at));
        between = " ";
    }
    if (*between)
        buf_putc(out, '\n');
}

static void put_listening(struct buf *out, const json_t *place)
{
    buf_puts(out, "listens  ");
    put_column(out, ctl_text(place, "transport"), LABEL_COLUMNS);
    put_text(out, ctl_text(place, "local"));
    buf_putc(out, '\n');
}

void ctl_show_reply(struct buf *out, const struct ctl_line *line, int verbosity)
{
    if (verbosity > 0)
        put_list(out, line->tree, "listening", put_listening);
    put_list(out, line->tree, "accounts", put_account);
    put_list(out, line->tree, "calls", put_call);
    put_list(out, line->tree, "questions", put_question);
    put_list(out, line->tree, "history", put_past);
    put_list(out, line->tree, "contacts", put_contact);
    put_values(out, line->tree);
}

/* --- events --------------------------------------------------------------------------------- */

/* As tphone devices has it. */
static void put_device(struct buf *out, const json_t *device)
{
    put_text(out, ctl_text(device, "name"));
    buf_printf(out, "\t%" JSON_INTEGER_FORMAT " in, %" JSON_INTEGER_FORMAT " out, ",
               json_integer_value(json_object_get(device, "inputs")),
               json_integer_value(json_object_get(device, "outputs")));
    buf_printf(out, "%" JSON_INTEGER_FORMAT " Hz, ",
               json_integer_value(json_object_get(device, "rate")));
    put_text(out, ctl_text(device, "host_api"));
    buf_puts(out, is_true(device, "default") ? ", default\n" : "\n");
}

void ctl_show_devices(struct buf *out, const struct ctl_line *line)
{
    put_list(out, line->tree, "devices", put_device);
}

/* Each line behind a mark, as --trace shows it. */
static void show_message(struct buf *out, const struct ctl_line *line)
{
    struct slice rest = slice_of(ctl_text(line->tree, "message"));
    char at[IP_TEXT_MAX];

    buf_printf(out, "%s %s %s\n",
               strcmp(ctl_text(line->tree, "direction"), "out") == 0 ? "sent to" : "received from",
               line->event.transport, ip_text(&line->event.where, at));
    while (rest.n > 0) {
        struct slice one = slice_cut(&rest, '\n');

        if (one.n > 0 && one.p[one.n - 1] == '\r')
            one.n--;
        buf_puts(out, one.n > 0 ? "  | " : "  |");
        text_safe(out, one);
        buf_putc(out, '\n');
    }
}

static void show_levels(struct buf *out, const struct ctl_line *line)
{
    json_t *microphone = json_object_get(line->tree, "microphone_dbfs");

    if (microphone)
        buf_printf(out, "microphone %.1f dB, loudspeaker %.1f dB\n", json_number_value(microphone),
                   line->event.speaker_db);
    else
        buf_puts(out, "the sound device is closed\n");
}

void ctl_show_event(struct buf *out, const struct ctl_line *line, int verbosity)
{
    size_t from = out->n;

    if (line->event.kind == PHONE_MESSAGE) {
        show_message(out, line);
        return;
    }
    if (line->event.kind == PHONE_LEVELS) {
        show_levels(out, line);
        return;
    }
    if (line->event.call == 1) /* which is not told where a phone has only one */
        buf_puts(out, "call 1: ");
    status_line(out, &line->event, verbosity);
    if (out->n - from == strlen("call 1: ") && line->event.call == 1)
        out->n = from;
}
