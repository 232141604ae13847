#include "audio/file.h"

#include "audio/wav.h"
#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RAW_HZ = 8000,
    PIECE = 1024,         /* values read or written at a time */
    CHANNELS_MAX = 64,    /* more are refused: PIECE must hold whole frames */
    RATE_MAX_HZ = 384000, /* what resample.h takes */
    RATE_MIN_HZ = 1000,
    WAV_HEADER_BYTES = 44,
};

struct audio_reader {
    uint32_t rate_hz;
    uint64_t length; /* in samples; 0: not known */
    SNDFILE *file;   /* NULL: samples as they are, which are read from fd */
    int channels;    /* of file */
    int fd;
    struct wav plain;
    uint64_t at; /* samples of plain that have been read */
};

struct audio_writer {
    int fd;
    uint32_t rate_hz;
    uint64_t samples;     /* taken from the caller */
    uint64_t header_true; /* samples when the header was last written */
    int err;              /* what went wrong first */
};

/* "cannot VERB PATH: WHAT", and err again. */
static int because(int err, char why[AUDIO_WHY_MAX], const char *verb, const char *path,
                   const char *what)
{
    if (why)
        snprintf(why, AUDIO_WHY_MAX, "cannot %s %s: %s", verb, path, what);
    return err;
}

static int because_errno(char why[AUDIO_WHY_MAX], const char *verb, const char *path)
{
    int err = errno;

    return because(-err, why, verb, path, strerror(err));
}

/* Regular files only: a pipe would make the reader wait, a device has no end. O_NONBLOCK is for the
 * opening alone, which would wait for a pipe's other end. */
static int open_regular(const char *path, int flags, const char *verb, int *out,
                        char why[AUDIO_WHY_MAX])
{
    struct stat st;
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

    if (fd < 0 && errno == ELOOP)
        return because(-ELOOP, why, verb, path, "it is a symbolic link");
    if (fd < 0)
        return because_errno(why, verb, path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return because(-EINVAL, why, verb, path, "it is not a regular file");
    }
    *out = fd;
    return 0;
}

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);

    return n > m && slice_ieq((struct slice){path + n - m, m}, slice_of(ending));
}

static void close_sound(struct audio_reader *r)
{
    if (r->file)
        sf_close(r->file);
    else
        close(r->fd);
}

static bool find_plain(const char *path, int fd, struct wav *plain)
{
    struct stat st;

    if (!ends_in(path, ".raw"))
        return wav_find(fd, plain);
    if (fstat(fd, &st) != 0)
        return false;
    *plain = (struct wav){.rate_hz = RAW_HZ, .samples = (uint64_t)st.st_size / sizeof(int16_t)};
    return true;
}

static int open_sound(struct audio_reader *r, const char *path, int fd, char why[AUDIO_WHY_MAX])
{
    SF_INFO info = {.samplerate = 0};

    r->fd = fd;
    r->channels = 1;
    if (find_plain(path, fd, &r->plain)) {
        r->rate_hz = r->plain.rate_hz;
        r->length = r->plain.samples;
    } else {
        r->file = sf_open_fd(fd, SFM_READ, &info, SF_TRUE); /* closes fd when it fails, too */
        if (!r->file)
            return because(-EBADMSG, why, "play", path, "not a sound file that libsndfile knows");
        r->channels = info.channels;
        r->rate_hz = info.samplerate > 0 ? (uint32_t)info.samplerate : 0;
        /* libsndfile says SF_COUNT_MAX where it does not know. */
        r->length = info.frames > 0 && info.frames < INT64_MAX ? (uint64_t)info.frames : 0;
    }
    if (r->channels >= 1 && r->channels <= CHANNELS_MAX && r->rate_hz >= RATE_MIN_HZ &&
        r->rate_hz <= RATE_MAX_HZ)
        return 0;
    close_sound(r);
    return because(-EBADMSG, why, "play", path,
                   "it must have 1 to 64 channels and 1000 to 384000 samples a second");
}

int audio_reader_open(const char *path, struct audio_reader **out, char why[AUDIO_WHY_MAX])
{
    struct audio_reader *r;
    int fd, err = open_regular(path, O_RDONLY, "play", &fd, why);

    if (err)
        return err;
    r = calloc(1, sizeof *r);
    if (!r) {
        close(fd);
        return because(-ENOMEM, why, "play", path, strerror(ENOMEM));
    }
    err = open_sound(r, path, fd, why);
    if (err) {
        free(r);
        return err;
    }
    *out = r;
    return 0;
}

void audio_reader_close(struct audio_reader *r)
{
    if (r)
        close_sound(r);
    free(r);
}

uint32_t audio_reader_rate_hz(const struct audio_reader *r)
{
    return r->rate_hz;
}

uint64_t audio_reader_length(const struct audio_reader *r)
{
    return r->length;
}

static int16_t sample_of(float value)
{
    float scaled = value * 32768.0f;

    if (!(scaled > -32768.0f)) /* not a number included */
        return INT16_MIN;
    return scaled >= 32767.0f ? INT16_MAX : (int16_t)lrintf(scaled);
}

