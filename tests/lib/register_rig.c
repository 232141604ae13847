#include "tests/lib/register_rig.h"

#include <stdio.h>
#include <string.h>

const struct rig_sent *rig_last_register(const struct rig *r)
{
    const struct rig_sent *sent = rig_last(r, "REGISTER ");

    assert_non_null(sent);
    return sent;
}

size_t rig_registers(const struct rig *r)
{
    return rig_count(r, "REGISTER ");
}

struct sip_account *rig_registering(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    return account;
}

struct sip_account *rig_registering_with_password(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    return account;
}

void rig_answer_register(struct rig *r, const char *status, const char *lines)
{
    rig_answer(r, rig_last_register(r), status, "r", lines, "");
}

void rig_assert_told(const struct rig *r, enum sip_account_event_kind kind)
{
    assert_non_null(rig_last_told(r));
    assert_int_equal(rig_last_told(r)->kind, kind);
}

void rig_assert_failed(const struct rig *r, enum sip_account_cause cause)
{
    rig_assert_told(r, SIP_ACCOUNT_FAILED);
    assert_int_equal(rig_last_told(r)->cause, cause);
}

bool text_has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

const char *rig_contact(const struct rig_sent *sent)
{
    static char uri[256];
    const char *value = rig_header(sent, "Contact");

    snprintf(uri, sizeof uri, "%.*s", (int)strcspn(value, ">") - 1, value + 1);
    return uri;
}

void register_check(void **state)
{
    const struct register_row *row = *state;
    struct rig *r = rig_new(row->transport ? row->transport : SIP_UDP);

    row->steps(r);
    rig_free(r);
}
