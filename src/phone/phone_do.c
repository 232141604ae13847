/* Commands to the phone: whom each concerns, and why it cannot be done. */
#include <errno.h>

#include "base/text.h"
#include "phone/account.h"
#include "phone/calls.h"
#include "phone/conference.h"
#include "phone/phone_private.h"
#include "phone/transfer.h"

int phone_refuse(struct buf *why, int err, const char *sentence)
{
    if (why)
        buf_puts(why, sentence);
    return err;
}

int phone_refuse_file(int err, const char *sentence, struct buf *why)
{
    if (err && why)
        text_safe(why, slice_of(sentence));
    return err;
}

static struct call *find(struct phone *phone, uint32_t number)
{
    LIST_EACH (&phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);

        if (call->number == number)
            return call;
    }
    return NULL;
}

/* Commands that only concern the stream of a call that is up. */
static int do_to_stream(struct call *call, const struct phone_command *command, struct buf *why)
{
    int err = 0;

    if (call->state != CALL_UP || !call->stream)
        return phone_refuse(why, -EBUSY, "the call is not answered");
    if (command->kind == PHONE_MUTE)
        call_media_mute(call, command->on);
    else
        err = call_digits_send(call, slice_of(command->digits));
    if (err == -ENOTSUP)
        phone_refuse(why, err, "the other side takes no digits");
    else if (err == -E2BIG)
        phone_refuse(why, err, "these are more digits than can wait to be sent");
    else if (err == -ENOMEM)
        phone_refuse(why, err, "no memory is left to send digits");
    else if (err)
        phone_refuse(why, err, "these are no digits that can be sent");
    return err;
}

/* N_CALL_INPUTS: it concerns no call, or is done elsewhere. */
static enum call_input command_input(enum phone_command_kind kind)
{
    switch (kind) {
    case PHONE_RING:
        return CALL_DO_RING;
    case PHONE_ANSWER:
        return CALL_DO_ANSWER;
    case PHONE_REJECT:
        return CALL_DO_REJECT;
    case PHONE_HANG_UP:
        return CALL_DO_HANG_UP;
    case PHONE_HOLD:
        return CALL_DO_HOLD;
    case PHONE_RESUME:
    case PHONE_SWAP:
        return CALL_DO_RESUME;
    default:
        return N_CALL_INPUTS;
    }
}

/* What a call would have to be that does not take it. */
static const char *why_not(enum call_input input)
{
    if (input == CALL_DO_RING || input == CALL_DO_ANSWER || input == CALL_DO_REJECT)
        return "the call does not ring here";
    return input == CALL_DO_HANG_UP ? "the call is ending" : "the call is not answered";
}

static int do_to_call(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    enum call_input input = command_input(command->kind);
    struct call *call = find(phone, command->call);

    if (!call || call->refused)
        return phone_refuse(why, -ENOENT, "there is no such call");
    if (command->kind == PHONE_DIGITS || command->kind == PHONE_MUTE)
        return do_to_stream(call, command, why);
    if (command->kind == PHONE_PART)
        return conference_part(call, why);
    if (command->kind == PHONE_PLAY || command->kind == PHONE_STOP || command->kind == PHONE_RECORD)
        return call_sound_do(call, command, why);
    if (input == N_CALL_INPUTS)
        return phone_refuse(why, -ENOTSUP, "this cannot be done with a call");
    if (command->kind == PHONE_SWAP && !(call->holds && conference_wants_device(call)))
        return phone_refuse(why, -EBUSY,
                            "the call is not one that waits on hold for the sound device");
    if (!call_takes(call, input))
        return phone_refuse(why, -EBUSY, why_not(input));
    call_input(call, input, NULL, command);
    return 0;
}

static int join(struct phone *phone, const struct phone_command *command, struct buf *why)
{
    struct call *call = find(phone, command->call), *other = find(phone, command->other);

    if (!call || !other)
        return phone_refuse(why, -ENOENT, "there is no such call");
    return conference_join(phone, call, other, why);
}

int phone_do(struct phone *phone, const struct phone_command *command, uint32_t *call,
             struct buf *why)
{
    int err = call_check_sound(&command->sound, why);

    if (err)
        return err;
    phone->in_command++;
    switch (command->kind) {
    case PHONE_DIAL:
        err = phone_dial(phone, command, call, why);
        break;
    case PHONE_REGISTER:
    case PHONE_UNREGISTER:
    case PHONE_PASSWORD:
        err = account_do(phone, command, why);
        break;
    case PHONE_DEVICES:
        err = phone_start_listing(phone);
        break;
    case PHONE_DEVICE:
        err = phone_choose_device(phone, command, why);
        break;
    case PHONE_TEST:
        err = phone_test(phone, command, why);
        break;
    case PHONE_DND:
        calls_set_dnd(phone, command->on);
        break;
    case PHONE_FOLLOW:
    case PHONE_STAY:
        err = transfer_do(phone, command, why);
        break;
    case PHONE_QUIT:
        phone_quit(phone, command->on, command->until_ms ? command->until_ms : NEVER_MS);
        break;
    case PHONE_JOIN:
        err = join(phone, command, why);
        break;
    case PHONE_VOICE:
        phone_set_voice(phone, command->echo, command->noise, command->level);
        phone_tell_voice(phone);
        break;
    case PHONE_VOLUME:
        err = calls_set_volume(phone, command, why);
        break;
    default:
        err = do_to_call(phone, command, why);
        break;
    }
    net_sip_link_pump(phone->link); /* which does nothing where it is running further up */
    phone->in_command--;
    return err;
}
