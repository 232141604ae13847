/* Where no kernel tells of changes: a look every two seconds. Ways to others that change while the
 * addresses stay are not seen. */
#include <errno.h>
#include <stdlib.h>

#include "net/interface.h"
#include "net/interface_source.h"

struct net_interface_source {
    struct net_deadline *deadline;
    net_interface_hint *on_hint;
    void *arg;
};

static void on_due(void *arg)
{
    struct net_interface_source *source = arg;

    net_deadline_set(source->deadline, net_now_ms() + NET_INTERFACE_POLL_MS);
    source->on_hint(source->arg, false);
}

int net_interface_source_new(struct net_loop *loop, net_interface_hint *on_hint, void *arg,
                             struct net_interface_source **out)
{
    struct net_interface_source *source = calloc(1, sizeof *source);
    int err;

    if (!source)
        return -ENOMEM;
    source->on_hint = on_hint;
    source->arg = arg;
    err = net_deadline_new(loop, on_due, source, &source->deadline);
    if (err) {
        free(source);
        return err;
    }
    net_deadline_set(source->deadline, net_now_ms() + NET_INTERFACE_POLL_MS);
    *out = source;
    return 0;
}

void net_interface_source_free(struct net_interface_source *source)
{
    if (!source)
        return;
    net_deadline_free(source->deadline);
    free(source);
}
