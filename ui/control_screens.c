/* Screens among the clients, and a telephone that was started for them: it ends with the last one.
 *
 * Where a screen says that it leaves, that is a person's word, and calls end too. One that is only
 * gone, as its connection broke, may come back: the telephone waits for ten seconds, and for its
 * calls and what was asked in them, before it ends. */
#include "ui/control_private.h"

#define GONE_MS 10000u

static void wait_for_one(struct control *control)
{
    net_deadline_set(control->alone, net_now_ms() + GONE_MS);
}

static void on_alone(void *arg)
{
    struct control *control = arg;
    const struct phone *phone = control->session->phone;

    if (!control->leaves || control->n_screens > 0)
        return;
    if (phone_calls(phone) > 0 || phone_each_question(phone, NULL, NULL) > 0)
        wait_for_one(control);
    else
        session_stop(control->session);
}

int control_leave_with_screens(struct control *control)
{
    int err = net_deadline_new(control->session->loop, on_alone, control, &control->alone);

    if (err)
        return err;
    control->leaves = true;
    wait_for_one(control);
    return 0;
}

static void set_screen(struct client *client, bool on)
{
    struct control *control = client->control;

    if (client->is_screen == on)
        return;
    client->is_screen = on;
    if (on)
        control->n_screens++;
    else
        control->n_screens--;
    if (control->leaves && control->n_screens == 0)
        wait_for_one(control);
}

void control_set_screen(struct client *client, bool on, bool stays)
{
    struct control *control = client->control;
    bool was = client->is_screen;

    if (stays)
        control->leaves = false;
    set_screen(client, on);
    if (was && !on && control->leaves && control->n_screens == 0)
        session_stop(control->session);
}

void control_lose_screen(struct client *client)
{
    set_screen(client, false);
}
