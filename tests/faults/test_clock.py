#!/usr/bin/env python3
"""The wall clock jumps, by an hour, by days and to 1970, and nothing happens: calls, registrations
and recordings go by the monotonic clock. The clock of the machine is not touched, and Linux has no
namespace for this one, only for those that count from its start: the phone is told another one by a
library that is loaded before its own (wall_clock.c)."""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, preload, sip, sound, tap, tphone, wire
from lib.attack import Target, cpu_seconds, sanitized
from lib.registrar import Registrar
from lib.room import Room
from lib.tap import case, equal, expect

DAY = 86400
JUMPS = (DAY, -DAY, 3600, -int(time.time()) + 5, 0)  # the last but one: 1970


class Clock:
    """The wall clock of who is started with env: .ahead(seconds) sets it."""

    def __init__(self, room):
        self.path = room.path("clock")
        self.file = open(self.path, "w+b", buffering=0)
        self.ahead(0)
        self.env = dict(preload.env("faults/wall_clock.c"), TPHONE_TEST_CLOCK=self.path)

    def ahead(self, seconds):
        self.file.seek(0)
        self.file.write(struct.pack("=q", seconds))

    def stop(self):
        self.file.close()


@case("it jumps in a call, by days and to 1970: the sound keeps its pace, and new calls come in")
def in_a_call():
    with Room() as room:
        clock = room.keep(Clock(room))
        t = Target(room, "udp", spoken=sound.tone(440, 30), env=clock.env, json=True, max_calls=4)
        used, start = cpu_seconds(t.pid), time.monotonic()
        said = []
        for call, ahead in enumerate(JUMPS, 2):
            clock.ahead(ahead)
            said.append(t.media.verdict(30, 70))
            invite, ok = t.up()
            began = t.phone.wait_event("answered", call=call)["time"]
            expect(abs(began - time.time() - ahead) < 30, f"its clock does not say {ahead} s ahead")
            t.end(invite, ok)
            lasted = t.phone.wait_event("ended", call=call)["duration"]
            expect(lasted < 2, f"the call lasted {lasted} s")
        worst = max(e.get("jitter_ms", 0) for e in t.phone.events("quality", call=1))
        expect(worst < 200, f"what is heard seems to jitter by {worst} ms")
        used = (cpu_seconds(t.pid) - used) / (time.monotonic() - start)
        expect(sanitized() or used < 0.25, f"{used * 100:.0f} % of a processor")
        clock.ahead(DAY)
        t.finish()
        length = sound.read(t.phone.recording).seconds
        expect(8 < length < 25, f"{length:.1f} s were recorded")
        return "; ".join(said)


@case("it jumps while registered: refreshed in time, neither sooner nor later")
def registered():
    with Room() as room:
        clock, server = room.keep(Clock(room)), room.keep(Registrar(granted_s=4))
        phone = tphone.Register(room, account.of(server, "alice"), env=clock.env)
        phone.wait_line("^registered ")
        before, start = len(server.requests("REGISTER")), time.monotonic()
        for ahead in JUMPS:
            clock.ahead(ahead)
            end = time.monotonic() + 1.8
            while time.monotonic() < end:
                equal(len(server.bindings("alice")), 1, f"bindings, {ahead} s ahead")
                time.sleep(0.05)
        came = len(server.requests("REGISTER")) - before
        most = (time.monotonic() - start) / 1.5
        expect(2 <= came <= most, f"{came} REGISTERs in {time.monotonic() - start:.1f} s")
        phone.process.signal(15)
        phone.status(5)
        equal(server.bindings("alice"), [], "bindings behind its end")
        return f"{came} refreshes in {time.monotonic() - start:.1f} s"


@case("it jumps between a request that gets no answer and its copies: they come when they are due")
def repeated():
    with Room() as room:
        clock, peer = room.keep(Clock(room)), room.keep(sip.Peer())
        phone = tphone.Call(room, f"sip:a@127.0.0.1:{peer.port}", env=clock.env)
        first = peer.wait(sip.request("INVITE"))
        for n, ahead in zip((2, 3, 4), JUMPS):
            clock.ahead(ahead)
            peer.wait(sip.request("INVITE"), 6, n)
        gaps = [m.time - first.time for m in peer.found(sip.request("INVITE"))]
        for got, wanted in zip(gaps, (0, 0.5, 1.5, 3.5)):
            expect(wanted - 0.1 < got < wanted + 0.5, f"copies came after {gaps}")
        phone.process.signal(15)
        phone.status(5)


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=3)
