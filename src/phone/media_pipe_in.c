/* What the far end hears, out of a descriptor: header, samples, rate. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/level.h"
#include "audio/resample.h"
#include "audio/sniff.h"
#include "audio/stereo.h"
#include "audio/stretch.h"
#include "base/slice.h"
#include "phone/media_pipe.h"

#define KEPT_MS 150    /* at the call's rate: a packet of 120 ms, a period of speech and some */
#define CARRY_MOST 8   /* bytes of a sample in all channels, or of what the decoder says first */
#define PIECES 16      /* fed to the decoder in a beat, a packet time */
#define WINDOW 25      /* packets over which a delay is called standing */
#define STANDING_MS 4  /* less is the play that two clocks need */
#define QUIET_DBFS -50 /* nobody hears that some of it is missing */
#define BURST_MS 600   /* more was written ahead of its time: who stood still has heard less */

enum state {
    AT_HEAD, /* what kind it is, is being found out */
    AT_FORM, /* what libsndfile says of it is awaited */
    AT_SAMPLES,
    AT_END, /* the resampler holds some back, perhaps */
    OVER,   /* nothing will come any more */
};

struct media_pipe_in {
    uv_async_t done;
    uv_timer_t patience;
    unsigned handles; /* that are not closed yet */
    bool late;        /* closed was told while a helper was still at it */
    struct media_file_events events;
    void *arg;
    enum state state;
    bool live, closing;
    struct pipe_helper carrier, decoder; /* of a disk; of what we cannot read ourselves */
    int source, decoded;                 /* -1: none */
    enum pipe_kind kind;                 /* of source */
    int feed;                            /* to the decoder, what is in bytes */
    unsigned char bytes[SNIFF_MOST];     /* the head, then what is on its way to the decoder */
    size_t n_bytes;
    unsigned char carry[CARRY_MOST]; /* of a frame that is not complete */
    size_t n_carry;
    uint32_t rate_hz;
    size_t channels;
    uint64_t left; /* bytes of samples */
    struct resample *resample;
    uint32_t out_hz;
    unsigned out_channels; /* that are wanted at most, */
    unsigned kept;         /* and that there are of them, once there is a resampler */
    int16_t *samples;      /* ready, at out_hz */
    size_t n, cap;         /* a channel */
    size_t least_ms;       /* that waited in the pipe during this window */
    unsigned packets;
    bool hurries;
};

/* --- life ------------------------------------------------------------------------------------ */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void on_closed(uv_handle_t *handle)
{
    struct media_pipe_in *p = handle->data;
    struct media_file_events events = p->events;
    void *arg = p->arg;
    bool late = p->late;

    if (--p->handles > 0)
        return;
    resample_free(p->resample);
    free(p->samples);
    free(p);
    if (!late)
        events.closed(arg);
}

static void on_done(uv_async_t *done)
{
    struct media_pipe_in *p = done->data;

    if (!p->closing || !pipe_helper_over(&p->carrier) || !pipe_helper_over(&p->decoder) ||
        uv_is_closing((uv_handle_t *)done))
        return;
    uv_close((uv_handle_t *)done, on_closed);
    uv_close((uv_handle_t *)&p->patience, on_closed);
}

/* The loop may end without the helper, which then has what it uses for itself. */
static void on_patience(uv_timer_t *patience)
{
    struct media_pipe_in *p = patience->data;

    p->late = true;
    uv_unref((uv_handle_t *)&p->done);
    p->events.closed(p->arg);
}

/* Whoever still reads or writes our ends comes to an end by that. */
void media_pipe_in_close(struct media_pipe_in *p)
{
    if (!p || p->closing)
        return;
    p->closing = true;
    close_fd(&p->source);
    close_fd(&p->decoded);
    close_fd(&p->feed);
    on_done(&p->done);
    if (!uv_is_closing((uv_handle_t *)&p->done))
        (void)uv_timer_start(&p->patience, on_patience, PIPE_LAST_MS, 0);
}

/* Between a disk and us. */
static int start_carrier(struct media_pipe_in *p)
{
    int pair[2], err = pipe_pair(0, pair);

    if (!err)
        err = pipe_helper_start(&p->carrier, p->source, pair[1], false, &p->done);
    else
        close(p->source);
    p->source = err ? -1 : pair[0];
    p->kind = PIPE_NEVER_WAITS;
    return err;
}

int media_pipe_in_open(uv_loop_t *loop, const struct media_pipe *pipe,
                       const struct media_file_events *events, void *arg,
                       struct media_pipe_in **out)
{
    struct media_pipe_in *p = calloc(1, sizeof *p);
    int err = p ? uv_async_init(loop, &p->done, on_done) : -ENOMEM;

