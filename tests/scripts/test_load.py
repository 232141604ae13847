#!/usr/bin/env python3
"""tphone load: that the calls it promises are placed in their time and no faster, that what it
counts is what the other side saw, and that it says beforehand what cannot be done."""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, schema, sip, sound, tap, tphone
from lib.baresip import Baresip
from lib.room import SIGINT, Room, free_port, wait_until
from lib.sipp import Sipp
from lib.tap import case, equal, expect
from lib.terminal import Terminal


class Load(tphone.Phone):
    def __init__(self, room, target, calls, rate, seconds, **more):
        super().__init__(room, "load", "load", [target], calls=calls, per_second=rate,
                         for_=seconds, codec="pcmu", **more)

    def report(self):
        """The lines name=value; numbers are numbers."""
        lines = [l.split("=", 1) for l in self.process.lines if re.match(r"[a-z0-9-]+=", l)]
        return {n: float(v) if re.fullmatch(r"[0-9.]+", v) else v for n, v in lines}

    def object(self):
        """The one line of --json."""
        lines = [l for l in self.process.lines if l.startswith("{")]
        equal(len(lines), 1, "lines of JSON")
        return schema.parse(lines[0])


class Refuser(sip.Peer):
    """Says 486 to every INVITE, as fast as it can; began: when each call was first heard of."""

    def _begin(self):
        self.began = {}
        super()._begin()

    def _keep(self, data, source):
        super()._keep(data, source)
        message = self.messages[-1]
        if message.method == "INVITE" and not message.status:
            self.began.setdefault(message.get("Call-ID"), message.time)
            self.respond(message, 486, "Busy Here", tag="r")


def check(report, **wanted):
    for name, value in wanted.items():
        equal(report[name.replace("_", "-")], value, name)


# --- what it counts ----------------------------------------------------------------------------

@case("calls to tphone answer: all of them, in their time, and as the other side counts them")
def to_answer():
    with Room() as room:
        callee, stalls = tphone.Answer(room, times=40), pace.Stalls()
        load = Load(room, callee.uri, 40, 20, 0.5)
        load.expect_status(0)
        callee.expect_status(0)
        report = load.report()
        check(report, outcome="answered", target=callee.uri, calls=40, placed=40, answered=40,
              failed=0, ended_early=0)
        theirs = tphone.results(callee)
        sent, received = (sum(int(r[n]) for r in theirs) for n in ("sent", "received"))
        # Some pass by the BYE, for as long as that waits on a busy machine, and none came twice.
        for said, heard in (sent, report["received"]), (report["sent"], received):
            expect(0 <= said - heard <= 200, f"{heard} of {said} packets were heard")
        late = stalls.seconds()
        expect(40 * (18 if late < 0.5 else 5) <= report["sent"] <= 40 * 35 + 2000 * late,
               f"{report['sent']} packets in 40 half seconds")
        expect(2.3 < report["seconds"] < 6 + late, f"it took {report['seconds']} s")
        expect(40 / (2.7 + late) < report["per-second"] < 21, f"{report['per-second']} a second")
        expect(9 <= report["at-once"] <= 20, f"{report['at-once']} at once")
        expect(0 < report["setup-ms-p50"] <= report["setup-ms-p90"] <= report["setup-ms-p99"]
               <= report["setup-ms-max"] < 1000 + 1000 * late, "set-up times", str(report))
        expect(report["loss-percent"] == 0 and report["mos"] > 4, "quality", str(report))


@case("--json: one object that says the same, described by the schema; --play is heard")
def as_json():
    with Room() as room:
        speech = sound.speech("caller", 1.5)
        callee = tphone.Answer(room, times=6, record=room.path("heard.wav"))
        load = Load(room, callee.uri, 6, 6, 2, json=True, spoken=speech, record=None)
        load.expect_status(0)
        callee.expect_status(0)
        report = load.object()
        equal([report[n] for n in ("outcome", "exit", "calls", "placed", "answered", "failed",
                                   "failures", "statuses")],
              ["answered", 0, 6, 6, 6, 0, [], []], "counts")
        expect(report["setup_ms"]["max"] > 0 and report["mos"]["min"] > 3, "quality", str(report))
        for result in tphone.results(callee):
            sound.expect_heard(speech, result["file"], "the callee", least=0.7)


