#!/usr/bin/env python3
"""Calls with baresip, both ways: what was spoken must be heard at the other end."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.baresip import Baresip
from lib.pulse import Pulse
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

SPEECH_S = 7.0
# What is spoken when the call comes up may be cut by the time that baresip takes to start sending.
WINDOW = {"first_ms": -700, "last_ms": 3000}


def _texts(seconds=SPEECH_S):
    """What the stranger says and what we say; the stranger's file must not end within the call."""
    return (sound.speech("caller", seconds, tail_s=20), sound.speech("caller", seconds),
            sound.speech("callee", seconds))


def _both_heard(phone, stranger, theirs, ours):
    found = [sound.expect_heard(ours, stranger.heard(), "what baresip heard of us", **WINDOW),
             sound.expect_heard(theirs, phone.recording, "what we heard of baresip", **WINDOW)]
    return "\n".join(map(str, found))


@case("baresip calls us with Opus: both hear what the other says", "opus")
@case("baresip calls us with G.722: both hear what the other says", "g722")
@case("baresip calls us with PCMU: both hear what the other says", "pcmu")
def called(codec):
    with Room() as room:
        long, theirs, ours = _texts()
        phone = tphone.Answer(room, spoken=ours, times=1, behind_s=1.5)
        stranger = Baresip(room, "stranger", codec, long)
        stranger.dial(phone.uri)
        phone.expect_status(tphone.OK, 30)
        result = tphone.results(phone)[-1]
        expect(result["codec"].lower().startswith(codec), f"the codec was {result['codec']}")
        return _both_heard(phone, stranger, theirs, ours)


@case("we call baresip with Opus: both hear what the other says", "opus")
@case("we call baresip with G.722: both hear what the other says", "g722")
@case("we call baresip with L16 at 16 kHz: both hear what the other says", "l16", "l16")
@case("we call baresip with PCMU: both hear what the other says", "pcmu")
def calling(codec, only=None):
    with Room() as room:
        long, theirs, ours = _texts()
        stranger = Baresip(room, "stranger", codec, long, answers=True)
        phone = tphone.Call(room, stranger.uri, spoken=ours, behind_s=1,
                            **({"codec": only} if only else {}))
        phone.expect_status(tphone.OK, 30)
        used = tphone.results(phone)[-1]["codec"]
        expect(used.lower().startswith(codec), f"the codec was {used}")
        stranger.wait("CALL_CLOSED")
        return _both_heard(phone, stranger, theirs, ours)


@case("digits go both ways (RFC 4733)", "opus")
@case("digits go both ways with PCMU (RFC 4733)", "pcmu")
def digits(codec):
    with Room() as room:
        stranger = Baresip(room, "stranger", codec, sound.silence(30), answers=True)
        phone = tphone.Call(room, stranger.uri, dtmf="159#*0D", seconds=60)
        stranger.wait("CALL_ESTABLISHED")
        stranger.press("42#")
        phone.wait_line(r"digit # received", 10)
        got = "".join(re.findall(r"digit (\S) received", phone.output()))
        equal(got, "42#", "what we took for baresip's digits")
        wait_until(lambda: len(stranger.digits()) >= 7, 8,
                   f"baresip took our digits for {stranger.digits()!r}")
        equal(stranger.digits(), "159#*0D", "what baresip took for our digits")
        stranger.hang_up()
        phone.expect_status(tphone.OK)


def _longest_silence(recording, first_s, last_s):
    longest = quiet = 0
    for level in sound.envelope(recording.cut(first_s, last_s), 20):
        quiet = quiet + 1 if level < 60 else 0
        longest = max(longest, quiet)
    return longest * 0.02


@case("baresip holds us: silence from us meanwhile, both are heard before and after")
def hold():
    with Room() as room:
        ours, theirs = sound.speech("callee", 12), sound.speech("caller", 12)
        parts = [(0, 4.5), (8.5, 11.5)]
        pulse = Pulse(room, ["stranger"])
        stranger = Baresip(room, "stranger", "pcmu", theirs + sound.silence(20),
                           card=pulse.card("stranger"))
        phone = tphone.Answer(room, spoken=ours, times=1)
        ear = pulse.listen("stranger")
        stranger.dial(phone.uri)
        stranger.wait("CALL_ESTABLISHED")
        time.sleep(5.5)
        stranger.hold()
        phone.wait_line(r"on hold by the other side", 5)
        time.sleep(2)
        stranger.resume()
        phone.wait_line(r"off hold by the other side", 5)
        time.sleep(7.5)
        ear.stop()
        stranger.hang_up()
        phone.expect_status(tphone.OK)
        notes = []
        for first, last in parts:
            for text, path, who in ((ours, ear.path, "baresip"), (theirs, phone.recording, "we")):
                found = sound.expect_heard(text.cut(first, last), path, first_ms=0, last_ms=16000,
                                           what=f"what {who} heard of {first} to {last} s")
                notes.append(f"{who}, {first} to {last} s: {found}")
        quiet = _longest_silence(sound.read(ear.path), 3, 12)
        expect(quiet > 1.3, f"while on hold it was quiet for {quiet:.1f} s only")
        return "\n".join(notes + [f"{quiet:.1f} s of silence while on hold"])


@case("baresip is busy with itself: its refusal is status 3, and it may cancel its own call")
def refusals():
    with Room() as room:
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(5))
        phone = tphone.Call(room, stranger.uri)
        stranger.wait("CALL_INCOMING")
        stranger.hang_up()
        phone.expect_status(tphone.BUSY)
        answer = tphone.Answer(room, delay=20, times=1)
        stranger.dial(answer.uri)
        stranger.wait("CALL_RINGING")
        stranger.hang_up()
        answer.status(5)


if __name__ == "__main__":
    tap.run(jobs=6, in_time=True)
