/* What both sides want of a codec: how long packets are, and what is asked for of Opus. */
#include <string.h>

#include "phone/call.h"
#include "phone/phone_private.h"
#include "tests/lib/rows.h"

void __wrap_media_expect_codec(struct media *media, struct slice name);
bool __wrap_media_can_codec(struct media *media, const char *name, uint32_t rate_hz);

void __wrap_media_expect_codec(struct media *media, struct slice name)
{
    (void)media;
    (void)name;
}

bool __wrap_media_can_codec(struct media *media, const char *name, uint32_t rate_hz)
{
    (void)media;
    (void)name;
    (void)rate_hz;
    return true;
}

static const struct sdp_codec opus = {"opus", 48000, 2, 96, NULL, NULL},
                              pcmu = {"PCMU", 8000, 1, 0, NULL, NULL};

/* maxptime 0: not said. */
static const struct row {
    const char *name;
    const struct sdp_codec *codec;
    uint8_t ours;
    uint16_t theirs, ptime_ms;
    uint16_t wanted, wanted_ptime_ms;
} rows[] = {
    {"nobody says a longest packet", &pcmu, 0, 0, 20, 0, 20},
    {"only they do", &pcmu, 0, 60, 20, 60, 20},
    {"only we do: theirs stay as long as they are", &pcmu, 40, 0, 20, 0, 20},
    {"only we do, less than they ask for", &pcmu, 20, 0, 40, 0, 20},
    {"only we do, and Opus may double them", &opus, 40, 0, 20, 40, 20},
    {"ours is lower", &pcmu, 20, 60, 40, 20, 20},
    {"theirs is lower", &opus, 60, 40, 20, 40, 20},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct phone_config config = {.sound.maxptime_ms = row->ours};
    struct phone phone = {.config = &config};
    struct call call = {.phone = &phone};
    struct sdp_stream stream = {
        .codec = *row->codec, .noise_receive = SDP_NO_TYPE, .noise_send = SDP_NO_TYPE};
    struct media_params p = {.ptime_ms = row->ptime_ms, .maxptime_ms = row->theirs};

    call_codecs_limit(&call, &stream, &p);
    assert_int_equal(p.maxptime_ms, row->wanted);
    assert_int_equal(p.ptime_ms, row->wanted_ptime_ms);
}

/* Two channels are decoded where we want them, and sent where they want them, too. */
static const struct stereo {
    const char *name;
    enum config_stereo ours;
    const struct sdp_codec *codec;
    bool theirs, hears, sends;
} stereo[] = {
    {"both want stereo", CONFIG_STEREO_YES, &opus, true, true, true},
    {"they do not want it", CONFIG_STEREO_YES, &opus, false, true, false},
    {"we do not want it", CONFIG_STEREO_NO, &opus, true, false, false},
    {"nothing is said of it", CONFIG_STEREO_UNSAID, &opus, true, false, false},
    {"another codec has none", CONFIG_STEREO_YES, &pcmu, true, true, false},
};

static void check_stereo(void **state)
{
    const struct stereo *row = *state;
    struct phone_config config = {.sound.opus_stereo = row->ours};
    struct phone phone = {.config = &config};
    struct sdp_codec codecs[] = {opus};
    struct call call = {.phone = &phone, .codecs = codecs, .n_codecs = 1};
    struct sdp_local us = {0};
    struct sdp_stream stream = {.codec = *row->codec,
                                .noise_receive = SDP_NO_TYPE,
                                .noise_send = SDP_NO_TYPE,
                                .opus.stereo = row->theirs};
    struct media_params p = {.ptime_ms = 20};

    call_codecs_limit(&call, &stream, &p);
    assert_int_equal(p.hears_stereo, row->hears);
    assert_int_equal(call_codecs_may_be_stereo(&call), row->hears);
    assert_int_equal(p.opus.stereo, row->sends);
    call_codecs_put(&call, &us);
    assert_string_equal(us.codecs[0].fmtp,
                        row->hears ? "useinbandfec=1;stereo=1;sprop-stereo=1" : "useinbandfec=1");
    assert_string_equal(us.codecs[0].fmtp_mono,
                        row->hears ? "useinbandfec=1;stereo=1" : "useinbandfec=1");
}

/* sprop-stereo is said where what we send may have two channels, as far as we know. */
static const struct spoken {
    const char *name;
    bool device, microphone;
    enum phone_voice voice;
    bool two;
} spoken[] = {
    {"a file", true, false, PHONE_VOICE_AUTO, true},
    {"no device", false, true, PHONE_VOICE_AUTO, true},
    {"a microphone, and its echo is looked for", true, true, PHONE_VOICE_AUTO, false},
    {"a microphone, and noise is taken out", true, true, PHONE_VOICE_ON, false},
    {"a microphone as it is", true, true, PHONE_VOICE_OFF, true},
};

static void check_spoken(void **state)
{
    const struct spoken *row = *state;
    struct phone_config config = {.sound.opus_stereo = CONFIG_STEREO_YES};
    struct phone phone = {
        .config = &config,
        .voice = {PHONE_VOICE_OFF, row->voice, PHONE_VOICE_OFF},
    };
    struct call call = {.phone = &phone, .device = row->device, .microphone = row->microphone};

    call_codecs_say(&call);
    assert_string_equal(call.opus_fmtp, row->two ? "useinbandfec=1;stereo=1;sprop-stereo=1"
                                                 : "useinbandfec=1;stereo=1");
    assert_string_equal(call.opus_mono, "useinbandfec=1;stereo=1");
}

