/* phone/config_private.h - what config.c and config_options.c share. */
#ifndef PHONE_CONFIG_PRIVATE_H
#define PHONE_CONFIG_PRIVATE_H

#include "phone/config.h"

/* Reads value into config, or changes nothing and returns -EINVAL with the fault, or -ENOMEM. */
typedef int config_set_fn(struct phone_config *config, struct slice value,
                          struct config_fault *fault);

struct config_option {
    const char *name;
    config_set_fn *set;
};

#define N_CONFIG_OPTIONS 6

extern const struct config_option config_options[N_CONFIG_OPTIONS];

#endif
