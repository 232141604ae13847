/* phone/sound_kind.h - whether a file is one of sound, by what it begins with.
 *
 * For who opens files on behalf of somebody whom it does not trust: what is let through must not be
 * a key, a letter or a database. So only kinds count that begin with letters of their own. */
#ifndef PHONE_SOUND_KIND_H
#define PHONE_SOUND_KIND_H

#include <stdbool.h>

#include "base/slice.h"

#define SOUND_KIND_BYTES 16 /* of the beginning, that are looked at */

bool sound_kind_known(struct slice beginning);

#endif
