/* Many accounts do not all speak at once. The socket of a server holds some 160 requests (208 KiB
 * where Linux is not told otherwise); of a thousand in one go most are lost, and come again all
 * together after 0.5, 1.5, 3.5, 7.5 s. */
#include "phone/account.h"
#include "phone/phone_private.h"

/* 1,280 requests a second: a thousand accounts are registered after 1.6 s, and leave within the
 * time that the end of the phone has for it. */
#define TURN_REQUESTS 64
#define TURN_MS 50

/* As a rule. A registration begins with a REGISTER that is challenged. */
static const unsigned requests_of[] = {
    [ACCOUNT_REGISTERS] = 2, [ACCOUNT_MOVES] = 1, [ACCOUNT_LEAVES] = 1};

static void speak(struct account *account, enum account_turn turn)
{
    uint64_t now_ms = net_now_ms();

    account->turn = ACCOUNT_SPOKE;
    if (turn == ACCOUNT_REGISTERS)
        sip_account_register(account->sip, now_ms);
    else if (turn == ACCOUNT_MOVES)
        sip_account_network_changed(account->sip, now_ms);
    else
        sip_account_unregister(account->sip, now_ms);
}

static bool may_speak(struct phone *phone, enum account_turn turn)
{
    uint64_t now_ms = net_now_ms();

    if (now_ms >= accounts_turn_ms(phone)) {
        phone->turn_ms = now_ms;
        phone->turn_requests = 0;
    }
    if (phone->turn_requests + requests_of[turn] > TURN_REQUESTS)
        return false;
    phone->turn_requests += requests_of[turn];
    return true;
}

uint64_t accounts_turn_ms(const struct phone *phone)
{
    return phone->turn_ms + TURN_MS;
}

void account_take_turn(struct account *account, enum account_turn turn)
{
    struct phone *phone = account->phone;

    if (account->turn && turn == ACCOUNT_MOVES)
        return; /* what it will say, it says from where we are then */
    if (account->turn == ACCOUNT_MOVES)
        sip_account_network_changed(account->sip, net_now_ms());
    if (account->turn) {
        account->turn = turn;
    } else if (list_empty(&phone->turns) && may_speak(phone, turn)) {
        speak(account, turn);
    } else {
        account->turn = turn;
        list_append(&phone->turns, &account->in_turns);
        phone_set_wake(phone);
    }
}

void accounts_next_turn(struct phone *phone)
{
    struct list *first;

    while ((first = list_first(&phone->turns))) {
        struct account *account = LIST_ITEM(first, struct account, in_turns);

        if (!may_speak(phone, account->turn))
            return;
        list_remove(first);
        speak(account, account->turn);
    }
}