    if (err) {
        free(p);
        close(pipe->fd);
        return err;
    }
    (void)uv_timer_init(loop, &p->patience); /* never fails */
    p->done.data = p->patience.data = p;
    p->handles = 2;
    p->events = *events;
    p->arg = arg;
    p->source = pipe->fd;
    p->decoded = p->feed = -1;
    p->kind = pipe_kind(pipe->fd);
    p->rate_hz = pipe->rate_hz;
    p->channels = pipe->channels;
    p->live = pipe->live;
    p->left = SNIFF_WITHOUT_END;
    p->kept = 1;
    *out = p;
    if (p->kind == PIPE_DISK && (err = start_carrier(p)) != 0) {
        p->state = OVER;
        p->events.failed(p->arg, err, "cannot play what is piped in: no thread is left for it");
    }
    return 0;
}

static void fail(struct media_pipe_in *p, int err, const char *why)
{
    char sentence[MEDIA_WHY_MAX];

    p->state = OVER;
    snprintf(sentence, sizeof sentence, "cannot play what is piped in: %s",
             why ? why : strerror(-err));
    p->events.failed(p->arg, err, sentence);
}

/* The pipe that helper writes to has ended: as it should, or not. False: it is not known yet. */
static bool end_by(struct media_pipe_in *p, struct pipe_helper *helper)
{
    if (!pipe_helper_over(helper))
        return false;
    p->state = helper->err ? OVER : AT_END;
    if (helper->err && helper->decodes)
        p->events.failed(p->arg, helper->err, helper->why);
    else if (helper->err)
        fail(p, helper->err, helper->why);
    return !helper->err;
}

/* --- Ogg and other encodings ----------------------------------------------------------------- */

/* The decoder gets what has been read already first of all. */
static bool start_decoder(struct media_pipe_in *p)
{
    int to[2], from[2], err = pipe_pair(1, to);

    if (err) {
        fail(p, err, NULL);
        return false;
    }
    err = pipe_pair(0, from);
    if (err) {
        close(to[0]);
        close(to[1]);
        fail(p, err, NULL);
        return false;
    }
    p->feed = to[1];
    p->decoded = from[0];
    p->live = false;
    p->state = AT_FORM;
    err = pipe_helper_start(&p->decoder, to[0], from[1], true, &p->done);
    if (err)
        fail(p, err, "no thread is left for it");
    return !err;
}

/* One piece further. False: no more in this beat. */
static bool feed_piece(struct media_pipe_in *p)
{
    int n = p->n_bytes ? 1 : pipe_read(p->source, p->kind, p->bytes, sizeof p->bytes);

    if (n == -EAGAIN)
        return false;
    if (!p->n_bytes && n > 0)
        p->n_bytes = (size_t)n;
    if (n > 0)
        n = pipe_write(p->feed, PIPE_NEVER_WAITS, p->bytes, p->n_bytes);
    if (n > 0) {
        p->n_bytes -= (size_t)n;
        memmove(p->bytes, p->bytes + n, p->n_bytes);
    } else if (n != -EAGAIN) {
        close_fd(&p->feed); /* the end; or the decoder has given up and will say why */
    }
    return n > 0;
}

static void feed(struct media_pipe_in *p)
{
    for (unsigned i = 0; i < PIECES && p->feed >= 0 && feed_piece(p); i++)
        continue;
}

static bool read_form(struct media_pipe_in *p)
{
    struct pipe_form form;
    int n =
        pipe_read(p->decoded, PIPE_NEVER_WAITS, p->carry + p->n_carry, sizeof form - p->n_carry);

    if (n == 0)
        return end_by(p, &p->decoder);
    p->n_carry += n > 0 ? (size_t)n : 0;
    if (p->n_carry < sizeof form)
        return n > 0;
    memcpy(&form, p->carry, sizeof form);
    p->n_carry = 0;
    p->rate_hz = form.rate_hz;
    p->channels = form.channels;
    p->state = AT_SAMPLES;
    return true;
}

/* --- the head -------------------------------------------------------------------------------- */

