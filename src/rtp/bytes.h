/* rtp/bytes.h - numbers in network byte order, for the parsers and printers of this folder. The
 * caller has checked that the bytes are there. */
#ifndef RTP_BYTES_H
#define RTP_BYTES_H

#include <stdint.h>

static inline uint16_t rtp_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rtp_get24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t rtp_get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | rtp_get24(p + 1);
}

static inline void rtp_put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void rtp_put24(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 16);
    rtp_put16(p + 1, v);
}

static inline void rtp_put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    rtp_put24(p + 1, v);
}

#endif
