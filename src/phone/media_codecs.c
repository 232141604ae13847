/* Which codecs there are: those of libraries that are loaded by their names may be missing. */
#include "audio/codec.h"
#include "audio/spandsp.h"
#include "base/log.h"
#include "phone/media_private.h"

bool media_can_codec(struct media *media, const char *name, uint32_t rate_hz)
{
    const struct audio_codec *codec = audio_codec_find(slice_of(name), rate_hz, 0);
    bool can = codec && audio_codec_usable(codec);

    if (codec && !can && !media->told_missing) {
        log_warn("media", "%s is left out: libspandsp is not installed", codec->name);
        media->told_missing = true;
    }
    return can;
}

static void load(void *arg)
{
    (void)arg;
    if (!spandsp_load())
        log_warn("media", "G.722 cannot be spoken: libspandsp cannot be loaded");
}

void media_expect_codec(struct media *media, struct slice name)
{
    if (!media->loading && slice_ieq(name, SLICE("G722")))
        media->loading = uv_thread_create(&media->loader, load, NULL) == 0;
}

void media_codecs_loaded(struct media *media)
{
    if (media->loading)
        uv_thread_join(&media->loader);
    media->loading = false;
}
