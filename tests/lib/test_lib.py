#!/usr/bin/env python3
"""The tests' own instruments: would they see it if something were wrong?"""
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, schema, sip, sound, tap, tphone, trace
from lib.relay import CallRelay, Relay, Sky, Weather
from lib.room import Room, wait_until
from lib.stillness import Stillness
from lib.tap import Failure, case, equal, expect


@case("speech is recognised, however late it begins, whatever its rate")
def same_speech():
    text = sound.speech("caller", 4)
    for late, rate in ((0, 8000), (0.1234, 8000), (1.5, 48000), (0.77, 16000)):
        found = sound.match(text, (sound.silence(late) + text).at(rate))
        expect(found.correlation > 0.97, f"{found} for {late} s, {rate} Hz")
        expect(abs(found.lag_ms - late * 1000) < 2, f"{found} for {late} s, {rate} Hz")


@case("speech is recognised where its delay changes on the way")
def wandering_speech():
    text = sound.speech("caller", 4)
    heard = text.cut(0, 1.2) + text.cut(1.24, 2.5) + sound.silence(0.06) + text.cut(2.5, 4.3)
    found = sound.match(text, sound.silence(0.5) + heard)
    expect(found.correlation > 0.93, str(found))


def _stalled(text, at, seconds, how):
    """The text through a machine that stood still: what follows is late, or some of it is missing,
    or silent."""
    before, after = text.cut(0, at), text.cut(at + seconds, text.seconds)
    return {"late": before + sound.silence(seconds) + text.cut(at, text.seconds),
            "missing": before + after, "silent": before + sound.silence(seconds) + after}[how]


@case("speech is recognised through stalls of the machine, and a stall has to be one")
def stalls():
    texts = [sound.speech(who, 3) for who in ("caller", "callee")]
    late, after = sound.silence(0.3), sound.silence(1)
    for how, stops in [("late", [(0.5, 0.4)]), ("late", [(2.6, 0.4)]),
                       ("late", [(0.9, 0.15), (2.1, 0.25)]), ("missing", [(1.7, 0.4)]),
                       ("missing", [(0.9, 0.15), (2.1, 0.25)]), ("silent", [(1.2, 0.4)]),
                       ("silent", [(0.6, 0.2), (2.1, 0.2)])]:
        heard = texts[0]
        for at, seconds in stops:
            heard = _stalled(heard, at, seconds, how)
        found, foreign = (sound.match(text, late + heard + after) for text in texts)
        expect(found.correlation > 0.92, f"{how}, {stops}: {found}")
        expect(foreign.correlation < 0.75, f"another's words, {how}, {stops}: {foreign}")
        texts.reverse()


@case("another text, silence, noise and a text cut short are not taken for it")
def other_sound():
    text = sound.speech("caller", 4)
    rng = random.Random(1)
    noise = sound.Sound(8000, [rng.randrange(-3000, 3000) for _ in range(40000)])
    other = sound.speech("caller", 9).cut(4.3, 9)
    for name, heard in (("another text", sound.speech("callee", 4)), ("noise", noise),
                        ("silence", sound.silence(5)), ("nothing", sound.silence(0)),
                        ("the same voice with other words", other),
                        ("every other half second", _every_other(text, 0.5)),
                        ("every other tenth of a second", _every_other(text, 0.1)),
                        ("the second half", text.cut(2, 4.3)),
                        ("the first half", text.cut(0, 2))):
        found = sound.match(text, heard)
        expect(found.correlation < 0.8, f"{name} is taken for it: {found}")


def _every_other(text, seconds):
    out, at = sound.silence(0), 0
    while at < text.seconds:
        out = out + text.cut(at, at + seconds) + sound.silence(seconds)
        at += 2 * seconds
    return out


@case("WAV files come back as they were written, of one channel and of two")
def files():
    with Room() as room:
        text = sound.speech("caller", 1)
        for channels in (1, 2):
            path = sound.write(room.path("x.wav"), text, channels)
            got = sound.read_channels(path)
            equal(len(got), channels, "channels")
            equal((got[0].rate, got[-1].samples), (text.rate, text.samples), "what was read")


def _through(seed, weather, count=200):
    """Which of numbered datagrams arrive, in which order."""
    with Room() as room:
        end, start = room.keep(sip.Peer()), room.keep(sip.Peer())
        got = []
        end._keep = lambda data, source: got.append(data)
        relay = room.keep(Relay(("127.0.0.1", end.port), weather, seed))
        start.target = ("127.0.0.1", relay.port)
        for i in range(count):
            start.send(b"%d" % i)
        path = relay.path
        wait_until(lambda: path.passed[0] == count and
                   len(got) == count - path.lost[0] + path.doubled[0], 5, "datagrams are missing")
        return got


