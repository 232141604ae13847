#include "sdp/fingerprint.h"

#include <errno.h>

#include "base/scan.h"
#include "sdp/attribute.h"

static const struct slice setups[] = {
    [SDP_SETUP_ACTPASS] = SLICE_INIT("actpass"),
    [SDP_SETUP_ACTIVE] = SLICE_INIT("active"),
    [SDP_SETUP_PASSIVE] = SLICE_INIT("passive"),
    [SDP_SETUP_HOLDCONN] = SLICE_INIT("holdconn"),
};

static bool is_tls_id(char c)
{
    return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

/* 0 where at least one can be used; -ENOENT: none is there; else why the last one cannot. */
static int read_fingerprints(struct slice lines, struct sdp_dtls *out)
{
    struct slice name, value;
    int err = -ENOENT;

    while (out->n_fingerprints < SDP_MAX_FINGERPRINTS &&
           sdp_attribute_next(&lines, &name, &value)) {
        struct fingerprint *next = &out->fingerprints[out->n_fingerprints];
        int failed;

        if (!slice_eq(name, SLICE("fingerprint")))
            continue;
        failed = fingerprint_parse(value, next);
        if (failed) {
            *next = (struct fingerprint){.hash = FINGERPRINT_NONE};
            err = failed;
        } else {
            out->n_fingerprints++;
        }
    }
    return out->n_fingerprints ? 0 : err;
}

static void find(const struct sdp_model *model, const struct sdp_media *media, struct slice name,
                 struct slice *value)
{
    *value = (struct slice){NULL, 0};
    if (!sdp_attribute_find(media->lines, name, value))
        (void)sdp_attribute_find(model->lines, name, value);
}

static void read_setup(struct slice value, struct sdp_dtls *out)
{
    for (size_t i = SDP_SETUP_ACTPASS; i < ARRAY_LEN(setups); i++)
        if (slice_eq(value, setups[i]))
            out->setup = (enum sdp_setup)i;
}

static void read_tls_id(struct slice value, struct sdp_dtls *out)
{
    struct scan s = {value, false};

    (void)scan_maybe(&s, is_tls_id);
    if (scan_ok_at_end(&s) && value.n >= SDP_MIN_TLS_ID && value.n <= SDP_MAX_TLS_ID)
        memcpy(out->tls_id, value.p, value.n);
}

int sdp_dtls_parse(const struct sdp_model *model, const struct sdp_media *media,
                   struct sdp_dtls *out)
{
    struct slice value;
    int err;

    *out = (struct sdp_dtls){0};
    err = read_fingerprints(media->lines, out);
    if (err == -ENOENT) /* those of the media stand instead of the session's (RFC 8122 5) */
        err = read_fingerprints(model->lines, out);
    if (err)
        return err;
    find(model, media, SLICE("setup"), &value);
    read_setup(value, out);
    find(model, media, SLICE("tls-id"), &value);
    read_tls_id(value, out);
    return 0;
}

void sdp_dtls_print(const struct sdp_dtls *dtls, struct buf *out)
{
    for (size_t i = 0; i < dtls->n_fingerprints; i++) {
        buf_puts(out, "a=fingerprint:");
        fingerprint_print(&dtls->fingerprints[i], out);
        buf_puts(out, "\r\n");
    }
    if (dtls->setup != SDP_SETUP_NONE)
        buf_printf(out, "a=setup:%" PRI_SLICE "\r\n", ARG_SLICE(setups[dtls->setup]));
    if (dtls->tls_id[0])
        buf_printf(out, "a=tls-id:%s\r\n", dtls->tls_id);
}

enum sdp_setup sdp_setup_answer(enum sdp_setup offered)
{
    static const enum sdp_setup answers[] = {
        [SDP_SETUP_NONE] = SDP_SETUP_PASSIVE, /* it means active (RFC 4145 4) */
        [SDP_SETUP_ACTPASS] = SDP_SETUP_ACTIVE, [SDP_SETUP_ACTIVE] = SDP_SETUP_PASSIVE,
        [SDP_SETUP_PASSIVE] = SDP_SETUP_ACTIVE, [SDP_SETUP_HOLDCONN] = SDP_SETUP_NONE,
    };

    return answers[offered];
}

bool sdp_setup_answers(enum sdp_setup answered)
{
    return answered == SDP_SETUP_ACTIVE || answered == SDP_SETUP_PASSIVE;
}

static bool same_role(enum sdp_setup before, enum sdp_setup now)
{
    return before == now || !sdp_setup_answers(before) || !sdp_setup_answers(now);
}

bool sdp_tls_id_goes_on(const char *before, const char *now)
{
    return !before[0] || !now[0] || slice_eq(slice_of(before), slice_of(now));
}

bool sdp_dtls_goes_on(const struct sdp_dtls *before, const struct sdp_dtls *now)
{
    return fingerprints_eq(before->fingerprints, before->n_fingerprints, now->fingerprints,
                           now->n_fingerprints) &&
           same_role(before->setup, now->setup) && sdp_tls_id_goes_on(before->tls_id, now->tls_id);
}
