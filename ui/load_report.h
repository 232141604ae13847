/* ui/load_report.h - what became of the calls of tphone load: counted as they go, told at the end
 * as lines of text or as one object of JSON. */
#ifndef UI_LOAD_REPORT_H
#define UI_LOAD_REPORT_H

#include "base/buf.h"
#include "phone/event.h"
#include "ui/exit.h"
#include "ui/load_times.h"

#define LOAD_STATUS_MAX 700

struct load_report {
    const char *target;                  /* as it was typed */
    uint64_t calls;                      /* that were asked for */
    uint64_t placed;                     /* of them these were begun */
    uint64_t up, ended;                  /* are answered now; are over */
    uint64_t answered;                   /* have been at any time */
    uint64_t ended_early;                /* of those: by the other side, before their time */
    uint64_t at_once;                    /* most calls in any state at a time */
    uint64_t elapsed_us;                 /* from the first call to the end of the last */
    uint64_t placing_us;                 /* from the first call to the beginning of the last */
    uint64_t stalled_us;                 /* by which the schedule fell behind */
    struct load_times setup;             /* from the INVITE to its 200 */
    uint64_t outcomes[PHONE_FAILED + 1]; /* of those never answered */
    uint64_t statuses[LOAD_STATUS_MAX];  /* likewise, by the SIP status that refused them */
    uint64_t sent, received, lost;       /* packets */
    uint64_t heard;                      /* calls from which something came */
    double jitter_sum, jitter_max;       /* of those, in ms */
    double mos_sum, mos_min; /* estimate of each for all of its time (phone/quality.h) */
    uint64_t reported;       /* calls whose other side told what it lost */
    double their_lost_sum, their_lost_max; /* in percent */
    bool interrupted;                      /* by a signal, before all were over */
    bool sound_failed;
};

/* A call is over; early: it was answered, and not we ended it. */
void load_report_ended(struct load_report *report, const struct phone_event *event, bool early);

/* EXIT_OK where all calls that were asked for were answered; else what they failed of, where that
 * is the same for all that did. */
enum exit_status load_report_exit(const struct load_report *report);
/* The word for it: "answered", "busy", …; "failed" where they differ. */
const char *load_report_word(const struct load_report *report);

/* One line "name=value" each. */
void load_report_text(const struct load_report *report, struct buf *out);
/* One line, as tphone-control(7) has it. */
void load_report_json(const struct load_report *report, uint64_t unix_ms, struct buf *out);
/* Where it stands, for a person, without a newline. */
void load_report_progress(const struct load_report *report, struct buf *out);

#endif
