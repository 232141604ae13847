#!/usr/bin/env python3
"""The sound server dies in a call: PulseAudio, of a network namespace's own."""
import os
import select
import shutil
import signal
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, pace, preload, sound, tap, wire
from lib.attack import end_s, sanitized
from lib.pulse import Pulse
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

BACK_S = 2.0


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
            wait_until(lambda: pulse.streams("source-outputs") and pulse.streams("sink-inputs"), 8,
                       "the card is not opened")
            before = phone.client.mark()
            pulse.process.signal(number)
            # Where a busy machine was still at opening it, it says that it cannot.
            phone.client.wait(lambda l: "files and silence" in l.get("text", ""), 8, before,
                              "that the sound device is gone")
            time.sleep(1.5)
            up = [c["call"] for c in phone.client.do("status")["calls"]]
            equal(up, [call], "calls that are up")
            pulse.begin()
            began = pace.now()
            wait_until(lambda: pulse.streams("source-outputs") and pulse.streams("sink-inputs"),
                       8, "the card is not opened again")
            took = pace.now() - began
            phone.client.wait(lambda l: "works again" in l.get("text", ""), 8, before,
                              "that it works again")
            expect(took <= BACK_S, f"the card was back after {took:.2f} s")
            said.append(f"back after {took:.2f} s")
        ear = pulse.listen("desk")
        far.client.do("play", call=theirs, file=sound.write(room.path("t.wav"), sound.tone(440, 9)))
        wait_until(lambda: ear.level() > -40, 8, "nothing is heard from the new server")
        phone.client.do("hangup", call=call)
        far.client.event("ended", call=theirs)
        return "; ".join(said)


class Stuck:
    """In a call with a card that is never let go."""

    def __init__(self, room, arguments=()):
        libraries = room.path("libraries")
        os.makedirs(libraries)
        shutil.copy(preload.library("faults/stuck_card.c"), libraries + "/libportaudio.so.2")
        self.asked, asks = os.pipe()
        env = {"LD_LIBRARY_PATH": libraries, "STUCK_CARD": str(asks), "ALSA_CONFIG_PATH":
               room.write("alsa.conf", "pcm.default { type null }\n")}
        self.phone = control.Piped(room, device="stuck", env=env, arguments=["-v", *arguments],
                                   popen={"pass_fds": [asks]})
        os.close(asks)
        self.far = control.Piped(room, "far", device="none")
        self.theirs, self.call = control.call_up(self.far.client, self.phone)
        wait_until(lambda: select.select([self.asked], [], [], 0)[0], 8, "the card is not opened")

    def ends(self):
        """Behind a SIGTERM that was sent: how long that took, and with which status."""
        began = pace.now()
        self.phone.process.signal(signal.SIGTERM)
        status = self.phone.process.status(15)
        took = pace.now() - began
        equal(self.phone.client.events("ended")[-1]["call"], self.call, "the call that has ended")
        expect(took < end_s(), f"it was gone after {took:.2f} s with status {status}")
        equal(len(self.phone.process.said("a sound device does not close")), 1, "warnings")
        said = os.read(self.asked, 100)
        os.close(self.asked)
        expect(b"c" in said, f"the card was not asked to let go: {said}")
        return f"gone after {took:.2f} s with status {status}"


@case("SIGTERM in a call with a card that is never let go: BYE, and gone in 2 s")
def stuck():
    with Room() as room:
        s = Stuck(room)
        said = s.ends()
        s.far.client.event("ended", 3, call=s.theirs)
        return said


def fill(fifo):
    """Until nothing more goes into it."""
    try:
        while True:
            os.write(fifo, bytes(4096))
    except BlockingIOError:
        pass


@case("SIGTERM where nobody answers the BYE, the card, the command of an event, the history and the"
      " reader of the trace are stuck: gone in 2 s")
def all_stuck():
    with Room() as room:
        trace = room.path("phone-sip.txt")
        os.mkfifo(trace)
        reader = os.open(trace, os.O_RDWR | os.O_NONBLOCK)
        path = room.write("stuck.conf", "on-event = ended sleep 1009\n")
        s = Stuck(room, ["--config", path])
        s.far.process.signal(signal.SIGSTOP)
        fill(reader)
        locked = sqlite3.connect(s.phone.home + "/state/tphone/history.db",
                                 isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        said = s.ends()
        locked.close()
        os.close(reader)
        s.far.process.signal(signal.SIGCONT)
        equal(len(s.phone.process.said("was ended, as the phone is")), 1, "told of the command")
        return said


if __name__ == "__main__":
    wire.private_network()
    tap.run()
