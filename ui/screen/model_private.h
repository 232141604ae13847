/* ui/screen/model_private.h - the inside of ui/screen/model.h: model.c holds the data together,
 * the others fill it from the lines of the phone. Every tree is one of jansson. */
#ifndef UI_SCREEN_MODEL_PRIVATE_H
#define UI_SCREEN_MODEL_PRIVATE_H

#include "ui/screen/model.h"

/* Puts a copy of text in place of what was there, which stays without memory; where there was
 * nothing, that ends the program. */
void model_set(char **at, const char *text);
/* Room for one more behind n of size bytes each; what is new is zero. */
void *model_grow(void *list, size_t n, size_t size);

/* The one of that number, made where there is none; NULL without memory. */
struct model_call *model_add_call(struct model *model, uint32_t call, uint64_t now_ms);
/* The one of that label, which the settings have. */
struct model_account *model_add_account(struct model *model, const char *label);
void model_remove_call(struct model *model, uint32_t call);
/* Without memory something was left out; said once. */
void model_is_short(struct model *model);
void model_clear_past(struct model *model);
void model_clear_contacts(struct model *model);

/* --- model_wishes.c --------------------------------------------------------------------------- */

/* Copies what, in place of what was asked in that call. */
void model_add_wish(struct model *model, const struct model_wish *what);
void model_remove_wish(struct model *model, uint32_t call);
void model_clear_wishes(struct model *model);
/* The events transfer-... */
unsigned model_take_wish(struct model *model, const struct phone_event *event);

/* --- model_values.c --------------------------------------------------------------------------- */

/* What an object has as this member. 0, and "": none, or not one of this kind and size. */
void model_take_text(char **at, const void *tree, const char *member);
bool model_flag(const void *tree, const char *member);
unsigned model_unsigned(const void *tree, const char *member);
uint64_t model_big(const void *tree, const char *member);
uint64_t model_ms(const void *tree, const char *member);  /* where it is in seconds */
float model_number(const void *tree, const char *member); /* NAN: none */
double model_time(const void *tree);                      /* of Unix, where a calendar has it */

/* --- model_events.c --------------------------------------------------------------------------- */

/* Where an account is registered, which a reply to status says like an event. */
void model_take_binding(struct model_account *account, const void *tree);

/* --- model_sound.c ---------------------------------------------------------------------------- */

void model_begin_sound(struct model *model);
void model_clear_sound(struct model *model);
/* The events devices, device, levels, test and test-ended. */
unsigned model_take_sound(struct model *model, const struct ctl_line *line);
/* What a reply to status says of it. */
void model_take_sound_state(struct model *model, const void *tree);

#endif
