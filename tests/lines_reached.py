#!/usr/bin/env python3
"""Sums up what gcov knows of a build folder: lines_reached.py [--list FILE] parsers|all.

Prints one line: how many lines of the parsers, or of all that is ours, were reached. A parser is a
file that reads what others or a person wrote; what is below 90 % of one (80 % of all) is named. The
exit status is 1 where they are below that together, or a parser is below 75 % by itself.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

PARSERS = """src/base/fingerprint.c src/base/ip.c src/base/scan.c src/base/slice.c src/base/text.c
src/sip/address.c src/sip/auth.c src/sip/challenge.c src/sip/credentials.c src/sip/digit.c
src/sip/fields.c src/sip/header.c src/sip/lex.c src/sip/locator.c src/sip/message.c src/sip/method.c
src/sip/multipart.c src/sip/parse.c src/sip/refer_to.c src/sip/stream.c src/sip/uri.c src/sip/via.c
src/sdp/answer.c src/sdp/attribute.c src/sdp/crypto.c src/sdp/direction.c src/sdp/exchange.c
src/sdp/fingerprint.c src/sdp/noise.c src/sdp/numbers.c src/sdp/offer.c src/sdp/parse.c
src/sdp/red.c src/sdp/secure.c src/sdp/stream.c src/sdp/xr.c
src/rtp/demux.c src/rtp/dtls.c src/rtp/dtls_identity.c src/rtp/dtls_record.c src/rtp/event.c
src/rtp/latch.c src/rtp/packet.c src/rtp/red.c src/rtp/rtcp.c src/rtp/srtp.c src/rtp/xr.c
src/net/dns_message.c src/net/dns_ttl.c src/net/spawner_order.c src/net/tls.c
src/net/tls_verify.c src/net/tls_words.c audio/sniff.c audio/wav.c
src/phone/config_account.c src/phone/config_hep.c src/phone/config_hooks.c
src/phone/config_keep.c src/phone/config_phone.c src/phone/config_read.c src/phone/config_screen.c
src/phone/config_sound.c src/phone/config_tls.c src/phone/config_transfers.c
src/phone/config_values.c
src/phone/contacts.c src/phone/contacts_edit.c src/phone/helper_edit.c src/phone/mask.c
src/phone/sound_kind.c src/phone/spelling.c src/phone/target.c src/phone/words.c
ui/ctl_line.c ui/json_command.c ui/json_words.c ui/lines.c
ui/screen/key_reader.c ui/screen/model_events.c ui/screen/model_replies.c
ui/screen/plain_line.c ui/screen/screen_helper_read.c
ui/screen/setup_draft.c ui/screen/setup_hear.c ui/screen/traced.c ui/screen/traced_walk.c""".split()
FOLDERS = ("src/", "audio/", "ui/")
WANTED = {"parsers": 90, "all": 80}
WANTED_OF_EACH = {"parsers": 75, "all": 0}


def reached(srcdir):
    """Of each file its lines and those of them that ran, over all programs."""
    lines = {}
    for data in glob.glob("**/*.gcda", recursive=True):
        out = subprocess.run(["gcov", "--json-format", "--stdout", data], capture_output=True,
                             check=True).stdout
        for text in out.splitlines():
            for one in json.loads(text)["files"]:
                name = os.path.relpath(one["file"], srcdir)
                if name.startswith(FOLDERS) and name.endswith(".c"):
                    counts = lines.setdefault(name, {})
                    for line in one["lines"]:
                        at = line["line_number"]
                        counts[at] = counts.get(at, 0) + line["count"]
    return {name: (len(counts), sum(n > 0 for n in counts.values()))
            for name, counts in lines.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--srcdir", default=".")
    parser.add_argument("--list", default="")
    parser.add_argument("what", choices=sorted(WANTED))
    options = parser.parse_args()
    files = reached(options.srcdir)
    if options.what == "parsers":
        files = {name: files.get(name, (1, 0)) for name in PARSERS}
    table = sorted((100 * hit / total if total else 100, total, name)
                   for name, (total, hit) in files.items())
    if options.list:
        with open(options.list, "w", encoding="utf-8") as out:
            out.writelines(f"{share:6.1f} % of {total:4} {name}\n" for share, total, name in table)
    total, hit = (sum(f[i] for f in files.values()) for i in (0, 1))
    wanted, of_each = WANTED[options.what], WANTED_OF_EACH[options.what]
    low = [f"{name} {share:.0f}" for share, _, name in table if share < wanted]
    print(f"{options.what}: {100 * hit / max(total, 1):.1f} % of {total} lines reached in "
          f"{len(files)} files; below {wanted} %: {', '.join(low) or 'none'}")
    return 1 if 100 * hit < wanted * total or any(row[0] < of_each for row in table) else 0


if __name__ == "__main__":
    sys.exit(main())
