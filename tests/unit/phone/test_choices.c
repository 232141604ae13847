/* The words of enums, which several ways of saying a thing share. */
#include "phone/choices.h"

#include "phone/command.h"
#include "tests/lib/rows.h"

#define OTHER 77 /* what nobody's word stands for */

static const struct row {
    const char *name;
    const struct choices *choices;
    const char *word; /* NULL: there is none for value */
    unsigned value;
    const char *all;
} rows[] = {
    {"the first way of sending keys", &choices_dtmf, "auto", PHONE_DTMF_AUTO,
     "'auto', 'rtp', 'info' or 'inband'"},
    {"the last one", &choices_dtmf, "inband", PHONE_DTMF_INBAND,
     "'auto', 'rtp', 'info' or 'inband'"},
    {"what is not said has no word", &choices_dtmf, NULL, PHONE_DTMF_UNSAID,
     "'auto', 'rtp', 'info' or 'inband'"},
    {"encryption", &choices_encryption, "require", PHONE_ENCRYPT_REQUIRE,
     "'off', 'prefer' or 'require'"},
    {"sides of a recording", &choices_sides, "mixed", PHONE_SIDES_MIXED,
     "'heard', 'apart' or 'mixed'"},
    {"tests of a device", &choices_test, "record", PHONE_TEST_RECORD,
     "'off', 'open', 'tone' or 'record'"},
    {"parts of a voice", &choices_voice, "off", PHONE_VOICE_OFF, "'auto', 'on' or 'off'"},
    {"a value behind the last", &choices_voice, NULL, PHONE_VOICE_OFF + 1, "'auto', 'on' or 'off'"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf all = buf_new(256);
    unsigned value = OTHER;

    if (row->word)
        assert_string_equal(choices_word(row->choices, row->value), row->word);
    else
        assert_null(choices_word(row->choices, row->value));
    assert_int_equal(choices_find(row->choices, row->word, &value), row->word != NULL);
    assert_int_equal(value, row->word ? row->value : OTHER);
    assert_false(choices_find(row->choices, "AUTO", &value));
    assert_false(choices_find(row->choices, "", &value));
    choices_put(row->choices, "'", &all);
    assert_slice(buf_slice(&all), row->all);
    buf_free(&all);
}

int main(void)
{
    return RUN_ROWS("phone/choices", rows, check_row);
}
