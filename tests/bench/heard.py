#!/usr/bin/env python3
"""make bench-heard: what is heard at the other end of a bad network, and how late.

Two phones on sound cards of PulseAudio talk through a relay that loses, delays and reorders, the
same from the same seed: tphone with itself, with baresip and with linphonec, and each of those with
itself. Both say ten seconds of speech at once. tests/bench/heard_judge says of each direction how
late it came and how good it was; doc/testing.md what that score is worth. Delays mean nothing on a
machine that has other work: the load stands beside them. A call during which the machine stood
still is made again, whoever had it, and the longest that it did so stands in the last column.

    heard.py [ROW [PAIR]]    only what has these words in its name: heard.py "5 %" tphone-tphone
    BENCH_QUICK=1            tphone with itself alone
    HEARD_CALLS=3            so many calls of each, each with another seed
    HEARD_KEEP=FOLDER        keeps what was recorded
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

srcdir = os.environ.get("srcdir", ".")
builddir = os.environ.get("builddir", ".")
sys.path.insert(0, os.path.join(srcdir, "tests"))
from lib import sound, tap, tphone  # noqa: E402
from lib.baresip import Baresip  # noqa: E402
from lib.linphone import Linphone  # noqa: E402
from lib.pulse import Air  # noqa: E402
from lib.relay import CLEAR, CallRelay, Weather  # noqa: E402
from lib.room import SIGINT, Room  # noqa: E402
from lib.stillness import Stillness  # noqa: E402
from lib.tap import Failure  # noqa: E402

JUDGE = os.path.join(builddir, "tests/bench/heard_judge")
SPEECH_S = 10
SETTLE_S = 1.5  # from the answer until somebody speaks: cards open, buffers learn
LATEST_S = 1.0  # after the last word, for what is on its way
STILL_MS = 12  # a machine that stood still for longer is heard: no phone's card has more in store
TRIES = 6


class Row:
    """bar: (least score, latest ms, most kbit/s), None: none is set; later: and by how much it may
    end later than it began, (least, most) ms. settings: of each tphone."""

    def __init__(self, name, codec, weather, bar, later=None, **settings):
        self.name, self.codec, self.weather, self.bar = name, codec, weather, bar
        self.later, self.settings = later, settings


ROWS = [
    Row("Opus clean", "opus", CLEAR, (4.5, 100, None)),
    Row("Opus loss 2 %", "opus", Weather(loss=0.02), (4.35, 130, None)),
    Row("Opus loss 5 %", "opus", Weather(loss=0.05), (4.25, 130, None)),
    Row("Opus loss 10 %", "opus", Weather(loss=0.1), (4.1, 130, 70)),
    Row("Opus loss 20 %", "opus", Weather(loss=0.2), (4.0, 150, 70)),
    Row("Opus FEC only 5 %", "opus", Weather(loss=0.05), (4.0, None, None), redundancy="off"),
    Row("Opus FEC only 10 %", "opus", Weather(loss=0.1), (3.9, None, None), redundancy="off"),
    Row("Opus FEC only 20 %", "opus", Weather(loss=0.2), (3.0, None, None), redundancy="off"),
    Row("Opus bursts 10 %", "opus", Weather(loss=0.1, burst=3), (3.4, 300, None)),
    Row("Opus jitter 0-60 ms", "opus", Weather(delay_ms=(0, 60)), (4.45, 140, None)),
    Row("Opus jitter 0-120 ms", "opus", Weather(delay_ms=(0, 120)), (4.4, 200, None)),
    Row("Opus 200 ms more", "opus", Weather(later=(SETTLE_S + 5, 200)), (4.1, None, None),
        later=(180, 220)),
    Row("Opus disorder, doubles", "opus",
        Weather(reorder=0.05, double=0.05, delay_ms=(0, 10), hold_ms=30), (None, None, None)),
    Row("Opus through 64 kbit/s", "opus", Weather(kbps=64), (None, None, None)),
    Row("PCMU clean", "pcmu", CLEAR, (4.38, 100, None)),
    Row("PCMU loss 5 %", "pcmu", Weather(loss=0.05), (4.2, None, None)),
    Row("PCMU loss 10 %", "pcmu", Weather(loss=0.1), (4.0, None, None)),
    Row("PCMU alone, loss 5 %", "pcmu", Weather(loss=0.05), (3.6, None, None), redundancy="off"),
    Row("PCMU alone, loss 10 %", "pcmu", Weather(loss=0.1), (3.2, None, None), redundancy="off"),
    Row("PCMU jitter 0-60 ms", "pcmu", Weather(delay_ms=(0, 60)), (None, None, None)),
]
PAIRS = [("tphone", "tphone"), ("tphone", "baresip"), ("tphone", "linphonec"),
         ("baresip", "baresip"), ("linphonec", "linphonec")]

# ---- phones ----


class _Tphone:
    def __init__(self, room, air, name, codec, target=None, **settings):
        more = {"device": "default", "env": air.card(name), "codec": codec,
                "encryption": "off", **tphone.UNTOUCHED, **settings}
        self.phone = (tphone.Call(room, target, name=name, **more) if target
                      else tphone.Answer(room, name=name, **more))
        self.port = getattr(self.phone, "port", None)

    def wait_up(self):
        self.phone.wait_line("(?i)answered")

    def hang_up(self):
        self.phone.process.signal(SIGINT)
        self.phone.status()


class _Baresip:
    def __init__(self, room, air, name, codec, target=None):
        self.phone = Baresip(room, name, codec, None, answers=not target, card=air.card(name))
        self.port = self.phone.port
        if target:
            self.phone.dial(target)

    def wait_up(self):
        self.phone.wait("CALL_ESTABLISHED")

    def hang_up(self):
        self.phone.hang_up()


class _Linphone:
    def __init__(self, room, air, name, codec, target=None):
        self.phone = Linphone(room, name, None, codec, answers=not target, card=air.card(name))
        self.port = self.phone.port
        if target:
            self.phone.dial(target)

    def wait_up(self):
        self.phone.wait_up()

    def hang_up(self):
        self.phone.hang_up()


PHONES = {"tphone": _Tphone, "baresip": _Baresip, "linphonec": _Linphone}

# ---- one call ----


def voices(seconds=SPEECH_S):
    """What the caller says there, and the called one back: a man and a woman, 16 kHz."""
    man = sound.read(sound.CODEC2 + "speech_orig_16k.wav")
    woman = sound.read(sound.LIBRIVOX + "0870.wav") + sound.read(sound.LIBRIVOX + "0930.wav")
    return {"there": sound.levelled(man.cut(0, seconds)),
            "back": sound.levelled(woman.cut(0, seconds))}


def judge(path, codec):
    said = subprocess.run([JUDGE, path] + ["narrow"] * (codec != "opus"),
                          stdout=subprocess.PIPE, text=True, check=False)
    if said.returncode:
        raise Failure(f"nothing of what was said was heard: {said.stdout.strip()}")
    return {k: float(v) for k, v in (w.split("=") for w in said.stdout.split())}


def keep(path, name):
    folder = os.environ.get("HEARD_KEEP")
    if folder:
        os.makedirs(folder, exist_ok=True)
        shutil.copy(path, os.path.join(folder, name))


def _payload(path):
    """Octets of RTP that came so far, both ways, without its header."""
    return sum(path.octets) - 12 * sum(path.passed)


def of_phone(row, which):
    """The settings of the row, which only tphone has."""
    return row.settings if which == "tphone" else {}


def call(row, pair, seed, spoken):
    """The figures of each way."""
    with Room() as room:
        air = Air(room)
        callee = PHONES[pair[1]](room, air, "callee", row.codec, **of_phone(row, pair[1]))
        relay = room.keep(CallRelay(("127.0.0.1", callee.port), CLEAR, row.weather, seed,
                                    row.weather))
        caller = PHONES[pair[0]](room, air, "caller", row.codec,
                                 f"sip:callee@127.0.0.1:{relay.port}",
                                 **of_phone(row, pair[0]))
        caller.wait_up()
        ears = {way: air.record(way) for way in spoken}
        time.sleep(SETTLE_S)
        with Stillness() as still:
            before, began = _payload(relay.rtp), time.monotonic()
            for voice in [air.say(way, text) for way, text in spoken.items()]:
                voice.status(60)
            seconds = time.monotonic() - began
            kbps = (_payload(relay.rtp) - before) * 8 / 1000 / seconds / 2
            time.sleep(LATEST_S)
        for process, _ in ears.values():
            process.stop()
        caller.hang_up()
        found = {}
        for way, (_, path) in ears.items():
            keep(path, f"{row.name}-{'-'.join(pair)}-{way}.raw".replace(" ", "_"))
            found[way] = dict(judge(path, row.codec), kbps=kbps, stood=still.longest_ms())
        return found


def calm_call(row, pair, seed, spoken):
    """The first of some in which the machine did not stand still, else that in which it did least."""
    tries = []
    while not tries or (tries[-1]["there"]["stood"] > STILL_MS and len(tries) < TRIES):
        tries.append(call(row, pair, seed, spoken))
    return min(tries, key=lambda found: found["there"]["stood"])


# ---- the table ----

HEAD = ("    {:<22}{:>6}{:>8}{:>8}{:>8}{:>8}{:>7}{:>9}{:>8}{:>7}{:>7}".format(
    "", "score", "delay", "spread", "begins", "ends", "jumps", "damaged", "kbit/s", "load",
    "stood"))


def mean(found, what):
    return statistics.mean(f[what] for f in found)


def line(name, found):
    damaged = 100 * mean(found, "damaged") / max(1, mean(found, "frames"))
    return (f"    {name:<22}{mean(found, 'score'):>6.2f}{mean(found, 'delay'):>8.0f}"
            f"{mean(found, 'spread'):>8.0f}{mean(found, 'first'):>8.0f}{mean(found, 'last'):>8.0f}"
            f"{mean(found, 'jumps'):>7.0f}{damaged:>8.1f}%{mean(found, 'kbps'):>8.1f}"
            f"{os.getloadavg()[0]:>7.1f}{max(f['stood'] for f in found):>7.0f}")


def lines(pair, calls):
    """One of a phone with itself, whose ways are alike; of strangers what each has heard."""
    there, back = ([found[way] for found in calls] for way in ("there", "back"))
    if pair[0] == pair[1]:
        return [line("-".join(pair), there + back)]
    return [line(f"{pair[1]} of {pair[0]}", there), line(f"{pair[0]} of {pair[1]}", back)]


def bar(row):
    score, late, kbps = row.bar
    ends = f"{row.later[0]} to {row.later[1]} more" if row.later else ""
    return f"    {'the bar':<22}{score or '':>6}{late or '':>8}{ends:>24}{kbps or '':>24}".rstrip()


def run(row, pairs, calls, spoken):
    print(f"  {row.name}", flush=True)
    for pair in pairs:
        try:
            found = [calm_call(row, pair, seed, spoken) for seed in range(calls)]
            print(*lines(pair, found), sep="\n", flush=True)
        except Failure as e:
            print(f"    {'-'.join(pair):<22}{e}", *[f"        {n}" for n in e.notes[-20:]],
                  sep="\n", flush=True)
    print(bar(row), flush=True)


def main():
    words = sys.argv[1:] + ["", ""]
    quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    calls = int(os.environ.get("HEARD_CALLS", "1"))
    pairs = [p for p in PAIRS[:1 if quick else None] if words[1] in "-".join(p)]
    spoken = voices()
    tap.go_first()
    print("what is heard; delay from mouth to ear in ms: the median, between its 5th and 95th "
          "percentile, in the first and the last two seconds; for how many ms at the longest the "
          "machine stood still")
    print(HEAD)
    for row in ROWS:
        if words[0] in row.name:
            run(row, pairs, calls, spoken)


if __name__ == "__main__":
    main()