@case("SIPp answers: the ringing counts into the set-up; what it refuses is told by cause")
def to_sipp():
    with Room() as room:
        stalls = pace.Stalls()
        sipp = Sipp(room, "uas_call", calls=10, at_once=10)
        load = Load(room, sipp.uri, 10, 10, 0.5)
        load.expect_status(0)
        sipp.expect_success()
        report = load.report()
        check(report, answered=10, failed=0, received=0)
        expect(300 <= report["setup-ms-p50"] < 600 + 1000 * stalls.seconds(),
               f"set-up in {report['setup-ms-p50']} ms")
        expect("mos" not in report, "an estimate of what was never heard")
        sipp = Sipp(room, "uas_refuse", calls=5, at_once=5, status=603, reason="Decline")
        load = Load(room, sipp.uri, 5, 10, 0.5)
        load.expect_status(tphone.DECLINED)
        check(load.report(), outcome="declined", answered=0, failed=5, failed_declined=5,
              status_603=5)


@case("baresip answers")
def to_baresip():
    with Room() as room:
        baresip = Baresip(room, "callee", "pcmu", sound.speech("callee", 3), answers=True)
        load = Load(room, baresip.uri, 3, 2, 2)
        load.expect_status(0)
        report = load.report()
        check(report, answered=3, failed=0, ended_early=0)
        expect(3 * 35 <= report["received"] <= 3 * 120, f"{report['received']} packets received")


@case("those beyond what the other side takes are counted as busy; the status is theirs")
def some_busy():
    with Room() as room:
        callee = tphone.Answer(room, max_calls=4)
        load = Load(room, callee.uri, 10, 50, 4, json=True)
        load.expect_status(tphone.BUSY)
        report = load.object()
        equal((report["answered"], report["failed"], report["failures"], report["statuses"]),
              (4, 6, [{"outcome": "busy", "calls": 6}], [{"status": 486, "calls": 6}]), "counts")


@case("nobody is there: status 8; what cannot be called at all: status 2, and no report")
def nobody():
    with Room() as room:
        load = Load(room, f"bob@127.0.0.1:{free_port()}", 5, 50, 1)
        load.expect_status(tphone.UNREACHABLE)
        check(load.report(), placed=5, failed=5, failed_unreachable=5)
        load = Load(room, "bob smith", 5, 50, 1)
        load.expect_status(tphone.USAGE)
        equal(load.report(), {}, "report")
        expect("there is no contact of this name" in load.output(), "the reason is not told",
               load.output())


@case("calls that the other side ends are answered, and counted as ended early")
def ended_early():
    with Room() as room:
        callee = tphone.Answer(room)
        load = Load(room, callee.uri, 5, 50, 10)
        callee.process.wait_line("call 5: answered")
        callee.process.signal(SIGINT)
        load.expect_status(0)
        check(load.report(), answered=5, failed=0, ended_early=5)


# --- time --------------------------------------------------------------------------------------

@case("after a stall of two seconds the rate is the one asked for, without a burst")
def stalled():
    with Room() as room:
        peer, stalls = room.keep(Refuser()), pace.Stalls()
        load = Load(room, f"sip:a@127.0.0.1:{peer.port}", 300, 100, 1)
        wait_until(lambda: len(peer.began) >= 50, 10, "too few calls")
        load.process.signal(signal.SIGSTOP)
        time.sleep(2)
        load.process.signal(signal.SIGCONT)
        went_on = time.monotonic()
        load.expect_status(tphone.BUSY)
        times = sorted(peer.began.values())
        equal(len(times), 300, "calls")
        worst = max(sum(1 for t in times if a <= t < a + 0.1) for a in times)
        # In 0.1 s 10 calls are due, and 10 may be made up for; a busy machine puts more together.
        expect(worst <= 30 + 100 * stalls.seconds(), f"{worst} calls within 0.1 s")
        left = sum(1 for t in times if t > went_on)
        expect(times[-1] - went_on > left / 100 - 0.5, "what was missed was made up for")
        report = load.report()
        expect(1.5 < report["stalled-seconds"] < 4 + stalls.seconds(),
               f"{report['stalled-seconds']} s were told")


