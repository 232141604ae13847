#!/usr/bin/env python3
"""How calls end and what scripts and people are told of it: outcomes, digits, hold, streams that
nobody reads, signals, settings from files."""
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, sip, sound, tap, tphone
from lib.dns import Dns
from lib.room import SIGINT, SIGTERM, Room, free_port, wait_until
from lib.tap import case, equal, expect

TARGETS = [
    ("a closed port", "a@127.0.0.1:{port}", tphone.UNREACHABLE, "refused"),
    ("a closed TCP port", "a@127.0.0.1:{port};transport=tcp", tphone.UNREACHABLE, "refused"),
    ("a closed port of IPv6", "a@[::1]:{port}", tphone.UNREACHABLE, "refused"),
    ("a host that does not exist", "a@no-such-host.invalid", tphone.NOT_FOUND, "spelling"),
    ("a name alone", "alice", tphone.USAGE, "account"),
    ("a telephone number", "tel:+491234", tphone.USAGE, "account"),
    ("a closed port that wants TLS", "sips:a@127.0.0.1:{port}", tphone.UNREACHABLE, "refused"),
    ("an address with a blank", "alice smith@127.0.0.1", tphone.USAGE, "blank"),
]


def run(room, *arguments, seconds=60):
    done = subprocess.run([tphone.program(), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=seconds, cwd=room.folder)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def target(typed, status, word):
    with Room() as room:
        names = room.keep(Dns())  # which knows none: other name servers may be slow
        got, out, err = run(room, "call", typed.format(port=free_port()), "--device", "none",
                            "--dns-server", names.address)
        equal(got, status, f"exit status ({err.strip()})")
        last = err.splitlines()[-1]
        expect(word in last, f"the last line does not say {word!r}", last)
        equal(len(out.splitlines()), 0 if status == tphone.USAGE else 1, "lines of results")


for name, typed, status, word in TARGETS:
    case(f"{name}: status {status}, and the line says {word}", typed, status, word)(target)


def refusal(code, status, outcome):
    with Room() as room:
        callee = tphone.Answer(room, code=code, times=1)
        caller = tphone.Call(room, callee.uri)
        caller.expect_status(status)
        callee.expect_status(tphone.OK)
        result = tphone.results(caller)[0]
        equal((result["outcome"], result["status"]), (outcome, str(code)), "result of the caller")
        equal(tphone.results(callee)[0]["outcome"], "refused", "result of the callee")


for code, status, outcome in ((486, 3, "busy"), (600, 3, "busy"), (603, 4, "declined"),
                              (408, 5, "no-answer"), (480, 5, "no-answer"),
                              (404, 6, "not-found"), (410, 6, "not-found"),
                              (484, 6, "not-found"), (604, 6, "not-found"),
                              (403, 7, "not-allowed"), (503, 8, "unreachable"),
                              (500, 1, "failed"), (699, 1, "failed")):
    case(f"{code} is {outcome}: status {status}", code, status, outcome)(refusal)


@case("digits arrive in their order, with those that are pressed twice")
def digits():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        caller = tphone.Call(room, callee.uri, dtmf="1159*0#D")
        callee.wait_line("digit D received")
        caller.process.signal(SIGINT)
        caller.expect_status(0)
        callee.expect_status(0)
        equal(tphone.results(callee)[0]["digits"], "1159*0#D", "digits in the result")
        expect("digit * received" in callee.output(), "no line tells of a digit")


def transport(kind, host):
    with Room() as room:
        port = free_port()
        callee = room.start("callee", [tphone.program(), "answer", "--times", "1", "--listen",
                                       f"{kind}:{host}:{port}"])
        callee.wait_line(f":{port}")
        caller = tphone.Call(room, f"bob@{host}:{port};transport={kind}", seconds=0.5)
        caller.expect_status(0)
        equal(callee.status(), 0, "status of answer")
        expect(float(tphone.results(caller)[0]["seconds"]) < 5, "--for was not obeyed")


for kind in ("udp", "tcp"):
    for host in ("127.0.0.1", "[::1]"):
        case(f"a call by {kind} to {host}, for half a second", kind, host)(transport)


SAID_HZ, TOLD_HZ = 440, 1000


def tones():
    """What caller and callee say where only the way of the sound is in question: a machine that
    stands still takes pieces from a tone, and leaves it a tone."""
    return sound.tone(SAID_HZ, 2.5), sound.tone(TOLD_HZ, 2.5)


def wait_said(*phones):
    """Until each has said its tone, which begins with the keys, and the other one has heard it."""
    for phone in phones:
        phone.wait_line("the file has been played", 20)
    time.sleep(0.5)


def expect_tone(recording, hz, other_hz):
    heard = sound.read(recording)
    seconds = sum(level > 2000 for level in sound.amplitudes(heard, hz)) / 10
    expect(seconds > 1, f"{seconds} s of {hz} Hz in {recording}, wanted more than 1")
    expect(max(sound.amplitudes(heard, other_hz)) < 1000, f"{other_hz} Hz came back")


def localhost(kind, host, last):
    with Room() as room:
        said, told = tones()
        callee = tphone.Answer(room, transport=kind, host=host, called="localhost", times=1,
                               spoken=told, verbose=True)
        caller = tphone.Call(room, callee.uri, spoken=said, verbose=True)
        caller.wait_line(re.escape(f"calling {callee.uri} ({kind} {host}:{callee.port})"))
        wait_said(caller, callee)
        (caller if last == "caller" else callee).process.signal(SIGINT)
        caller.expect_status(0, 4)
        callee.expect_status(0, 4)
        expect(f"sound to {host}:" in caller.output(), "the sound goes elsewhere")
        expect_tone(callee.recording, SAID_HZ, TOLD_HZ)
        expect_tone(caller.recording, TOLD_HZ, SAID_HZ)


for kind in ("udp", "tcp"):
    for host in ("127.0.0.1", "[::1]"):
        for last in ("caller", "callee"):
            case(f"localhost by {kind} where only {host} listens: sound both ways, the {last} "
                 "hangs up", kind, host, last)(localhost)


@case("a redirect to where the other family listens: sound both ways")
def redirected():
    with Room() as room:
        said, told = tones()
        callee = tphone.Answer(room, host="[::1]", times=1, spoken=told, verbose=True)
        peer = room.keep(sip.Peer())
        caller = tphone.Call(room, f"sip:a@127.0.0.1:{peer.port}", spoken=said, verbose=True)
        invite = peer.wait(sip.request("INVITE"))
        peer.respond(invite, 302, "Moved", tag="m", Contact=f"<{callee.uri}>")
        wait_said(caller, callee)
        caller.process.signal(SIGINT)
        caller.expect_status(0)
        callee.expect_status(0)
        expect_tone(callee.recording, SAID_HZ, TOLD_HZ)
        expect_tone(caller.recording, TOLD_HZ, SAID_HZ)


def codec(ours, theirs, wanted):
    with Room() as room:
        callee = tphone.Answer(room, codec=theirs, times=1)
        caller = tphone.Call(room, callee.uri, codec=ours, seconds=0.5)
        if wanted:
            caller.expect_status(0)
            equal(tphone.results(caller)[0]["codec"], wanted, "codec")
        else:
            caller.expect_status(tphone.OTHER)
            expect("--codec" in caller.output(), "the remedy is not named", caller.output())
        callee.expect_status(0)


for ours, theirs, wanted in (("opus,pcmu,pcma", "opus,pcmu,pcma", "opus/48000"),
                             ("pcma,opus", "opus,pcma", "PCMA/8000"),
                             ("pcmu", "opus,pcmu", "PCMU/8000"),
                             ("opus", "pcmu", None)):
    case(f"{ours} to {theirs}: {wanted or 'no codec in common'}", ours, theirs, wanted)(codec)


@case("SIGINT before the answer: CANCEL, status 130")
def interrupted():
    with Room() as room:
        callee = tphone.Answer(room, delay=20, times=1)
        caller = tphone.Call(room, callee.uri)
        caller.wait_line("ringing")
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.INTERRUPTED, 4)
        callee.expect_status(tphone.OK)
        equal(tphone.results(callee)[0]["outcome"], "no-answer", "result of the callee")


