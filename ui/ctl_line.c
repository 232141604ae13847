#include "ui/ctl_line.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "base/text.h"
#include "phone/event_names.h"
#include "phone/phone.h"
#include "ui/json.h"

/* --- values --------------------------------------------------------------------------------- */

/* Each puts a value to at; of another type than expected it counts as missing. */
typedef void take_fn(const json_t *value, void *at);

static void take_string(const json_t *value, void *at)
{
    if (json_is_string(value))
        *(const char **)at = json_string_value(value);
}

static void take_u32(const json_t *value, void *at)
{
    json_int_t n = json_integer_value(value);

    if (n > 0 && n <= UINT32_MAX)
        *(uint32_t *)at = (uint32_t)n;
}

static void take_u64(const json_t *value, void *at)
{
    json_int_t n = json_integer_value(value);

    if (n > 0)
        *(uint64_t *)at = (uint64_t)n;
}

/* Seconds of theirs, milliseconds of ours. */
static void take_seconds(const json_t *value, void *at)
{
    double s = json_number_value(value);

    if (s > 0 && s < 1e12)
        *(uint64_t *)at = (uint64_t)llround(s * 1000);
}

static void take_real(const json_t *value, void *at)
{
    if (json_is_number(value))
        *(double *)at = json_number_value(value);
}

static void take_bool(const json_t *value, void *at)
{
    *(bool *)at = json_is_true(value);
}

static void take_not(const json_t *value, void *at)
{
    *(bool *)at = json_is_false(value);
}

static void take_address(const json_t *value, void *at)
{
    if (ip_parse_with_port(slice_of(json_string_value(value)), at) != 0)
        *(struct ip *)at = (struct ip){0};
}

static void take_outcome(const json_t *value, void *at)
{
    struct slice word = slice_of(json_string_value(value));

    for (int o = PHONE_OK; o <= PHONE_FAILED; o++)
        if (slice_eq(word, slice_of(json_outcome((enum phone_outcome)o))))
            *(enum phone_outcome *)at = (enum phone_outcome)o;
}

static void take_voice(const json_t *value, void *at)
{
    *(enum phone_voice *)at = json_voice_of(json_string_value(value));
}

/* --- members -------------------------------------------------------------------------------- */

#define AT(m) offsetof(struct phone_event, m)

/* clang-format off */
static const struct {
    const char *name;
    take_fn *take;
    size_t at;
} members[] = {
    {"call",               take_u32,     AT(call)},
    {"peer",               take_string,  AT(peer)},
    {"peer_name",          take_string,  AT(peer_name)},
    {"contact",            take_string,  AT(contact)},
    {"target",             take_string,  AT(target)},
    {"account",            take_string,  AT(account)},
    {"uri",                take_string,  AT(peer)},
    {"our_contact",        take_string,  AT(text)},
    {"transport",          take_string,  AT(transport)},
    {"remote",             take_address, AT(where)},
    {"server",             take_address, AT(where)},
    {"status",             take_u32,     AT(status)},
    {"reason",             take_string,  AT(reason)},
    {"text",               take_string,  AT(text)},
    {"codec",              take_string,  AT(codec)},
    {"encryption",         take_string,  AT(encryption)},
    {"suite",              take_string,  AT(suite)},
    {"redundancy",         take_bool,    AT(redundancy)},
    {"signalling_encryption", take_string, AT(signalling_encryption)},
    {"sending",            take_bool,    AT(on)},
    {"early",              take_not,     AT(result.answered)},
    {"file",               take_string,  AT(file)},
    {"digit",              take_string,  AT(text)},
    {"digits",             take_string,  AT(digits)},
    {"way",                take_string,  AT(way)},
    {"outcome",            take_outcome, AT(outcome)},
    {"answered",           take_bool,    AT(result.answered)},
    {"duration",           take_seconds, AT(result.talk_ms)},
    {"sent",               take_u64,     AT(result.sent)},
    {"received",           take_u64,     AT(result.received)},
    {"lost",               take_u64,     AT(result.lost)},
    {"from_copies",        take_u64,     AT(result.from_copies)},
    {"from_fec",           take_u64,     AT(result.from_fec)},
    {"concealed",          take_u64,     AT(result.concealed)},
    {"refused",            take_u64,     AT(result.refused)},
    {"frames_refused",     take_u64,     AT(result.frames_refused)},
    {"loss_percent",       take_real,    AT(result.lost_percent)},
    {"their_loss_percent", take_real,    AT(result.their_lost_percent)},
    {"jitter_ms",          take_real,    AT(result.jitter_ms)},
    {"round_trip_ms",      take_real,    AT(result.round_trip_ms)},
    {"left_percent",       take_real,    AT(result.left_percent)},
    {"mouth_to_ear_ms",    take_real,    AT(result.mouth_to_ear_ms)},
    {"rating",             take_real,    AT(result.rating)},
    {"mos",                take_real,    AT(result.mos)},
    {"mos_listening",      take_real,    AT(result.mos_listening)},
    {"their_mos",          take_real,    AT(result.their_mos)},
    {"expires",            take_u32,     AT(expires_s)},
    {"bindings",           take_u32,     AT(bindings)},
    {"seen_at",            take_string,  AT(seen_at)},
    {"retry",              take_seconds, AT(retry_ms)},
    {"realm",              take_string,  AT(text)},
    {"conference",         take_u32,     AT(conference)},
    {"to",                 take_string,  AT(to)},
    {"other",              take_u32,     AT(other)},
    {"microphone_db",      take_real,    AT(microphone_db)},
    {"speaker_db",         take_real,    AT(speaker_db)},
    {"echo",               take_voice,   AT(echo)},
    {"noise",              take_voice,   AT(noise)},
    {"level",              take_voice,   AT(level)},
    {"microphone_dbfs",    take_real,    AT(microphone_db)},
    {"speaker_dbfs",       take_real,    AT(speaker_db)},
    {"device",             take_string,  AT(device)},
    {"doing",              take_string,  AT(text)},
};

