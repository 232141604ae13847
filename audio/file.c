#include "audio/file.h"

#include "audio/file_open.h"
#include "audio/libsndfile.h"
#include "audio/stereo.h"
#include "audio/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
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
};

struct audio_reader {
    uint32_t rate_hz;
    uint64_t length;             /* in samples; 0: not known */
    SNDFILE *file;               /* NULL: samples as they are, which are read from fd */
    const struct libsndfile *sf; /* of file */
    int channels;                /* likewise */
    int fd;
    struct wav plain;
    uint64_t at; /* samples of plain that have been read */
};

static void close_sound(struct audio_reader *r)
{
    if (r->file)
        r->sf->close(r->file);
    else
        close(r->fd);
}

static bool find_plain(const char *path, int fd, struct wav *plain)
{
    struct stat st;

    if (!audio_file_ends_in(path, ".raw"))
        return wav_find(fd, plain);
    if (fstat(fd, &st) != 0)
        return false;
    *plain = (struct wav){.rate_hz = RAW_HZ, .samples = (uint64_t)st.st_size / sizeof(int16_t)};
    return true;
}

/* Closes fd where it fails. */
static int open_coded(struct audio_reader *r, const char *path, int fd, char why[AUDIO_WHY_MAX])
{
    SF_INFO info = {.samplerate = 0};

    r->sf = libsndfile_load();
    if (!r->sf) {
        close(fd);
        return audio_file_because(-ENOENT, why, "play", path, LIBSNDFILE_MISSING);
    }
    r->file = r->sf->open_fd(fd, SFM_READ, &info, SF_TRUE); /* closes it, too */
    if (!r->file)
        return audio_file_because(-EBADMSG, why, "play", path,
                                  "not a sound file that libsndfile knows");
    r->channels = info.channels;
    r->rate_hz = info.samplerate > 0 ? (uint32_t)info.samplerate : 0;
    /* libsndfile says SF_COUNT_MAX where it does not know. */
    r->length = info.frames > 0 && info.frames < INT64_MAX ? (uint64_t)info.frames : 0;
    return 0;
}

static int open_sound(struct audio_reader *r, const char *path, int fd, char why[AUDIO_WHY_MAX])
{
    int err = 0;

    r->fd = fd;
    r->channels = 1;
    if (find_plain(path, fd, &r->plain)) {
        r->rate_hz = r->plain.rate_hz;
        r->length = r->plain.samples;
    } else {
        err = open_coded(r, path, fd, why);
    }
    if (err)
        return err;
    if (r->channels >= 1 && r->channels <= CHANNELS_MAX && r->rate_hz >= RATE_MIN_HZ &&
        r->rate_hz <= RATE_MAX_HZ)
        return 0;
    close_sound(r);
    return audio_file_because(-EBADMSG, why, "play", path,
                              "it must have 1 to 64 channels and 1000 to 384000 samples a second");
}

static int open_reader(int fd, const char *name, struct audio_reader **out, char why[AUDIO_WHY_MAX])
{
    struct audio_reader *r = calloc(1, sizeof *r);
    int err;

    if (!r) {
        close(fd);
        return audio_file_because(-ENOMEM, why, "play", name, strerror(ENOMEM));
    }
    err = open_sound(r, name, fd, why);
    if (err) {
        free(r);
        return err;
    }
    *out = r;
    return 0;
}

int audio_reader_open(const char *path, struct audio_reader **out, char why[AUDIO_WHY_MAX])
{
    int fd, err = audio_file_open(path, O_RDONLY, "play", &fd, why);

    return err ? err : open_reader(fd, path, out, why);
}

int audio_reader_open_fd(int fd, const char *name, struct audio_reader **out,
                         char why[AUDIO_WHY_MAX])
{
    return open_reader(fd, name, out, why);
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

unsigned audio_reader_channels(const struct audio_reader *r)
{
    return r->channels == 2 ? 2 : 1;
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

static void mix(const float *frames, size_t n, size_t channels, int16_t *out)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;

        for (size_t channel = 0; channel < channels; channel++)
            sum += frames[i * channels + channel];
        out[i] = sample_of(sum / (float)channels);
    }
}

/* Read as float: reading float files as integers would have libsndfile look for the loudest sample
 * in all of the file first, and change the loudness. 16-bit files come through unchanged. apart:
 * the two channels that there are; else what there is mixed. */
static int read_coded(struct audio_reader *r, bool apart, int16_t *out, size_t n)
{
    float piece[PIECE];
    size_t channels = (size_t)r->channels, done = 0;

    while (done < n) {
        size_t want = n - done < PIECE / channels ? n - done : PIECE / channels;
        sf_count_t got = r->sf->readf_float(r->file, piece, (sf_count_t)want);

        if (got <= 0)
            break;
        if (apart)
            mix(piece, 2 * (size_t)got, 1, out + 2 * done);
        else
            mix(piece, (size_t)got, channels, out + done);
        done += (size_t)got;
    }
    return done == 0 && n > 0 && r->sf->error(r->file) != SF_ERR_NO_ERROR ? -EIO : (int)done;
}

int audio_reader_read(struct audio_reader *r, int16_t *out, size_t n)
{
    return r->file ? read_coded(r, false, out, n) : read_plain(r, out, n);
}

int audio_reader_read_frames(struct audio_reader *r, unsigned channels, int16_t *out, size_t n)
{
    int got;

    if (channels == 2 && r->channels == 2)
        return read_coded(r, true, out, n);
    got = audio_reader_read(r, out, n);
    if (channels == 2 && got > 0)
        stereo_spread(out, (size_t)got, out);
    return got;
}

int audio_reader_read_all(struct audio_reader *r, unsigned most_s, int16_t **samples, size_t *n)
{
    size_t most = (size_t)audio_reader_rate_hz(r) * most_s;
    int16_t *all = calloc(most, sizeof *all);
    int got = all ? audio_reader_read(r, all, most) : -ENOMEM;

    if (got <= 0) {
        free(all);
        return got < 0 ? got : -ENODATA;
    }
    *samples = all;
    *n = (size_t)got;
    return 0;
}
