/* Accounts of the phone: which one a call goes through, who is let in, how many register. */
#include "phone/account.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "phone/phone_private.h"
#include "tests/lib/rows.h"

static struct account_config at_home = {.label = (char[]){"home"},
                                        .uri = (char[]){"sip:alice@example.org"}};
static struct account_config at_work = {.label = (char[]){"work"},
                                        .uri = (char[]){"sip:bob@example.net"},
                                        .registrar = (char[]){"sip:127.0.0.5"}};
static struct account_config abroad = {.label = (char[]){"abroad"},
                                       .uri = (char[]){"sip:carol@example.com"},
                                       .proxy = (char[]){"sip:127.0.0.9"},
                                       .no_register = true};

/* --- a phone with accounts -------------------------------------------------------------------- */

struct house {
    struct net_loop *loop;
    struct phone_config config;
    struct phone *phone;
};

static void ignore(void *arg, const struct phone_event *event)
{
    (void)arg;
    (void)event;
}

/* Names are looked up where nobody answers, and nothing is waited for. */
static struct house *build(void)
{
    static struct house h;

    h = (struct house){0};
    config_init(&h.config);
    h.config.no_device = h.config.no_history = true;
    h.config.listen.tcp = false;
    assert_int_equal(ip_parse_with_port(SLICE("127.0.0.1:9"), &h.config.listen.ip), 0);
    h.config.dns_server = h.config.listen.ip;
    h.config.listen.ip.port = 0;
    assert_int_equal(net_loop_new(&h.loop), 0);
    return &h;
}

static void enter(struct house *h, struct account_config *const *accounts, size_t n)
{
    struct buf why = buf_new(1024);

    for (size_t i = 0; i < n; i++)
        list_append(&h->config.accounts, &accounts[i]->link);
    if (phone_new(h->loop, &h->config, ignore, NULL, &why, &h->phone) != 0)
        fail_msg("%s", buf_cstr(&why));
    buf_free(&why);
}

static struct house *open_house(size_t n)
{
    static struct account_config *const all[] = {&at_home, &at_work, &abroad};
    struct house *h = build();

    enter(h, all, n);
    return h;
}

static void leave_house(struct house *h)
{
    phone_free(h->phone);
    list_init(&h->config.accounts); /* they are not the configuration's to free */
    config_free(&h->config);
    net_loop_free(h->loop);
}

/* --- which account ---------------------------------------------------------------------------- */

static const struct dial_row {
    const char *name, *typed, *account; /* NULL: not said */
    const char *uri, *label;            /* "": none */
    bool waits;
} dial_rows[] = {
    {"a name alone is one of the first account's server", "carl", NULL, "sip:carl@example.org",
     "home", true},
    {"and of the server of the account that was named", "carl", "work", "sip:carl@example.net",
     "work", true},
    {"an account is named by its address, too", "carl", "sip:bob@example.net",
     "sip:carl@example.net", "work", true},
    {"a domain of an account", "x@example.net", NULL, "sip:x@example.net", "work", true},
    {"in any case", "x@EXAMPLE.net", NULL, "sip:x@EXAMPLE.net", "work", true},
    {"a registrar", "x@127.0.0.5", NULL, "sip:x@127.0.0.5", "work", true},
    {"the same machine, but another port", "x@127.0.0.5:5070", NULL, "sip:x@127.0.0.5:5070", "",
     false},
    {"an address in figures", "x@127.0.0.7", NULL, "sip:x@127.0.0.7", "", false},
    {"this machine", "x@localhost", NULL, "sip:x@localhost", "", false},
    {"a foreign domain goes through the account that has a way to anywhere", "x@example.edu", NULL,
     "sip:x@example.edu", "abroad", false},
    {"or, directly, under the name of the account that was named", "x@example.edu", "home",
     "sip:x@example.edu", "home", false},
    {"an account that is not to be registered is not waited for", "x@example.com", NULL,
     "sip:x@example.com", "abroad", false},
    {"an address in figures through the account that was named", "x@127.0.0.7", "abroad",
     "sip:x@127.0.0.7", "abroad", false},
};

static void check_dial(void **state)
{
    const struct dial_row *row = *state;
    struct house *h = open_house(3);
    struct phone_command command = {
        .kind = PHONE_DIAL, .target = row->typed, .account = row->account};
    struct call *call;

    assert_int_equal(phone_do(h->phone, &command, NULL, NULL), 0);
    assert_int_equal(phone_calls(h->phone), 1);
    call = LIST_ITEM(list_first(&h->phone->calls), struct call, link);
    assert_string_equal(call->uri, row->uri);
    assert_string_equal(call->account ? call->account->label : "", row->label);
    assert_int_equal(call->state == CALL_REGISTERING, row->waits);
    leave_house(h);
}