@case("a second SIGINT leaves at once")
def impatient():
    with Room() as room:
        peer = room.keep(sip.Peer())  # never answers
        caller = tphone.Call(room, f"sip:a@127.0.0.1:{peer.port}")
        caller.wait_line("calling")
        began = pace.now()
        caller.process.signal(SIGINT)
        time.sleep(0.2)
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.INTERRUPTED, 4)
        expect(pace.now() - began < 1.7, "it took as long as if there had been one")


def twice_at_once():
    with Room() as room:
        peer = room.keep(sip.Peer())
        caller = tphone.Call(room, f"sip:a@127.0.0.1:{peer.port}")
        invite = peer.wait(sip.request("INVITE"))
        peer.respond(invite, 180, "Ringing", tag="r")
        caller.wait_line("ringing")
        caller.process.signal(SIGTERM)
        cancel = peer.wait(sip.request("CANCEL"))
        caller.process.signal(SIGTERM)
        time.sleep(0.02)  # in which it would leave by the second
        peer.respond(cancel, 200, "OK", tag="r")
        peer.respond(invite, 487, "Request Terminated", tag="r")
        caller.expect_status(tphone.INTERRUPTED)
        peer.wait(sip.request("ACK"), what="the ACK")


@case("the same signal twice at once, as timeout(1) sends it, counts once: the call is ended")
def doubled():
    for left in range(3, -1, -1):  # unit/ui/test_signals holds the time between them
        try:
            twice_at_once()
            return
        except tap.Failure:  # a busy machine may have made a person's two of them
            if not left:
                raise


