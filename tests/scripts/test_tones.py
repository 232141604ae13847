#!/usr/bin/env python3
"""What the caller's loudspeaker plays before and instead of an answer, and that libraries that
open it write nothing on the terminal."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.pulse import Pulse
from lib.room import SIGINT, Room
from lib.tap import case, expect


def _loud_ms(path):
    """Milliseconds that are not silent."""
    return sum(10 for level in sound.envelope(sound.read(path)) if level > 50)


@case("ringing at the other end is heard as a tone, by the caller alone")
def ringback():
    with Room() as room:
        pulse = Pulse(room, ["caller"])
        callee = tphone.Answer(room, delay=8, times=1, record=room.path("heard.wav"))
        caller = tphone.Call(room, callee.uri, device="default", env=pulse.card("caller"))
        ear = pulse.listen("caller")
        time.sleep(6)  # a second of tone, four of silence
        ear.stop()
        heard = _loud_ms(ear.path)
        expect(heard > 300, f"{heard} ms of tone", *caller.process.tail())
        caller.wait_line("^answered", 10)
        time.sleep(1)
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        leaked = _loud_ms(room.path("heard.wav"))
        expect(leaked == 0, f"the other side hears {leaked} ms of it")
        told = ("listening", "calling", "ringing", "answered", "ended")
        strange = [line for line in caller.process.lines if not line.startswith(told)]
        expect(not strange, "somebody else writes on the terminal", *strange)


@case("busy is heard as a tone for a moment")
def busy():
    with Room() as room:
        pulse = Pulse(room, ["caller"])
        callee = tphone.Answer(room, delay=3, code=486, times=1)
        caller = tphone.Call(room, callee.uri, device="default", env=pulse.card("caller"))
        caller.wait_line("ringing")
        time.sleep(1.6)  # the first tone is over, and the ear has time to open
        ear = pulse.listen("caller")
        caller.expect_status(tphone.BUSY)
        ear.stop()
        heard = _loud_ms(ear.path)
        expect(heard > 300, f"{heard} ms of tone", *caller.process.tail())


@case("a second call is heard as a soft tone in the first, which waits when that is taken")
def waiting():
    with Room() as room:
        pulse = Pulse(room, ["callee"])
        callee = tphone.Answer(room, delay=3, max_calls=2, device="default",
                               env=pulse.card("callee"))
        first = tphone.Call(room, callee.uri, name="first", spoken=sound.silence(30))
        first.wait_line("^answered", 10)
        ear = pulse.listen("callee")
        second = tphone.Call(room, callee.uri, name="second", spoken=sound.silence(30))
        second.wait_line("ringing")
        time.sleep(2)
        ear.stop()
        # At 425 Hz: the beep of whoever answers by itself is another tone.
        loud = [level for level in sound.amplitudes(sound.read(ear.path), 425) if level > 50]
        expect(len(loud) * 100 >= 300, f"{len(loud) * 100} ms of tone", *callee.process.tail())
        expect(max(loud) < 3000, f"it is as loud as {max(loud):.0f}")
        expect(first.process.alive() and not first.process.said("hold"), "the first call waits")
        second.wait_line("^answered", 10)
        first.wait_line("put on hold", 5)
        callee.wait_line("^(call 1: )?on hold", 5)
        for caller in (second, first):
            caller.process.signal(SIGINT)
            caller.expect_status(tphone.OK)
        expect(not first.process.said("taken off hold"), "the first call went on by itself")


if __name__ == "__main__":
    tap.run(jobs=2, in_time=True)
