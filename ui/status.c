#include "ui/status.h"

#include <inttypes.h>
#include <string.h>

#include "ui/json.h"

/* clang-format off */
static const enum exit_status exits[] = {
    [PHONE_OK]          = EXIT_OK,
    [PHONE_BUSY]        = EXIT_BUSY,
    [PHONE_DECLINED]    = EXIT_DECLINED,
    [PHONE_NO_ANSWER]   = EXIT_NO_ANSWER,
    [PHONE_NOT_FOUND]   = EXIT_NOT_FOUND,
    [PHONE_NOT_ALLOWED] = EXIT_NOT_ALLOWED,
    [PHONE_UNREACHABLE] = EXIT_UNREACHABLE,
    [PHONE_INTERRUPTED] = EXIT_INTERRUPTED,
    [PHONE_REFUSED]     = EXIT_OTHER,
    [PHONE_FAILED]      = EXIT_OTHER,
};
/* clang-format on */

enum exit_status exit_of(enum phone_outcome outcome)
{
    return (size_t)outcome < ARRAY_LEN(exits) ? exits[outcome] : EXIT_OTHER;
}

/* --- lines for a person --------------------------------------------------------------------- */

static void put_call(struct buf *out, const struct phone_event *e)
{
    if (e->call > 1)
        buf_printf(out, "call %" PRIu32 ": ", e->call);
}

static const struct encryption {
    const char *name, *words, *keys;
} encryptions[] = {
    {"none", "not encrypted", ""},
    {"sdes", "encrypted", "SDES"},
    {"sdes-in-the-clear", "encrypted, but the keys went in the clear", "SDES"},
    {"sdes-unverified", "encrypted, not verified", "SDES"},
    {"dtls", "encrypted", "DTLS"},
    {"dtls-unverified", "encrypted, not verified", "DTLS"},
};

static const struct encryption *find_encryption(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(encryptions); i++)
        if (strcmp(name, encryptions[i].name) == 0)
            return &encryptions[i];
    return NULL;
}

const char *status_encryption(const char *encryption)
{
    const struct encryption *found = find_encryption(encryption);

    return found ? found->words : encryption;
}

const char *status_keys(const char *encryption)
{
    const struct encryption *found = find_encryption(encryption);

    return found ? found->keys : "";
}

void status_put_messages(struct buf *out, const char *safe, bool known)
{
    struct slice who = slice_of(safe), version = slice_cut(&who, ',');
    struct slice cipher = slice_cut(&who, ',');

    who = slice_trim(who);
    if (who.n == 0) {
        buf_puts(out, *safe ? safe : known ? "not encrypted" : "not known yet");
        return;
    }
    buf_put(out, who);
    buf_puts(out, ", ");
    buf_put(out, version);
    buf_putc(out, ',');
    buf_put(out, cipher);
}

static void put_sound(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    if (*e->codec)
        buf_printf(out, ", %s", e->codec);
    if (*e->encryption)
        buf_printf(out, ", %s", status_encryption(e->encryption));
    if (e->where.family != 0)
        buf_printf(out, ", sound to %s", ip_text(&e->where, where));
}

static void put_status(struct buf *out, const struct phone_event *e)
{
    if (e->status == 0)
        return;
    buf_printf(out, " (%u", e->status);
    if (*e->reason)
        buf_printf(out, " %s", e->reason);
    buf_putc(out, ')');
}

/* RFC 3261 21.1. */
static void put_progress(struct buf *out, const struct phone_event *e)
{
    static const char *const words[] = {"ringing", "being forwarded", "queued"};
    unsigned i = e->status - 180;

    buf_puts(out, i < ARRAY_LEN(words) ? words[i] : "in progress");
    put_status(out, e);
}

static void put_listening(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    buf_printf(out, "listening on %s %s", e->transport, ip_text(&e->where, where));
}

void status_put_duration(struct buf *out, uint64_t seconds)
{
    unsigned minutes = (unsigned)(seconds / 60 % 60), rest = (unsigned)(seconds % 60);

    if (seconds >= 3600)
        buf_printf(out, "%" PRIu64 ":%02u:%02u", seconds / 3600, minutes, rest);
    else
        buf_printf(out, "%u:%02u", minutes, rest);
}

void status_put_quoted(struct buf *out, const char *name)
{
    buf_putc(out, '"');
    for (const char *p = name; *p; p++)
        buf_putc(out, *p == '"' ? '\'' : *p);
    buf_putc(out, '"');
}

