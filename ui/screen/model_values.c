/* Members of the lines of the phone, as the model keeps them. */
#include <jansson.h>
#include <math.h>

#include "ui/screen/model_private.h"

void model_take_text(char **at, const void *tree, const char *member)
{
    model_set(at, ctl_text(tree, member));
}

bool model_flag(const void *tree, const char *member)
{
    return json_is_true(json_object_get(tree, member));
}

float model_number(const void *tree, const char *member)
{
    const json_t *value = json_object_get(tree, member);

    return json_is_number(value) ? (float)json_number_value(value) : NAN;
}

unsigned model_unsigned(const void *tree, const char *member)
{
    json_int_t n = json_integer_value(json_object_get(tree, member));

    return n > 0 && n <= UINT32_MAX ? (unsigned)n : 0;
}

/* Of Unix; 0 where no calendar has it. */
double model_time(const void *tree)
{
    double time = json_number_value(json_object_get(tree, "time"));

    return time > 0 && time < 1e11 ? time : 0;
}

uint64_t model_big(const void *tree, const char *member)
{
    json_int_t n = json_integer_value(json_object_get(tree, member));

    return n > 0 ? (uint64_t)n : 0;
}

uint64_t model_ms(const void *tree, const char *member)
{
    double s = json_number_value(json_object_get(tree, member));

    return s > 0 && s < 1e9 ? (uint64_t)(s * 1000) : 0;
}