@case("a call that nothing is heard of says so within two seconds, one that rings does not")
def no_sign():
    with Room() as room:
        silent, rings = room.keep(sip.Peer()), tphone.Answer(room, delay=3, times=1)
        calls = [tphone.Call(room, f"sip:bob@127.0.0.1:{silent.port}", "silent"),
                 tphone.Call(room, rings.uri, "ringing", seconds=0.2)]
        calls[0].wait_line("calling")
        start = time.monotonic()
        calls[0].wait_line(f"^waiting for 127.0.0.1:{silent.port} to ring or answer$", 8)
        expect(time.monotonic() - start > 1, "it is told too early")
        calls[1].expect_status(tphone.OK)
        for call, lines in zip(calls, (1, 0)):
            equal(len(call.process.said("^waiting")), lines, f"lines of waiting: {call.name}")
        calls[0].process.signal(SIGINT)
        calls[0].expect_status(130)


@case("SIGTERM while nobody answers at all: gone in two seconds")
def silent_peer():
    with Room() as room:
        peer = room.keep(sip.Peer())
        caller = tphone.Call(room, f"sip:a@127.0.0.1:{peer.port}")
        caller.wait_line("calling")
        began = pace.now()
        caller.process.signal(SIGTERM)
        caller.expect_status(tphone.INTERRUPTED, 4)
        expect(pace.now() - began < 2, "it took more than two seconds")


@case("answer waits for calls until SIGINT: status 0, and 130 where --times is not reached")
def waiting():
    with Room() as room:
        for more, status in ({}, 0), ({"times": 1}, tphone.INTERRUPTED):
            callee = tphone.Answer(room, **more)
            callee.process.signal(SIGINT)
            callee.expect_status(status, 4)


@case("pipes that nobody reads do not delay a call")
def full_pipes():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(write, True)
        process = subprocess.Popen([tphone.program(), "call", callee.uri, "--device", "none",
                                    "--for", "1", "--trace"], stdin=subprocess.DEVNULL,
                                   stdout=write, stderr=write)
        os.close(write)
        equal(process.wait(60), 0, "exit status")
        os.close(read)
        callee.expect_status(0)
        seconds = float(tphone.results(callee)[0]["seconds"])
        expect(seconds < 6, f"the call lasted {seconds} s instead of 1")  # they stay full


@case("results that cannot be written: status 1, and why")
def disk_full():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        with open("/dev/full", "w") as full:
            done = subprocess.run([tphone.program(), "call", callee.uri, "--device", "none",
                                   "--for", "0.3"], timeout=60, stdout=full,
                                  stderr=subprocess.PIPE)
        equal(done.returncode, tphone.OTHER, "exit status")
        expect(b"No space left" in done.stderr, "the reason is not told", done.stderr.decode())
        callee.expect_status(0)


@case("a trace that does not fit on its disk: told, status 1")
def trace_full():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        status, out, err = run(room, "call", callee.uri, "--device", "none", "--for", "0.3",
                               "--trace=/dev/full")
        equal(status, tphone.OTHER, "exit status")
        expect("the trace could not be written: No space left" in err, "the reason is not told",
               err)
        expect(out.startswith("answered "), "the result is missing", out)