void status_put_name(struct buf *out, const char *contact, const char *name)
{
    if (*contact) {
        buf_printf(out, "%s, ", contact);
    } else if (*name) {
        status_put_quoted(out, name);
        buf_putc(out, ' ');
    }
}

static void put_incoming(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    buf_puts(out, "call from ");
    status_put_name(out, e->contact, e->peer_name);
    buf_printf(out, "%s (%s %s)", e->peer, e->transport, ip_text(&e->where, where));
    if (*e->account)
        buf_printf(out, " for %s", e->account);
}

static void put_calling(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    buf_puts(out, "calling ");
    if (*e->contact)
        buf_printf(out, "%s, ", e->contact);
    buf_printf(out, "%s (%s %s)", e->peer, e->transport, ip_text(&e->where, where));
}

static void put_answered(struct buf *out, const struct phone_event *e)
{
    buf_puts(out, "answered");
    put_sound(out, e);
    if (*e->signalling_encryption)
        buf_printf(out, ", messages by %s", e->signalling_encryption);
    else
        buf_puts(out, ", messages not encrypted");
}

static void put_registered(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    buf_printf(out, "registered %s at %s %s for %u s", e->peer, e->transport,
               ip_text(&e->where, where), e->expires_s);
    if (e->bindings > 1)
        buf_printf(out, ", one of %u devices", e->bindings);
    if (*e->seen_at)
        buf_printf(out, ", seen at %s", e->seen_at);
    if (*e->signalling_encryption)
        buf_printf(out, ", %s", e->signalling_encryption);
}

static void put_register_failed(struct buf *out, const struct phone_event *e)
{
    buf_puts(out, e->text);
    if (e->retry_ms > 0)
        buf_printf(out, "; tried again in %" PRIu64 ".%" PRIu64 " s", e->retry_ms / 1000,
                   e->retry_ms % 1000 / 100);
}

static void put_on_hold(struct buf *out, const struct phone_event *e)
{
    buf_puts(out, e->on ? "on hold" : "off hold");
    if (e->status)
        buf_printf(out, ", though the other side refused (%u)", e->status);
}

static void put_play_ended(struct buf *out, const struct phone_event *e)
{
    if (*e->text)
        buf_printf(out, "playing has ended: %s", e->text);
    else
        buf_puts(out, "the file has been played");
}

static void put_recording(struct buf *out, const struct phone_event *e)
{
    if (*e->text)
        buf_puts(out, e->text);
    else
        buf_printf(out, "%s to %s", e->on ? "recording" : "recorded", e->file);
}

/* What is not known is left out. */
static void put_quality(struct buf *out, const struct phone_quality *q)
{
    const struct {
        const char *name;
        double ms;
    } times[] = {{"jitter", q->jitter_ms},
                 {"round trip", q->round_trip_ms},
                 {"delay", q->delay_ms},
                 {"from mouth to ear", q->mouth_to_ear_ms}};

    if (q->mos >= 0)
        buf_printf(out, "quality %.1f of 4.5, ", q->mos);
    if (q->their_mos >= 0)
        buf_printf(out, "theirs %.1f, ", q->their_mos);
    buf_printf(out, "%.1f %% lost", q->loss_percent);
    if (q->their_loss_percent >= 0)
        buf_printf(out, ", %.1f %% lost there", q->their_loss_percent);
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if (times[i].ms >= 0)
            buf_printf(out, ", %s %.0f ms", times[i].name, times[i].ms);
}

static void put_volumes(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, "microphone %+.0f dB, loudspeaker %+.0f dB", e->microphone_db, e->speaker_db);
}

static void put_voice(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, "echo %s, noise suppression %s, level control %s", json_voice(e->echo),
               json_voice(e->noise), json_voice(e->level));
}

/* Who asks stands before it, or is the only one there is. */
static void put_transfer(struct buf *out, const struct phone_event *e)
{
    switch (e->kind) {
    case PHONE_TRANSFER_ASKED:
        buf_printf(out, "asks you to call %s instead: follow or stay", e->to);
        break;
    case PHONE_TRANSFER_FOLLOWED:
        buf_printf(out, "calling %s instead, as call %" PRIu32, e->to, e->other);
        break;
    default:
        buf_printf(out, "not calling %s instead: %s", e->to, e->text);
    }
}

static void put_moved(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    buf_printf(out, "the network has changed: we are heard from %s now", ip_text(&e->where, where));
}

