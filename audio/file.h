/* audio/file.h - sound files in and out, a piece at a time (libsndfile).
 *
 * Reading and writing go through the page cache and may wait for a slow disk; opening may wait
 * longer. Which thread does that is the caller's decision; a file belongs to one at a time. */
#ifndef AUDIO_FILE_H
#define AUDIO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the sentence that says why a file failed: "cannot open …: no such file". */
#define AUDIO_WHY_MAX 256

struct audio_reader;
struct audio_writer;

/* Any file that libsndfile knows (WAV, AIFF, FLAC, Ogg Vorbis, Opus, MP3 …); a name that ends in
 * .raw is headerless mono, 16 bit, little-endian, 8 kHz. Returns 0 or -errno (-EBADMSG: not a
 * sound file) with a sentence in why, which may be NULL. */
int audio_reader_open(const char *path, struct audio_reader **out, char why[AUDIO_WHY_MAX]);
/* The same of a descriptor, which is the reader's from now on, whatever comes of it: a file, or a
 * pipe, whose samples come one after the other: reading waits for whoever writes. name is what why
 * calls it, and tells raw sound. */
int audio_reader_open_fd(int fd, const char *name, struct audio_reader **out,
                         char why[AUDIO_WHY_MAX]);
void audio_reader_close(struct audio_reader *r);
uint32_t audio_reader_rate_hz(const struct audio_reader *r);
/* Samples in the whole file, 0 where that is not known. */
uint64_t audio_reader_length(const struct audio_reader *r);
/* 2 where the file has exactly so many; else what it has is mixed to mono. */
unsigned audio_reader_channels(const struct audio_reader *r);
/* Up to n mono samples. Fewer only at the end; 0: there is no more; -EIO: the file is damaged. */
int audio_reader_read(struct audio_reader *r, int16_t *out, size_t n);
/* The same as frames of so many channels, 1 or 2; what is mono is the same in both. */
int audio_reader_read_frames(struct audio_reader *r, unsigned channels, int16_t *out, size_t n);
/* What is left, up to most_s seconds of it: n samples in room for so many seconds, silence behind
 * them, to be freed. 0; -ENODATA: there is none; -ENOMEM or another negative errno. */
int audio_reader_read_all(struct audio_reader *r, unsigned most_s, int16_t **samples, size_t *n);

/* A file of 16 bits, of 1 or 2 channels, of the kind that its name ends in: .wav, .flac, .ogg or
 * .opus (Opus in Ogg, RFC 7845). An existing regular file is overwritten, nothing else is, and no
 * symbolic link followed; a new one has mode 0600. A recording survives its writer: the header of
 * WAV is true once a second, Ogg is whole up to its last page, of about a second, and FLAC up to
 * its last block of 4,096 frames, but for the length in its header. Returns 0 or -errno with a
 * sentence in why, which may be NULL (-EINVAL: the ending, say). */
int audio_writer_open(const char *path, uint32_t rate_hz, uint8_t channels,
                      struct audio_writer **out, char why[AUDIO_WHY_MAX]);
/* The same of the descriptor of a file, to be read and written, which is the writer's from now on,
 * whatever comes of it. */
int audio_writer_open_fd(int fd, const char *path, uint32_t rate_hz, uint8_t channels,
                         struct audio_writer **out, char why[AUDIO_WHY_MAX]);
/* Whether the name has one of those endings: 0, or -EINVAL with a sentence. Touches no disk. */
int audio_writer_check_name(const char *path, char why[AUDIO_WHY_MAX]);
/* The rate that a file of this name has best for sound of rate_hz: not every kind has every. */
uint32_t audio_writer_fit_rate(const char *path, uint32_t rate_hz);
/* Whether a file of this name is encoded, which takes time: it is not WAV. */
bool audio_writer_encodes(const char *path);
/* n frames, the channels interleaved. WAV goes to the file at once: some hundred frames a call, not
 * one. 0 or -errno (-ENOSPC, -EFBIG at 2 GiB of WAV …), then for every later call as well; what
 * was written before stays whole. */
int audio_writer_write(struct audio_writer *w, const int16_t *frames, size_t n);
uint64_t audio_writer_frames(const struct audio_writer *w);
/* Completes the file and closes it. 0, or the first thing that went wrong. NULL is fine. */
int audio_writer_close(struct audio_writer *w);

#endif