@case("the relay loses and doubles by its seed alone")
def seeds():
    weather = Weather(loss=0.2, double=0.1)
    first = _through(1, weather)
    equal(sorted(_through(1, weather)), sorted(first), "what a second run let through")
    expect(sorted(_through(2, weather)) != sorted(first), "two seeds let the same through")
    expect(20 < 200 - len(set(first)) < 60, f"{200 - len(set(first))} of 200 were lost")
    expect(5 < len(first) - len(set(first)) < 35, f"{len(first) - len(set(first))} were doubled")


@case("the relay delays and puts behind")
def disorder():
    got = _through(1, Weather(reorder=0.1, hold_ms=30))
    expect(got != sorted(got, key=int), "all came in order")
    equal(sorted(got, key=int), [b"%d" % i for i in range(200)], "what came")


def _fates(weather, count, every_s=0.02, size=172):
    sky = Sky(weather, "1/there")
    return [sky.fate(size, n * every_s) for n in range(count)]


@case("the weather: losses in bursts, a longer way from then on, a narrow one")
def weathers():
    lost = [not f for f in _fates(Weather(loss=0.1, burst=3), 20000)]
    bursts = sum(a and not b for a, b in zip(lost, lost[1:] + [False]))
    expect(0.08 < sum(lost) / 20000 < 0.12, f"{sum(lost)} of 20000 were lost")
    expect(2.6 < sum(lost) / bursts < 3.4, f"{sum(lost)} in {bursts} bursts")
    equal(_fates(Weather(later=(1, 200)), 100), [[0.0]] * 50 + [[0.2]] * 50, "a longer way")
    late = max(f[0] for f in _fates(Weather(kbps=80), 100))
    expect(late < 0.021, f"what just fits through was {late} s late")
    fates = _fates(Weather(kbps=40, queue_ms=200), 200)
    expect(0.2 < max(f[0] for f in fates if f) < 0.25, f"the queue was {max(fates)} s")
    expect(80 < sum(not f for f in fates) < 100, "half of it does not fit")


@case("a call relay puts itself into Contact and SDP, and its length is right")
def call_relay():
    with Room() as room:
        callee, caller = room.keep(sip.Peer()), room.keep(sip.Peer())
        relay = room.keep(CallRelay(("127.0.0.1", callee.port)))
        caller.target = ("127.0.0.1", relay.port)
        caller.send(caller.invite(f"sip:x@127.0.0.1:{relay.port}", body=sip.sdp(9)))
        got = callee.wait(sip.request("INVITE"), what="INVITE")
        equal(got.uri, f"sip:x@127.0.0.1:{callee.port}", "Request-URI")
        equal(got.get("Contact"), f"<sip:peer@127.0.0.1:{relay.port}>", "Contact")
        equal(int(got.get("Content-Length")), len(got.body), "Content-Length")
        expect(b"m=audio 9 " not in got.body, "the port in SDP is that of the caller")


@case("silence is what comes behind sound, not where there was none")
def quiet():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        try:
            end.wait_quiet(0.1)
        except Failure:
            end.burst(end.port, 3)
            return end.wait_quiet(0.1)
    raise Failure("it was let pass")


@case("two traces become one ladder in one time")
def ladders():
    with Room() as room:
        lines = lambda at, way, start: (f"{at:.3f} {way} udp 127.0.0.1:1, 9 bytes\n  | {start}\n"
                                        "  | Call-ID: 1\n  | CSeq: 1 INVITE\n  |\n")
        ours = trace.read(room.write("a", lines(5, "sent to", "INVITE sip:b SIP/2.0")
                                     + lines(5.3, "received from", "SIP/2.0 200 OK")))
        theirs = trace.read(room.write("b", lines(1.1, "received from", "INVITE sip:b SIP/2.0")
                                       + lines(1.2, "sent to", "SIP/2.0 200 OK")))
        steps = trace.ladder(ours, theirs)
        equal([(s.from_ours, round(s.sent_s, 2), round(s.arrived_s, 2)) for s in steps],
              [(True, 5, 5.1), (False, 5.2, 5.3)], "steps")


@case("a process that does not say what is waited for fails the test and leaves with its room")
def processes():
    try:
        with Room() as room:
            process = room.start("sh", ["sh", "-c", "echo one; exec sleep 100"])
            process.wait_line("one")
            process.wait_line("two", 0.1)
    except Failure as failure:
        expect("two" in str(failure), str(failure))
        expect(not process.alive() and not os.path.exists(room.folder), "it is still there")
        return
    raise Failure("no failure was raised")


GOOD = '{"v":1,"event":"dtmf","time":1.5,"call":2,"peer":"sip:a@h","digit":"5"}'