@case("SIGINT ends all calls and still tells what became of them: status 130")
def interrupted():
    with Room() as room:
        callee, stalls = tphone.Answer(room), pace.Stalls()
        load = Load(room, callee.uri, 1000, 20, 60, verbose=True)
        load.process.wait_line(r"calls placed, [2-9]\d up")
        late, stalls = stalls.seconds(), pace.Stalls()
        load.process.signal(SIGINT)
        load.expect_status(tphone.INTERRUPTED, 5)
        report = load.report()
        check(report, outcome="interrupted", calls=1000, ended_early=0)
        # The last ones may not have been answered yet.
        expect(20 <= report["answered"] <= report["placed"] < 100 + 20 * late, "calls", str(report))
        if stalls.seconds() < 1:  # for so long it waits for the other side
            wait_until(lambda: len(tphone.results(callee)) == report["placed"], 5,
                       "a call was not ended at the other side")


@case("a second one is told each second to a terminal, or with -v; -q says nothing of it")
def progress():
    with Room() as room:
        peer = room.keep(Refuser())
        target = f"sip:a@127.0.0.1:{peer.port}"
        told = r"\d s: \d+ of 24 calls placed, \d+ up, \d+ ended, \d+ failed"
        for more, tells in ({}, False), ({"verbose": True}, True), ({"quiet": True}, False):
            load = Load(room, target, 24, 20, 1, **more)
            load.expect_status(tphone.BUSY)
            equal(bool(load.process.said("^" + told)), tells, f"progress with {more}")
        screen = Terminal(room, [tphone.program(), "load", target, "--calls", "24",
                                 "--per-second", "20"])
        screen.wait(told)
        screen.wait("status-486=24")
        equal(screen.status(), tphone.BUSY, "status")


# --- limits ------------------------------------------------------------------------------------

def limited(descriptors):
    return ["sh", "-c", f"ulimit -n {descriptors}; exec \"$@\"", "sh"]


@case("too few descriptors: told before the first call, with what would do; what suffices does")
def descriptors():
    with Room() as room:
        callee = tphone.Answer(room)
        load = Load(room, callee.uri, 100, 100, 5, under=limited(128))
        load.expect_status(tphone.USAGE)
        expect("100 calls at once, and the descriptors of this process suffice for 32; "
               "ulimit -n 264 allows more" in load.output(), "not told", load.output())
        equal(tphone.results(callee), [], "calls that were placed")
        load = Load(room, callee.uri, 90, 100, 2, under=limited(264))
        load.expect_status(0)
        check(load.report(), at_once=90, answered=90)


@case("too few ports for sound: told before the first call")
def ports():
    with Room() as room:
        load = Load(room, f"bob@127.0.0.1:{free_port()}", 100, 100, 5, rtp_ports="20000-20099")
        load.expect_status(tphone.USAGE)
        expect("--rtp-ports has ports for 50" in load.output(), "not told", load.output())


@case("an answer that takes long holds calls back instead of failing them")
def held_back():
    with Room() as room:
        callee = tphone.Answer(room, delay=2)
        # Three a second for 0.1 s: 4 at once if answered within a second; there are ports for 5.
        first = free_port(10)
        load = Load(room, callee.uri, 12, 3, 0.1, rtp_ports=f"{first}-{first + 9}")
        load.expect_status(0)
        check(load.report(), answered=12, failed=0)


@case("nothing is written down, and no command of on-event is started; nothing is encrypted unasked")
def no_traces():
    with Room() as room:
        config = room.write("c.conf", f"on-event = * touch {room.path('started')}\n")
        keyed = room.write("keyed.conf", "encryption = prefer\n")
        callee = tphone.Answer(room, times=4)
        load = Load(room, callee.uri, 2, 20, 0.1, config=config)
        load.expect_status(0)
        expect(not os.path.exists(room.path("started")), "a command was started")
        files = [f for _, _, fs in os.walk(load.home) for f in fs]
        equal(files, [], "files in its home")
        Load(room, callee.uri, 2, 20, 0.2, config=keyed).expect_status(0)
        callee.expect_status(0)
        equal([r["encryption"] for r in tphone.results(callee)],
              ["none"] * 2 + ["dtls-unverified"] * 2, "what is encrypted")


if __name__ == "__main__":
    tap.run(jobs=3)
