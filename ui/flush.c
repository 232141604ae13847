#include "ui/flush.h"

#include <errno.h>
#include <stdlib.h>

#include "net/loop.h"

/* How soon a reader that did not keep up is tried again. */
#define AGAIN_MS 50

struct flush {
    struct terminal *terminal;
    struct net_deadline *again; /* set while output waits for its reader */
};

static void on_again(void *arg)
{
    struct flush *f = arg;
    struct terminal *t = f->terminal;
    bool out_done = output_flush(&t->out), err_done = output_flush(&t->err);

    if (!out_done || !err_done || !output_flush(&t->trace_file))
        net_deadline_set(f->again, net_now_ms() + AGAIN_MS);
}

int flush_new(struct net_loop *loop, struct terminal *terminal, struct flush **out)
{
    struct flush *f = calloc(1, sizeof *f);
    int err = f ? net_deadline_new(loop, on_again, f, &f->again) : -ENOMEM;

    if (!err)
        err = terminal_write_behind(terminal);
    if (err) {
        net_deadline_free(f ? f->again : NULL);
        free(f);
        return err;
    }
    f->terminal = terminal;
    *out = f;
    return 0;
}

void flush_free(struct flush *f)
{
    if (!f)
        return;
    net_deadline_free(f->again);
    free(f);
}

void flush_put(struct flush *f, struct output *out, struct slice text)
{
    if (text.n == 0)
        return;
    output_put(out, text);
    if (out->waiting.n > 0 && f)
        net_deadline_set(f->again, net_now_ms() + AGAIN_MS);
}
