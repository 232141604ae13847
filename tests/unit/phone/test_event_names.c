/* Names of events: each kind has one, or two; none stands for two things. */
#include "phone/event_names.h"

#include "tests/lib/rows.h"

static const struct row {
    const char *name;
    struct phone_event event;
    const char *wanted;
} rows[] = {
    {"one name", {.kind = PHONE_EARLY}, "early-media"},
    {"one name, whatever on says", {.kind = PHONE_MEDIA, .on = true}, "media"},
    {"with on", {.kind = PHONE_ON_HOLD, .on = true}, "on-hold"},
    {"without", {.kind = PHONE_ON_HOLD}, "off-hold"},
    {"a message", {.kind = PHONE_MESSAGE}, "sip"},
    {"the end of all is not told", {.kind = PHONE_CLOSED}, NULL},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    const char *name = event_name(&row->event);

    if (row->wanted)
        assert_string_equal(name, row->wanted);
    else
        assert_null(name);
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = PHONE_LISTENING; kind < PHONE_MESSAGE; kind++)
        for (int on = 0; on < 2; on++) {
            struct phone_event event = {.kind = (enum phone_event_kind)kind, .on = on == 1};
            int place = event_name_place(&event);

            assert_in_range(place, 0, 62);
            assert_string_equal(event_name(&event), event_name_at((size_t)place));
        }
}

static void names_differ(void **state)
{
    const char *name;

    (void)state;
    for (size_t i = 0; (name = event_name_at(i)); i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(name, event_name_at(k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_name),
        cmocka_unit_test(names_differ),
    };

    return RUN_ROWS("phone/event_names", rows, check_row) +
           cmocka_run_group_tests_name("phone/event_names whole", tests, NULL, NULL);
}
