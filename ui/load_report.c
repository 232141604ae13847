#include "ui/load_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "ui/json.h"
#include "ui/status.h"

/* --- counting -------------------------------------------------------------------------------- */

static void count_sound(struct load_report *report, const struct phone_result *r)
{
    double mos = r->mos;

    report->sent += r->sent;
    report->received += r->received;
    report->lost += r->lost;
    if (r->their_lost_percent >= 0) {
        report->reported++;
        report->their_lost_sum += r->their_lost_percent;
        report->their_lost_max = fmax(report->their_lost_max, r->their_lost_percent);
    }
    if (r->mos < 0)
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

/* --- both forms ------------------------------------------------------------------------------ */

/* One list of figures, written as lines or as JSON. A figure may be one of a group, such as
 * mos-min; in lines its mean bears the name of the group alone. */
struct sheet {
    struct buf *out;
    bool json;
    const char *group; /* that is open, or NULL */
    bool first;        /* no figure of it yet */
};

/* Members of JSON have underlines where names of lines have hyphens. */
static void put_member(struct buf *out, const char *name)
{
    buf_putc(out, '"');
    for (const char *c = name; *c; c++)
        buf_putc(out, *c == '-' ? '_' : *c);
    buf_puts(out, "\":");
}

static void put_name(struct sheet *s, const char *name)
{
    if (s->json) {
        if (!s->group || !s->first)
            buf_putc(s->out, ',');
        put_member(s->out, name);
    } else if (!s->group) {
        buf_printf(s->out, "%s=", name);
    } else {
        bool bare = strcmp(name, "mean") == 0;

        buf_printf(s->out, "%s%s%s=", s->group, bare ? "" : "-", bare ? "" : name);
    }
    s->first = false;
}

static void put_number(struct sheet *s, const char *name, uint64_t value)
{
    put_name(s, name);
    buf_printf(s->out, "%" PRIu64 "%s", value, s->json ? "" : "\n");
}

static void put_real(struct sheet *s, const char *name, double value, int decimals)
{
    put_name(s, name);
    buf_printf(s->out, "%.*f%s", decimals, value, s->json ? "" : "\n");
}

static void begin_group(struct sheet *s, const char *name)
{
    if (s->json) {
        buf_putc(s->out, ',');
        put_member(s->out, name);
        buf_putc(s->out, '{');
    }
    s->group = name;
    s->first = true;
}

static void end_group(struct sheet *s)
{
    if (s->json)
        buf_putc(s->out, '}');
    s->group = NULL;
}

static void put_pair(struct sheet *s, const char *group, double average, const char *name,
                     double extreme)
{
    begin_group(s, group);
    put_real(s, "mean", average, 2);
    put_real(s, name, extreme, 2);
    end_group(s);
}

static void put_failures(struct buf *out, const struct load_report *report)
{
    for (size_t i = 0; i < ARRAY_LEN(report->outcomes); i++)
        if (report->outcomes[i] > 0)
            buf_printf(out, "failed-%s=%" PRIu64 "\n", json_outcome((enum phone_outcome)i),
                       report->outcomes[i]);
    for (unsigned status = 0; status < LOAD_STATUS_MAX; status++)
        if (report->statuses[status] > 0)
            buf_printf(out, "status-%u=%" PRIu64 "\n", status, report->statuses[status]);
}

static void put_failures_json(struct buf *out, const struct load_report *report)
{
    const char *between = "";

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

static void put_setup(struct sheet *s, const struct load_times *setup)
{
    if (setup->n == 0)
        return;
    begin_group(s, "setup-ms");
    put_real(s, "p50", load_times_ms(setup, 50), 2);
    put_real(s, "p90", load_times_ms(setup, 90), 2);
    put_real(s, "p99", load_times_ms(setup, 99), 2);
    put_real(s, "max", load_times_ms(setup, 100), 2);
    end_group(s);
}

static void put_sound(struct sheet *s, const struct load_report *report)
{
    put_number(s, "sent", report->sent);
    put_number(s, "received", report->received);
    put_number(s, "lost", report->lost);
    put_real(s, "loss-percent", lost_percent(report), 2);
    if (report->reported > 0)
        put_pair(s, "their-loss-percent", mean(report->their_lost_sum, report->reported), "max",
                 report->their_lost_max);
    if (report->heard == 0)
        return;
    put_pair(s, "jitter-ms", mean(report->jitter_sum, report->heard), "max", report->jitter_max);
    put_pair(s, "mos", mean(report->mos_sum, report->heard), "min", report->mos_min);
}

static void put_figures(struct sheet *s, const struct load_report *report)
{
    put_number(s, "calls", report->calls);
    put_number(s, "placed", report->placed);
    put_number(s, "answered", report->answered);
    put_number(s, "ended-early", report->ended_early);
    put_number(s, "failed", failed(report));
    (s->json ? put_failures_json : put_failures)(s->out, report);
    put_number(s, "at-once", report->at_once);
    put_real(s, "seconds", (double)report->elapsed_us / 1e6, 3);
    put_real(s, "per-second", rate(report), 2);
    put_real(s, "stalled-seconds", (double)report->stalled_us / 1e6, 3);
    put_setup(s, &report->setup);
    put_sound(s, report);
}

void load_report_text(const struct load_report *report, struct buf *out)
{
    struct sheet lines = {.out = out};

    buf_puts(out, "target=");
    text_safe(out, slice_of(report->target));
    buf_printf(out, "\noutcome=%s\n", load_report_word(report));
    put_figures(&lines, report);
}

void load_report_json(const struct load_report *report, uint64_t unix_ms, struct buf *out)
{
    struct sheet members = {.out = out, .json = true};

    buf_printf(out, "{\"v\":%d,\"report\":\"load\",\"time\":%" PRIu64 ".%03" PRIu64, JSON_VERSION,
               unix_ms / 1000, unix_ms % 1000);
    buf_printf(out, ",\"outcome\":\"%s\",\"exit\":%d,\"target\":", load_report_word(report),
               (int)load_report_exit(report));
    json_put_string(out, report->target);
    put_figures(&members, report);
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