static const struct {
    const char *name;
    take_fn *take;
    size_t at;
} quality_members[] = {
    {"loss_percent",       take_real, offsetof(struct phone_quality, loss_percent)},
    {"their_loss_percent", take_real, offsetof(struct phone_quality, their_loss_percent)},
    {"jitter_ms",          take_real, offsetof(struct phone_quality, jitter_ms)},
    {"round_trip_ms",      take_real, offsetof(struct phone_quality, round_trip_ms)},
    {"delay_ms",           take_real, offsetof(struct phone_quality, delay_ms)},
    {"level_in_db",        take_real, offsetof(struct phone_quality, level_in_dbfs)},
    {"level_out_db",       take_real, offsetof(struct phone_quality, level_out_dbfs)},
    {"left_percent",       take_real, offsetof(struct phone_quality, left_percent)},
    {"burst",              take_real, offsetof(struct phone_quality, burst)},
    {"mouth_to_ear_ms",    take_real, offsetof(struct phone_quality, mouth_to_ear_ms)},
    {"rating",             take_real, offsetof(struct phone_quality, rating)},
    {"mos",                take_real, offsetof(struct phone_quality, mos)},
    {"mos_listening",      take_real, offsetof(struct phone_quality, mos_listening)},
    {"their_discard_percent", take_real, offsetof(struct phone_quality, their_discard_percent)},
    {"their_delay_ms",     take_real, offsetof(struct phone_quality, their_delay_ms)},
    {"their_rating",       take_real, offsetof(struct phone_quality, their_rating)},
    {"their_mos",          take_real, offsetof(struct phone_quality, their_mos)},
    {"sent",               take_u64,  offsetof(struct phone_quality, sent)},
    {"received",           take_u64,  offsetof(struct phone_quality, received)},
    {"lost",               take_u64,  offsetof(struct phone_quality, lost)},
    {"late",               take_u64,  offsetof(struct phone_quality, late)},
    {"concealed",          take_u64,  offsetof(struct phone_quality, concealed)},
    {"from_copies",        take_u64,  offsetof(struct phone_quality, from_copies)},
    {"from_fec",           take_u64,  offsetof(struct phone_quality, from_fec)},
    {"refused",            take_u64,  offsetof(struct phone_quality, refused)},
    {"frames_refused",     take_u64,  offsetof(struct phone_quality, frames_refused)},
    {"copies",             take_u32,  offsetof(struct phone_quality, copies)},
    {"copies_ms",          take_u32,  offsetof(struct phone_quality, copies_ms)},
    {"echo_less_db",       take_real, offsetof(struct phone_quality, echo_less_db)},
    {"echo_delay_ms",      take_real, offsetof(struct phone_quality, echo_delay_ms)},
    {"speech_dbfs",        take_real, offsetof(struct phone_quality, speech_dbfs)},
    {"noise_dbfs",         take_real, offsetof(struct phone_quality, noise_dbfs)},
    {"gain_db",            take_real, offsetof(struct phone_quality, gain_db)},
};
/* clang-format on */