static void one_foreign_name_through_a_lone_account(void **state)
{
    struct house *h = open_house(1);
    struct call *call;

    (void)state;
    assert_int_equal(phone_do(h->phone,
                              &(struct phone_command){.kind = PHONE_DIAL, .target = "x@y.example"},
                              NULL, NULL),
                     0);
    call = LIST_ITEM(list_first(&h->phone->calls), struct call, link);
    assert_string_equal(call->account->label, "home"); /* which lends its name */
    assert_int_equal(call->state, CALL_LOCATING);
    leave_house(h);
}

/* A call that waits ends when its account is not wanted any more. */
static void unregistering_ends_what_waits(void **state)
{
    struct house *h = open_house(1);

    (void)state;
    assert_int_equal(phone_do(h->phone,
                              &(struct phone_command){.kind = PHONE_DIAL, .target = "carl"}, NULL,
                              NULL),
                     0);
    assert_int_equal(
        phone_do(h->phone, &(struct phone_command){.kind = PHONE_UNREGISTER}, NULL, NULL), 0);
    assert_int_equal(phone_calls(h->phone), 0);
    leave_house(h);
}

/* The server refused the password that was given. */
static struct account *is_refused(struct house *h, struct account_config *config)
{
    const struct phone_command wanted = {.kind = PHONE_REGISTER};
    const struct phone_command given = {.kind = PHONE_PASSWORD, .text = "wrong"};
    struct account *account;

    enter(h, (struct account_config *[]){config}, 1);
    account = account_find(h->phone, NULL);
    assert_int_equal(phone_do(h->phone, &given, NULL, NULL), 0);
    assert_true(account->password_set);
    assert_int_equal(phone_do(h->phone, &wanted, NULL, NULL), 0);
    account_event(h->phone, &(struct sip_account_event){.kind = SIP_ACCOUNT_FAILED,
                                                        .owner = account,
                                                        .cause = SIP_ACCOUNT_REFUSED_PASSWORD,
                                                        .status = 401,
                                                        .retry_ms = NEVER_MS});
    assert_true(account->settled);
    return account;
}

/* Now somebody asks once more. */
static const struct account *asks_anew(struct house *h, struct account_config *config)
{
    const struct phone_command again = {.kind = PHONE_REGISTER};
    const struct account *account = is_refused(h, config);

    assert_int_equal(phone_do(h->phone, &again, NULL, NULL), 0);
    return account;
}

static void another_password_is_tried(void **state)
{
    const struct phone_command given = {.kind = PHONE_PASSWORD, .text = "right"};
    const struct phone_command none = {.kind = PHONE_PASSWORD};
    struct account_config config = at_home;
    struct house *h = build();
    const struct account *account = is_refused(h, &config);

    (void)state;
    assert_int_equal(phone_do(h->phone, &none, NULL, NULL), 0);
    assert_true(account->settled); /* there is nothing to try */
    leave_house(h);
    h = build();
    account = is_refused(h, &config);
    assert_int_equal(phone_do(h->phone, &given, NULL, NULL), 0);
    assert_false(account->settled);
    assert_true(account->password_set);
    leave_house(h);
}

static void a_person_is_asked_anew(void **state)
{
    struct account_config config = at_home;
    struct house *h = build();

    (void)state;
    assert_false(asks_anew(h, &config)->password_set);
    leave_house(h);
}

static void a_command_runs_first(void **state)
{
    struct account_config config = at_home;
    const struct account *account;
    struct house *h = build();

    (void)state;
    config.password_command = (char[]){"sleep 60"};
    account = asks_anew(h, &config);
    assert_non_null(account->command);
    assert_true(account->when_command); /* the server hears nothing before */
    leave_house(h);
}

static const struct refusal_row {
    const char *name;
    struct phone_command command;
    int err;
    const char *why;
} refusal_rows[] = {
    {"an account that is not there",
     {.kind = PHONE_REGISTER, .account = "worj\x1b"},
     -ENOENT,
     "there is no account worj\xef\xbf\xbd; there are home, work, abroad"},
    {"an account that is not to be registered",
     {.kind = PHONE_REGISTER, .account = "abroad"},
     -EINVAL,
     "this account is not to be registered (register = no)"},
    {"a call through an account that is not there",
     {.kind = PHONE_DIAL, .target = "carl", .account = "nobody"},
     -ENOENT,
     "there is no account nobody; there are home, work, abroad"},
};

