/* webrtc-audio-processing 0.3 behind voice.h: its echo canceller with the long filter and its own
 * search for the delay, and its noise suppressor.
 *
 * The library is loaded when a voice is made, as most runs never need it, and with it the library
 * of C++. So nothing here may need that one at link time: no exceptions, no containers, and all
 * calls but the first are virtual. */
#include "audio/voice_engine.h"

#include <math.h>
#include <stdlib.h>

#include <webrtc/modules/audio_processing/include/audio_processing.h>

#include "base/library.h"

namespace
{

const char FILE_NAME[] = "libwebrtc_audio_processing.so.1";
const unsigned FRAME_MOST = 480;
/* Of the delay that the library is told. It looks for the real one by itself, but an echo that
 * comes sooner than it was told is found late or never. */
const int DELAY_MS = 20;

struct Library {
    webrtc::AudioProcessing *(*create)(); /* AudioProcessing::Create() */
    /* Options are asked for by these, as webrtc::Config would need the library of C++. */
    void (*delay_agnostic)(AecCore *core, int on);
    void (*extended_filter)(AecCore *core, int on);
};

const struct library_symbol SYMBOLS[] = {
    {"_ZN6webrtc15AudioProcessing6CreateEv", offsetof(Library, create)},
    {"WebRtcAec_enable_delay_agnostic", offsetof(Library, delay_agnostic)},
    {"WebRtcAec_enable_extended_filter", offsetof(Library, extended_filter)},
};

bool load(Library *out)
{
    return !library_load(FILE_NAME, SYMBOLS, sizeof SYMBOLS / sizeof *SYMBOLS, out);
}

bool knows(uint32_t rate_hz)
{
    Library library;

    return (rate_hz == 8000 || rate_hz == 16000 || rate_hz == 32000 || rate_hz == 48000) &&
           load(&library);
}

/* One object of the library, for one purpose. */
struct Part {
    Library library;
    webrtc::AudioProcessing *apm;
    int rate_hz;
};

webrtc::StreamConfig format_of(const Part *part)
{
    return webrtc::StreamConfig(part->rate_hz, 1, false);
}

void part_free(void *arg)
{
    Part *part = static_cast<Part *>(arg);

    if (part)
        delete part->apm;
    free(part);
}

Part *part_new(uint32_t rate_hz)
{
    Part *part = static_cast<Part *>(calloc(1, sizeof *part));

    if (!part)
        return NULL;
    part->rate_hz = static_cast<int>(rate_hz);
    part->apm = load(&part->library) ? part->library.create() : NULL;
    const webrtc::StreamConfig format = format_of(part);
    const webrtc::ProcessingConfig formats = {{format, format, format, format}};
    if (part->apm && part->apm->Initialize(formats) == 0)
        return part;
    part_free(part);
    return NULL;
}

void to_float(const int16_t *in, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = static_cast<float>(in[i]) / 32768.0f;
}

/* What the microphone has captured, through the library and back. */
void process(const Part *part, int16_t *captured)
{
    const webrtc::StreamConfig format = format_of(part);
    const size_t n = format.num_frames();
    float samples[FRAME_MOST];
    const float *in = samples;
    float *out = samples;

    to_float(captured, samples, n);
    if (part->apm->ProcessStream(&in, format, format, &out) != 0)
        return; /* it stays as it was */
    for (size_t i = 0; i < n; i++)
        captured[i] =
            static_cast<int16_t>(lrintf(fmaxf(-32768.0f, fminf(32767.0f, samples[i] * 32768.0f))));
}

void *echo_new(uint32_t rate_hz)
{
    Part *part = part_new(rate_hz);
    webrtc::EchoCancellation *echo = part ? part->apm->echo_cancellation() : NULL;

    if (!echo || echo->Enable(true) != 0 || !echo->aec_core()) {
        part_free(part);
        return NULL;
    }
    /* More takes away more of our own speech while both sides speak. It forgets the options. */
    (void)echo->set_suppression_level(webrtc::EchoCancellation::kLowSuppression);
    part->library.extended_filter(echo->aec_core(), 1);
    part->library.delay_agnostic(echo->aec_core(), 1);
    return part;
}

void echo_run(void *arg, const int16_t *played, int16_t *captured)
{
    const Part *part = static_cast<Part *>(arg);
    const webrtc::StreamConfig format = format_of(part);
    float samples[FRAME_MOST];
    const float *in = samples;
    float *out = samples;

    to_float(played, samples, format.num_frames());
    (void)part->apm->ProcessReverseStream(&in, format, format, &out);
    (void)part->apm->set_stream_delay_ms(DELAY_MS);
    process(part, captured);
}

void *noise_new(uint32_t rate_hz)
{
    Part *part = part_new(rate_hz);
    webrtc::NoiseSuppression *noise = part ? part->apm->noise_suppression() : NULL;

    if (!noise || noise->set_level(webrtc::NoiseSuppression::kModerate) != 0 ||
        noise->Enable(true) != 0) {
        part_free(part);
        return NULL;
    }
    return part;
}

void noise_run(void *noise, int16_t *captured)
{
    process(static_cast<Part *>(noise), captured);
}

} // namespace

extern "C" const struct voice_engine voice_engine_webrtc = {
    "webrtc", knows, echo_new, echo_run, part_free, noise_new, noise_run, part_free,
};
