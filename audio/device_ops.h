/* audio/device_ops.h - the two kinds of device behind device.h; nobody else includes this. */
#ifndef AUDIO_DEVICE_OPS_H
#define AUDIO_DEVICE_OPS_H

#include "audio/device.h"

/* Each does what the function of its name in device.h says. */
struct audio_device_ops {
    void (*close)(struct audio_device *d);
    size_t (*read)(struct audio_device *d, int16_t *out, size_t n);
    size_t (*write)(struct audio_device *d, const int16_t *samples, size_t n);
    size_t (*played)(struct audio_device *d, int16_t *out, size_t n);
    size_t (*unread)(const struct audio_device *d);
    size_t (*captured)(const struct audio_device *d);
    size_t (*queued)(const struct audio_device *d);
    bool (*running)(const struct audio_device *d);
    bool (*failed)(const struct audio_device *d);
    void (*counts)(const struct audio_device *d, struct audio_device_counts *out);
};

/* What every kind begins with. */
struct audio_device {
    const struct audio_device_ops *ops;
    char *name; /* owned */
    char note[AUDIO_WHY_MAX];
    uint32_t rate_hz;
    unsigned inputs, outputs; /* channels */
    size_t frame;             /* samples per callback */
    bool null;
    bool plays; /* what is written goes to a card */
};

int audio_device_null_open(const struct audio_device_config *config, struct audio_device **out,
                           char why[AUDIO_WHY_MAX]);
int audio_device_card_open(const struct audio_device_config *config, struct audio_device **out,
                           char why[AUDIO_WHY_MAX]);
void audio_device_card_look(struct audio_device_cards *out);
int audio_device_card_list(struct audio_device_list *out, char why[AUDIO_WHY_MAX]);

#endif