@case("closed standard streams harm nobody")
def closed_streams():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        line = f"exec '{tphone.program()}' call {callee.uri} --device none --for 0.5 <&- >&- 2>&-"
        equal(subprocess.run(["sh", "-c", line], timeout=60).returncode, 0, "exit status")
        callee.expect_status(0)


@case("nothing of a stranger's name reaches the terminal raw")
def hostile_name():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        subprocess.run([tphone.program(), "call", callee.uri, "--device", "none", "--for", "0.3",
                        "--name", "\u202eevil\u200b \u009b31m"], timeout=60,
                       capture_output=True)
        callee.expect_status(0)
        for raw in "\u202e", "\u200b", "\u009b":
            expect(raw not in callee.output(), f"{raw!r} is shown")
        expect("evil" in callee.output(), "the name is not shown at all", callee.output())


@case("settings come from a file; options go before it; an error has line and column")
def settings():
    with Room() as room:
        good = room.write("good.conf", "# ours\ncodec = pcma\ndevice = none\nuser = carol\n")
        bad = room.write("bad.conf", "user = carol\nlisten= 127.0.0.1:x\n")
        callee = tphone.Answer(room, times=2)
        for more, codec_name in ([], "PCMA/8000"), (["--codec", "pcmu"], "PCMU/8000"):
            got, out, err = run(room, "call", callee.uri, "--config", good, "--for", "0.3", *more)
            equal(got, 0, f"exit status ({err.strip()})")
            expect(f" codec={codec_name}" in out, f"not {codec_name}", out)
        callee.expect_status(0)
        expect("sip:carol@127.0.0.1" in callee.output(), "the user is not carol")
        got, _, err = run(room, "answer", "--config", bad)
        equal(got, tphone.USAGE, "exit status")
        expect(f"{bad}:2:9: " in err, "line and column are not told", err)


@case("a host that is asked for no more ports than it may use says so")
def ports_exhausted():
    with Room() as room:
        port = free_port(2) // 2 * 2
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", port))
            peer = room.keep(sip.Peer())
            got, _, err = run(room, "call", f"sip:a@127.0.0.1:{peer.port}", "--device", "none",
                              "--rtp-ports", f"{port}-{port + 1}")
        equal(got, tphone.OTHER, "exit status")
        expect("--rtp-ports" in err, "the remedy is not named", err)
        equal(len(peer.messages), 0, "messages that were sent")


@case("a recording of each call at once has a name of its own")
def recordings():
    with Room() as room:
        callee = tphone.Answer(room, times=3, record=room.path("calls.d.wav"))
        callers = [tphone.Call(room, callee.uri, name=f"caller{n}", seconds=2) for n in range(3)]
        for caller in callers:
            caller.expect_status(0)
        callee.expect_status(0)
        files = sorted(r["file"] for r in tphone.results(callee))
        equal(files, sorted(room.path(f"calls.d{n}.wav") for n in ("", "-2", "-3")), "files")
        for path in files:
            expect(sound.read(path).seconds > 0.8, f"{path} is too short")


def extremes(tasks):
    """The lowest and the highest nice of threads."""
    nice = []
    for task in os.listdir(tasks):
        try:
            with open(f"{tasks}/{task}/stat", encoding="ascii") as stat:
                nice.append(int(stat.read().rpartition(")")[2].split()[16]))
        except (FileNotFoundError, ProcessLookupError):  # one that had only something to load
            pass
    return min(nice), max(nice)


@case("sound goes before other work, and who is started with more than it asks for keeps that")
def priority():
    if os.geteuid() != 0:
        return "only root may start anything before the work of others"
    with Room() as room:
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        for start, lowest in ((0, -11), (-15, -15)):
            callee = tphone.Answer(room, name=f"at{start}", under=["nice", "-n", start - ours])
            caller = tphone.Call(room, callee.uri, seconds=5)
            caller.wait_line("^answered")
            tasks = f"/proc/{callee.process.popen.pid}/task"
            callee.wait_line("^answered")
            wait_until(lambda: extremes(tasks) == (lowest, start), 5,
                       f"started at {start} its threads are not at {lowest} to {start}")
            caller.process.signal(SIGINT)
            caller.expect_status(tphone.OK)
    return None


if __name__ == "__main__":
    tap.run(jobs=4)
