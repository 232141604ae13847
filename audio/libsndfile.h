/* audio/libsndfile.h - the little of libsndfile that we use, loaded when a sound file is not WAV as
 * we read and write it ourselves.
 *
 * It brings six more libraries (FLAC, Vorbis, MP3 …), whose linking is a sixth of what a start of
 * tphone costs; and most runs of it never see such a file. */
#ifndef AUDIO_LIBSNDFILE_H
#define AUDIO_LIBSNDFILE_H

#include <sndfile.h>

/* clang-format off */
#define LIBSNDFILE_FUNCTIONS(X)                                                                    \
    X(open_fd) X(open_virtual) X(readf_float) X(writef_short) X(error) X(close)
/* clang-format on */

/* sf->open_fd is sf_open_fd and so on. */
struct libsndfile {
#define X(name) __typeof__(sf_##name) *name;
    LIBSNDFILE_FUNCTIONS(X)
#undef X
};

/* Of a sentence that says why a file cannot be read or written. */
#define LIBSNDFILE_MISSING                                                                         \
    "this kind of file takes libsndfile, which cannot be loaded (Debian: libsndfile1)"

/* From any thread that may wait, as it may read files. NULL: it is not there, or there was no
 * memory for it, so who asks again may have it. */
const struct libsndfile *libsndfile_load(void);

#endif
