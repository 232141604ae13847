/* audio/file.h - sound files in and out, a piece at a time (libsndfile).
 *
 * Reading and writing go through the page cache and may wait for a slow disk; opening may wait
 * longer. Which thread does that is the caller's decision; a file belongs to one at a time. */
#ifndef AUDIO_FILE_H
#define AUDIO_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Room for the sentence that says why a file failed: "cannot open …: no such file". */
#define AUDIO_WHY_MAX 256

struct audio_reader;
struct audio_writer;

/* Any file that libsndfile knows (WAV, AIFF, FLAC, Ogg Vorbis, Opus, MP3 …), mixed to mono; a name
 * that ends in .raw is headerless mono, 16 bit, little-endian, 8 kHz. Returns 0 or -errno
 * (-EBADMSG: not a sound file) with a sentence in why, which may be NULL. */
int audio_reader_open(const char *path, struct audio_reader **out, char why[AUDIO_WHY_MAX]);
void audio_reader_close(struct audio_reader *r);
uint32_t audio_reader_rate_hz(const struct audio_reader *r);
/* Samples in the whole file, 0 where that is not known. */
uint64_t audio_reader_length(const struct audio_reader *r);
/* Up to n mono samples. Fewer only at the end; 0: there is no more; -EIO: the file is damaged. */
int audio_reader_read(struct audio_reader *r, int16_t *out, size_t n);
/* Back to the beginning: 0, or -errno for what cannot seek. */
int audio_reader_rewind(struct audio_reader *r);

/* A WAV file, mono, 16 bit. An existing regular file is overwritten, nothing else is, and no
 * symbolic link followed; a new one has mode 0600. The header is true once a second, so a recording
 * survives its writer. Returns 0 or -errno with a sentence in why, which may be NULL. */
int audio_writer_open(const char *path, uint32_t rate_hz, struct audio_writer **out,
                      char why[AUDIO_WHY_MAX]);
/* To the file at once: some hundred samples a call, not one. 0 or -errno (-ENOSPC, -EFBIG at
 * 2 GiB …), then for every later call as well. */
int audio_writer_write(struct audio_writer *w, const int16_t *samples, size_t n);
uint64_t audio_writer_samples(const struct audio_writer *w);
/* Completes the header and closes. 0, or the first thing that went wrong. NULL is fine. */
int audio_writer_close(struct audio_writer *w);

#endif
