#include "tests/unit/net/stranger.h"

static void on_bytes(void *arg, struct slice bytes)
{
    buf_put(&((struct stranger *)arg)->got, bytes);
}

static void on_closed(void *arg, int err)
{
    struct stranger *s = arg;

    (void)err;
    s->closed = true;
    net_tcp_close(s->tcp);
    s->tcp = NULL;
}

static const struct net_tcp_events events = {NULL, on_bytes, on_closed};

void stranger_dial(struct fixture *f, struct ip from, struct stranger *s)
{
    *s = (struct stranger){.got = buf_new(100000)};
    assert_int_equal(net_tcp_connect(f->loop, &f->at[0], &from, &events, s, &s->tcp), 0);
}

void stranger_dial_from(struct fixture *f, unsigned char host, struct stranger *s)
{
    stranger_dial(f, (struct ip){.family = 4, .bytes = {127, 0, 0, host}}, s);
}

void stranger_free(struct stranger *s)
{
    net_tcp_close(s->tcp);
    buf_free(&s->got);
}

void stranger_say(struct stranger *s, const char *text)
{
    assert_int_equal(net_tcp_send(s->tcp, slice_of(text)), 0);
}
