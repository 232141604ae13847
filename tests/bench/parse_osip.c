#include "tests/bench/parse_peers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <osipparser2/osip_parser.h>

static size_t read_message(osip_message_t *msg)
{
    static char branch_name[] = "branch"; /* its function takes no const */
    osip_generic_param_t *branch = NULL;
    osip_contact_t *contact = NULL;
    osip_via_t *via = NULL;

    osip_message_get_contact(msg, 0, &contact);
    osip_message_get_via(msg, 0, &via);
    if (!contact || !via || osip_via_param_get_byname(via, branch_name, &branch) != 0 || !branch)
        return 0;
    return strlen(osip_message_get_from(msg)->url->host) +
           strlen(osip_message_get_to(msg)->url->host) +
           strlen(osip_message_get_call_id(msg)->number) +
           strlen(osip_message_get_cseq(msg)->number) + strlen(branch->gvalue) +
           strlen(contact->url->host);
}

size_t parse_osip(const char *bytes, size_t n)
{
    static int ready;
    osip_message_t *msg;
    size_t sum = 0;

    if (!ready)
        ready = parser_init() == 0;
    if (osip_message_init(&msg) != 0)
        return 0;
    if (osip_message_parse(msg, bytes, n) == 0)
        sum = read_message(msg);
    osip_message_free(msg);
    return sum;
}
