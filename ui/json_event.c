#include "ui/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "phone/choices.h"
#include "phone/event_names.h"
#include "phone/mask.h"
#include "ui/trace.h"

/* --- values --------------------------------------------------------------------------------- */

/* What stands behind the backslash for c; 0: c needs none. */
static char escape_of(char c, bool lines)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\n':
        return lines ? 'n' : 0;
    case '\r':
        return lines ? 'r' : 0;
    case '\t':
        return lines ? 't' : 0;
    default:
        return 0;
    }
}

/* lines: line ends and tabs stay; all else is made safe. What is foreign is that already, but for
 * such lines. */
static void put_text(struct buf *out, struct slice rest, bool lines)
{
    buf_putc(out, '"');
    while (rest.n > 0) {
        size_t n = 0;

        while (n < rest.n && !escape_of(rest.p[n], lines))
            n++;
        (lines ? text_safe : text_safe_own)(out, slice_head(rest, n));
        rest = slice_skip(rest, n);
        if (rest.n == 0)
            break;
        buf_putc(out, '\\');
        buf_putc(out, escape_of(rest.p[0], lines));
        rest = slice_skip(rest, 1);
    }
    buf_putc(out, '"');
}

void json_put_string(struct buf *out, const char *text)
{
    put_text(out, slice_of(text), false);
}

void json_put_text(struct buf *out, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    buf_printf(out, ",\"%s\":", name);
    json_put_string(out, text);
}

/* Each prints the value at at; false: it is not known, and the member is left out. */
typedef bool put_fn(struct buf *out, const void *at);

static bool put_string(struct buf *out, const void *at)
{
    const char *text = *(const char *const *)at;

    if (!text || !*text)
        return false;
    json_put_string(out, text);
    return true;
}

static bool put_bool(struct buf *out, const void *at)
{
    buf_puts(out, *(const bool *)at ? "true" : "false");
    return true;
}

static bool put_not(struct buf *out, const void *at)
{
    buf_puts(out, *(const bool *)at ? "false" : "true");
    return true;
}

static bool put_int(struct buf *out, const void *at)
{
    buf_printf(out, "%d", *(const int *)at);
    return true;
}

static bool put_u32(struct buf *out, const void *at)
{
    buf_putu(out, *(const uint32_t *)at);
    return true;
}

/* A number that begins with 1: of a call, a conference, a SIP status. */
static bool put_number(struct buf *out, const void *at)
{
    return *(const uint32_t *)at != 0 && put_u32(out, at);
}

static bool put_u64(struct buf *out, const void *at)
{
    buf_putu(out, *(const uint64_t *)at);
    return true;
}