static void put_device(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, *e->text ? "sound device is still %s" : "sound device is now %s", e->device);
    if (*e->text)
        buf_printf(out, ": %s", e->text);
}

static void put_test(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, "device test: %s", e->text);
}

static void put_test_ended(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, "device test is over%s%s", *e->text ? ": " : "", e->text);
}

static void put_ended(struct buf *out, const struct phone_event *e)
{
    buf_puts(out, "ended: ");
    buf_puts(out, e->text);
    if (e->result.answered)
        buf_printf(out, ", after %" PRIu64 ".%" PRIu64 " s", e->result.talk_ms / 1000,
                   e->result.talk_ms % 1000 / 100);
}

/* clang-format off */
/* The body of the line; false: there is none. */
static bool put_event(struct buf *out, const struct phone_event *e)
{
    switch (e->kind) {
    case PHONE_LISTENING: put_listening(out, e); return true;
    case PHONE_INCOMING: put_incoming(out, e); return true;
    case PHONE_TURNED_AWAY: put_incoming(out, e); buf_puts(out, ", turned away"); return true;
    case PHONE_DEVICE_IN_USE: put_device(out, e); return true;
    case PHONE_TESTED: put_test(out, e); return true;
    case PHONE_TEST_ENDED: put_test_ended(out, e); return true;
    case PHONE_DND_SET: buf_printf(out, "do not disturb is %s", e->on ? "on" : "off"); return true;
    case PHONE_CALLING: put_calling(out, e); return true;
    case PHONE_RINGING: put_progress(out, e); return true;
    case PHONE_EARLY: buf_puts(out, "sound before the answer"); put_sound(out, e); return true;
    case PHONE_ANSWERED: put_answered(out, e); return true;
    case PHONE_MEDIA_MOVED: buf_puts(out, "sound changed"); put_sound(out, e); return true;
    case PHONE_HELD: buf_puts(out, "put on hold by the other side"); return true;
    case PHONE_RESUMED: buf_puts(out, "taken off hold by the other side"); return true;
    case PHONE_DIGIT: buf_printf(out, "digit %s received", e->text); return true;
    case PHONE_DIGITS_SENT: buf_puts(out, "digits sent"); return true;
    case PHONE_PLAYING: buf_printf(out, "playing %s", e->file); return true;
    case PHONE_PLAY_ENDED: put_play_ended(out, e); return true;
    case PHONE_RECORDING: put_recording(out, e); return true;
    case PHONE_SOUND_FAILED:
    case PHONE_HOOK_FAILED:
    case PHONE_WAITING:
    case PHONE_NOTICE: buf_puts(out, e->text); return true;
    case PHONE_ENDED: put_ended(out, e); return true;
    case PHONE_REGISTERED: put_registered(out, e); return true;
    case PHONE_REGISTER_FAILED: put_register_failed(out, e); return true;
    case PHONE_UNREGISTERED: buf_printf(out, "no longer registered: %s", e->peer); return true;
    case PHONE_ON_HOLD: put_on_hold(out, e); return true;
    case PHONE_MOVED: put_moved(out, e); return true;
    case PHONE_MUTED: buf_puts(out, e->on ? "muted" : "no longer muted"); return true;
    case PHONE_JOINED: buf_printf(out, "in conference %" PRIu32, e->conference); return true;
    case PHONE_PARTED: buf_printf(out, "out of conference %" PRIu32, e->conference); return true;
    case PHONE_QUALITY: put_quality(out, e->quality); return true;
    case PHONE_VOLUMES: put_volumes(out, e); return true;
    case PHONE_VOICE_SET: put_voice(out, e); return true;
    case PHONE_TRANSFER_ASKED:
    case PHONE_TRANSFER_FOLLOWED:
    case PHONE_TRANSFER_REFUSED: put_transfer(out, e); return true;
    case PHONE_MEDIA:
    case PHONE_LEVELS:
    case PHONE_DEVICE_LIST:
    case PHONE_CONTACTS_CHANGED:
    case PHONE_PASSWORD_WANTED:
    case PHONE_MESSAGE:
    case PHONE_CLOSED: return false;
    }
    return false;
}
/* clang-format on */

