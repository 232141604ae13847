/* Foreign bytes into both sides of TLS (net/tls.h): before, within and behind the handshake. The
 * first byte says which side hears them and how far the handshake was by then; the second in what
 * pieces they come. */
#include "net/tls.h"

#include <assert.h>
#include <stdlib.h>

#include "tests/lib/paper.h"

static struct net_tls_context *client_context, *server_context;

static void open_contexts(void)
{
    static const struct paper paper = {"fuzz", NULL, NULL, "DNS:sip.test", 0, 0, false};
    struct net_tls_settings client = {0}, server = {0};
    struct buf why = buf_new(1000);

    paper_make(&paper);
    client.ca = server.certificate = paper_path("fuzz", "pem");
    server.key = paper_path("fuzz", "key");
    if (net_tls_context_new(&client, &why, &client_context) ||
        net_tls_context_new(&server, &why, &server_context))
        abort();
    buf_free(&why);
    paper_remove();
}

static void pass(struct net_tls *from, struct net_tls *to)
{
    struct slice out = net_tls_output(from);
    char bin[512];

    net_tls_input(to, out);
    net_tls_output_taken(from, out.n);
    while (net_tls_read(to, bin, sizeof bin))
        ;
}

/* What holds whatever was said. */
static void look(struct net_tls *tls)
{
    char bin[512];

    while (net_tls_read(tls, bin, sizeof bin))
        ;
    assert((net_tls_state(tls) == NET_TLS_BROKEN) == (net_tls_fault(tls)[0] != '\0'));
    if (net_tls_state(tls) != NET_TLS_UP)
        return;
    assert(net_tls_facts(tls)->version[0]);
    assert(!net_tls_write(tls, SLICE("OPTIONS")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_tls *client, *server, *hearer;
    size_t step;

    if (!client_context)
        open_contexts();
    if (size < 2)
        return 0;
    if (net_tls_client_new(client_context, SLICE("sip.test"), &client))
        return 0;
    if (net_tls_server_new(server_context, &server))
        abort();
    for (unsigned i = 0; i < (data[0] >> 1 & 7); i++)
        pass(i % 2 ? server : client, i % 2 ? client : server);
    hearer = data[0] & 1 ? client : server;
    step = data[1] ? data[1] : size;
    for (size_t at = 2; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;

        net_tls_input(hearer, (struct slice){(const char *)data + at, n});
        look(hearer);
    }
    look(client);
    look(server);
    net_tls_finish(client);
    pass(client, server);
    net_tls_free(client);
    net_tls_free(server);
    return 0;
}
