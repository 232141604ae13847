/* Sound files that are written: WAV by ourselves, which is quick, small and true at any moment; the
 * others by libsndfile, on a file of ours. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/file_open.h"
#include "audio/libsndfile.h"
#include "base/slice.h"

enum {
    PIECE = 1024, /* samples written at a time */
    WAV_HEADER_BYTES = 44,
    SAMPLE_BYTES = 2,
    CHANNELS_MAX = 2,
};

static const uint32_t opus_rates[] = {8000, 12000, 16000, 24000, 48000, 0}; /* RFC 6716 2 */

/* What can be written, by the ending of the name. */
static const struct kind {
    const char *ending;
    int format;            /* of libsndfile; 0: WAV */
    const uint32_t *rates; /* the only ones that it can have, up to a 0; NULL: any */
} kinds[] = {
    {".wav", 0, NULL},
    {".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, NULL},
    {".ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, opus_rates},
    {".opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, opus_rates},
};

struct audio_writer {
    int fd;
    uint32_t rate_hz;
    uint8_t channels;
    uint64_t frames; /* taken from the caller */
    int err;         /* what went wrong first */

    /* WAV */
    uint64_t header_true; /* frames when the header was last written */

    /* The others */
    SNDFILE *sound; /* NULL: it is WAV */
    const struct libsndfile *sf;
    off_t at, size; /* where libsndfile writes next, and how long the file is */
};

static const struct kind *kind_of(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (audio_file_ends_in(path, kinds[i].ending))
            return &kinds[i];
    return NULL;
}

int audio_writer_check_name(const char *path, char why[AUDIO_WHY_MAX])
{
    return kind_of(path) ? 0
                         : audio_file_because(-EINVAL, why, "record to", path,
                                              "the name must end in .wav, .flac, .ogg or .opus");
}

uint32_t audio_writer_fit_rate(const char *path, uint32_t rate_hz)
{
    const struct kind *kind = kind_of(path);
    const uint32_t *rate = kind ? kind->rates : NULL;

    if (!rate)
        return rate_hz;
    while (rate[0] < rate_hz && rate[1] != 0)
        rate++;
    return *rate;
}

bool audio_writer_encodes(const char *path)
{
    const struct kind *kind = kind_of(path);

    return kind && kind->format != 0;
}

/* --- WAV ------------------------------------------------------------------------------------- */

static void put_le(unsigned char *p, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (unsigned char)(value >> (8 * i));
}

static size_t frame_bytes(const struct audio_writer *w)
{
    return (size_t)w->channels * SAMPLE_BYTES;
}

/* All n bytes or, as a disk is full, none of them: what is in the file stays whole. */
static int write_all(struct audio_writer *w, const void *bytes, size_t n, off_t at)
{
    const char *p = bytes;
    size_t done = 0;

    while (done < n) {
        ssize_t some = pwrite(w->fd, p + done, n - done, at + (off_t)done);
        int err = some < 0 ? -errno : -EIO;

        if (err == -EINTR)
            continue;
        if (some <= 0) {
            if (at >= w->size)
                (void)!ftruncate(w->fd, w->size);
            return err;
        }
        done += (size_t)some;
    }
    if (at + (off_t)n > w->size)
        w->size = at + (off_t)n;
    return 0;
}

/* RIFF: chunks of a name, a length and what it says; "fmt " is that of PCM, "data" the samples. */
static int write_header(struct audio_writer *w)
{
    unsigned char h[WAV_HEADER_BYTES] = "RIFF....WAVEfmt ....................data";
    uint32_t data_bytes = (uint32_t)(w->frames * frame_bytes(w));

    put_le(h + 4, WAV_HEADER_BYTES - 8 + data_bytes, 4);
    put_le(h + 16, 16, 4);                                    /* of "fmt " */
    put_le(h + 20, 1, 2);                                     /* PCM */
    put_le(h + 22, w->channels, 2);                           /* channels */
    put_le(h + 24, w->rate_hz, 4);                            /* frames a second */
    put_le(h + 28, w->rate_hz * (uint32_t)frame_bytes(w), 4); /* bytes a second */
    put_le(h + 32, (uint32_t)frame_bytes(w), 2);              /* bytes of a frame */
    put_le(h + 34, 16, 2);                                    /* bits of a sample */
    put_le(h + 40, data_bytes, 4);
    w->header_true = w->frames;
    return write_all(w, h, sizeof h, 0);
}

/* Samples in the byte order of the file, a piece at a time. */
static int write_samples(struct audio_writer *w, const int16_t *frames, size_t n)
{
    unsigned char piece[PIECE * SAMPLE_BYTES];

    while (w->err == 0 && n > 0) {
        size_t part = n < PIECE / w->channels ? n : PIECE / w->channels;
        size_t samples = part * w->channels;

        for (size_t i = 0; i < samples; i++)
            put_le(piece + SAMPLE_BYTES * i, (uint16_t)frames[i], SAMPLE_BYTES);
        w->err = write_all(w, piece, samples * SAMPLE_BYTES, w->size);
        if (w->err == 0)
            w->frames += part;
        frames += samples;
        n -= part;
    }
    return w->err;
}

static int write_wav(struct audio_writer *w, const int16_t *frames, size_t n)
{
    if (w->err == 0 && (w->frames + n) * frame_bytes(w) + WAV_HEADER_BYTES > INT32_MAX)
        w->err = -EFBIG;
    while (w->err == 0 && n > 0) {
        /* No more than up to the second at which the header is due. */
        size_t part = w->rate_hz - (size_t)(w->frames - w->header_true);

        part = part < n ? part : n;
        if (write_samples(w, frames, part) == 0 && w->frames - w->header_true >= w->rate_hz)
            w->err = write_header(w);
        frames += part * w->channels;
        n -= part;
    }
    return w->err;
}

/* --- what libsndfile writes ------------------------------------------------------------------ */

static sf_count_t on_length(void *arg)
{
    const struct audio_writer *w = arg;

    return w->size;
}

static sf_count_t on_seek(sf_count_t offset, int whence, void *arg)
{
    struct audio_writer *w = arg;
    off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? w->at : w->size;

    if (base + offset < 0)
        return -1;
    w->at = base + offset;
    return w->at;
}

static sf_count_t on_tell(void *arg)
{
    const struct audio_writer *w = arg;

    return w->at;
}

static sf_count_t on_read(void *bytes, sf_count_t n, void *arg)
{
    (void)bytes;
    (void)n;
    (void)arg;
    return 0;
}

/* Once the disk was full nothing is added any more, as it would stand behind a gap; what stands
 * already may still be corrected, such as the length in a header. */
static sf_count_t on_write(const void *bytes, sf_count_t n, void *arg)
{
    struct audio_writer *w = arg;
    int err = w->err && w->at + n > w->size ? w->err : write_all(w, bytes, (size_t)n, w->at);

    if (err) {
        w->err = w->err ? w->err : err;
        return 0;
    }
    w->at += n;
    return n;
}

static int open_sound(struct audio_writer *w, int format)
{
    SF_VIRTUAL_IO file = {on_length, on_seek, on_read, on_write, on_tell};
    SF_INFO info = {.samplerate = (int)w->rate_hz, .channels = w->channels, .format = format};

    w->sf = libsndfile_load();
    w->sound = w->sf ? w->sf->open_virtual(&file, SFM_WRITE, &info, w) : NULL;
    if (w->sound)
        return w->err;
    return w->err ? w->err : -ENOTSUP;
}

static int write_sound(struct audio_writer *w, const int16_t *frames, size_t n)
{
    sf_count_t done = w->err ? 0 : w->sf->writef_short(w->sound, frames, (sf_count_t)n);

    w->frames += done > 0 ? (uint64_t)done : 0;
    if (w->err == 0 && done != (sf_count_t)n)
        w->err = -EIO;
    return w->err;
}

/* --- both ------------------------------------------------------------------------------------ */

static int open_kind(struct audio_writer *w, const struct kind *kind)
{
    int err = ftruncate(w->fd, 0) != 0 ? -errno : 0;

    if (err)
        return err;
    /* A true header from the start shows a full disk now, not in mid-call. */
    return kind->format ? open_sound(w, kind->format) : write_header(w);
}

static int check(const char *path, uint8_t channels, char why[AUDIO_WHY_MAX])
{
    int err = audio_writer_check_name(path, why);

    if (!err && (channels < 1 || channels > CHANNELS_MAX))
        err = audio_file_because(-EINVAL, why, "record to", path, "it must have 1 or 2 channels");
    if (!err && audio_writer_encodes(path) && !libsndfile_load())
        err = audio_file_because(-ENOENT, why, "record to", path, LIBSNDFILE_MISSING);
    return err;
}

static int open_writer(int fd, const char *path, uint32_t rate_hz, uint8_t channels,
                       struct audio_writer **out, char why[AUDIO_WHY_MAX])
{
    struct audio_writer *w = calloc(1, sizeof *w);
    int err;

    if (!w) {
        close(fd);
        return audio_file_because(-ENOMEM, why, "record to", path, strerror(ENOMEM));
    }
    *w = (struct audio_writer){.fd = fd, .rate_hz = rate_hz, .channels = channels};
    err = open_kind(w, kind_of(path));
    if (err) {
        (void)audio_writer_close(w);
        return audio_file_because(err, why, "record to", path, strerror(-err));
    }
    *out = w;
    return 0;
}

int audio_writer_open(const char *path, uint32_t rate_hz, uint8_t channels,
                      struct audio_writer **out, char why[AUDIO_WHY_MAX])
{
    int fd, err = check(path, channels, why);

    if (!err)
        err = audio_file_open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, "record to", &fd, why);
    return err ? err : open_writer(fd, path, rate_hz, channels, out, why);
}

int audio_writer_open_fd(int fd, const char *path, uint32_t rate_hz, uint8_t channels,
                         struct audio_writer **out, char why[AUDIO_WHY_MAX])
{
    int err = check(path, channels, why);

    if (err)
        close(fd);
    return err ? err : open_writer(fd, path, rate_hz, channels, out, why);
}

int audio_writer_write(struct audio_writer *w, const int16_t *frames, size_t n)
{
    return w->sound ? write_sound(w, frames, n) : write_wav(w, frames, n);
}

uint64_t audio_writer_frames(const struct audio_writer *w)
{
    return w->frames;
}

int audio_writer_close(struct audio_writer *w)
{
    int err = 0;

    if (!w)
        return 0;
    if (w->sound)
        w->sf->close(w->sound);
    else if (w->frames != w->header_true)
        err = write_header(w);
    if (w->err)
        err = w->err;
    if (close(w->fd) != 0 && err == 0)
        err = -errno;
    free(w);
    return err;
}