/* -EIO where the file has become shorter since it was opened. */
static int read_plain(struct audio_reader *r, int16_t *out, size_t n)
{
    unsigned char *bytes = (unsigned char *)out;
    size_t want, got = 0;
    ssize_t some = 1;

    n = r->plain.samples - r->at < n ? (size_t)(r->plain.samples - r->at) : n;
    want = n * sizeof *out;
    while (got < want && (some > 0 || (some < 0 && errno == EINTR))) {
        some = pread(r->fd, bytes + got, want - got, (off_t)(r->plain.at + r->at * 2 + got));
        got += some > 0 ? (size_t)some : 0;
    }
    n = got / sizeof *out;
    for (size_t i = 0; i < n; i++) /* little-endian, whatever we are */
        out[i] = (int16_t)(uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    r->at += n;
    return n == 0 && want > 0 ? -EIO : (int)n;
}

/* Read as float: reading float files as integers would have libsndfile look for the loudest sample
 * in all of the file first, and change the loudness. 16-bit files come through unchanged. */
int audio_reader_read(struct audio_reader *r, int16_t *out, size_t n)
{
    float piece[PIECE];
    size_t channels = (size_t)r->channels, done = 0;

    if (!r->file)
        return read_plain(r, out, n);
    while (done < n) {
        size_t want = n - done < PIECE / channels ? n - done : PIECE / channels;
        sf_count_t got = sf_readf_float(r->file, piece, (sf_count_t)want);

        if (got <= 0)
            break;
        for (size_t i = 0; i < (size_t)got; i++) {
            float sum = 0;

            for (size_t channel = 0; channel < channels; channel++)
                sum += piece[i * channels + channel];
            out[done++] = sample_of(sum / (float)channels);
        }
    }
    return done == 0 && n > 0 && sf_error(r->file) != SF_ERR_NO_ERROR ? -EIO : (int)done;
}

int audio_reader_rewind(struct audio_reader *r)
{
    r->at = 0;
    return !r->file || sf_seek(r->file, 0, SEEK_SET) == 0 ? 0 : -ESPIPE;
}

/* --- writing --------------------------------------------------------------------------------- */

static void put_le(unsigned char *p, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (unsigned char)(value >> (8 * i));
}

static int write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t some = write(fd, p, n);

        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            return some < 0 ? -errno : -EIO;
        p += some;
        n -= (size_t)some;
    }
    return 0;
}

/* RIFF: chunks of a name, a length and what it says; "fmt " is that of PCM, "data" the samples. */
static int write_header(struct audio_writer *w)
{
    unsigned char h[WAV_HEADER_BYTES] = "RIFF....WAVEfmt ....................data";
    uint32_t data_bytes = (uint32_t)(w->samples * sizeof(int16_t));

    put_le(h + 4, WAV_HEADER_BYTES - 8 + data_bytes, 4);
    put_le(h + 16, 16, 4);             /* of "fmt " */
    put_le(h + 20, 1, 2);              /* PCM */
    put_le(h + 22, 1, 2);              /* channel */
    put_le(h + 24, w->rate_hz, 4);     /* frames a second */
    put_le(h + 28, w->rate_hz * 2, 4); /* bytes a second */
    put_le(h + 32, 2, 2);              /* bytes of a frame */
    put_le(h + 34, 16, 2);             /* bits of a sample */
    put_le(h + 40, data_bytes, 4);
    w->header_true = w->samples;
    errno = EIO;
    return pwrite(w->fd, h, sizeof h, 0) == (ssize_t)sizeof h ? 0 : -errno;
}

int audio_writer_open(const char *path, uint32_t rate_hz, struct audio_writer **out,
                      char why[AUDIO_WHY_MAX])
{
    struct audio_writer *w;
    int fd, err = open_regular(path, O_WRONLY | O_CREAT | O_NOFOLLOW, "record to", &fd, why);

    if (err)
        return err;
    w = calloc(1, sizeof *w);
    if (!w) {
        close(fd);
        return because(-ENOMEM, why, "record to", path, strerror(ENOMEM));
    }
    w->fd = fd;
    w->rate_hz = rate_hz;
    /* A true header from the start shows a full disk now, not in mid-call. */
    err = ftruncate(fd, 0) != 0 ? -errno : write_header(w);
    if (!err && lseek(fd, WAV_HEADER_BYTES, SEEK_SET) < 0)
        err = -errno;
    if (err) {
        close(fd);
        free(w);
        return because(err, why, "record to", path, strerror(-err));
    }
    *out = w;
    return 0;
}

/* Samples in the byte order of the file, a piece at a time. */
static int write_samples(struct audio_writer *w, const int16_t *samples, size_t n)
{
    unsigned char piece[PIECE * sizeof *samples];

    while (w->err == 0 && n > 0) {
        size_t part = n < PIECE ? n : PIECE;

        for (size_t i = 0; i < part; i++)
            put_le(piece + 2 * i, (uint16_t)samples[i], 2);
        w->err = write_all(w->fd, piece, part * sizeof *samples);
        if (w->err == 0)
            w->samples += part;
        samples += part;
        n -= part;
    }
    return w->err;
}

int audio_writer_write(struct audio_writer *w, const int16_t *samples, size_t n)
{
    if (w->err == 0 && (w->samples + n) * sizeof *samples + WAV_HEADER_BYTES > INT32_MAX)
        w->err = -EFBIG;
    while (w->err == 0 && n > 0) {
        /* No more than up to the second at which the header is due. */
        size_t part = w->rate_hz - (size_t)(w->samples - w->header_true);

        part = part < n ? part : n;
        if (write_samples(w, samples, part) == 0 && w->samples - w->header_true >= w->rate_hz)
            w->err = write_header(w);
        samples += part;
        n -= part;
    }
    return w->err;
}

uint64_t audio_writer_samples(const struct audio_writer *w)
{
    return w->samples;
}

int audio_writer_close(struct audio_writer *w)
{
    int err;

    if (!w)
        return 0;
    err = w->samples != w->header_true ? write_header(w) : 0;
    if (close(w->fd) != 0 && err == 0)
        err = -errno;
    if (w->err)
        err = w->err;
    free(w);
    return err;
}
