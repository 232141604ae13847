#include "ui/load_report.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "phone/quality.h"
#include "ui/json.h"
#include "ui/status.h"

#define PACKET_MS 20.0

/* --- counting -------------------------------------------------------------------------------- */

/* Nobody listens, so there is no jitter buffer whose delay would count. */
static double mos_of(const struct phone_result *r)
{
    double delay_ms = PACKET_MS + fmax(r->round_trip_ms, 0) / 2;

    return quality_mos(quality_rating(delay_ms, r->lost_percent));
}

static void count_sound(struct load_report *report, const struct phone_result *r)
{
    double mos = mos_of(r);

    report->sent += r->sent;
    report->received += r->received;
    report->lost += r->lost;
    if (r->their_lost_percent >= 0) {
        report->reported++;
        report->their_lost_sum += r->their_lost_percent;
        report->their_lost_max = fmax(report->their_lost_max, r->their_lost_percent);
    }
    if (r->received == 0)
        return;
    report->mos_min = report->heard == 0 ? mos : fmin(report->mos_min, mos);
    report->mos_sum += mos;
    report->jitter_sum += r->jitter_ms;
    report->jitter_max = fmax(report->jitter_max, r->jitter_ms);
    report->heard++;
}

void load_report_ended(struct load_report *report, const struct phone_event *event, bool early)
{
    report->ended++;
    if (event->result.answered) {
        report->ended_early += early ? 1 : 0;
        count_sound(report, &event->result);
        return;
    }
    if ((size_t)event->outcome < ARRAY_LEN(report->outcomes))
        report->outcomes[event->outcome]++;
    if (event->status >= 300 && event->status < LOAD_STATUS_MAX)
        report->statuses[event->status]++;
}

/* --- what it comes to ------------------------------------------------------------------------ */

/* The one outcome of all that failed; 0: there is none. */
static enum phone_outcome common_outcome(const struct load_report *report)
{
    size_t found = 0;

    for (size_t i = 0; i < ARRAY_LEN(report->outcomes); i++) {
        if (report->outcomes[i] == 0)
            continue;
        if (found)
            return (enum phone_outcome)0;
        found = i;
    }
    return (enum phone_outcome)found;
}

enum exit_status load_report_exit(const struct load_report *report)
{
    enum phone_outcome common = common_outcome(report);

    if (report->interrupted && report->ended < report->calls)
        return EXIT_INTERRUPTED;
    if (report->answered < report->calls)
        return report->interrupted ? EXIT_INTERRUPTED : common ? exit_of(common) : EXIT_OTHER;
    return report->sound_failed ? EXIT_SOUND : EXIT_OK;
}

const char *load_report_word(const struct load_report *report)
{
    enum phone_outcome common = common_outcome(report);

    switch (load_report_exit(report)) {
    case EXIT_OK:
        return json_outcome(PHONE_OK);
    case EXIT_INTERRUPTED:
        return json_outcome(PHONE_INTERRUPTED);
    case EXIT_SOUND:
        return "sound";
    default:
        return json_outcome(common ? common : PHONE_FAILED);
    }
}

static double mean(double sum, uint64_t n)
{
    return n > 0 ? sum / (double)n : 0;
}

static double lost_percent(const struct load_report *report)
{
    uint64_t expected = report->received + report->lost;

    return expected > 0 ? 100 * (double)report->lost / (double)expected : 0;
}

/* Between the first and the last beginning there is one call less. */
static double rate(const struct load_report *report)
{
    return report->placed > 1 && report->placing_us > 0
               ? (double)(report->placed - 1) * 1e6 / (double)report->placing_us
               : 0;
}

static uint64_t failed(const struct load_report *report)
{
    uint64_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(report->outcomes); i++)
        n += report->outcomes[i];
    return n;
}

/* --- text ------------------------------------------------------------------------------------ */

static void put_number(struct buf *out, const char *name, uint64_t value)
{
    buf_printf(out, "%s=%" PRIu64 "\n", name, value);
}

static void put_real(struct buf *out, const char *name, double value, int decimals)
{
    buf_printf(out, "%s=%.*f\n", name, decimals, value);
}

static void put_failures(const struct load_report *report, struct buf *out)
{
    put_number(out, "failed", failed(report));
    for (size_t i = 0; i < ARRAY_LEN(report->outcomes); i++)
        if (report->outcomes[i] > 0)
            buf_printf(out, "failed-%s=%" PRIu64 "\n", json_outcome((enum phone_outcome)i),
                       report->outcomes[i]);
    for (unsigned status = 0; status < LOAD_STATUS_MAX; status++)
        if (report->statuses[status] > 0)
            buf_printf(out, "status-%u=%" PRIu64 "\n", status, report->statuses[status]);
}

static void put_sound(const struct load_report *report, struct buf *out)
{
    put_number(out, "sent", report->sent);
    put_number(out, "received", report->received);
    put_number(out, "lost", report->lost);
    put_real(out, "loss-percent", lost_percent(report), 2);
    if (report->reported > 0) {
        put_real(out, "their-loss-percent", mean(report->their_lost_sum, report->reported), 2);
        put_real(out, "their-loss-percent-max", report->their_lost_max, 2);
    }
    if (report->heard == 0)
        return;
    put_real(out, "jitter-ms", mean(report->jitter_sum, report->heard), 2);
    put_real(out, "jitter-ms-max", report->jitter_max, 2);
    put_real(out, "mos", mean(report->mos_sum, report->heard), 2);
    put_real(out, "mos-min", report->mos_min, 2);
}

