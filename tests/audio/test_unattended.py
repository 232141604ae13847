#!/usr/bin/env python3
"""Sound cards where nobody is: what a phone that answers by itself opens, and what it says of
that."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, rtp, sip, sound, tap
from lib.ends import Callee
from lib.pulse import Pulse
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

BEEP_HZ, BEEP_LEVEL = 850, 800  # of some 8,000: a busy machine tears a beep to pieces


def beeps_of(ear):
    """How loud the beep is in each tenth of a second of what was heard."""
    return sound.amplitudes(sound.read(ear.path), BEEP_HZ)


@case("a phone that answers by itself opens no microphone and no loudspeaker without --device")
def closed():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        callee = Callee(room, "udp", device=None, env=pulse.card("desk"), verbose=True)
        media = room.keep(rtp.RtpPeer())
        invite, ok = callee.up(body=sip.sdp(media.port))
        media.wait_more(50, 5)
        equal(pulse.streams("source-outputs"), [], "who listens to the microphone")
        equal(pulse.streams("sink-inputs"), [], "who plays")
        callee.end(invite, ok)
        said = callee.phone.process.said("microphone")
        expect(not said, "it speaks of a microphone", *said)


@case("with --device it opens the microphone, says so in a line, and the room hears a beep, once")
def beeps():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        callee = Callee(room, "udp", device="default", env=pulse.card("desk"))
        ear = pulse.listen("desk")
        invite, ok = callee.up()
        callee.phone.wait_line("by itself.*microphone is open")
        wait_until(lambda: pulse.streams("source-outputs"), 8, "the microphone is not opened")
        time.sleep(3)
        callee.end(invite, ok)
        ear.stop()
        loud = beeps_of(ear)
        expect(max(loud) > BEEP_LEVEL, f"no beep was heard in the room, but {max(loud):.0f} of it")
        expect(sum(level > BEEP_LEVEL for level in loud) <= 10, "it beeps for a second or more")
        equal(len(callee.phone.process.said("microphone is open")), 1, "lines that say so")


@case("where the device that --device names is gone, no other microphone is opened in its place")
def gone():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        callee = Callee(room, "udp", device="nowhere", env=pulse.card("desk"))
        invite, ok = callee.up()
        callee.phone.wait_line("nowhere cannot be used.*no microphone is open")
        wait_until(lambda: pulse.streams("sink-inputs"), 8, "nothing plays in its place")
        time.sleep(1)
        equal(pulse.streams("source-outputs"), [], "who listens to the microphone")
        callee.end(invite, ok)


@case("what a person answers has no beep and no such line")
def answered():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        phone = control.Piped(room, device="default", env=pulse.card("desk"))
        far = control.Piped(room, "far")
        ear = pulse.listen("desk")
        control.call_up(far.client, phone)
        wait_until(lambda: pulse.streams("source-outputs"), 8, "the microphone is not opened")
        time.sleep(1.5)
        ear.stop()
        loud = max(beeps_of(ear))
        expect(loud < BEEP_LEVEL, f"a beep was heard in the room, {loud:.0f} of it")
        equal(phone.client.events("notice"), [], "notices")


if __name__ == "__main__":
    tap.run(jobs=4)