static void check_refusal(void **state)
{
    const struct refusal_row *row = *state;
    struct house *h = open_house(3);
    struct buf why = buf_new(1024);

    assert_int_equal(phone_do(h->phone, &row->command, NULL, &why), row->err);
    assert_slice(buf_slice(&why), row->why);
    buf_free(&why);
    leave_house(h);
}

static const struct open_row {
    const char *name;
    struct account_config config;
    const char *why;
} open_rows[] = {
    {"a registrar that is no address",
     {.label = (char[]){"home"},
      .uri = (char[]){"sip:a@example.org"},
      .registrar = (char[]){"sip:a@"}},
     "home: uri, registrar or proxy cannot be read; they are like sip:alice@example.org and "
     "sip:server.example.org"},
    {"a way that we do not know",
     {.label = (char[]){"home"}, .uri = (char[]){"sip:a@example.org"}, .proxy = (char[]){"sip:x;transport=ws"}},
     "home: the way to its server asks for something that we do not speak; there are UDP, TCP "
     "and TLS"},
};

static void check_open(void **state)
{
    const struct open_row *row = *state;
    struct account_config account = row->config;
    struct house *h = build();
    struct buf why = buf_new(1024);

    list_append(&h->config.accounts, &account.link);
    assert_true(phone_new(h->loop, &h->config, ignore, NULL, &why, &h->phone) != 0);
    assert_slice(buf_slice(&why), row->why);
    buf_free(&why);
    h->phone = NULL;
    leave_house(h);
}

/* --- who is let in ---------------------------------------------------------------------------- */

static const struct screen_row {
    const char *name;
    bool account; /* the INVITE is for one, which exists in any case but the first rows */
    enum config_accept accept; /* of the account, or of the phone */
    bool by_server;
    unsigned status;
    const char *from; /* NULL: somebody; the INVITE comes from 192.0.2.9 */
} screen_rows[] = {
    {"for nobody of ours", false, CONFIG_ACCEPT_DEFAULT, false, 404, NULL},
    {"for nobody of ours, by a server", false, CONFIG_ACCEPT_DEFAULT, true, 404, NULL},
    {"for nobody of ours, accept = server", false, CONFIG_ACCEPT_SERVER, true, 404, NULL},
    {"for nobody of ours, accept = anyone", false, CONFIG_ACCEPT_ANYONE, false, 0, NULL},
    {"for nobody of ours, accept = contacts", false, CONFIG_ACCEPT_CONTACTS, false, 403, NULL},
    {"for an account, from elsewhere", true, CONFIG_ACCEPT_DEFAULT, false, 403, NULL},
    {"for an account, by its server", true, CONFIG_ACCEPT_DEFAULT, true, 0, NULL},
    {"accept = server, from elsewhere", true, CONFIG_ACCEPT_SERVER, false, 403, NULL},
    {"accept = anyone, from elsewhere", true, CONFIG_ACCEPT_ANYONE, false, 0, NULL},
    {"accept = contacts, from no contact", true, CONFIG_ACCEPT_CONTACTS, true, 403, NULL},
    {"accept = contacts, from one by its server", true, CONFIG_ACCEPT_CONTACTS, true, 0,
     "sip:friend@example.org"},
    {"accept = contacts, from who says to be one", true, CONFIG_ACCEPT_CONTACTS, false, 403,
     "sip:friend@example.org"},
    {"accept = contacts, from the address of one", true, CONFIG_ACCEPT_CONTACTS, false, 0,
     "sip:house@192.0.2.9"},
    {"accept = contacts, from another address", true, CONFIG_ACCEPT_CONTACTS, false, 403,
     "sip:shed@192.0.2.8"},
};

static const char contacts_file[] = "test-account-contacts";

static void write_contacts(void)
{
    FILE *file = fopen(contacts_file, "w");

    assert_non_null(file);
    fputs("friend = sip:friend@example.org\nhouse = sip:house@192.0.2.9\n"
          "shed = sip:shed@192.0.2.8\n",
          file);
    fclose(file);
}

static void check_screen(void **state)
{
    const struct screen_row *row = *state;
    struct account_config config = at_home;
    struct account_config *const one[] = {&config};
    struct house *h = build();
    struct sip_call_event event = {
        .by_server = row->by_server,
        .from_uri = slice_of(row->from ? row->from : "sip:x@y"),
        .flow.remote = {.family = 4, .bytes = {192, 0, 2, 9}, .port = 5060},
    };

    write_contacts();
    h->config.contacts_file = strdup(contacts_file);
    if (row->account)
        config.accept = row->accept;
    else
        h->config.accept = row->accept;
    enter(h, one, 1);
    if (row->account)
        event.account = account_find(h->phone, NULL);
    assert_int_equal(account_screens(h->phone, &event), row->status);
    leave_house(h);
    remove(contacts_file);
}