static int16_t sample_at(const unsigned char *p)
{
    return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

/* The stream has ended before its kind was clear. */
static bool end_in_head(struct media_pipe_in *p)
{
    if (p->carrier.done && !end_by(p, &p->carrier))
        return false;
    if (p->n_bytes >= 12) {
        fail(p, -EBADMSG, "it ends in the header of a WAV file");
        return false;
    }
    p->state = AT_SAMPLES; /* what there is of them; its end is read once more */
    return true;
}

static bool take_head(struct media_pipe_in *p, const struct sniffed *s)
{
    switch (s->kind) {
    case SNIFF_OTHER:
        return start_decoder(p);
    case SNIFF_WAV:
        p->rate_hz = s->rate_hz;
        p->channels = s->channels;
        p->left = s->bytes;
        p->n_bytes = 0; /* it asks for no byte behind the head */
        p->state = AT_SAMPLES;
        return true;
    default:
        p->state = AT_SAMPLES; /* what was read to find that out is sound */
        return true;
    }
}

static bool read_head(struct media_pipe_in *p)
{
    struct sniffed s = sniff(p->bytes, p->n_bytes);
    int n;

    if (s.kind != SNIFF_MORE)
        return take_head(p, &s);
    n = pipe_read(p->source, p->kind, p->bytes + p->n_bytes, s.wants - p->n_bytes);
    if (n == 0)
        return end_in_head(p);
    if (n < 0 && n != -EAGAIN)
        fail(p, n, NULL);
    p->n_bytes += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* --- samples --------------------------------------------------------------------------------- */

static int prepare(struct media_pipe_in *p, uint32_t out_hz, unsigned channels)
{
    if (p->out_hz == out_hz && p->out_channels == channels)
        return 0;
    free(p->samples);
    p->n = 0;
    p->cap = out_hz / 1000 * KEPT_MS;
    p->samples = malloc(p->cap * channels * sizeof *p->samples);
    resample_free(p->resample);
    p->resample = NULL;
    p->kept = 1;
    p->out_hz = p->samples ? out_hz : 0;
    p->out_channels = channels;
    return p->samples ? 0 : -ENOMEM;
}

/* What comes has two channels and they are wanted, or there is one in the end. */
static int prepare_resample(struct media_pipe_in *p)
{
    p->kept = p->channels == 2 ? p->out_channels : 1;
    return resample_new_of(p->kept, p->rate_hz, p->out_hz, RESAMPLE_CALL, &p->resample);
}

/* How many frames are read at once so that wanted samples come out, and have room. */
static size_t frames_for(const struct media_pipe_in *p, size_t wanted, size_t most)
{
    uint64_t frames = ((uint64_t)wanted * p->rate_hz + p->out_hz - 1) / p->out_hz;

    if (frames > most)
        frames = most;
    while (frames > 1 && resample_room(p->resample, (size_t)frames) > p->cap - p->n)
        frames /= 2;
    return resample_room(p->resample, (size_t)frames) <= p->cap - p->n ? (size_t)frames : 0;
}

/* The place behind what is ready. */
static int16_t *end_of(const struct media_pipe_in *p)
{
    return p->samples + p->n * p->kept;
}

/* n bytes of samples, with those of an incomplete frame before them: at the call's rate, mixed to
 * mono unless there are two channels and both are kept. */
static void take_bytes(struct media_pipe_in *p, unsigned char *bytes, size_t n)
{
    int16_t values[SNIFF_MOST / 2];
    size_t frame = 2 * p->channels, frames = n / frame;

    for (size_t i = 0; i < frames * p->channels; i++)
        values[i] = sample_at(bytes + 2 * i);
    if (p->kept < p->channels)
        stereo_mix(values, frames, values);
    p->n_carry = n % frame;
    memcpy(p->carry, bytes + frames * frame, p->n_carry);
    p->n += resample_run(p->resample, values, frames, end_of(p), p->cap - p->n);
}

/* Bytes from the head that were sound, else from the pipe. */
static int next_bytes(struct media_pipe_in *p, unsigned char *out, size_t n)
{
    if (p->decoded >= 0)
        return pipe_read(p->decoded, PIPE_NEVER_WAITS, out, n);
    if (p->n_bytes) {
        n = n < p->n_bytes ? n : p->n_bytes;
        memcpy(out, p->bytes, n);
        p->n_bytes -= n;
        memmove(p->bytes, p->bytes + n, p->n_bytes);
        return (int)n;
    }
    n = n < p->left ? n : (size_t)p->left;
    return n ? pipe_read(p->source, p->kind, out, n) : 0;
}

static bool end_of_samples(struct media_pipe_in *p)
{
    if (p->decoded >= 0)
        return end_by(p, &p->decoder);
    if (p->carrier.done && p->left > 0)
        return end_by(p, &p->carrier);
    p->state = AT_END;
    return true;
}

static bool read_samples(struct media_pipe_in *p, size_t wanted)
{
    unsigned char bytes[SNIFF_MOST];
    size_t frame = 2 * p->channels, frames;
    int n;

    if (!p->resample && prepare_resample(p) != 0) {
        fail(p, -EINVAL, "its rate cannot be converted");
        return false;
    }
    frames = frames_for(p, wanted, sizeof bytes / frame);
    if (!frames)
        return false;
    memcpy(bytes, p->carry, p->n_carry);
    n = next_bytes(p, bytes + p->n_carry, frames * frame - p->n_carry);
    if (n == 0)
        return end_of_samples(p);
    if (n < 0 && n != -EAGAIN)
        fail(p, n, NULL);
    if (n <= 0)
        return false;
    if (p->left != SNIFF_WITHOUT_END && p->decoded < 0)
        p->left -= (uint64_t)n;
    take_bytes(p, bytes, p->n_carry + (size_t)n);
    return true;
}

static bool flush(struct media_pipe_in *p)
{
    size_t n = p->resample ? resample_flush(p->resample, end_of(p), p->cap - p->n) : 0;

    p->n += n;
    if (n == 0)
        p->state = OVER;
    return n > 0;
}

/* One step towards wanted samples more. False: no more can be had now. */
static bool step(struct media_pipe_in *p, size_t wanted)
{
    switch (p->state) {
    case AT_HEAD:
        return read_head(p);
    case AT_FORM:
        return read_form(p);
    case AT_SAMPLES:
        return read_samples(p, wanted);
    case AT_END:
        return flush(p);
    case OVER:
        break;
    }
    return false;
}

static void fill(struct media_pipe_in *p, size_t n)
{
    while (p->n < n && step(p, n - p->n))
        continue;
}

/* --- close to the call ----------------------------------------------------------------------- */

/* What waits beyond the next n samples, in ms. */
static size_t waiting_ms(const struct media_pipe_in *p, size_t n)
{
    size_t waits = p->n > n ? (p->n - n) * 1000 / p->out_hz : 0;

    return waits + pipe_unread(p->source) / (2 * p->channels) * 1000 / p->rate_hz;
}

/* A program that answers one packet too late has silence sent in its place, and from then on
 * everything waits for that long. So a delay that stands is taken out again, a period of the voice
 * or a piece of silence at a time. What somebody wrote in one go is much more than that, and is
 * left alone. */
static void catch_up(struct media_pipe_in *p, size_t n)
{
    struct stretch_how how = {.rate_hz = p->out_hz, .alike = STRETCH_ALIKE};
    size_t ms = waiting_ms(p, n);

    p->least_ms = p->packets == 0 || ms < p->least_ms ? ms : p->least_ms;
    if (++p->packets == WINDOW) {
        p->packets = 0;
        p->hurries = p->least_ms >= STANDING_MS && p->least_ms <= BURST_MS;
    }
    p->hurries &= ms >= STANDING_MS;
    if (!p->hurries)
        return;
    fill(p, n + p->out_hz * STRETCH_PERIOD_MAX_MS / 1000);
    how.channels = (uint8_t)p->kept;
    how.most = p->n > n ? p->n - n : 0;
    if (level_dbfs(p->samples, p->n * p->kept) < QUIET_DBFS)
        p->n = p->n < n ? p->n : n;
    else
        p->n = stretch_accelerate(p->samples, p->n, &how);
}

static void drop(struct media_pipe_in *p, size_t n)
{
    p->n -= n;
    memmove(p->samples, p->samples + n * p->kept, p->n * p->kept * sizeof *p->samples);
}

size_t media_pipe_in_read(struct media_pipe_in *p, int16_t *out, size_t n, uint32_t rate_hz,
                          unsigned *channels)
{
    if (p->closing || prepare(p, rate_hz, *channels) != 0) {
        *channels = 1;
        return 0;
    }
    feed(p);
    fill(p, n);
    if (p->live && p->state == AT_SAMPLES)
        catch_up(p, n);
    n = n < p->n ? n : p->n;
    memcpy(out, p->samples, n * p->kept * sizeof *out);
    *channels = p->kept;
    drop(p, n);
    return n;
}

void media_pipe_in_skip(struct media_pipe_in *p, size_t n, uint32_t rate_hz, unsigned channels)
{
    if (!p->live || p->closing || prepare(p, rate_hz, channels) != 0)
        return;
    fill(p, n);
    drop(p, n < p->n ? n : p->n);
}

bool media_pipe_in_ended(const struct media_pipe_in *p)
{
    return p->state == OVER && p->n == 0;
}
