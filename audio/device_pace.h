/* audio/device_pace.h - how often a card calls for samples, and how much it is to hold back. */
#ifndef AUDIO_DEVICE_PACE_H
#define AUDIO_DEVICE_PACE_H

struct device_pace {
    unsigned frame_ms; /* for each call */
    double latency_s;  /* asked for at least */
};

/* A sound server holds back three frames at least, and gives a microphone's sound one frame at a
 * time: short ones are heard 15 to 20 ms sooner. But who must be there every 5 ms is late where
 * others want the processor, and then the sound breaks. load: processes that want to run, on
 * average; with more than one for every second processor a machine is busy. */
struct device_pace device_pace_for(double load, unsigned processors);
/* For this machine, as it is now. */
struct device_pace device_pace_now(void);

#endif
