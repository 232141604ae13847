#include "phone/choices.h"

#include <string.h>

#include "phone/command.h"

const struct choices choices_dtmf = CHOICES(PHONE_DTMF_AUTO, "auto", "rtp", "info", "inband");
const struct choices choices_encryption = CHOICES(PHONE_ENCRYPT_OFF, "off", "prefer", "require");
const struct choices choices_sides = CHOICES(PHONE_SIDES_HEARD, "heard", "apart", "mixed");
const struct choices choices_test = CHOICES(PHONE_TEST_OFF, "off", "open", "tone", "record");
const struct choices choices_voice = CHOICES(PHONE_VOICE_AUTO, "auto", "on", "off");

bool choices_find(const struct choices *choices, const char *word, unsigned *value)
{
    for (size_t i = 0; word && i < choices->n; i++) {
        if (strcmp(word, choices->words[i]) != 0)
            continue;
        *value = choices->first + (unsigned)i;
        return true;
    }
    return false;
}

const char *choices_word(const struct choices *choices, unsigned value)
{
    size_t i = value - choices->first;

    return value >= choices->first && i < choices->n ? choices->words[i] : NULL;
}

void choices_put(const struct choices *choices, const char *quote, struct buf *out)
{
    for (size_t i = 0; i < choices->n; i++) {
        const char *between = i == 0 ? "" : i + 1 < choices->n ? ", " : " or ";

        buf_printf(out, "%s%s%s%s", between, quote, choices->words[i], quote);
    }
}
