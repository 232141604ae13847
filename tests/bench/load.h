/* tests/bench/load.h - what the parts of bench_load share: what is wanted, the calls, and how far
 * they have come. */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define LOAD_RTP_SOCKETS 8
#define LOAD_PARTS 4 /* of the 20 ms, in each of which a part of the calls is sent its packets */
#define LOAD_PART_US 5000
#define LOAD_RTP_BYTES 172

enum call_state { WAITING, INVITED, UP, LEAVING, OVER, FAILED };

struct call {
    enum call_state state;
    int64_t sent_us, again_us, wait_us, up_us;
    uint32_t answer_us, bye_us;
    uint16_t rtp_to, seq;
    uint32_t received, received_before;
    char tag[64], target[96];
};

extern struct load {
    struct {
        bool floor, media, options, together;
        long calls, rate;
        double seconds;
        uint16_t port;
        int pid;
    } want;
    struct call *calls;
    long oldest, placed, standing, over, failed; /* oldest: none before it is alive */
    int64_t start_us, last_answer_us;
    uint16_t rtp_port[LOAD_RTP_SOCKETS];
    uint32_t owner[65536]; /* call + 1, by the port that its RTP comes from */
} load;

/* --- load_sockets.c -------------------------------------------------------------------------- */

/* Ends the program with that and errno. */
void load_die(const char *what);
/* The clock of the kernel's stamps. */
int64_t load_now_us(void);
void load_sleep_until(int64_t when_us);
struct sockaddr_in load_loopback(uint16_t port);
/* Port 0: a free one. Returns -1 where the port is taken. */
int load_udp_open(uint16_t port, uint16_t *bound);

/* --- load_calls.c: SIP, by one socket -------------------------------------------------------- */

void calls_open(void);
/* Places what is due. */
void calls_place(int64_t at_us);
/* Ends and repeats what is due. Calls that stand together end no faster than they were placed, as
 * nobody hangs up a thousand telephones in one millisecond. */
void calls_look_after(int64_t at_us);
void calls_ask_options(void);
/* Takes in what comes until then. */
void calls_wait(int64_t until_us);
/* "KEY VALUE" lines of what was repeated, and of OPTIONS where they were asked. */
void calls_print_repeated(void);
void calls_print_options(void);

/* --- load_media.c: RTP, by few sockets ------------------------------------------------------- */

void media_open(void);
/* A packet for each call of that part. */
void media_send_part(int part);
/* What came in, counted by call. */
void media_take(void);
/* The least that so many calls can cost: a process that does nothing but send and receive their
 * packets. It is want.pid then, and all calls stand. */
void floor_start(void);

#endif