static void take_quality(const json_t *tree, struct phone_quality *quality)
{
    *quality = (struct phone_quality){.their_loss_percent = -1,
                                      .round_trip_ms = -1,
                                      .delay_ms = -1,
                                      .level_in_dbfs = NAN,
                                      .level_out_dbfs = NAN,
                                      .echo_less_db = NAN,
                                      .echo_delay_ms = NAN,
                                      .speech_dbfs = NAN,
                                      .noise_dbfs = NAN,
                                      .gain_db = NAN,
                                      .mouth_to_ear_ms = -1,
                                      .rating = -1,
                                      .mos = -1,
                                      .mos_listening = -1,
                                      .their_discard_percent = -1,
                                      .their_delay_ms = -1,
                                      .their_rating = -1,
                                      .their_mos = -1};
    for (size_t i = 0; i < ARRAY_LEN(quality_members); i++) {
        const json_t *value = json_object_get(tree, quality_members[i].name);

        if (value)
            quality_members[i].take(value, (char *)quality + quality_members[i].at);
    }
}

static void take_members(const json_t *tree, struct phone_event *event)
{
    /* Of most events "local" is where we receive; of these two it is what they are about. */
    bool is_where = event->kind == PHONE_LISTENING || event->kind == PHONE_MOVED;

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *value = json_object_get(tree, members[i].name);

        if (value)
            members[i].take(value, (char *)event + members[i].at);
    }
    take_address(json_object_get(tree, "local"), is_where ? &event->where : &event->local);
}

/* --- events --------------------------------------------------------------------------------- */

/* The kind that has this name, with its on; false: none. phone/event_names.h knows no way back. */
static bool find_kind(const char *name, struct phone_event *event)
{
    for (int k = PHONE_LISTENING; k < PHONE_CLOSED; k++) {
        for (int on = 0; on < 2; on++) {
            const char *it;

            event->kind = (enum phone_event_kind)k;
            event->on = on;
            it = event_name(event);
            if (it && strcmp(it, name) == 0)
                return true;
        }
    }
    return false;
}

static bool read_event(const json_t *tree, const char *name, struct phone_event *out)
{
    *out = (struct phone_event){0};
    phone_fill_event(out);
    if (!find_kind(name, out))
        return false;
    out->outcome = out->kind == PHONE_ENDED ? PHONE_FAILED : 0;
    out->result.round_trip_ms = out->result.their_lost_percent = -1;
    out->result.mouth_to_ear_ms = out->result.rating = out->result.mos = -1;
    out->result.mos_listening = out->result.their_mos = -1;
    take_members(tree, out);
    return true;
}

const char *ctl_text(const void *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    return text ? text : "";
}

/* --- the line ------------------------------------------------------------------------------- */

static void read_reply(const json_t *tree, struct ctl_line *out)
{
    out->kind = CTL_REPLY;
    take_u64(json_object_get(tree, "reply"), &out->id);
    take_u32(json_object_get(tree, "call"), &out->call);
    out->ok = json_is_true(json_object_get(tree, "ok"));
    out->error = ctl_text(tree, "error");
}

static bool make_safe(json_t *value);

static bool make_string_safe(json_t *value)
{
    struct slice said = {json_string_value(value), json_string_length(value)};
    struct buf safe = buf_new(3 * said.n + 1);
    bool good;

    text_safe_own(&safe, said);
    good = slice_eq(buf_slice(&safe), said) ||
           (buf_ok(&safe) && json_string_setn(value, buf_cstr(&safe), safe.n) == 0);
    buf_free(&safe);
    return good;
}

/* A message of SIP has lines, which whoever shows them makes safe one by one. */
static bool make_members_safe(json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;

    json_object_foreach (value, name, member)
        if (strcmp(name, "message") != 0 && !make_safe(member))
            return false;
    json_array_foreach (value, i, member)
        if (!make_safe(member))
            return false;
    return true;
}

/* Who says that he is a daemon need not be one: what he says is seen on terminals. */
static bool make_safe(json_t *value)
{
    return json_is_string(value) ? make_string_safe(value) : make_members_safe(value);
}

int ctl_line_read(struct slice text, struct ctl_line *out)
{
    json_error_t fault;
    json_t *tree = json_loadb(text.p ? text.p : "", text.n, 0, &fault);

    *out = (struct ctl_line){.kind = CTL_OTHER, .error = ""};
    if (!tree)
        return json_error_code(&fault) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
    if (!json_is_object(tree) || !make_safe(tree)) {
        int err = json_is_object(tree) ? -ENOMEM : -EBADMSG;

        json_decref(tree);
        return err;
    }
    out->tree = tree;
    out->name = ctl_text(tree, "event");
    out->text = ctl_text(tree, "text");
    if (json_object_get(tree, "reply"))
        read_reply(tree, out);
    else if (*out->name)
        out->kind = read_event(tree, out->name, &out->event) ? CTL_EVENT : CTL_OWN;
    if (out->event.kind == PHONE_QUALITY) {
        take_quality(tree, &out->quality);
        out->event.quality = &out->quality;
    }
    return 0;
}

void ctl_line_free(struct ctl_line *line)
{
    json_decref(line->tree);
    line->tree = NULL;
}
