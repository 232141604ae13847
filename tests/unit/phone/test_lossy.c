/* Talks over networks that lose and delay packets, from one encoder to the other side's ear, on a
 * clock of their own: what redundancy, FEC and the jitter buffer make of them together. */
#include "tests/lib/lossy.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

enum { SECONDS = 8, SPOKEN = SECONDS * HEARING_HZ };

static const struct media_plan once_again = {1, 1, 0, 24000, 20},
                               twice_again = {2, 1, 0, 24000, 20};

/* clang-format off */
static const struct row {
    const char *name;
    struct lossy_talk talk;
    double score;     /* at least */
    unsigned late_ms; /* and no later, without any device */
    double kbps;      /* with no more */
} rows[] = {
    {"nothing is lost", {"opus", true, 0, 0, 1500, 1, NULL, 0}, 4.5, 60, 32},
    {"5 % lost", {"opus", true, 0.05, 0, 1500, 1, NULL, 0}, 4.27, 80, 70},
    {"10 % lost", {"opus", true, 0.1, 0, 1500, 1, NULL, 0}, 4.2, 100, 70},
    {"20 % lost", {"opus", true, 0.2, 0, 1500, 1, NULL, 0}, 3.9, 110, 70},
    {"10 % lost in bursts of 3", {"opus", true, 0.1, 3, 1500, 1, NULL, 0}, 3.6, 240, 70},
    {"up to 60 ms of jitter", {"opus", true, 0, 0, 1500, 1, NULL, 60}, 4.25, 95, 32},
    {"up to 120 ms of jitter", {"opus", true, 0, 0, 1500, 1, NULL, 120}, 4.4, 160, 32},
    {"10 % lost to a far end with FEC only", {"opus", false, 0.1, 0, 1500, 1, NULL, 0}, 3.8, 90, 50},
    {"20 % lost to a far end with FEC only", {"opus", false, 0.2, 0, 1500, 1, NULL, 0}, 2.85, 90, 50},
    /* P.862 said 4.2 of that, elsewhere, and 4.3 of two copies at 20 %. */
    {"10 % lost, each frame once again", {"opus", true, 0.1, 0, 1500, 1, &once_again, 0}, 4.0, 90, 52},
    {"20 % lost, each frame twice again", {"opus", true, 0.2, 0, 1500, 1, &twice_again, 0},
     4.0, 110, 76},
};
/* clang-format on */

static int16_t said[SPOKEN];

static void check_row(void **state)
{
    const struct row *row = *state;
    struct lossy_outcome out;

    speech_make(said, SPOKEN, HEARING_HZ, 3);
    lossy_talk_run(&row->talk, said, SPOKEN, &out);
    print_message("%s: %.2f at %.0f ms and %.1f kbit/s\n", row->name, out.heard.score,
                  out.heard.delay_ms, out.kbps);
    assert_true(out.heard.score >= row->score);
    assert_true(out.heard.delay_ms <= row->late_ms);
    assert_true(out.kbps <= row->kbps);
}

int main(void)
{
    return RUN_ROWS("phone/lossy", rows, check_row);
}
