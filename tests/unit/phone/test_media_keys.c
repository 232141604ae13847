/* Keys that a far end made by hand presses: packets as they come, and what is told of them. */
#include <string.h>

#include "net/address.h"
#include "net/rtp_pair.h"
#include "rtp/bytes.h"
#include "rtp/event.h"
#include "rtp/packet.h"
#include "rtp/red.h"
#include "tests/unit/phone/streams.h"

enum { EVENT = 101, RED = 63, UNITS = 160, STEPS = 16, EARLIER = 10 * UNITS };

/* A packet of sound, or of a key: the number that it has, the timestamp, the key, whether ended;
 * and the ends of keys before it, the latest last, that it has as copies (RFC 2198). */
struct step {
    uint16_t sequence;
    uint32_t timestamp;
    char key;
    bool ended;
    const char *before;
};

/* clang-format off */
static const struct row {
    const char *name, *keys;
    struct step steps[STEPS];
} rows[] = {
#define SOUND(sequence, timestamp) {sequence, timestamp, 0, false, ""}
#define DOWN(sequence, timestamp, key) {sequence, timestamp, key, false, ""}
#define UP(sequence, timestamp, key) {sequence, timestamp, key, true, ""}
    {"a late packet of the key before", "12",
     {SOUND(100, 90000), SOUND(101, 90160), DOWN(103, 90320, '1'), DOWN(105, 92000, '2'),
      UP(104, 90320, '1'), UP(106, 92000, '2')}},
    {"the far end begins anew, with other numbers", "12",
     {SOUND(100, 90000), SOUND(101, 90160), UP(102, 90320, '1'), SOUND(103, 90480),
      SOUND(30000, 1000), SOUND(30001, 1160), SOUND(30002, 1320), DOWN(30003, 1480, '2'),
      UP(30004, 1480, '2')}},
    {"its clock alone begins anew", "12",
     {SOUND(100, 90000), SOUND(101, 90160), UP(102, 90320, '1'), SOUND(103, 90480),
      SOUND(104, 1000), SOUND(105, 1160), DOWN(106, 1320, '2'), UP(107, 1320, '2')}},
    {"and is far below, without any sound", "12",
     {SOUND(100, 0x10000000), SOUND(101, 0x100000a0), UP(102, 0x10000140, '1'),
      DOWN(103, 1000, '2'), UP(104, 1000, '2')}},
    {"sound that was overtaken says nothing of the clock", "1",
     {SOUND(100, 90000), SOUND(101, 90160), SOUND(104, 90640), DOWN(105, 90800, '1'),
      SOUND(102, 90320), SOUND(103, 90480), UP(106, 90800, '1'), UP(106, 90800, '1')}},
    {"keys that were lost come as copies", "1234",
     {SOUND(100, 90000), SOUND(101, 90160), UP(102, 90320, '1'), SOUND(103, 90480),
      {120, 93520 + EARLIER, '4', false, "23"}, {121, 93520 + EARLIER, '4', true, "23"},
      SOUND(122, 97000)}},
    {"beside sound, too, and once", "12",
     {SOUND(100, 90000), UP(101, 90160, '1'), {102, 90320 + EARLIER, 0, false, "2"},
      {103, 90320 + EARLIER, 0, false, "2"}}},
#undef SOUND
#undef DOWN
#undef UP
};
/* clang-format on */

static void put_event(char key, bool ended, uint8_t out[RTP_EVENT_BYTES])
{
    out[0] = (uint8_t)rtp_event_code(key);
    out[1] = ended ? 0x8a : 0x0a;
    rtp_put16(out + 2, ended ? 3 * UNITS : UNITS);
}

/* Returns the bytes of the payload. */
static size_t print_payload(const struct step *step, uint8_t *out, size_t room)
{
    uint8_t sound[UNITS] = {0}, events[RTP_RED_BLOCKS][RTP_EVENT_BYTES];
    struct rtp_red_block block[RTP_RED_BLOCKS];
    size_t n = strlen(step->before);

    for (size_t i = 0; i < n; i++) {
        put_event(step->before[i], true, events[i]);
        block[i] = (struct rtp_red_block){
            EVENT, (uint16_t)((n - i) * EARLIER), {(char *)events[i], RTP_EVENT_BYTES}};
    }
    if (step->key)
        put_event(step->key, step->ended, events[n]);
    block[n] = step->key ? (struct rtp_red_block){EVENT, 0, {(char *)events[n], RTP_EVENT_BYTES}}
                         : (struct rtp_red_block){0, 0, {(char *)sound, sizeof sound}};
    if (n)
        return rtp_red_print(block, n + 1, out, room);
    memcpy(out, block[0].payload.p, block[0].payload.n);
    return block[0].payload.n;
}

static void send_step(const struct step *step, int fd, const struct net_sockaddr *to)
{
    uint8_t bytes[RTP_HEADER_BYTES + 2 * UNITS];
    struct rtp_packet packet = {.payload_type = step->key ? EVENT : 0,
                                .sequence = step->sequence,
                                .ssrc = 9,
                                .timestamp = step->timestamp};
    size_t n = print_payload(step, bytes + RTP_HEADER_BYTES, 2 * UNITS);

    if (*step->before)
        packet.payload_type = RED;
    rtp_packet_print(&packet, bytes);
    assert_int_equal(net_rtp_send(fd, to, (struct slice){(char *)bytes, RTP_HEADER_BYTES + n}), 0);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct streams *w = streams_new(NULL);
    struct rng rng = rng_system();
    struct ip local = streams_loopback(), at = local;
    struct net_rtp_pair far;
    struct media_params p;
    struct net_sockaddr to;
    uint64_t n = 0;

    assert_int_equal(net_rtp_pair_open(&local, 40000, 60000, &rng, &far), 0);
    p = streams_params(far.local.port, "PCMU");
    p.red_send = p.red_receive[0] = RED;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    at.port = media_stream_port(w->a.stream);
    to = net_sockaddr_of(&at);
    for (; n < STEPS && row->steps[n].sequence; n++)
        send_step(&row->steps[n], far.rtp_fd, &to);
    streams_wait(w, &w->a.told[MEDIA_FIRST_PACKET], 1);
    loop_run_ms(&w->loop, 200);
    assert_string_equal(w->a.digits, row->keys);
    streams_stop(w);
    net_rtp_pair_close(&far);
    streams_free(w);
}

int main(void)
{
    return RUN_ROWS("phone/media_keys", rows, check_row);
}