/* Milliseconds of ours, seconds of theirs. */
static bool put_seconds(struct buf *out, const void *at)
{
    uint64_t ms = *(const uint64_t *)at;

    buf_printf(out, "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
    return true;
}

static bool put_seconds_if_any(struct buf *out, const void *at)
{
    return *(const uint64_t *)at != 0 && put_seconds(out, at);
}

/* JSON knows neither infinity nor NaN. */
static bool put_real(struct buf *out, const void *at)
{
    double value = *(const double *)at;

    if (!isfinite(value))
        return false;
    buf_printf(out, "%.2f", value);
    return true;
}

static bool put_real_if_known(struct buf *out, const void *at)
{
    return *(const double *)at >= 0 && put_real(out, at);
}

const char *json_voice(enum phone_voice voice)
{
    return choices_word(&choices_voice, voice ? voice : PHONE_VOICE_AUTO);
}

enum phone_voice json_voice_of(const char *word)
{
    unsigned voice = PHONE_VOICE_UNSAID;

    (void)choices_find(&choices_voice, word, &voice);
    return voice;
}

static bool put_voice(struct buf *out, const void *at)
{
    json_put_string(out, json_voice(*(const enum phone_voice *)at));
    return true;
}

static bool put_address(struct buf *out, const void *at)
{
    const struct ip *ip = at;
    char text[IP_TEXT_MAX];

    if (ip->family == 0)
        return false;
    json_put_string(out, ip_text(ip, text));
    return true;
}

/* The one member that another one changes: whether secrets are shown. */
static bool put_message(struct buf *out, const void *at)
{
    const char *event = (const char *)at - offsetof(struct phone_event, bytes);
    struct buf masked = buf_new(TRACE_MESSAGE_MAX);

    mask_event(&masked, (const struct phone_event *)event);
    put_text(out, buf_slice(&masked), true);
    buf_free(&masked);
    return true;
}

static bool put_direction(struct buf *out, const void *at)
{
    json_put_string(out, *(const bool *)at ? "out" : "in");
    return true;
}

static bool put_outcome(struct buf *out, const void *at)
{
    json_put_string(out, json_outcome(*(const enum phone_outcome *)at));
    return true;
}

void json_put_device(struct buf *out, const struct phone_device *d)
{
    buf_puts(out, "\"name\":");
    json_put_string(out, d->name);
    buf_puts(out, ",\"host_api\":");
    json_put_string(out, d->host_api);
    buf_printf(out, ",\"inputs\":%u,\"outputs\":%u,\"rate\":%" PRIu32 ",\"default\":%s", d->inputs,
               d->outputs, d->rate_hz, d->is_default ? "true" : "false");
}

/* Where they could not be told, a text says why. */
static bool put_devices(struct buf *out, const void *at)
{
    const struct phone_event *e = at;

    if (e->n_devices == 0 && *e->text)
        return false;
    buf_putc(out, '[');
    for (size_t i = 0; i < e->n_devices; i++) {
        buf_puts(out, i > 0 ? ",{" : "{");
        json_put_device(out, &e->devices[i]);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    return true;
}

/* clang-format off */
static const char *const outcomes[] = {
    [PHONE_OK]          = "answered",
    [PHONE_BUSY]        = "busy",
    [PHONE_DECLINED]    = "declined",
    [PHONE_NO_ANSWER]   = "no-answer",
    [PHONE_NOT_FOUND]   = "not-found",
    [PHONE_NOT_ALLOWED] = "not-allowed",
    [PHONE_UNREACHABLE] = "unreachable",
    [PHONE_INTERRUPTED] = "interrupted",
    [PHONE_REFUSED]     = "refused",
    [PHONE_FAILED]      = "failed",
};
/* clang-format on */

const char *json_outcome(enum phone_outcome outcome)
{
    bool is_known = (size_t)outcome < ARRAY_LEN(outcomes) && outcomes[outcome];

    return is_known ? outcomes[outcome] : "failed";
}

/* --- members -------------------------------------------------------------------------------- */

/* Where a value stands: in the event, in its result if the call was answered, in its quality, or
 * in what is no event of the phone. */
enum part { OF_EVENT, OF_RESULT, OF_QUALITY, OF_OWN };

/* clang-format off */
enum member {
    CALL = 1, PEER, PEER_NAME, CONTACT, TARGET, ACCOUNT, URI, OUR_CONTACT, TRANSPORT, REMOTE, LOCAL,
    LISTENS, SERVER, STATUS, REASON, TEXT, CODEC, ENCRYPTION, SUITE, REDUNDANCY, SAFE, SENDING, EARLY,
    FILE_NAME, DIGIT,
    WAY, DIGITS, OUTCOME, ANSWERED, DURATION, SENT, RECEIVED, LOST, FROM_COPIES, FROM_FEC, CONCEALED,
    REFUSED, FRAMES_REFUSED, LOSS, THEIR_LOSS, JITTER, ROUND_TRIP,
    EXPIRES, BINDINGS, SEEN_AT, RETRY, REALM, CONFERENCE, TO_CALL, OTHER, MICROPHONE_DB, SPEAKER_DB, ECHO_MODE, NOISE_MODE,
    LEVEL_MODE, DEVICES,
    Q_LOSS, Q_THEIR_LOSS, Q_JITTER, Q_ROUND_TRIP, Q_DELAY, Q_LEVEL_IN, Q_LEVEL_OUT, Q_MOS, Q_SENT, Q_LEFT, Q_BURST, Q_EAR,
    Q_RATING, Q_LISTENING, Q_THEIR_DISCARD, Q_THEIR_DELAY, Q_THEIR_RATING, Q_THEIR_MOS, LEFT, EAR, RATING, MOS, LISTENING,
    THEIR_MOS, Q_RECEIVED, Q_LOST, Q_LATE, Q_CONCEALED, Q_FROM_COPIES, Q_FROM_FEC, Q_REFUSED,
    Q_FRAMES_REFUSED, Q_COPIES, Q_COPIES_MS,
    Q_ECHO_LESS, Q_ECHO_DELAY, Q_SPEECH, Q_NOISE, Q_GAIN,
    MICROPHONE_LEVEL, SPEAKER_LEVEL, DEVICE, DOING, DIRECTION, MESSAGE, WORD, EXIT, OWN_TEXT,
};
/* clang-format on */

#define E(m) OF_EVENT, offsetof(struct phone_event, m)
#define R(m) OF_RESULT, offsetof(struct phone_result, m)
#define Q(m) OF_QUALITY, offsetof(struct phone_quality, m)
#define O(m) OF_OWN, offsetof(struct json_own, m)

/* clang-format off */
static const struct {
    const char *name;
    put_fn *put;
    enum part part;
    size_t at;
} members[] = {
    [CALL]          = {"call",               put_number,         E(call)},
    [PEER]          = {"peer",               put_string,         E(peer)},
    [PEER_NAME]     = {"peer_name",          put_string,         E(peer_name)},
    [CONTACT]       = {"contact",            put_string,         E(contact)},
    [TARGET]        = {"target",             put_string,         E(target)},
    [ACCOUNT]       = {"account",            put_string,         E(account)},
    [URI]           = {"uri",                put_string,         E(peer)},
    [OUR_CONTACT]   = {"our_contact",        put_string,         E(text)},
    [TRANSPORT]     = {"transport",          put_string,         E(transport)},
    [REMOTE]        = {"remote",             put_address,        E(where)},
    [LOCAL]         = {"local",              put_address,        E(local)},
    [LISTENS]       = {"local",              put_address,        E(where)},
    [SERVER]        = {"server",             put_address,        E(where)},
    [STATUS]        = {"status",             put_number,         E(status)},
    [REASON]        = {"reason",             put_string,         E(reason)},
    [TEXT]          = {"text",               put_string,         E(text)},
    [CODEC]         = {"codec",              put_string,         E(codec)},
    [ENCRYPTION]    = {"encryption",         put_string,         E(encryption)},
    [SUITE]         = {"suite",              put_string,         E(suite)},
    [REDUNDANCY]    = {"redundancy",         put_bool,           E(redundancy)},
    [SAFE]          = {"signalling_encryption", put_string,      E(signalling_encryption)},
    [SENDING]       = {"sending",            put_bool,           E(on)},
    [EARLY]         = {"early",              put_not,            E(result.answered)},
    [FILE_NAME]     = {"file",               put_string,         E(file)},
    [DIGIT]         = {"digit",              put_string,         E(text)},
    [WAY]           = {"way",                put_string,         E(way)},
    [DIGITS]        = {"digits",             put_string,         E(digits)},
    [OUTCOME]       = {"outcome",            put_outcome,        E(outcome)},
    [ANSWERED]      = {"answered",           put_bool,           E(result.answered)},
    [DURATION]      = {"duration",           put_seconds,        R(talk_ms)},
    [SENT]          = {"sent",               put_u64,            R(sent)},
    [RECEIVED]      = {"received",           put_u64,            R(received)},
    [LOST]          = {"lost",               put_u64,            R(lost)},
    [FROM_COPIES]   = {"from_copies",        put_u64,            R(from_copies)},
    [FROM_FEC]      = {"from_fec",           put_u64,            R(from_fec)},
    [CONCEALED]     = {"concealed",          put_u64,            R(concealed)},
    [REFUSED]       = {"refused",            put_u64,            R(refused)},
    [FRAMES_REFUSED] = {"frames_refused",    put_u64,            R(frames_refused)},
    [LOSS]          = {"loss_percent",       put_real,           R(lost_percent)},
    [THEIR_LOSS]    = {"their_loss_percent", put_real_if_known,  R(their_lost_percent)},
    [JITTER]        = {"jitter_ms",          put_real,           R(jitter_ms)},
    [ROUND_TRIP]    = {"round_trip_ms",      put_real_if_known,  R(round_trip_ms)},
    [LEFT]          = {"left_percent",       put_real,           R(left_percent)},
    [EAR]           = {"mouth_to_ear_ms",    put_real_if_known,  R(mouth_to_ear_ms)},
    [RATING]        = {"rating",             put_real_if_known,  R(rating)},
    [MOS]           = {"mos",                put_real_if_known,  R(mos)},
    [LISTENING]     = {"mos_listening",      put_real_if_known,  R(mos_listening)},
    [THEIR_MOS]     = {"their_mos",          put_real_if_known,  R(their_mos)},
    [EXPIRES]       = {"expires",            put_u32,            E(expires_s)},
    [BINDINGS]      = {"bindings",           put_u32,            E(bindings)},
    [SEEN_AT]       = {"seen_at",            put_string,         E(seen_at)},
    [RETRY]         = {"retry",              put_seconds_if_any, E(retry_ms)},
    [REALM]         = {"realm",              put_string,         E(text)},
    [TO_CALL]       = {"to",                 put_string,         E(to)},
    [OTHER]         = {"other",              put_number,         E(other)},
    [CONFERENCE]    = {"conference",         put_number,         E(conference)},
    [MICROPHONE_DB] = {"microphone_db",      put_real,           E(microphone_db)},
    [SPEAKER_DB]    = {"speaker_db",         put_real,           E(speaker_db)},
    [ECHO_MODE]     = {"echo",               put_voice,          E(echo)},
    [NOISE_MODE]    = {"noise",              put_voice,          E(noise)},
    [LEVEL_MODE]    = {"level",              put_voice,          E(level)},
    [DEVICES]       = {"devices",            put_devices,        OF_EVENT, 0},
    [Q_LOSS]        = {"loss_percent",       put_real,           Q(loss_percent)},
    [Q_THEIR_LOSS]  = {"their_loss_percent", put_real_if_known,  Q(their_loss_percent)},
    [Q_JITTER]      = {"jitter_ms",          put_real,           Q(jitter_ms)},
    [Q_ROUND_TRIP]  = {"round_trip_ms",      put_real_if_known,  Q(round_trip_ms)},
    [Q_DELAY]       = {"delay_ms",           put_real_if_known,  Q(delay_ms)},
    [Q_LEVEL_IN]    = {"level_in_db",        put_real,           Q(level_in_dbfs)},
    [Q_LEVEL_OUT]   = {"level_out_db",       put_real,           Q(level_out_dbfs)},
    [Q_MOS]         = {"mos",                put_real_if_known,  Q(mos)},
    [Q_LEFT]        = {"left_percent",       put_real,           Q(left_percent)},
    [Q_BURST]       = {"burst",              put_real,           Q(burst)},
    [Q_EAR]         = {"mouth_to_ear_ms",    put_real_if_known,  Q(mouth_to_ear_ms)},
    [Q_RATING]      = {"rating",             put_real_if_known,  Q(rating)},
    [Q_LISTENING]   = {"mos_listening",      put_real_if_known,  Q(mos_listening)},
    [Q_THEIR_DISCARD] = {"their_discard_percent", put_real_if_known, Q(their_discard_percent)},
    [Q_THEIR_DELAY] = {"their_delay_ms",     put_real_if_known,  Q(their_delay_ms)},
    [Q_THEIR_RATING] = {"their_rating",      put_real_if_known,  Q(their_rating)},
    [Q_THEIR_MOS]   = {"their_mos",          put_real_if_known,  Q(their_mos)},
    [Q_SENT]        = {"sent",               put_u64,            Q(sent)},
    [Q_RECEIVED]    = {"received",           put_u64,            Q(received)},
    [Q_LOST]        = {"lost",               put_u64,            Q(lost)},
    [Q_LATE]        = {"late",               put_u64,            Q(late)},
    [Q_CONCEALED]   = {"concealed",          put_u64,            Q(concealed)},
    [Q_FROM_COPIES] = {"from_copies",        put_u64,            Q(from_copies)},
    [Q_FROM_FEC]    = {"from_fec",           put_u64,            Q(from_fec)},
    [Q_REFUSED]     = {"refused",            put_u64,            Q(refused)},
    [Q_FRAMES_REFUSED] = {"frames_refused",  put_u64,            Q(frames_refused)},
    [Q_COPIES]      = {"copies",             put_u32,            Q(copies)},
    [Q_COPIES_MS]   = {"copies_ms",          put_u32,            Q(copies_ms)},
    [Q_ECHO_LESS]   = {"echo_less_db",       put_real,           Q(echo_less_db)},
    [Q_ECHO_DELAY]  = {"echo_delay_ms",      put_real,           Q(echo_delay_ms)},
    [Q_SPEECH]      = {"speech_dbfs",        put_real,           Q(speech_dbfs)},
    [Q_NOISE]       = {"noise_dbfs",         put_real,           Q(noise_dbfs)},
    [Q_GAIN]        = {"gain_db",            put_real,           Q(gain_db)},
    [MICROPHONE_LEVEL] = {"microphone_dbfs", put_real,           E(microphone_db)},
    [SPEAKER_LEVEL] = {"speaker_dbfs",       put_real,           E(speaker_db)},
    [DEVICE]        = {"device",             put_string,         E(device)},
    [DOING]         = {"doing",              put_string,         E(text)},
    [DIRECTION]     = {"direction",          put_direction,      E(sent)},
    [MESSAGE]       = {"message",            put_message,        E(bytes)},
    [WORD]          = {"outcome",            put_string,         O(word)},
    [EXIT]          = {"exit",               put_int,            O(exit)},
    [OWN_TEXT]      = {"text",               put_string,         O(text)},
};

/* --- events --------------------------------------------------------------------------------- */

/* enum member, in the order told; 0 behind the last. */
#define WHOSE CALL, PEER, CONTACT, ACCOUNT /* what every event of a call begins with */
#define TOTALS                                                                                     \
    DURATION, SENT, RECEIVED, LOST, FROM_COPIES, FROM_FEC, CONCEALED, REFUSED, FRAMES_REFUSED,     \
        LOSS, THEIR_LOSS, JITTER, ROUND_TRIP, LEFT, EAR, RATING, MOS, LISTENING, THEIR_MOS

/* clang-format off */
/* What the kinds that phone/event_names.h names are told with. */
static const unsigned char told_with[][JSON_MEMBERS_MAX] = {
    [PHONE_LISTENING]       = {TRANSPORT, LISTENS},
    [PHONE_INCOMING]        = {WHOSE, PEER_NAME, TARGET, TRANSPORT, REMOTE, SAFE},
    [PHONE_TURNED_AWAY]     = {WHOSE, PEER_NAME, TARGET, TRANSPORT, REMOTE, STATUS},
    [PHONE_CALLING]         = {WHOSE, TRANSPORT, REMOTE},
    [PHONE_RINGING]         = {WHOSE, STATUS, REASON},
    [PHONE_EARLY]           = {WHOSE, CODEC, REMOTE, ENCRYPTION},
    [PHONE_ANSWERED]        = {WHOSE, STATUS, CODEC, REMOTE, ENCRYPTION, SAFE},
    [PHONE_MEDIA_MOVED]     = {WHOSE, CODEC, REMOTE, ENCRYPTION},
    [PHONE_HELD]            = {WHOSE},
    [PHONE_RESUMED]         = {WHOSE},
    [PHONE_DIGIT]           = {WHOSE, DIGIT, WAY},
    [PHONE_DIGITS_SENT]     = {WHOSE, WAY},
    [PHONE_PLAY_ENDED]      = {WHOSE, FILE_NAME, TEXT},
    [PHONE_SOUND_FAILED]    = {WHOSE, FILE_NAME, TEXT},
    [PHONE_NOTICE]          = {WHOSE, STATUS, TEXT},
    [PHONE_WAITING]         = {WHOSE, TEXT},
    [PHONE_ENDED]           = {WHOSE, OUTCOME, STATUS, REASON, TEXT, ANSWERED, TOTALS, CODEC,
                               ENCRYPTION, FILE_NAME, DIGITS},
    [PHONE_REGISTERED]      = {ACCOUNT, URI, SERVER, TRANSPORT, OUR_CONTACT, EXPIRES, BINDINGS,
                               SEEN_AT, SAFE},
    [PHONE_REGISTER_FAILED] = {ACCOUNT, URI, OUTCOME, STATUS, REASON, TEXT, RETRY},
    [PHONE_UNREGISTERED]    = {ACCOUNT, URI},
    [PHONE_PASSWORD_WANTED] = {ACCOUNT, URI, REALM},
    [PHONE_ON_HOLD]         = {WHOSE, STATUS},
    [PHONE_MOVED]           = {WHOSE, LISTENS},
    [PHONE_MEDIA]           = {WHOSE, CODEC, REMOTE, LOCAL, ENCRYPTION, SUITE, REDUNDANCY, SAFE,
                               SENDING, EARLY},
    [PHONE_MUTED]           = {WHOSE},
    [PHONE_PLAYING]         = {WHOSE, FILE_NAME},
    [PHONE_RECORDING]       = {WHOSE, FILE_NAME, TEXT},
    [PHONE_JOINED]          = {WHOSE, CONFERENCE},
    [PHONE_PARTED]          = {WHOSE, CONFERENCE},
    [PHONE_TRANSFER_ASKED]  = {WHOSE, PEER_NAME, TO_CALL},
    [PHONE_TRANSFER_FOLLOWED] = {WHOSE, PEER_NAME, TO_CALL, OTHER},
    [PHONE_TRANSFER_REFUSED] = {WHOSE, PEER_NAME, TO_CALL, STATUS, TEXT},
    [PHONE_QUALITY]         = {CALL, Q_LOSS, Q_THEIR_LOSS, Q_JITTER, Q_ROUND_TRIP, Q_DELAY,
                               Q_LEVEL_IN, Q_LEVEL_OUT, Q_LEFT, Q_BURST, Q_EAR, Q_RATING, Q_MOS,
                               Q_LISTENING, Q_THEIR_DISCARD, Q_THEIR_DELAY, Q_THEIR_RATING,
                               Q_THEIR_MOS, Q_SENT, Q_RECEIVED, Q_LOST, Q_LATE,
                               Q_CONCEALED, Q_FROM_COPIES, Q_FROM_FEC, Q_REFUSED,
                               Q_FRAMES_REFUSED, Q_COPIES, Q_COPIES_MS, Q_ECHO_LESS,
                               Q_ECHO_DELAY, Q_SPEECH, Q_NOISE, Q_GAIN},
    [PHONE_LEVELS]          = {MICROPHONE_LEVEL, SPEAKER_LEVEL},
    [PHONE_DEVICE_IN_USE]   = {DEVICE, TEXT},
    [PHONE_TESTED]          = {DOING},
    [PHONE_TEST_ENDED]      = {TEXT},
    [PHONE_DND_SET]         = {0},
    [PHONE_VOLUMES]         = {MICROPHONE_DB, SPEAKER_DB},
    [PHONE_VOICE_SET]       = {ECHO_MODE, NOISE_MODE, LEVEL_MODE},
    [PHONE_DEVICE_LIST]     = {DEVICES, TEXT},
    [PHONE_CONTACTS_CHANGED] = {0},
    [PHONE_HOOK_FAILED]     = {WHOSE, TEXT},
    [PHONE_MESSAGE]         = {DIRECTION, TRANSPORT, LOCAL, REMOTE, MESSAGE},
};

static const struct {
    const char *name;
    unsigned char members[JSON_MEMBERS_MAX];
} own_kinds[] = {
    [JSON_OUTCOME] = {"outcome", {WORD, EXIT, OWN_TEXT}},
    [JSON_DROPPED] = {"dropped", {OWN_TEXT}},
};
/* clang-format on */

/* --- lines ---------------------------------------------------------------------------------- */

/* What a line is made from: one of the two. */
struct source {
    const struct phone_event *event;
    const struct json_own *own;
};

/* NULL: it has no such part. */
static const char *part_of(const struct source *from, enum part part)
{
    const struct phone_event *e = from->event;

    switch (part) {
    case OF_EVENT:
        return (const char *)e;
    case OF_RESULT:
        return e && e->result.answered ? (const char *)&e->result : NULL;
    case OF_QUALITY:
        return e ? (const char *)e->quality : NULL;
    case OF_OWN:
        return (const char *)from->own;
    }
    return NULL;
}

static void put_member(struct buf *out, const struct source *from, unsigned member)
{
    const char *part = part_of(from, members[member].part);
    size_t before = out->n;

    buf_printf(out, ",\"%s\":", members[member].name);
    if (!part || !members[member].put(out, part + members[member].at))
        out->n = before;
}

static void put_line(struct buf *out, const char *name, const unsigned char *told,
                     const struct source *from, uint64_t unix_ms)
{
    size_t before = out->n;

    buf_printf(out, "{\"v\":%d,\"event\":\"%s\",\"time\":", JSON_VERSION, name);
    put_seconds(out, &unix_ms);
    for (size_t i = 0; i < JSON_MEMBERS_MAX && told[i]; i++)
        put_member(out, from, told[i]);
    buf_puts(out, "}\n");
    if (!buf_ok(out))
        out->n = before; /* rather nothing than half a line */
}

void json_event(struct buf *out, const struct phone_event *event, uint64_t unix_ms)
{
    const char *name = event_name(event);

    if (name && (size_t)event->kind < ARRAY_LEN(told_with))
        put_line(out, name, told_with[event->kind], &(struct source){.event = event}, unix_ms);
}

void json_own(struct buf *out, const struct json_own *own, uint64_t unix_ms)
{
    put_line(out, own_kinds[own->kind].name, own_kinds[own->kind].members,
             &(struct source){.own = own}, unix_ms);
}

uint64_t json_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- the table, for the tests --------------------------------------------------------------- */

static void fill_shape(struct json_shape *out, const char *name, const unsigned char *told)
{
    size_t n = 0;

    *out = (struct json_shape){.name = name};
    for (; n < JSON_MEMBERS_MAX && told[n]; n++)
        out->members[n] = members[told[n]].name;
}

/* The i-th name of phone/event_names.h by trying all kinds, as that knows no way back. */
static bool phone_shape(size_t i, struct json_shape *out)
{
    struct phone_event event = {0};

    for (size_t k = 0; k < 2 * ARRAY_LEN(told_with); k++) {
        event.kind = (enum phone_event_kind)(k / 2);
        event.on = k % 2;
        if (event_name_place(&event) != (int)i)
            continue;
        fill_shape(out, event_name(&event), told_with[event.kind]);
        return true;
    }
    return false;
}

bool json_shape_at(size_t i, struct json_shape *out)
{
    size_t phones = 0;

    while (event_name_at(phones))
        phones++;
    if (i < phones)
        return phone_shape(i, out);
    i += JSON_OUTCOME - phones;
    if (i >= ARRAY_LEN(own_kinds))
        return false;
    fill_shape(out, own_kinds[i].name, own_kinds[i].members);
    return true;
}
