#!/usr/bin/env python3
"""make bench, second part: what one process can carry, beside SIPp and the baresip of the
distribution.

Calls that stand together, with sound both ways, and calls that come and go, from the same program
(bench_load) in the same run. A thousand calls for tphone, and for SIPp, which is no telephone but
answers like one and sends each packet back; baresip gets as many as it carries. The first column
of the calls that stand is what their packets alone cost here and now, by two system calls each.
BENCH_QUICK=1 takes a tenth of the time."""
import os
import statistics
import subprocess
import sys
import time

import bench
from bench import QUICK, Baresip, Failure, Tphone, memory_kib, rooms

HELPER = os.path.join(bench.builddir, "tests/bench/bench_load")
ROUNDS = 1 if QUICK else 3
STAND_S = 4 if QUICK else 15
SETUPS_S = 2 if QUICK else 10
GIVEN_BACK_S = 45  # RFC 3261 17.2: 32 s, and what phone/ebb.h waits


class Sipp:
    """The called side that comes with it; its RTP goes back where it came from."""
    name = "SIPp"

    def __init__(self, room):
        self.room = room

    def answering(self, codec, port):
        return ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1",
                "-mp", str(rooms.free_port(4)), "-rtp_echo", "-nostdin", "-skip_rlimit"]


class Answering(bench.Answering):
    """Without bench_sip's calls to warm it up."""

    def __init__(self, phone):
        super().__init__(phone, "pcmu", warm=False)
        self.pid = self.process.pid


def load(*args):
    """The figures of bench_load, by name."""
    done = subprocess.run([HELPER, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120)
    figures = {w[0]: int(w[1]) for w in map(str.split, done.stdout.splitlines()) if len(w) == 2}
    if "calls" not in figures:
        raise Failure("bench_load failed", done.stderr.splitlines())
    return figures


def of_window(f):
    due = f["calls"] * f["window_us"] / 20000
    return {"CPU-s per call-minute": f["window_cpu_us"] / f["window_us"] * 60 / f["calls"],
            "packets that came, %": min(100.0, f["rtp_received"] / due * 100)}


def packets_alone(room, calls):
    return of_window(load("-f", "-n", calls, "-d", STAND_S))


def standing(phone, calls, rate):
    with Answering(phone) as at:
        f = load("-m", "-o", "-t", "-n", calls, "-r", rate, "-d", STAND_S, at.port, at.pid)
        figures = of_window(f)
        figures["calls that failed"] = f["failed"]
        if phone.name != "SIPp":  # one port for all calls, and no OPTIONS
            figures["of the call with the fewest, %"] = \
                min(100.0, f["rtp_least"] / (f["window_us"] / 20000) * 100)
            figures["OPTIONS answered, %"] = f["options_answered"] / f["options_sent"] * 100
            figures["OPTIONS, slowest, ms"] = f["options_us_max"] / 1000
        figures["a call, private, KiB"] = (f["private_at"] - f["private_before"]) / calls
        if phone.name == "tphone" and not QUICK:
            time.sleep(GIVEN_BACK_S)
            figures["kept afterwards, private, KiB"] = \
                memory_kib(at.process)[1] - f["private_before"]
    return figures


def coming(phone, rate):
    calls = rate * SETUPS_S
    with Answering(phone) as at:
        f = load("-n", calls, "-r", rate, at.port, at.pid)
    return {"CPU of a set-up and its end, ms": f["cpu_us"] / calls / 1000,
            "set up in a second": f["calls"] / (f["placing_us"] / 1e6),
            "failed": f["failed"],
            "repeated by either side": f["repeated"] + f["repeated_to_us"],
            "INVITE to 200, p50, ms": f["answer_us_p50"] / 1000,
            "INVITE to 200, p99, ms": f["answer_us_p99"] / 1000}


def show(title, columns, rows):
    """columns: {name: [figures of each round]}; rows: (name, digits, goal or None, more is
    better)."""
    print(f"\n{title}")
    print(f"{'':34}" + "".join(f"{name:>14}" for name in columns) + f"{'goal':>8}")
    for row, digits, goal, more in rows:
        cells, ours = "", None
        for name, rounds in columns.items():
            values = [f[row] for f in rounds if row in f]
            value = statistics.median(values) if values else None
            ours = value if name.startswith("tphone") else ours
            cells += f"{'-' if value is None else f'{value:.{digits}f}':>14}"
        reached = ""
        if goal is not None and ours is not None:
            reached = "  yes" if (ours >= goal if more else ours <= goal) else "  no"
        print(f"{row:34}{cells}{'' if goal is None else f'{goal:g}':>8}{reached}")


STANDING = [("CPU-s per call-minute", 4, 0.02, False),
            ("packets that came, %", 1, 99, True),
            ("of the call with the fewest, %", 1, 99, True),
            ("calls that failed", 0, 0, False),
            ("OPTIONS answered, %", 0, 100, True),
            ("OPTIONS, slowest, ms", 1, None, False),
            ("a call, private, KiB", 1, 30, False),
            ("kept afterwards, private, KiB", 0, 4096, False)]
COMING = [("CPU of a set-up and its end, ms", 3, 0.3, False),
          ("set up in a second", 0, 990, True),
          ("failed", 0, 0, False),
          ("repeated by either side", 0, 0, False),
          ("INVITE to 200, p50, ms", 3, None, False),
          ("INVITE to 200, p99, ms", 3, None, False)]


def main():
    failed = []
    with rooms.Room("load") as room:
        bench.make_sounds(room)
        tphone, sipp, baresip = Tphone(room), Sipp(room), Baresip(room)
        stand = {"packets 1000": lambda: packets_alone(room, 1000),
                 "tphone 1000": lambda: standing(tphone, 1000, 500),
                 "SIPp 1000": lambda: standing(sipp, 1000, 500),
                 "baresip 50": lambda: standing(baresip, 50, 25)}
        come = {"tphone 1000/s": lambda: coming(tphone, 1000),
                "SIPp 1000/s": lambda: coming(sipp, 1000),
                "baresip 100/s": lambda: coming(baresip, 100)}
        for title, measures, rows in (
                ("calls that stand together, PCMU both ways", stand, STANDING),
                ("calls that come and go", come, COMING)):
            columns = {name: [] for name in measures}
            for name, measure in list(measures.items()) * ROUNDS:
                try:
                    columns[name].append(measure())
                except (Failure, OSError, subprocess.SubprocessError) as e:
                    failed.append(f"{name}: {e}" + "".join(
                        f"\n    {x}" for x in getattr(e, "notes", [])[:5]))
            show(title, columns, rows)
    for line in failed:
        print(f"could not be measured: {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
