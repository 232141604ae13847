#include "tests/unit/sip/calling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void calling_end(struct rig *r)
{
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

struct rig *calling(void)
{
    struct rig *r = rig_new(SIP_UDP);

    rig_call(r);
    return r;
}

const struct rig_sent *calling_invite(const struct rig *r)
{
    return rig_find(r, "INVITE", 0);
}

struct rig *calling_up(const char *lines)
{
    struct rig *r = calling();

    rig_answer(r, calling_invite(r), "200 OK", "b", lines, "x");
    return r;
}