@case("a line of JSON is held to what is described")
def schemas():
    equal(schema.line_faults(GOOD), [], "faults of a good line")
    for wrong, said in ((GOOD[:-1], "not JSON"), (GOOD.replace("dtmf", "dmtf"), "dmtf"),
                        (GOOD.replace('"call":2,', ""), "has no 'call'"),
                        (GOOD.replace("2", '"2"'), "is not integer"),
                        (GOOD.replace("2", "0"), "below 1"),
                        (GOOD.replace("5\"}", "55\"}"), "like"),
                        (GOOD.replace("peer", "pear"), "pear"),
                        (GOOD.replace("peer", "call"), "twice"),
                        (GOOD.replace("1.5", "NaN"), "NaN"), (GOOD.replace("1.5", "true"), "True"),
                        (GOOD.replace("sip:a", "\u202ea"), "202e"),
                        (GOOD.replace("sip:a", "\\u001ba"), "x1b"),
                        (GOOD.replace("sip:a@h", ""), "too short"), (" " + GOOD, "begin")):
        faults = schema.line_faults(wrong)
        expect(len(faults) == 1 and said in faults[0], f"{wrong}: {faults}")
    expect(tphone.look(GOOD.replace("a@h", "\xff").encode("latin-1")), "what is no UTF-8 passes")


@case("a word of JSON Schema that the validator does not know is a fault")
def unknown_words():
    try:
        schema.Schema({"maxLength": 3}).faults("abcd")
    except Failure as e:
        return expect("maxLength" in str(e), str(e))
    raise Failure("it was let pass")


@case("a room fails where a process in it wrote a line that is not as it is described")
def wrong_lines():
    try:
        with Room() as room:
            line = GOOD.replace("digit", "dgt")
            process = room.start("sh", ["sh", "-c", f"echo '{line}'"], look=tphone.look)
            process.status()
    except Failure as e:
        return expect("dgt" in str(e) + "".join(e.notes), str(e))
    raise Failure("nobody noticed")


KEEP_TIME = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
from lib import pace

def work():
    while True:
        pass

for _ in range(int(sys.argv[2])):
    threading.Thread(target=work, daemon=True).start()
real, mine = time.monotonic(), pace.now()  # nobody may find that more than real time went by
while True:
    print(pace.now() - mine, time.monotonic() - real, flush=True)
    input()
"""


class Keeper:
    """A test that keeps its time; busy: so many threads of it do so without a rest."""

    def __init__(self, busy=0):
        self.popen = subprocess.Popen(
            [sys.executable, "-c", KEEP_TIME, sys.path[0], str(busy)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self._read()

    def _read(self):
        mine, real = map(float, self.popen.stdout.readline().split())
        expect(mine <= real + 0.02, f"{mine:.2f} of {real:.2f} s")
        return mine, real

    def ask(self):
        print(file=self.popen.stdin, flush=True)
        return self._read()

    def end(self):
        with self.popen:
            self.popen.kill()
        wait_until(lambda: not _is_there(self.popen.pid), 5, "who watched for it goes on")


def _is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@case("the clock of tests runs while they wait, and stands while they are kept from running")
def pace_of_tests():
    keeper = Keeper()
    wait_until(lambda: keeper.ask()[0] > 0.5, 30, "it stands")
    before = keeper.ask()
    os.killpg(keeper.popen.pid, signal.SIGSTOP)
    time.sleep(1.5)
    os.killpg(keeper.popen.pid, signal.SIGCONT)
    mine, real = (b - a for a, b in zip(before, keeper.ask()))
    expect(real >= 1.5 and mine < real - 1.4, f"{mine:.2f} of {real:.2f} s")
    keeper.end()


@case("the clock of tests runs while their own threads keep each other from running")
def pace_of_busy_tests():
    keeper = Keeper(6)

    def runs():
        before = keeper.ask()
        time.sleep(0.5)
        mine, real = (b - a for a, b in zip(before, keeper.ask()))
        return mine > 0.7 * real
    wait_until(runs, 20, "it stands")
    keeper.end()


@case("a machine that stands still is found to, where that may be watched")
def stillness():
    with Stillness() as still:
        if os.geteuid() != 0:
            return "only root may go before all others"
        watcher = still.watchers[0]
        wait_until(lambda: os.sched_getscheduler(watcher.pid) == os.SCHED_FIFO, 20, "it watches")
        began = time.monotonic()
        watcher.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        watcher.send_signal(signal.SIGCONT)
        wait_until(lambda: still.longest_ms(began) >= 190, 20, "200 ms are told of")
    expect(still.longest_ms(began) >= 190, "it is known afterwards, too")
    expect(still.longest_ms(time.monotonic()) == 0, "it is not told of a later time")
    return None


@case("what a sanitizer said is told of a failure, however much was said behind it")
def reported():
    try:
        with Room() as room:
            room.start("phone", ["sh", "-c", "echo ERROR: AddressSanitizer: no; seq 60"]).status()
            raise Failure("something else")
    except Failure as e:
        equal(e.notes[0], "phone: ERROR: AddressSanitizer: no", "what is told first")


if __name__ == "__main__":
    tap.run()
