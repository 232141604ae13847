/* What a person is told of each failure of an account, and of a call through one. */
#include <errno.h>

#include "phone/account.h"
#include "tests/lib/rows.h"

#define AT                                                                                         \
    {                                                                                              \
        .remote = {.family = 4, .port = 5060, .bytes = {192, 0, 2, 1} }                            \
    }

static const struct words_row {
    const char *name;
    struct sip_account_event event;
    enum phone_outcome outcome;
    const char *text; /* behind "alice@example.org: " */
} words_rows[] = {
    {"the password",
     {.cause = SIP_ACCOUNT_REFUSED_PASSWORD, .status = 403},
     PHONE_NOT_ALLOWED,
     "the server refused the password (403); check password-command and auth-user"},
    {"what a server says is made safe",
     {.cause = SIP_ACCOUNT_REFUSED, .status = 404, .reason = SLICE_INIT("No\x1b[2J")},
     PHONE_NOT_FOUND,
     "the server does not know this account (404 No\xef\xbf\xbd[2J); check uri"},
    {"no password, and a realm",
     {.cause = SIP_ACCOUNT_NO_PASSWORD, .realm = SLICE_INIT("pbx")},
     PHONE_NOT_ALLOWED,
     "the server asks for a password for pbx; set password-command, or type it at a "
     "terminal"},
    {"a challenge that is not answered",
     {.cause = SIP_ACCOUNT_CANNOT_ANSWER, .reason = SLICE_INIT("realm x is none of ours")},
     PHONE_NOT_ALLOWED,
     "the server asks for a password in a way that is not answered: realm x is none of ours; "
     "ask who runs the server"},
    {"403 without a password",
     {.cause = SIP_ACCOUNT_REFUSED, .status = 403},
     PHONE_NOT_ALLOWED,
     "the server does not let it register (403); check uri, auth-user and the password, or ask who "
     "runs the server"},
    {"503",
     {.cause = SIP_ACCOUNT_REFUSED, .status = 503},
     PHONE_UNREACHABLE,
     "the server registers nobody now (503)"},
    {"500",
     {.cause = SIP_ACCOUNT_REFUSED, .status = 500},
     PHONE_FAILED,
     "the server has a trouble of its own (500)"},
    {"a status without a row",
     {.cause = SIP_ACCOUNT_REFUSED, .status = 405},
     PHONE_FAILED,
     "the server did not register it (405); check uri and registrar"},
    {"silence",
     {.cause = SIP_ACCOUNT_NO_ANSWER, .flow = AT},
     PHONE_NO_ANSWER,
     "the server at 192.0.2.1:5060 does not answer; check registrar, or a firewall"},
    {"nobody there",
     {.cause = SIP_ACCOUNT_UNREACHABLE, .err = -ECONNREFUSED, .flow = AT},
     PHONE_UNREACHABLE,
     "the server at 192.0.2.1:5060 is not there (connection refused); check registrar and its "
     "port"},
    {"no network",
     {.cause = SIP_ACCOUNT_UNREACHABLE, .err = -ENETUNREACH},
     PHONE_UNREACHABLE,
     "the server cannot be reached from here (Network is unreachable); check the network"},
    {"a broken connection",
     {.cause = SIP_ACCOUNT_UNREACHABLE, .err = -ECONNRESET},
     PHONE_UNREACHABLE,
     "the server cannot be reached (Connection reset by peer); check registrar and the network"},
    {"no such host",
     {.cause = SIP_ACCOUNT_NOT_FOUND, .err = -ENOENT},
     PHONE_NOT_FOUND,
     "no address was found for the server; check uri and registrar"},
    {"no name server",
     {.cause = SIP_ACCOUNT_NOT_FOUND, .err = -ETIMEDOUT},
     PHONE_NOT_FOUND,
     "the name server did not answer; check the network"},
    {"a server without UDP, where we have nothing else",
     {.cause = SIP_ACCOUNT_NOT_FOUND, .err = -EPROTONOSUPPORT},
     PHONE_UNREACHABLE,
     "the server cannot be reached in the way it asks for; we speak UDP where we listen, TCP "
     "and TLS"},
    {"a 2xx without our Contact",
     {.cause = SIP_ACCOUNT_NOT_KEPT},
     PHONE_FAILED,
     "the server said yes but did not keep our address, so nobody could reach us; ask who runs "
     "the server"},
};

static void check_words(void **state)
{
    const struct words_row *row = *state;
    struct account_config config = {.password_command = (char[]){"pass"}};
    struct account account = {.config = &config, .uri = (char[]){"sip:alice@example.org"}};
    struct buf text = buf_new(4096), wanted = buf_new(4096);

    assert_int_equal(account_explain(&account, &row->event, &text), row->outcome);
    buf_printf(&wanted, "alice@example.org: %s", row->text);
    assert_slice(buf_slice(&text), buf_cstr(&wanted));
    buf_free(&text);
    buf_free(&wanted);
}

static const struct call_row {
    const char *name;
    unsigned status;
    bool served, password;
    const char *command_why, *text;
} call_rows[] = {
    {"the password of a call", 407, true, true, NULL,
     "the server refused the password of alice@example.org; check password and auth-user"},
    {"no password for a call", 407, true, false, NULL,
     "the server asks alice@example.org for a password; set password-command"},
    {"a command that failed", 401, true, false, "pass: locked", "pass: locked"},
    {"not allowed", 403, true, true, NULL,
     "the server does not allow alice@example.org to call there"},
    {"a foreign server", 407, false, true, NULL,
     "a server that is not ours asks for a password, or does not allow the call"},
};

static void check_call(void **state)
{
    const struct call_row *row = *state;
    struct account_config config = {.password = (char[]){"x"}};
    struct account account = {.config = &config,
                              .uri = (char[]){"sip:alice@example.org"},
                              .password_set = row->password,
                              .command_why = (char *)(uintptr_t)row->command_why};
    struct buf text = buf_new(4096);

    account_explain_call(&account, row->status, row->served, &text);
    assert_slice(buf_slice(&text), row->text);
    buf_free(&text);
}

int main(void)
{
    return RUN_ROWS("phone/account_words", words_rows, check_words) +
           RUN_ROWS("phone/account_words of calls", call_rows, check_call);
}
