/* What tphone status says of a call: its sound and its messages are encrypted each for itself; and
 * of what is asked in one. */
#include "ui/ctl_show.h"

#include "tests/lib/rows.h"

#define CALL(members)                                                                              \
    "{\"v\":1,\"reply\":1,\"ok\":true,\"accounts\":[],\"calls\":[{\"call\":1,\"peer\":"            \
    "\"sip:b@h\",\"phase\":\"up\"" members "}]}"
#define QUESTION(members)                                                                          \
    "{\"v\":1,\"reply\":1,\"ok\":true,\"accounts\":[],\"calls\":[],\"questions\":[{\"call\":12,"   \
    "\"to\":\"sip:c@h\"" members "}]}"
#define UP ",\"answered\":true,\"codec\":\"opus/48000\""
#define SOUND(word) ",\"encryption\":\"" word "\""
#define SAFE(text) ",\"signalling_encryption\":\"" text "\""

static const struct row {
    const char *name, *line, *end;
} rows[] = {
    {"neither", CALL(UP SOUND("none")),
     " (opus/48000; sound: not encrypted; messages: not encrypted)\n"},
    {"the sound alone", CALL(UP SOUND("dtls-unverified")),
     " (opus/48000; sound: encrypted, not verified; messages: not encrypted)\n"},
    {"the messages alone", CALL(UP SOUND("none") SAFE("TLSv1.3, C_1, h verified by tls-ca")),
     " (opus/48000; sound: not encrypted; messages: h verified by tls-ca, TLSv1.3, C_1)\n"},
    {"both, and more",
     CALL(UP ",\"muted\":true" SOUND("sdes") SAFE("TLSv1.2, C_1, nobody verified")),
     " (opus/48000, muted; sound: encrypted; messages: nobody verified, TLSv1.2, C_1)\n"},
    {"not known yet", CALL(""), " sip:b@h\n"},
    {"one that rings", CALL(",\"incoming\":true"), " sip:b@h (messages: not encrypted)\n"},
    {"what others say is made safe", CALL(SAFE("TLSv1.3, C, \\u001b[2J") SOUND("none")),
     " messages: \xef\xbf\xbd[2J, TLSv1.3, C)\n"},
    {"what is asked", QUESTION(",\"peer\":\"sip:b@h\",\"peer_name\":\"B\",\"expires\":41.5"),
     "question 12            41 s left            \"B\" sip:b@h asks you to call sip:c@h instead: "
     "follow or stay\n"},
    {"by a contact, for how long nobody knows",
     QUESTION(",\"peer\":\"sip:b@h\",\"contact\":\"Bob\",\"expires\":1e300"),
     "question 12            0 s left             Bob, sip:b@h asks you to call sip:c@h instead: "
     "follow or stay\n"},
    {"nothing is", "{\"v\":1,\"reply\":1,\"ok\":true,\"questions\":[]}", ""},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf out = buf_new(4096);
    struct ctl_line line;
    struct slice end = slice_of(row->end);

    assert_int_equal(ctl_line_read(slice_of(row->line), &line), 0);
    ctl_show_reply(&out, &line, 0);
    if (out.n < end.n || (end.n == 0 && out.n > 0) ||
        !slice_eq(slice_skip(buf_slice(&out), out.n - end.n), end))
        fail_msg("%s", buf_cstr(&out));
    ctl_line_free(&line);
    buf_free(&out);
}

int main(void)
{
    return RUN_ROWS("ui/ctl_show", rows, check_row);
}
