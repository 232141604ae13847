/* A PortAudio with one card, which plays and hears nothing and is never let go: with each stream
 * that is closed a thread of its host waits for a sound server that has died. What is asked of it
 * is said into the descriptor STUCK_CARD, a letter for each stream: s started, c to be closed. */
#include <portaudio.h>
#include <stdlib.h>
#include <unistd.h>

static char stream;

static void tell(char what)
{
    if (write(atoi(getenv("STUCK_CARD")), &what, 1) != 1)
        abort();
}

PaError Pa_Initialize(void)
{
    return paNoError;
}

PaError Pa_Terminate(void)
{
    return paNoError;
}

const char *Pa_GetErrorText(PaError err)
{
    (void)err;
    return "nothing is wrong";
}

const PaHostErrorInfo *Pa_GetLastHostErrorInfo(void)
{
    return NULL;
}

PaDeviceIndex Pa_GetDeviceCount(void)
{
    return 1;
}

const PaDeviceInfo *Pa_GetDeviceInfo(PaDeviceIndex i)
{
    static const PaDeviceInfo info = {
        .name = "stuck", .maxInputChannels = 1, .maxOutputChannels = 1, .defaultSampleRate = 48000};

    (void)i;
    return &info;
}

const PaHostApiInfo *Pa_GetHostApiInfo(PaHostApiIndex i)
{
    (void)i;
    return NULL;
}

PaDeviceIndex Pa_GetDefaultInputDevice(void)
{
    return 0;
}

PaDeviceIndex Pa_GetDefaultOutputDevice(void)
{
    return 0;
}

PaError Pa_OpenStream(PaStream **out, const PaStreamParameters *in, const PaStreamParameters *to,
                      double rate_hz, unsigned long frames, PaStreamFlags flags,
                      PaStreamCallback *callback, void *arg)
{
    (void)in, (void)to, (void)rate_hz, (void)frames, (void)flags, (void)callback, (void)arg;
    *out = &stream;
    return paNoError;
}

PaError Pa_SetStreamFinishedCallback(PaStream *s, PaStreamFinishedCallback *callback)
{
    (void)s, (void)callback;
    return paNoError;
}

PaError Pa_StartStream(PaStream *s)
{
    (void)s;
    tell('s');
    return paNoError;
}

PaError Pa_AbortStream(PaStream *s)
{
    (void)s;
    return paNoError;
}

PaError Pa_CloseStream(PaStream *s)
{
    (void)s;
    tell('c');
    for (;;)
        pause();
}