void load_report_text(const struct load_report *report, struct buf *out)
{
    buf_puts(out, "target=");
    text_safe(out, slice_of(report->target));
    buf_printf(out, "\noutcome=%s\n", load_report_word(report));
    put_number(out, "calls", report->calls);
    put_number(out, "placed", report->placed);
    put_number(out, "answered", report->answered);
    put_number(out, "ended-early", report->ended_early);
    put_failures(report, out);
    put_number(out, "at-once", report->at_once);
    put_real(out, "seconds", (double)report->elapsed_us / 1e6, 3);
    put_real(out, "per-second", rate(report), 2);
    put_real(out, "stalled-seconds", (double)report->stalled_us / 1e6, 3);
    if (report->setup.n > 0) {
        put_real(out, "setup-ms-p50", load_times_ms(&report->setup, 50), 2);
        put_real(out, "setup-ms-p90", load_times_ms(&report->setup, 90), 2);
        put_real(out, "setup-ms-p99", load_times_ms(&report->setup, 99), 2);
        put_real(out, "setup-ms-max", load_times_ms(&report->setup, 100), 2);
    }
    put_sound(report, out);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void json_number(struct buf *out, const char *name, uint64_t value)
{
    buf_printf(out, ",\"%s\":%" PRIu64, name, value);
}

static void json_real(struct buf *out, const char *name, double value, int decimals)
{
    buf_printf(out, ",\"%s\":%.*f", name, decimals, value);
}

static void json_failures(const struct load_report *report, struct buf *out)
{
    const char *between = "";

    json_number(out, "failed", failed(report));
    buf_puts(out, ",\"failures\":[");
    for (size_t i = 0; i < ARRAY_LEN(report->outcomes); i++) {
        if (report->outcomes[i] == 0)
            continue;
        buf_printf(out, "%s{\"outcome\":\"%s\",\"calls\":%" PRIu64 "}", between,
                   json_outcome((enum phone_outcome)i), report->outcomes[i]);
        between = ",";
    }
    buf_puts(out, "],\"statuses\":[");
    between = "";
    for (unsigned status = 0; status < LOAD_STATUS_MAX; status++) {
        if (report->statuses[status] == 0)
            continue;
        buf_printf(out, "%s{\"status\":%u,\"calls\":%" PRIu64 "}", between, status,
                   report->statuses[status]);
        between = ",";
    }
    buf_putc(out, ']');
}

static void json_setup(const struct load_report *report, struct buf *out)
{
    if (report->setup.n == 0)
        return;
    buf_printf(out, ",\"setup_ms\":{\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"max\":%.2f}",
               load_times_ms(&report->setup, 50), load_times_ms(&report->setup, 90),
               load_times_ms(&report->setup, 99), load_times_ms(&report->setup, 100));
}

static void json_sound(const struct load_report *report, struct buf *out)
{
    json_number(out, "sent", report->sent);
    json_number(out, "received", report->received);
    json_number(out, "lost", report->lost);
    json_real(out, "loss_percent", lost_percent(report), 2);
    if (report->reported > 0)
        buf_printf(out, ",\"their_loss_percent\":{\"mean\":%.2f,\"max\":%.2f}",
                   mean(report->their_lost_sum, report->reported), report->their_lost_max);
    if (report->heard == 0)
        return;
    buf_printf(out, ",\"jitter_ms\":{\"mean\":%.2f,\"max\":%.2f}",
               mean(report->jitter_sum, report->heard), report->jitter_max);
    buf_printf(out, ",\"mos\":{\"mean\":%.2f,\"min\":%.2f}", mean(report->mos_sum, report->heard),
               report->mos_min);
}

void load_report_json(const struct load_report *report, uint64_t unix_ms, struct buf *out)
{
    buf_printf(out, "{\"v\":%d,\"report\":\"load\",\"time\":%" PRIu64 ".%03" PRIu64, JSON_VERSION,
               unix_ms / 1000, unix_ms % 1000);
    buf_printf(out, ",\"outcome\":\"%s\",\"exit\":%d,\"target\":", load_report_word(report),
               (int)load_report_exit(report));
    json_put_string(out, report->target);
    json_number(out, "calls", report->calls);
    json_number(out, "placed", report->placed);
    json_number(out, "answered", report->answered);
    json_number(out, "ended_early", report->ended_early);
    json_failures(report, out);
    json_number(out, "at_once", report->at_once);
    json_real(out, "seconds", (double)report->elapsed_us / 1e6, 3);
    json_real(out, "per_second", rate(report), 2);
    json_real(out, "stalled_seconds", (double)report->stalled_us / 1e6, 3);
    json_setup(report, out);
    json_sound(report, out);
    buf_puts(out, "}\n");
}

/* --- on the way ------------------------------------------------------------------------------ */

void load_report_progress(const struct load_report *report, struct buf *out)
{
    buf_printf(out,
               "%.0f s: %" PRIu64 " of %" PRIu64 " calls placed, %" PRIu64 " up, %" PRIu64
               " ended, %" PRIu64 " failed",
               (double)report->elapsed_us / 1e6, report->placed, report->calls, report->up,
               report->ended, failed(report));
    if (report->setup.n > 0)
        buf_printf(out, "; set up in %.1f ms, 99 %% within %.1f ms",
                   load_times_ms(&report->setup, 50), load_times_ms(&report->setup, 99));
}
