#!/usr/bin/env python3
"""Sound cards where nobody is: what a phone that answers by itself opens, and what it says of that;
and a sound server that dies in a call."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, rtp, sip, sound, tap
from lib.attack import sanitized
from lib.ends import Callee
from lib.pulse import Pulse
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

BACK_S = 2.0
BEEP_HZ = 850


def streams(pulse, kind):
    """Who is at the card: kind is source-outputs (microphone) or sink-inputs (loudspeaker)."""
    ask = pulse.room.start("pactl", ["pactl", "list", "short", kind], env=pulse.env)
    equal(ask.status(10), 0, f"status of pactl list {kind}")
    return ask.lines


@case("a phone that answers by itself opens no microphone and no loudspeaker without --device")
def closed():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        callee = Callee(room, "udp", device=None, env=pulse.card("desk"), verbose=True)
        media = room.keep(rtp.RtpPeer())
        invite, ok = callee.up(body=sip.sdp(media.port))
        media.wait_more(50, 5)
        equal(streams(pulse, "source-outputs"), [], "who listens to the microphone")
        equal(streams(pulse, "sink-inputs"), [], "who plays")
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
        wait_until(lambda: streams(pulse, "source-outputs"), 8, "the microphone is not opened")
        time.sleep(3)
        callee.end(invite, ok)
        ear.stop()
        heard = sound.tones(sound.read(ear.path), (BEEP_HZ, 425))
        equal(heard, [BEEP_HZ], "what was heard in the room")
        equal(len(callee.phone.process.said("microphone is open")), 1, "lines that say so")


@case("what a person answers has no beep and no such line")
def answered():
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        phone = control.Piped(room, device="default", env=pulse.card("desk"))
        far = control.Piped(room, "far")
        ear = pulse.listen("desk")
        control.call_up(far.client, phone)
        wait_until(lambda: streams(pulse, "source-outputs"), 8, "the microphone is not opened")
        time.sleep(1.5)
        ear.stop()
        equal(sound.tones(sound.read(ear.path), (BEEP_HZ,)), [], "what was heard in the room")
        equal(phone.client.events("notice"), [], "notices")


@case("the sound server is killed in a call: the call stays, and the card is back in 2 s")
def killed():
    if sanitized():
        return "not with address sanitizer, whose stack sends PortAudio 19.6 round in " \
               "PaAlsaStream_WaitForFrames for ever when its server is gone"
    with Room() as room:
        pulse = Pulse(room, ["desk"])
        phone = control.Piped(room, device="default", env=pulse.card("desk"))
        far = control.Piped(room, "far")
        theirs, call = control.call_up(far.client, phone)
        said = []
        for number in (signal.SIGKILL, signal.SIGTERM):
            wait_until(lambda: streams(pulse, "source-outputs"), 8, "the card is not opened")
            pulse.process.signal(number)
            expect("has stopped" in phone.client.event("notice", 6)["text"], "no word of it")
            time.sleep(1.5)
            up = [c["call"] for c in phone.client.do("status")["calls"]]
            equal(up, [call], "calls that are up")
            pulse.begin()
            began = time.monotonic()
            wait_until(lambda: streams(pulse, "source-outputs") and streams(pulse, "sink-inputs"),
                       8, "the card is not opened again")
            took = time.monotonic() - began
            expect(took <= BACK_S, f"the card was back after {took:.2f} s")
            said.append(f"back after {took:.2f} s")
        ear = pulse.listen("desk")
        far.client.do("play", call=theirs, file=sound.write(room.path("t.wav"), sound.tone(440, 9)))
        wait_until(lambda: ear.level() > -40, 8, "nothing is heard from the new server")
        phone.client.do("hangup", call=call)
        far.client.event("ended", call=theirs)
        return "; ".join(said)


if __name__ == "__main__":
    tap.run(jobs=4)
