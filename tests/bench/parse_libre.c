#include "tests/bench/parse_peers.h"

/* What re.h wants to know of the system. */
#define HAVE_INTTYPES_H 1
#define HAVE_STDBOOL_H 1
#include <netinet/in.h>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <re.h>
#pragma GCC diagnostic pop

size_t parse_libre(const char *bytes, size_t n)
{
    struct mbuf *mb = mbuf_alloc(n);
    const struct sip_hdr *contact;
    struct sip_msg *msg = NULL;
    struct sip_addr address;
    size_t sum = 0;

    if (!mb || mbuf_write_mem(mb, (const uint8_t *)bytes, n) != 0)
        goto out;
    mbuf_set_pos(mb, 0);
    if (sip_msg_decode(&msg, mb) != 0)
        goto out;
    contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
    if (contact && sip_addr_decode(&address, &contact->val) == 0)
        sum = msg->from.auri.l + msg->to.auri.l + msg->callid.l + msg->cseq.num +
              msg->via.branch.l + address.auri.l;
out:
    mem_deref(msg);
    mem_deref(mb);
    return sum;
}
