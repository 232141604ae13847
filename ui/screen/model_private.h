/* ui/screen/model_private.h - the inside of ui/screen/model.h: model.c holds the data together,
 * model_lines.c fills it. */
#ifndef UI_SCREEN_MODEL_PRIVATE_H
#define UI_SCREEN_MODEL_PRIVATE_H

#include "ui/screen/model.h"

/* Puts a copy of text in place of what was there. */
void model_set(char **at, const char *text);
/* Room for one more behind n of size bytes each; what is new is zero. */
void *model_grow(void *list, size_t n, size_t size);

/* The number that an object of JSON has as this member; 0: none, or not one of this size. */
unsigned model_unsigned(const void *tree, const char *member);

/* The one of that number, made where there is none. */
struct model_call *model_add_call(struct model *model, uint32_t call, uint64_t now_ms);
void model_remove_call(struct model *model, uint32_t call);
void model_clear_past(struct model *model);
void model_clear_contacts(struct model *model);

/* --- model_sound.c ---------------------------------------------------------------------------- */

void model_begin_sound(struct model *model);
void model_clear_sound(struct model *model);
/* The events devices, device, levels, test and test-ended. */
unsigned model_take_sound(struct model *model, const struct ctl_line *line);
/* What a reply to status says of it. */
void model_take_sound_state(struct model *model, const void *tree);

#endif
