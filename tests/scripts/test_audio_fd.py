#!/usr/bin/env python3
"""A program that listens and talks on two descriptors: how late it answers, and what it does to the
call where it stands still or dies. Nothing else runs in this process, as that would be late,
too."""
import os
import signal
import socket
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, tap, tphone
from lib.pipes import PERIOD_S, ULAW, Far, popen
from lib.room import Room
from lib.tap import case, equal, expect

ECHO_MS = 30  # that a program may be behind

ECHO = """
import os, sys, time
r, w = int(sys.argv[1]), int(sys.argv[2])
log = open(sys.argv[3], "w")
at = 0
while True:
    piece = os.read(r, 4096)
    if not piece:
        break
    now = time.monotonic()
    os.write(w, piece)
    log.write(f"{now} {at} {len(piece)}\\n")
    at += len(piece)
    heard = [abs(int.from_bytes(piece[i:i+2], "little", signed=True))
             for i in range(0, len(piece) - 1, 2)]
    loud = [i for i, v in enumerate(heard) if v > 6000]
    if loud:
        log.write(f"loud {now} {loud[0]}\\n")
    log.flush()
"""

CLICK_EVERY = 10  # packets
LOUD = b"\x90" * 160  # PCMU, 12 dB below the most


def click_on(far, seconds):
    """One packet of ten is loud, in time with the clock; when each of these was sent."""
    begin, sent = time.monotonic(), []
    for i in range(int(seconds / PERIOD_S)):
        wait = begin + i * PERIOD_S - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        loud = i % CLICK_EVERY == 0
        if loud:
            sent.append(time.monotonic())
        far.rtp.send(rtp.packet(far.seq, far.seq * 160, 0x1234,
                                LOUD if loud else b"\xff" * 160), far.port)
        far.seq += 1
    return sent


def beginnings(times):
    """Of bursts: what comes within half the time between two belongs to the one before."""
    out = []
    for t in times:
        if not out or t > out[-1] + CLICK_EVERY * PERIOD_S / 2:
            out.append(t)
    return out


def sent_clicks(packets):
    """When the first loud sample of each click would have been spoken into a telephone that sends
    the packet when it is full."""
    times = []
    for p in packets:
        loud = [i for i, b in enumerate(p.payload) if abs(ULAW[b]) > 6000]
        if loud and p.kind == 0:
            times.append(p.time - PERIOD_S + loud[0] / 8000)
    return beginnings(times)


def behind(later, earlier):
    """How much later each of these came than the one before it among those, in ms."""
    out = []
    for t in later:
        before = [e for e in earlier if e < t + 0.001]
        if before and t - before[-1] < CLICK_EVERY * PERIOD_S:
            out.append((t - before[-1]) * 1000)
    return out


class Echo:
    """A call with a program that says what it hears, and when it heard it."""

    def __init__(self, room, rate=None, sockets=False):
        self.log = room.path("echo.log")
        if sockets:
            phone, program = socket.socketpair()
            fds = (phone.detach(),) * 2
            theirs = (program.detach(),) * 2
        else:
            say, hear = os.pipe(), os.pipe()
            fds, theirs = (say[0], hear[1]), (hear[0], say[1])
        self.program = room.start("echo", [sys.executable, "-c", ECHO, theirs[0], theirs[1],
                                           self.log], pass_fds=set(theirs))
        self.rate = rate or 16000
        self.far = Far(room, audio_fd=f"{fds[0]},{fds[1]}", rate=rate,
                       popen=popen(fds=set(fds)))
        for fd in set(fds) | set(theirs):
            os.close(fd)
        self.far.up()
        self.far.seq = 1

    def heard_clicks(self):
        with open(self.log) as f:
            words = [line.split() for line in f if line.startswith("loud ")]
        return beginnings([float(t) + int(at) / self.rate for _, t, at in words])

    def measure(self, seconds):
        """Medians in ms: from when the program heard it to when it would have been spoken into a
        telephone, which has then to fill its packet; and from wire to wire."""
        since = time.monotonic()
        sent = click_on(self.far, seconds)
        time.sleep(0.2)
        back = sent_clicks(self.far.rtp.since(since))
        added = behind(back, [t for t in self.heard_clicks() if t > since])
        whole = behind([t + PERIOD_S for t in back], sent)
        expect(len(added) > 0.5 * len(sent), f"of {len(sent)} clicks {len(added)} came back")
        return statistics.median(added), statistics.median(whole)


def echo(rate, sockets):
    with Room() as room:
        e = Echo(room, rate, sockets)
        click_on(e.far, 0.6)  # the jitter buffer finds its place
        added, whole = e.measure(4)
        expect(added < ECHO_MS, f"from hearing to speaking: {added:.1f} ms at the median")
        e.far.leave()
        e.program.status()
        return f"{added:.1f} ms added, {whole:.1f} ms from wire to wire, at the median"


for name, rate, sockets in (("on two pipes at 8 kHz", 8000, False),
                            ("on two pipes at 16 kHz", None, False),
                            ("on a socket at 48 kHz", 48000, True)):
    case(f"a program that echoes {name} is under {ECHO_MS} ms behind", rate, sockets)(echo)


@case("a program that stood still for a moment is close again after a while")
def catches_up():
    with Room() as room:
        e = Echo(room, 8000)
        click_on(e.far, 0.6)
        since = time.monotonic()
        e.program.signal(signal.SIGSTOP)
        click_on(e.far, 0.6)
        e.program.signal(signal.SIGCONT)
        e.far.steady(since, time.monotonic() - since)
        click_on(e.far, 3)
        added, _ = e.measure(2)
        expect(added < ECHO_MS, f"still {added:.1f} ms behind")
        e.far.leave()
        return f"{added:.1f} ms"


@case("a program that dies is told of, and the call goes on")
def dies():
    with Room() as room:
        e = Echo(room, 8000)
        click_on(e.far, 0.4)
        e.program.signal(signal.SIGKILL)
        since = time.monotonic()
        click_on(e.far, 0.7)
        e.far.steady(since, 0.7)
        e.far.leave(tphone.SOUND)
        told = e.far.phone.process.said("cannot be piped out any more: nobody reads it")
        equal(len(told), 1, "lines that say so")


tap.run(jobs=2, in_time=True)
