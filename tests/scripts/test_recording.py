#!/usr/bin/env python3
"""What is recorded of real calls: each kind of file, each side, at any time, and when things go
wrong. What was spoken on either side is known, and has to be in the file, at its place."""
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, sound, tap, tphone
from lib.baresip import Baresip
from lib.control import Piped
from lib.room import Room
from lib.tap import Failure, case, equal, expect

CALLER = sound.speech("caller", 2.5, lead_s=0.4, tail_s=2.8)
CALLEE = sound.speech("callee", 2.5, lead_s=3.0, tail_s=0.2)
ALIKE = 0.85         # correlation of envelopes: codecs, and packets that are late on a busy machine
PAUSE = 60           # level: speech has 2000
ROUND_TRIP_MS = 400  # two jitter buffers and packets, and a stall of the machine


def decoded(room, path):
    """The channels of any sound file, at the rate of what is spoken here."""
    program = os.path.join(os.environ.get("builddir", "."), "tests/lib/decode")
    out = f"{room.path(os.path.basename(path))}.decoded.wav"
    done = subprocess.run([program, path, out], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{path} cannot be decoded: {done.stderr.strip()}")
    return [channel.at(CALLER.rate) for channel in sound.read_channels(out)]


def without_pauses(heard):
    hop = heard.rate // 100
    out = sound.Sound(heard.rate, [])
    for i, level in enumerate(sound.envelope(heard)):
        if level > PAUSE:
            out.samples += heard.samples[i * hop:(i + 1) * hop]
    return out


def holds(spoken, heard, what):
    """What was spoken is in what was heard. A file waits where the machine of who plays it
    stands still, again and again on a busy one: then it is looked for without any pauses. That
    each of those is at its place shows where what was sent is compared with what was heard."""
    found = sound.match(spoken, heard, first_ms=-1500)
    if found.correlation < ALIKE:
        at_all = sound.match(without_pauses(spoken), without_pauses(heard), first_ms=-1500)
        expect(at_all.correlation >= ALIKE,
               f"{what}: {found}, without pauses {at_all}, wanted {ALIKE}")


def arrives(sent, heard, what):
    """How much later what was sent, with all that it waited for, was heard."""
    found = sound.match(sent, heard, first_ms=-1500, last_ms=1500)
    expect(found.correlation >= ALIKE, f"{what}: {found}, wanted {ALIKE}")
    return found.lag_ms


def is_silent(channel, what):
    expect(sound.rms(channel) < 30, f"{what} is not silent: level {sound.rms(channel):.0f}")


class Pair:
    """Two phones steered by us, and calls between them: numbers at either end."""

    def __init__(self, room, codec="pcmu", **more):
        self.phone = Piped(room, "a", codec=codec, **more)
        self._other = Piped(room, "b", codec=codec)
        self.a, self.b = self.phone.client, self._other.client

    @property
    def pid(self):
        """Of the phone a, also where a program started it, as that is gone by exec."""
        return self.phone.process.popen.pid

    def call(self, a=None, b=None):
        """a, b: what each does from the beginning, as members of call and answer."""
        mark = self.b.mark()
        ours = self.a.do("call", target=self._other.uri, **(a or {}))["call"]
        theirs = self.b.event("incoming", after=mark)["call"]
        self.b.do("answer", call=theirs, **(b or {}))
        self.a.event("answered", call=ours)
        self.b.event("answered", call=theirs)
        return ours, theirs

    def finish(self, call):
        self.a.do("hangup", call=call)
        self.a.event("ended", call=call)


def both_sides(room, ours, theirs):
    """Each end has recorded both sides apart: it sent what it was to say, each heard what the other
    sent, later than that, and both delays together are one round trip, whatever the moment at
    which either began."""
    a, b = decoded(room, ours), decoded(room, theirs)
    equal((len(a), len(b)), (2, 2), "channels")
    holds(CALLER, a[1], f"{ours}, right")
    holds(CALLEE, b[1], f"{theirs}, right")
    trip_ms = arrives(b[1], a[0], f"{ours}, left") + arrives(a[1], b[0], f"{theirs}, left")
    expect(0 < trip_ms < ROUND_TRIP_MS, f"{ours}: both sides are {trip_ms:.0f} ms out of step")
    return f"{trip_ms:.0f} ms"


def mixed(room, path, theirs, texts=(CALLER, CALLEE)):
    """theirs: what the far end has recorded, both sides apart, of which each holds its text."""
    channels = decoded(room, path)
    equal(len(channels), 1, f"channels of {path}")
    left, right = decoded(room, theirs)
    holds(texts[0], left, f"{theirs}, left")
    holds(texts[1], right, f"{theirs}, right")
    both = [max(-32768, min(32767, a + b)) for a, b in zip(left.samples, right.samples)]
    arrives(sound.Sound(left.rate, both), channels[0], path)


def heard(room, path, theirs):
    channels = decoded(room, path)
    equal(len(channels), 1, f"channels of {path}")
    sent = decoded(room, theirs)[1]
    holds(CALLEE, sent, f"{theirs}, right")
    lag = arrives(sent, channels[0], path)
    is_silent(channels[0].cut(0, 2.5 + min(lag, 0) / 1000), f"the first half of {path}")


def kinds(codec):
    """All kinds of file and of sides at once, each in a call of its own."""
    with Room() as room:
        pair = Pair(room, codec)
        caller = sound.write(room.path("caller.wav"), CALLER)
        callee = sound.write(room.path("callee.wav"), CALLEE)
        apart = [(room.path(f"a.{ending}"), room.path(f"b.{ending}"))
                 for ending in ("wav", "flac", "ogg")]
        calls = [pair.call({"play": caller, "record": ours, "sides": "apart"},
                           {"play": callee, "record": theirs}) for ours, theirs in apart]
        calls += [pair.call({"play": caller, "record": room.path(name), "sides": sides},
                            {"play": callee, "record": room.path(f"far-{name}")})
                  for name, sides in (("m.opus", "mixed"), ("h.wav", "heard"), ("m.wav", "mixed"))]
        pair.a.event("play-ended", call=calls[-1][0])
        time.sleep(0.8)
        for ours, theirs in calls:
            pair.finish(ours)
            pair.b.event("ended", call=theirs)
        told = [both_sides(room, ours, theirs) for ours, theirs in apart]
        for name, judge in (("m.opus", mixed), ("m.wav", mixed), ("h.wav", heard)):
            judge(room, room.path(name), room.path(f"far-{name}"))
        return "round trips: " + ", ".join(told)


for name in ("pcmu", "opus"):
    case(f"{name}: WAV, FLAC and Ogg hold what each side said, and when", name)(kinds)


@case("recordings begin and end at any time, each in a file of its own")
def any_time():
    with Room() as room:
        pair = Pair(room)
        loop = sound.write(room.path("tone.wav"), sound.tone(440, 20))
        call, _ = pair.call(b={"play": loop})
        pair.a.do("events", quality=True)
        pair.a.wait(lambda l: l.get("event") == "quality" and l["received"] > 25, what="the tone")
        begun = {}
        for n in range(1, 6):
            mark = pair.a.mark()
            path = room.path(f"{n}.{('wav', 'flac', 'ogg')[n % 3]}")
            pair.a.do("record", call=call, file=path, sides="apart")
            pair.a.event("recording", after=mark, file=path)
            begun[path] = time.monotonic()
            time.sleep(0.5)
            if n % 2:
                pair.a.do("record", call=call, on=False)
                ended = pair.a.event("recording-ended", file=path)
                expect("text" not in ended, f"it ended for a reason: {ended}")
        pair.a.refused("record", "wrong-state", call=call, on=False)
        text = pair.a.refused("record", "bad-value", call=call, file=room.path("x.mp3"))
        expect(".flac" in text, "the endings are not named", text)
        pair.finish(call)
        equal(len(pair.a.events("recording")), 5, "recordings that began")
        equal(len(pair.a.events("recording-ended")), 5, "recordings that ended")
        for path in begun:
            theirs, ours = decoded(room, path)
            expect(0.3 < theirs.seconds < 1.5, f"{path} lasts {theirs.seconds:.2f} s")
            expect(sound.rms(theirs.cut(0.2, 0.4)) > 2000, f"nothing was heard in {path}")
            is_silent(ours, f"our side of {path}")


@case("a hold is silence of its length; a mute is one on our side alone")
def pauses():
    with Room() as room:
        pair = Pair(room)
        loop = sound.write(room.path("tone.wav"), sound.tone(440, 20))
        path = room.path("pauses.flac")
        pair.a.do("events", quality=True)
        call, _ = pair.call({"play": loop, "record": path, "sides": "apart"}, {"play": loop})
        recording = pair.a.event("recording", call=call)
        start = pair.a.times[pair.a.lines.index(recording)]
        marks = {}

        def wait_sound():
            """Until both sides have spoken for half a second, after keys, or after a hold."""
            told = pair.a.events("quality")
            least = {n: 25 + (told[-1][n] if told else 0) for n in ("sent", "received")}
            pair.a.wait(lambda l: l.get("event") == "quality" and
                        all(l[n] >= least[n] for n in least), what="sound both ways")

        def wait(seconds, name):
            marks[name] = time.monotonic() - start
            time.sleep(seconds)
        wait_sound()
        wait(0.8, "both")
        pair.a.do("hold", call=call)
        pair.a.event("on-hold", call=call)
        wait(1.2, "hold")
        pair.a.do("resume", call=call)
        pair.a.event("off-hold", call=call)
        wait_sound()
        wait(0.8, "again")
        pair.a.do("mute", call=call)
        wait(0.8, "mute")
        pair.finish(call)
        lasted = time.monotonic() - start
        theirs, ours = decoded(room, path)
        expect(abs(theirs.seconds - lasted) < 0.6,
               f"{theirs.seconds:.2f} s are recorded of {lasted:.2f}")
        for side, channel in (("their", theirs), ("our", ours)):
            for name in ("both", "again"):
                at = marks[name] + 0.3
                expect(sound.rms(channel.cut(at, at + 0.3)) > 2000,
                       f"{side} side is silent while it speaks ({name})")
            is_silent(channel.cut(marks["hold"] + 0.35, marks["hold"] + 0.85),
                      f"{side} side in the hold")
        is_silent(ours.cut(marks["mute"] + 0.2, marks["mute"] + 0.6), "our side while muted")
        expect(sound.rms(theirs.cut(marks["mute"] + 0.2, marks["mute"] + 0.6)) > 2000,
               "their side is silent while we are muted")


@case("in a conference our side is what the others say")
def conference():
    with Room() as room:
        pair = Pair(room)
        low, high = (sound.write(room.path(f"{hz}.wav"), sound.tone(hz, 20)) for hz in (400, 1600))
        calls = [pair.call(b={"play": path})[0] for path in (low, high)]
        pair.a.do("conference", calls=calls)
        pair.a.event("joined", call=calls[0])
        paths = [room.path("one.wav"), room.path("two.wav")]
        for call, path in zip(calls, paths):
            pair.a.do("record", call=call, file=path, sides="apart")
        time.sleep(1.2)
        for call in calls:
            pair.finish(call)
        for path, wanted in zip(paths, ([400, 1600], [1600, 400])):
            got = [sound.tones(c, (400, 1600)) for c in decoded(room, path)]
            equal(got, [[hz] for hz in wanted], f"tones of both sides in {path}")


@case("what is played changes, stops and begins again at any time")
def playing():
    with Room() as room:
        pair = Pair(room)
        files = {hz: sound.write(room.path(f"{hz}.wav"), sound.tone(hz, s))
                 for hz, s in ((400, 20), (800, 0.6), (1600, 0.6))}
        path = room.path("b.wav")
        call, theirs = pair.call({"play": files[400]}, {"record": path, "sides": "heard"})
        time.sleep(0.6)
        pair.a.do("play", call=call, file=files[800])
        pair.a.event("play-ended", call=call, file=files[800])
        pair.a.do("play", call=call, file=files[1600])
        pair.a.do("play", call=call, file=files[400])
        time.sleep(0.4)
        pair.a.do("stop", call=call)
        ended = pair.a.event("play-ended", call=call, file=files[400])
        expect("stopped" in ended["text"], "nothing says that it was stopped", str(ended))
        pair.a.refused("stop", "wrong-state", call=call)
        mark = pair.a.mark()
        pair.a.do("play", call=call, file=room.path("none.wav"))
        expect("none.wav" in pair.a.event("sound-failed", after=mark)["text"], "no name")
        expect("none.wav" in pair.a.event("play-ended", after=mark)["text"], "no reason")
        time.sleep(0.3)
        pair.finish(call)
        pair.b.event("ended", call=theirs)
        equal(len(pair.a.events("play-ended")), 3, "files that were over")
        equal(sound.tones(decoded(room, path)[0], (400, 800, 1600)), [400, 800, 400],
              "tones that were heard")


@case("a full disk ends the recording with one event, and nothing else")
def full_disk():
    with Room() as room:
        folder = room.path("disk")
        os.mkdir(folder)
        inside = ["unshare", "-m" if os.geteuid() == 0 else "-rm", "--"]
        disk = [*inside, "sh", "-c", f"mount -t tmpfs -o size=48k none '{folder}' && exec \"$@\"",
                "disk"]
        pair, stalls = Pair(room, under=disk), pace.Stalls()
        loop = sound.write(room.path("tone.wav"), sound.tone(440, 20))
        fine = room.path("fine.wav")
        call, theirs = pair.call({"play": loop, "record": f"{folder}/a.wav", "sides": "apart"},
                                 {"play": loop, "record": fine, "sides": "heard"})
        ended = pair.a.event("recording-ended", call=call)
        expect("a.wav" in ended["text"] and "space" in ended["text"], "no reason", str(ended))
        pair.a.refused("record", "wrong-state", call=call, on=False)
        for ending in ("flac", "ogg"):  # of which there is room for the beginning at best
            mark = pair.a.mark()
            pair.a.do("record", call=call, file=f"{folder}/b.{ending}")
            pair.a.event("recording-ended", call=call, after=mark)
        pair.a.do("record", call=call, file=room.path("c.wav"))
        time.sleep(0.5)
        place = f"/proc/{pair.pid}/root{folder}/a.wav"
        left, right = decoded(room, place)
        expect(left.seconds > 1 and abs(left.seconds - right.seconds) < 0.01,
               f"{left.seconds:.2f} s can be played")
        loud = [v for v in sound.envelope(left) if v > 2000]  # they may have begun late
        expect(len(loud) > 20,
               f"{len(loud) * 10} ms were heard, {stalls.seconds():.1f} s stood still")
        pair.finish(call)
        equal(pair.a.event("ended", call=call)["outcome"], "answered", "outcome")
        equal(len(pair.a.events("recording-ended")), 4, "recordings that ended")
        equal(len(pair.a.events("sound-failed")), 0, "sounds that failed")
        pair.b.event("ended", call=theirs)
        whole = decoded(room, fine)[0]  # the other side has heard us without a break
        quiet = [v for v in sound.envelope(whole.cut(0.5, whole.seconds - 0.3)) if v < 1000]
        # A busy machine may have cost 0.3 s, and 0.2 s more where it was seen to stand still; who
        # waits for a disk loses more.
        expect(len(quiet) < 30 + 100 * min(0.2, stalls.seconds()),
               f"{len(quiet) * 10} ms of it were not heard")


@case("SIGKILL leaves files that can be played, up to the last second or page")
def killed():
    with Room() as room:
        pair = Pair(room)
        loop = sound.write(room.path("tone.wav"), sound.tone(440, 20))
        paths = [room.path(f"k.{ending}") for ending in ("wav", "ogg", "flac")]
        for path in paths:
            pair.call({"play": loop, "record": path, "sides": "apart"}, {"play": loop})
        time.sleep(4.0)
        os.kill(pair.pid, signal.SIGKILL)
        pair.a.wait_closed()
        for path in paths:
            left, right = decoded(room, path)
            expect(left.seconds > 1.5, f"{path}: {left.seconds:.2f} s of 4 can be played")
            middle = left.seconds / 2  # a busy machine begins late
            expect(min(sound.rms(c.cut(middle - 0.5, middle + 0.5)) for c in (left, right)) > 2000,
                   f"a side of {path} is silent")


@case("baresip: both sides apart in Ogg")
def stranger():
    with Room() as room:
        other = Baresip(room, "stranger", "opus", CALLEE, answers=True)
        path = room.path("stranger.ogg")
        caller = tphone.Call(room, other.uri, spoken=CALLER, record=path, record_sides="apart",
                             seconds=6)
        caller.expect_status(tphone.OK)
        left, right = decoded(room, path)
        holds(CALLEE, left, "what baresip said")
        holds(CALLER, right, "what we said")


@case("answer: a file for each call, each with the sides that are wanted")
def answering():
    with Room() as room:
        callee = tphone.Answer(room, times=2, spoken=CALLEE, record=room.path("m.flac"),
                               record_sides="mixed")
        callers = []
        for n in range(2):
            callers.append(tphone.Call(room, callee.uri, name=f"caller{n}", spoken=CALLER,
                                       record_sides="apart", seconds=6))
            callers[n].wait_line("^answered, ")
        for caller in callers:
            caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        for name, caller in zip(("m.flac", "m-2.flac"), callers):
            mixed(room, room.path(name), caller.recording, (CALLEE, CALLER))


@case("without libsndfile WAV is played and recorded, and why nothing else is, is said before the call")
def no_library():
    with Room() as room:
        os.makedirs(room.path("empty"))
        room.write("empty/libsndfile.so.1", "")
        without = {"env": {"LD_LIBRARY_PATH": room.path("empty")}}
        callee = tphone.Answer(room, spoken=CALLEE)
        for name, more in (("plays", {"play": room.write("words.flac", "fLaC")}),
                           ("records", {"record": room.path("out.flac")})):
            caller = tphone.Call(room, callee.uri, name=name, **more, **without)
            caller.expect_status(tphone.SOUND)
            expect("takes libsndfile" in caller.output() and "Debian: libsndfile1" in caller.output(),
                   "why not", caller.process.tail())
        expect(not os.path.exists(room.path("out.flac")), "a file was begun")
        caller = tphone.Call(room, callee.uri, spoken=CALLER, record=room.path("both.wav"), seconds=6,
                             record_sides="apart", **without)
        caller.expect_status(tphone.OK)
        left, right = decoded(room, room.path("both.wav"))
        holds(CALLEE, left, "what was heard")
        holds(CALLER, right, "what was said")


if __name__ == "__main__":
    tap.run(jobs=4, in_time=True)