/* clang-format off */
/* The least verbosity at which an event is told. */
static int worth(const struct phone_event *e)
{
    switch (e->kind) {
    case PHONE_SOUND_FAILED:
    case PHONE_HOOK_FAILED:
    case PHONE_REGISTER_FAILED:
    case PHONE_NOTICE: return -1;
    case PHONE_RECORDING: return *e->text ? -1 : 1;
    case PHONE_PLAYING:
    case PHONE_PLAY_ENDED:
    case PHONE_VOLUMES:
    case PHONE_VOICE_SET:
    case PHONE_DIGITS_SENT: return 1;
    case PHONE_QUALITY: return 2;
    default: return 0;
    }
}
/* clang-format on */

bool status_words(struct buf *out, const struct phone_event *event)
{
    return put_event(out, event);
}

void status_line(struct buf *out, const struct phone_event *event, int verbosity)
{
    size_t from = out->n;

    /* A call that failed is an error, which -q does not hide. */
    if (verbosity < worth(event) && !(event->kind == PHONE_ENDED && event->outcome != PHONE_OK))
        return;
    put_call(out, event);
    if (put_event(out, event))
        buf_putc(out, '\n');
    else
        out->n = from;
}

/* --- the line for a script ------------------------------------------------------------------ */

/* A value without blanks, so that a line can be split at them; safe text comes in. */
static void put_value(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, " %s=", name);
    for (const char *p = value; *p; p++)
        buf_putc(out, *p == ' ' ? '_' : *p);
}

static void put_sound_result(struct buf *out, const struct phone_result *r)
{
    buf_printf(out, " sent=%" PRIu64 " received=%" PRIu64 " lost=%" PRIu64 " loss=%.1f%%", r->sent,
               r->received, r->lost, r->lost_percent);
    if (r->refused > 0)
        buf_printf(out, " refused=%" PRIu64, r->refused);
    if (r->frames_refused > 0)
        buf_printf(out, " frames-refused=%" PRIu64, r->frames_refused);
    if (r->their_lost_percent >= 0)
        buf_printf(out, " their-loss=%.1f%%", r->their_lost_percent);
    if (r->received > 0)
        buf_printf(out, " jitter=%.1f", r->jitter_ms);
    if (r->round_trip_ms >= 0)
        buf_printf(out, " round-trip=%.1f", r->round_trip_ms);
    if (r->mos >= 0)
        buf_printf(out, " left=%.1f%% mouth-to-ear=%.0f rating=%.0f mos=%.1f mos-listening=%.1f",
                   r->left_percent, r->mouth_to_ear_ms, r->rating, r->mos, r->mos_listening);
    if (r->their_mos >= 0)
        buf_printf(out, " their-mos=%.1f", r->their_mos);
}

static void put_registration(struct buf *out, const struct phone_event *e)
{
    char where[IP_TEXT_MAX];

    put_value(out, "contact", e->text);
    buf_printf(out, " expires=%u bindings=%u", e->expires_s, e->bindings);
    if (e->where.family)
        put_value(out, "server", ip_text(&e->where, where));
    put_value(out, "transport", e->transport);
    if (*e->seen_at)
        put_value(out, "seen-at", e->seen_at);
}

static void put_register_result(struct buf *out, const struct phone_event *e)
{
    bool good = e->kind == PHONE_REGISTERED;

    buf_puts(out, good ? "registered" : json_outcome(e->outcome));
    if (e->status > 0)
        buf_printf(out, " status=%u", e->status);
    put_value(out, "account", e->account);
    put_value(out, "uri", e->peer);
    if (good)
        put_registration(out, e);
    buf_putc(out, '\n');
}

void result_line(struct buf *out, const struct phone_event *event)
{
    const struct phone_result *r = &event->result;

    if (event->kind != PHONE_ENDED) {
        put_register_result(out, event);
        return;
    }
    buf_puts(out, json_outcome(event->outcome));
    if (event->status > 0)
        buf_printf(out, " status=%u", event->status);
    if (*event->peer)
        put_value(out, "peer", event->peer);
    if (*event->account)
        put_value(out, "account", event->account);
    if (r->answered) {
        buf_printf(out, " seconds=%" PRIu64 ".%03" PRIu64, r->talk_ms / 1000, r->talk_ms % 1000);
        if (*event->codec)
            put_value(out, "codec", event->codec);
        if (*event->encryption)
            put_value(out, "encryption", event->encryption);
        put_sound_result(out, r);
        if (*event->digits)
            put_value(out, "digits", event->digits);
        if (*event->file)
            put_value(out, "file", event->file);
    }
    buf_putc(out, '\n');
}