static void without_accounts_all_may_call(void **state)
{
    struct house *h = open_house(0);
    struct sip_call_event event = {.from_uri = SLICE("sip:x@y")};

    (void)state;
    assert_int_equal(account_screens(h->phone, &event), 0);
    leave_house(h);
}

/* --- many of them ----------------------------------------------------------------------------- */

#define CROWD 150
#define AT_ONCE 32 /* of account_turns.c */
#define EVERY_MS 50

struct crowd {
    struct account_config configs[CROWD];
    struct house *house;
    int server;
    bool seen[CROWD];
    size_t n_seen;
};

static struct crowd *open_crowd(void)
{
    static struct account_config *all[CROWD];
    struct crowd *c = calloc(1, sizeof *c);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    char text[64];

    c->server = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(c->server, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(c->server, (struct sockaddr *)&at, &n), 0);
    for (size_t i = 0; i < CROWD; i++) {
        snprintf(text, sizeof text, "sip:u%zu.@127.0.0.1:%u", i, (unsigned)ntohs(at.sin_port));
        c->configs[i].uri = strdup(text);
        c->configs[i].label = strdup(text);
        all[i] = &c->configs[i];
    }
    c->house = build();
    enter(c->house, all, CROWD);
    return c;
}

static void close_crowd(struct crowd *c)
{
    leave_house(c->house);
    close(c->server);
    for (size_t i = 0; i < CROWD; i++) {
        free(c->configs[i].uri);
        free(c->configs[i].label);
    }
    free(c);
}

/* How many accounts the server has heard of by now. */
static size_t heard(struct crowd *c)
{
    char text[4096];
    ssize_t n;

    while ((n = recv(c->server, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
        const char *from;
        size_t i;

        text[n] = '\0';
        from = strstr(text, "From: <sip:u");
        assert_non_null(from);
        i = strtoul(from + 12, NULL, 10);
        assert_true(i < CROWD);
        c->n_seen += !c->seen[i];
        c->seen[i] = true;
    }
    return c->n_seen;
}

static void tell_all(struct crowd *c, enum phone_command_kind kind, size_t from)
{
    for (size_t i = from; i < CROWD; i++)
        assert_int_equal(
            phone_do(c->house->phone,
                     &(struct phone_command){.kind = kind, .account = c->configs[i].label}, NULL,
                     NULL),
            0);
}

/* Never more than a server's socket holds, however quick we are. */
static void many_register_in_turns(void **state)
{
    struct crowd *c = open_crowd();
    uint64_t start_ms = net_now_ms();

    (void)state;
    tell_all(c, PHONE_REGISTER, 0);
    while (net_now_ms() < start_ms + 20000) {
        size_t now = heard(c);

        assert_true(now <= AT_ONCE * (1 + (net_now_ms() - start_ms) / EVERY_MS));
        if (now == CROWD)
            break;
        net_loop_turn(c->house->loop, true);
    }
    assert_int_equal(c->n_seen, CROWD);
    close_crowd(c);
}

/* Who has changed his mind by then says nothing. */
static void what_waits_can_be_taken_back(void **state)
{
    struct crowd *c = open_crowd();
    const size_t last = CROWD - 10;
    uint64_t start_ms = net_now_ms();

    (void)state;
    tell_all(c, PHONE_REGISTER, 0);
    tell_all(c, PHONE_UNREGISTER, last);
    while (heard(c) < last && net_now_ms() < start_ms + 20000)
        net_loop_turn(c->house->loop, true);
    start_ms = net_now_ms();
    while (net_now_ms() < start_ms + 5 * EVERY_MS)
        net_loop_turn(c->house->loop, true);
    assert_int_equal(heard(c), last);
    for (size_t i = last; i < CROWD; i++)
        assert_true(account_find(c->house->phone, c->configs[i].label)->gone);
    close_crowd(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_foreign_name_through_a_lone_account),
        cmocka_unit_test(unregistering_ends_what_waits),
        cmocka_unit_test(a_person_is_asked_anew),
        cmocka_unit_test(another_password_is_tried),
        cmocka_unit_test(a_command_runs_first),
        cmocka_unit_test(without_accounts_all_may_call),
        cmocka_unit_test(many_register_in_turns),
        cmocka_unit_test(what_waits_can_be_taken_back),
    };

    return RUN_ROWS("phone/account dialling", dial_rows, check_dial) +
           RUN_ROWS("phone/account refusals", refusal_rows, check_refusal) +
           RUN_ROWS("phone/account opening", open_rows, check_open) +
           RUN_ROWS("phone/account screening", screen_rows, check_screen) +
           cmocka_run_group_tests_name("phone/account whole", tests, NULL, NULL);
}
