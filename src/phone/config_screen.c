/* The settings of the screen, which is a client of the phone and shares its file. What names mean
 * is the screen's to know (ui/screen); here is what can be said. */
#include <errno.h>
#include <stdlib.h>

#include "phone/config_private.h"

static const struct choices themes = CHOICES(0, "dark", "light", "contrast");
static const struct choices colours = CHOICES(0, "auto", "0", "8", "16", "256");

int config_set_theme(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;
    unsigned i;
    int err = config_word(value, &themes, &i, fault);

    if (!err)
        config->screen.theme = choices_word(&themes, i);
    return err;
}

int config_set_colours(void *into, struct slice value, struct config_fault *fault)
{
    static const int numbers[] = {0, 0, 8, 16, 256};
    struct phone_config *config = into;
    unsigned i;
    int err = config_word(value, &colours, &i, fault);

    if (err)
        return err;
    config->screen.colours_said = i > 0;
    config->screen.colours = numbers[i];
    return 0;
}

const struct config_kind config_lines = {CONFIG_WORDS(CONFIG_LINES_AUTO, "auto", "utf8", "ascii")};

/* --- bind ----------------------------------------------------------------------------------- */

void config_free_binds(struct list *binds)
{
    LIST_EACH (binds, at) {
        struct bind_config *bind = LIST_ITEM(at, struct bind_config, link);

        list_remove(&bind->link);
        free(bind->text);
        free(bind);
    }
}

/* Which keys and commands there are the screen looks at. */
static int add(struct list *binds, struct slice value, struct config_fault *fault)
{
    struct bind_config *bind;

    if (slice_index(value, ' ') < 0)
        return config_wrong(fault, value, value.p, "it is a key, a blank and a command");
    bind = calloc(1, sizeof *bind);
    if (bind)
        bind->text = slice_dup(value);
    if (!bind || !bind->text) {
        free(bind);
        return -ENOMEM;
    }
    list_append(binds, &bind->link);
    return 0;
}

int config_set_bind(void *into, struct slice value, struct config_fault *fault)
{
    struct phone_config *config = into;

    if (!slice_ieq(value, SLICE("none")))
        return add(&config->screen.binds, value, fault);
    config_free_binds(&config->screen.binds);
    return 0;
}
