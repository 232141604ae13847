#!/usr/bin/env python3
"""50,000 calls from one tphone to another: all are answered, and neither end keeps anything of
those that are over.

What a call leaves for a while, its transactions, is gone after 32 seconds (RFC 3261 timer H and RFC
6026 timer M); the rate is such that a tenth of the calls takes longer than that."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import tap, tphone
from lib.room import SIGINT, Room
from lib.tap import case, expect

CALLS, RATE = 50000, 100
GROWTH_KIB = 1024  # between 10 % and 100 % of the calls: 45,000 that left 24 bytes would show


def memory_kib(phone):
    with open(f"/proc/{phone.process.popen.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def descriptors(phone):
    return len(os.listdir(f"/proc/{phone.process.popen.pid}/fd"))


class Quiet(tphone.Phone):
    """Without a trace, which would be most of the work."""

    def __init__(self, room, name, command, *arguments, **more):
        self.name, self.home = name, room.path(name)
        options = [f"--{n.replace('_', '-')}={v}" for n, v in more.items()]
        self.process = room.start(name, [tphone.program(), command, *arguments, *options,
                                         "--codec=pcmu"])


@case(f"{CALLS} calls, {RATE} a second: memory and descriptors of both ends are bounded")
def many_calls():
    with Room() as room:
        port = tphone.rooms.free_port()
        callee = Quiet(room, "callee", "answer", "-q", listen=f"127.0.0.1:{port}", history="no",
                       device="none")
        tphone.rooms.wait_udp(port)
        load = Quiet(room, "load", "load", "-v", f"bob@127.0.0.1:{port}", calls=CALLS,
                     per_second=RATE, **{"for": 0.1})
        seen = []
        at = 0
        while load.process.alive():
            told = [re.search(r": (\d+) of \d+ calls placed", l) for l in load.process.lines[at:]]
            at += len(told)
            placed = [int(m.group(1)) for m in told if m]
            if placed:
                seen.append((placed[-1], memory_kib(load), memory_kib(callee), descriptors(load),
                             descriptors(callee)))
            time.sleep(0.5)
        load.expect_status(0, 5)
        callee.process.signal(SIGINT)
        callee.expect_status(0, 10)
        return judge(seen)


def judge(seen):
    first = next(s for s in seen if s[0] >= CALLS // 10)
    last = seen[-1]
    expect(last[0] >= CALLS * 0.98, "the last look was too early", str(last))
    for which, name in (1, "the caller"), (2, "the callee"):
        grown = last[which] - first[which]
        expect(grown < GROWTH_KIB, f"{name} grew by {grown} KiB from {first[which]} KiB")
    for which, name in (3, "the caller"), (4, "the callee"):
        most = max(s[which] for s in seen)
        expect(most < 64 + RATE * 4, f"{name} had {most} descriptors open")
    return (f"caller {first[1]} KiB after {first[0]} calls, {last[1]} KiB after {last[0]}; "
            f"callee {first[2]} and {last[2]} KiB")


if __name__ == "__main__":
    tap.run()