static const struct asked {
    const char *name;
    uint32_t bitrate;
    uint8_t ptime_ms, maxptime_ms;
    const char *wanted;
} asked[] = {
    {"no bit rate", 0, 60, 0, "useinbandfec=1"},
    {"all that Opus has", 510000, 0, 0, "useinbandfec=1;maxaveragebitrate=510000"},
    {"no more than fits into long packets", 510000, 60, 0,
     "useinbandfec=1;maxaveragebitrate=256000"},
    {"nor into the longest", 510000, 20, 120, "useinbandfec=1;maxaveragebitrate=128000"},
    {"which are not longer than that", 510000, 60, 20, "useinbandfec=1;maxaveragebitrate=510000"},
    {"what fits", 20000, 120, 0, "useinbandfec=1;maxaveragebitrate=20000"},
};

static void check_asked(void **state)
{
    const struct asked *row = *state;
    struct phone_config config = {.sound.opus_bitrate = row->bitrate,
                                  .sound.ptime_ms = row->ptime_ms,
                                  .sound.maxptime_ms = row->maxptime_ms};
    struct phone phone = {.config = &config};
    struct sdp_codec codecs[] = {opus};
    struct call call = {.phone = &phone, .codecs = codecs, .n_codecs = 1};
    struct sdp_local us = {0};

    call_codecs_put(&call, &us);
    assert_int_equal(us.n_codecs, 1);
    assert_string_equal(us.codecs[0].fmtp, row->wanted);
}

/* Of RFC 7587 6.1 what the other side asks for goes to our encoder, and what we want of our own
 * accord: the lower of two rates, constant sizes where either wants them. */
/* clang-format off */
static const struct encoded {
    const char *name;
    struct sdp_opus theirs;
    struct config_sound ours;
    struct media_opus wanted;
} encoded[] = {
    {"nothing is said", {0}, {0}, {0}},
    {"they take FEC", {.useinbandfec = true}, {0}, {.fec = true}},
    {"they want constant sizes", {.cbr = true}, {0}, {.cbr = true}},
    {"we do", {0}, {.opus_cbr = CONFIG_CBR_YES}, {.cbr = true}},
    {"they ask for DTX", {.usedtx = true}, {0}, {.dtx = true}},
    {"and we do so where we are asked", {.usedtx = true}, {.dtx = CONFIG_DTX_ASKED}, {.dtx = true}},
    {"or never", {.usedtx = true}, {.dtx = CONFIG_DTX_NO}, {0}},
    {"or always", {0}, {.dtx = CONFIG_DTX_YES}, {.dtx = true}},
    {"their bit rate", {.maxaveragebitrate_bps = 20000}, {0}, {.max_bitrate = 20000}},
    {"ours is lower", {.maxaveragebitrate_bps = 20000}, {.opus_bitrate = 16000},
     {.max_bitrate = 16000}},
    {"theirs is lower", {.maxaveragebitrate_bps = 20000}, {.opus_bitrate = 24000},
     {.max_bitrate = 20000}},
    {"what they can play", {.maxplaybackrate_hz = 16000}, {0}, {.max_playback_hz = 16000}},
    {"we send less", {.maxplaybackrate_hz = 16000}, {.opus_rate_hz = 8000},
     {.max_playback_hz = 8000}},
    {"we hear less", {.maxplaybackrate_hz = 16000}, {.opus_rate_hz = 24000},
     {.max_playback_hz = 16000}},
    {"how hard it works is our own affair", {0}, {.opus_complexity = 3}, {.complexity = 3}},
};
/* clang-format on */

static void check_encoded(void **state)
{
    const struct encoded *row = *state;
    struct phone_config config = {.sound = row->ours};
    struct phone phone = {.config = &config};
    struct call call = {.phone = &phone};
    struct sdp_stream stream = {.codec = opus,
                                .noise_receive = SDP_NO_TYPE,
                                .noise_send = SDP_NO_TYPE,
                                .opus = row->theirs};
    struct media_params p = {.ptime_ms = 20};

    call_codecs_limit(&call, &stream, &p);
    assert_int_equal(p.opus.fec, row->wanted.fec);
    assert_int_equal(p.opus.cbr, row->wanted.cbr);
    assert_int_equal(p.opus.dtx, row->wanted.dtx);
    assert_int_equal(p.opus.max_bitrate, row->wanted.max_bitrate);
    assert_int_equal(p.opus.max_playback_hz, row->wanted.max_playback_hz);
    assert_int_equal(p.opus.complexity, row->wanted.complexity);
}

int main(void)
{
    return RUN_ROWS("phone/call_codecs", rows, check_row) |
           RUN_ROWS("phone/call_codecs stereo", stereo, check_stereo) |
           RUN_ROWS("phone/call_codecs spoken", spoken, check_spoken) |
           RUN_ROWS("phone/call_codecs asked", asked, check_asked) |
           RUN_ROWS("phone/call_codecs encoded", encoded, check_encoded);
}
