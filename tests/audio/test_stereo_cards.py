#!/usr/bin/env python3
"""Opus in two channels from sound card to sound card, through PulseAudio with null sinks of two."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, stereo, tap, tphone
from lib.pulse import Pulse
from lib.room import SIGINT, Room
from lib.stereo import OPUS, WANTED
from lib.talk import Talk, steps, steps_of_time
from lib.tap import case, equal

SPEECH_S = 6
CARD = {"device": "default", "codec": "opus", "redundancy": "off", **tphone.UNTOUCHED}


def speak(pulse, name, tones, seconds):
    spoken = stereo.two_tones(*tones, seconds=seconds, rate=48000)
    return pulse.speak(name, spoken, stereo=True)


def heard_on_both_sides(**how):
    """What the callee and the caller have heard, a Sound for each channel."""
    with Room() as room:
        pulse = Pulse(room, ["caller", "callee"], channels=2)
        callee = tphone.Answer(room, env=pulse.card("callee"), **how)
        caller = tphone.Call(room, callee.uri, env=pulse.card("caller"), **how)
        caller.wait_line("(?i)answered")
        ears = [pulse.listen(name) for name in ("callee", "caller")]
        time.sleep(0.5)  # the cards are opened behind the answer
        for voice in [speak(pulse, "caller", stereo.OURS, SPEECH_S),
                      speak(pulse, "callee", stereo.THEIRS, SPEECH_S)]:
            voice.status(30)
        time.sleep(1)
        for ear in ears:
            ear.stop()
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.OK)
        return [sound.read_channels(ear.path) for ear in ears]


@case("each of two tones comes from its side of a microphone to its side of a loudspeaker, both "
      "ways")
def in_each_ear():
    callee, caller = heard_on_both_sides(opus_stereo="yes", **CARD)
    stereo.in_each_ear(callee, stereo.OURS, "what the callee heard")
    stereo.in_each_ear(caller, stereo.THEIRS, "what the caller heard")


@case("without stereo both sides hear both tones")
def mixed():
    callee, caller = heard_on_both_sides(**CARD)
    stereo.mixed(callee, stereo.OURS, "what the callee heard", 2)
    stereo.mixed(caller, stereo.THEIRS, "what the caller heard", 2)


@case("stereo goes and comes by re-INVITE: the card stays open, and no packet is missing")
def again():
    with Room() as room:
        pulse = Pulse(room, ["desk"], channels=2)
        talk = Talk(room, "96", WANTED, env=pulse.card("desk"), opus_stereo="yes", **CARD)
        voice = speak(pulse, "desk", stereo.OURS, 30)
        talk.rtp.wait(seconds=15, holds=stereo.in_stereo)
        streams = [pulse.streams(kind) for kind in ("source-outputs", "sink-inputs")]
        begin = len(talk.rtp.wait())
        for extra, two in ((OPUS, False), (WANTED, True)) * 2:
            talk.again(extra=extra)
            packets = talk.rtp.wait_more(60)
            equal({stereo.in_stereo(p) for p in packets[-20:]}, {two}, f"stereo behind {extra}")
        packets = talk.rtp.wait()[begin:]
        equal(set(steps(packets, "seq")), {1}, "steps of the sequence number")
        equal(steps_of_time(packets), {960}, "steps of the time")
        equal([pulse.streams(kind) for kind in ("source-outputs", "sink-inputs")], streams,
              "who is at the card")
        voice.stop()
        talk.end()


if __name__ == "__main__":
    tap.run(jobs=1, in_time=True)
