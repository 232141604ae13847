#include "sip/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sip/lex.h"
#include "sip/parse.h"

struct slice sip_msg_name_at(const struct sip_msg *msg, size_t i)
{
    const struct sip_header *h = &msg->headers[i];

    return i < msg->n_headers ? (struct slice){msg->bytes.p + h->name_at, h->name_n}
                              : (struct slice){0};
}

struct slice sip_msg_value_at(const struct sip_msg *msg, size_t i)
{
    const struct sip_header *h = &msg->headers[i];

    return i < msg->n_headers ? (struct slice){msg->bytes.p + h->value_at, h->value_n}
                              : (struct slice){0};
}

struct slice sip_msg_header(const struct sip_msg *msg, enum sip_hdr id)
{
    unsigned place = msg->first[id];

    return place ? sip_msg_value_at(msg, place - 1) : (struct slice){0};
}

bool sip_msg_has(const struct sip_msg *msg, enum sip_hdr id)
{
    return msg->first[id] != 0;
}

struct slice sip_msg_header_named(const struct sip_msg *msg, struct slice name)
{
    for (size_t i = 0; i < msg->n_headers; i++)
        if (slice_ieq(sip_msg_name_at(msg, i), name))
            return sip_msg_value_at(msg, i);
    return (struct slice){0};
}

struct sip_values sip_msg_values(const struct sip_msg *msg, enum sip_hdr id)
{
    unsigned place = msg->first[id];

    return (struct sip_values){msg, id, place ? place - 1 : msg->n_headers, {0}};
}

bool sip_values_next(struct sip_values *values, struct slice *out)
{
    const struct sip_msg *msg = values->msg;

    if (sip_list_next(&values->rest, out))
        return true;
    while (values->next < msg->n_headers) {
        size_t i = values->next++;

        if (msg->headers[i].id != values->id)
            continue;
        if (!sip_header_is_list(values->id)) {
            *out = sip_msg_value_at(msg, i);
            return true;
        }
        values->rest = sip_msg_value_at(msg, i);
        if (sip_list_next(&values->rest, out))
            return true;
    }
    return false;
}

bool sip_msg_has_one_via(const struct sip_msg *msg)
{
    struct sip_values vias = sip_msg_values(msg, SIP_HDR_VIA);
    struct slice via;

    return sip_values_next(&vias, &via) && !sip_values_next(&vias, &via);
}

int sip_msg_contact(const struct sip_msg *msg, struct sip_contact *out)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_CONTACT);
    struct slice value;

    return sip_values_next(&values, &value) ? sip_contact_parse(value, out) : -ENOENT;
}

bool sip_msg_body_is(const struct sip_msg *msg, struct slice type, struct slice subtype)
{
    struct slice value = sip_msg_header(msg, SIP_HDR_CONTENT_TYPE);
    struct sip_media_type media;

    return msg->body.n > 0 && sip_media_type_parse(value, &media) == 0 &&
           sip_media_type_is(&media, type, subtype);
}

bool sip_msg_body_is_packed(const struct sip_msg *msg)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_CONTENT_ENCODING);
    struct slice value;

    while (sip_values_next(&values, &value))
        if (!slice_ieq(value, SLICE("identity")))
            return true;
    return false;
}

int sip_msg_copy(const struct sip_msg *msg, struct sip_msg **out)
{
    struct sip_msg *copy = malloc(sizeof *copy + msg->bytes.n);
    char *bytes;

    if (!copy)
        return -ENOMEM;
    bytes = (char *)(copy + 1);
    memcpy(bytes, msg->bytes.p, msg->bytes.n);
    /* Reading it again takes a microsecond, and then nothing points into the old bytes. */
    sip_parse((struct slice){bytes, msg->bytes.n}, true, copy);
    copy->error_status = msg->error_status;
    copy->error = msg->error;
    copy->can_answer = msg->can_answer;
    *out = copy;
    return 0;
}

void sip_msg_free(struct sip_msg *copy)
{
    if (copy)
        mem_wipe(copy + 1, copy->bytes.n);
    free(copy);
}
