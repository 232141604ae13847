#!/usr/bin/env python3
"""Sound through pipes: every kind that may come in, whoever is late, dead or has never begun, and
how long it takes a program on two descriptors to answer. The call is the same in all of it: the
other side gets its packets."""
import array
import os
import pty
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap, tphone
from lib.ends import Caller, media
from lib.room import Room, wait_until
from lib.tap import Failure, case, equal, expect

SPOKEN = sound.speech("caller", 2.5, lead_s=0.2, tail_s=0.1)
ALIKE = 0.85      # correlation of envelopes, of what went through a codec on a busy machine
ECHO_MS = 30      # that a program on two descriptors may be behind
PERIOD_S = 0.02


def popen(stdin=None, stdout=None, fds=()):
    """How to start a phone that has pipes: what it says is read from standard error."""
    more = {"pass_fds": fds} if fds else {}
    if stdin is not None:
        more["stdin"] = stdin
    if stdout is not None:
        more.update(stdout=stdout, stderr=subprocess.PIPE)
    return more


class Writer:
    """A program that writes bytes to a pipe as quickly as that takes them; .reads is the other
    end."""

    def __init__(self, room, data, close=True):
        self.reads, self.writes = os.pipe()
        self.data, self.close, self.written = data, close, 0
        self.broken = False
        room.keep(self)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while self.written < len(self.data):
                self.written += os.write(self.writes, self.data[self.written:self.written + 4096])
        except OSError:
            self.broken = True
        if self.close:
            os.close(self.writes)

    def begun(self):
        """The phone has its own copy of the other end."""
        os.close(self.reads)

    def stop(self):
        pass


class Reader:
    """What comes out of a pipe, byte by byte as it comes; .writes is the other end."""

    def __init__(self, room, most=None):
        self.reads, self.writes = os.pipe()
        self.data, self.times, self.most, self.ended = b"", [], most, False
        room.keep(self)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def begun(self):
        os.close(self.writes)
        self.thread.start()

    def _run(self):
        while self.most is None or len(self.data) < self.most:
            piece = os.read(self.reads, 65536)
            if not piece:
                break
            self.times.append((time.monotonic(), len(self.data)))
            self.data += piece
        os.close(self.reads)
        self.ended = True

    def sound(self, rate=16000, channels=1):
        samples = array.array("h", self.data[:len(self.data) // 2 * 2])
        return sound.Sound(rate, samples[::channels])

    def stop(self):
        pass


class Far:
    """A phone that calls us, PCMU, and what we get of it."""

    def __init__(self, room, **more):
        self.rtp = room.keep(rtp.RtpPeer())
        self.caller = Caller(room, codec="pcmu", **more)
        self.phone = self.caller.phone

    def up(self):
        self.invite, self.ok = self.caller.up(body=sip.sdp(self.rtp.port))
        self.port = media(self.invite)[0][1]
        self.rtp.wait(3)
        return self

    def steady(self, since, seconds):
        """Packets came all the time, one after the other."""
        packets = [p for p in self.rtp.since(since) if p.time < since + seconds]
        wanted = seconds / PERIOD_S
        expect(0.9 * wanted - 3 < len(packets) < 1.1 * wanted + 3,
               f"{len(packets)} packets came in {seconds:.1f} s, wanted {wanted:.0f}")
        steps = {(b.seq - a.seq) % 65536 for a, b in zip(packets, packets[1:])}
        expect(steps <= {1}, f"packets are missing: steps {sorted(steps)}")
        return packets

    def watch(self, seconds):
        since = time.monotonic()
        time.sleep(seconds)
        return self.steady(since, seconds)

    def heard(self):
        return sound.Sound(8000, array.array("h", [ULAW[b] for p in list(self.rtp.packets)
                                                   if p.kind == 0 for b in p.payload]))

    def leave(self, status=tphone.OK):
        bye = self.caller.within("BYE", self.invite, self.ok, 90)
        equal(self.caller.asked(bye, self.invite.source).status, 200, "answer to BYE")
        self.phone.expect_status(status)

    def wait_bye(self, seconds=10):
        """The phone hangs up by itself."""
        bye = self.caller.wait("BYE", seconds)
        self.caller.peer.respond(bye, 200, "OK")


def _ulaw(byte):
    """G.711."""
    byte = ~byte & 0xff
    value = (((byte & 15) << 3) + 132 << (byte >> 4 & 7)) - 132
    return -value if byte & 128 else value


ULAW = [_ulaw(b) for b in range(256)]


def raw(samples, channels=1):
    return array.array("h", [v for v in samples.samples for _ in range(channels)]).tobytes()


def expect_alike(heard, what, spoken=SPOKEN, least=ALIKE):
    found = sound.match(spoken, heard)
    if found.correlation < least:
        raise Failure(f"{what}: {found}, wanted {least}", [f"level {sound.rms(heard):.0f}"])
    return str(found)


def said(phone, pattern, count):
    equal(len(phone.process.said(pattern)), count, f"lines that say {pattern!r}")


# --- the two one-liners ---------------------------------------------------------------------------

@case("espeak-ng speaks to somebody, and the call ends with its last word")
def speak():
    with Room() as room:
        words = "hello, this is a telephone that is spoken to through a pipe"
        voice = room.path("voice.wav")
        subprocess.run(["espeak-ng", "-w", voice, words], check=True)
        spoken = sound.read(voice)
        callee = tphone.Answer(room, times=1, record=room.path("heard.wav"))
        feed = subprocess.Popen(["espeak-ng", "--stdout", words], stdout=subprocess.PIPE)
        call = tphone.Call(room, callee.uri, play="-", hangup_at_eof=True,
                           popen=popen(stdin=feed.stdout))
        feed.stdout.close()
        call.expect_status(tphone.OK)
        equal(feed.wait(5), 0, "status of espeak-ng")
        callee.expect_status(tphone.OK)
        seconds = float(tphone.results(call)[0]["seconds"])
        expect(spoken.seconds < seconds < spoken.seconds + 1.5,
               f"{spoken.seconds:.1f} s of speech made a call of {seconds:.1f} s")
        return expect_alike(sound.read(room.path("heard.wav")), "the other side", spoken)


@case("answer speaks to a recogniser, which hears two calls one after the other, and an end")
def recognise():
    with Room() as room:
        reader = Reader(room)
        callee = tphone.Answer(room, times=2, record="-", popen=popen(stdout=reader.writes))
        reader.begun()
        for name in ("one", "two"):
            tphone.Call(room, callee.uri, name, spoken=SPOKEN, record=None,
                        hangup_at_eof=True).expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        wait_until(lambda: reader.ended, 5, "the pipe was not closed")
        equal(len(tphone.results(callee)), 2, "results on standard error")
        equal(len(reader.data) % 2, 0, "odd bytes")
        heard = reader.sound()
        expect(5 < heard.seconds < 9, f"{heard.seconds:.1f} s were piped out")
        half = heard.seconds / 2
        expect_alike(heard.cut(0, half), "the first call")
        return expect_alike(heard.cut(half - 0.5, heard.seconds), "the second call")


# --- what may come in -----------------------------------------------------------------------------

def converted(room, kind):
    out = room.path(kind)
    wav = sound.write(room.path("spoken-16k.wav"), SPOKEN.at(16000))
    program = os.path.join(os.environ.get("builddir", "."), "tests/lib/decode")
    subprocess.run([program, wav, out, kind], check=True)
    with open(out, "rb") as f:
        return f.read()


def wav_of(room, rate, channels):
    with open(sound.write(room.path("x.wav"), SPOKEN.at(rate), channels), "rb") as f:
        return f.read()


def no_length(data):
    """As a writer puts it who cannot know it."""
    return data[:4] + struct.pack("<I", 0xffffffff) + data[8:40] + \
        struct.pack("<I", 0xffffffff) + data[44:]


KINDS = {
    "raw, 8 kHz": (lambda r: raw(SPOKEN), {"rate": 8000}),
    "raw, 16 kHz, half a sample behind": (lambda r: raw(SPOKEN.at(16000)) + b"x", {}),
    "raw, 48 kHz, stereo": (lambda r: raw(SPOKEN.at(48000), 2), {"rate": 48000, "channels": 2}),
    "WAV, stereo": (lambda r: wav_of(r, 24000, 2), {}),
    "WAV without a length": (lambda r: no_length(wav_of(r, 8000, 1)), {"rate": 48000}),
    "WAV of floats": (lambda r: converted(r, "float"), {}),
    "Ogg/Vorbis": (lambda r: converted(r, "vorbis"), {}),
    "Ogg/Opus": (lambda r: converted(r, "opus"), {"channels": 2}),
}


def comes_in(name):
    make, options = KINDS[name]
    with Room() as room:
        writer = Writer(room, make(room))
        far = Far(room, play="-", hangup_at_eof=True, popen=popen(stdin=writer.reads), **options)
        writer.begun()
        since = time.monotonic()
        far.up()
        far.wait_bye()
        far.phone.expect_status(tphone.OK)
        heard = far.heard()
        expect(SPOKEN.seconds < heard.seconds < SPOKEN.seconds + 1.5,
               f"{SPOKEN.seconds:.1f} s of sound became {heard.seconds:.1f} s")
        first = far.rtp.packets[0].time
        far.steady(first, far.rtp.packets[-1].time - first)
        expect(time.monotonic() - since > SPOKEN.seconds, "it was quicker than the call")
        return expect_alike(heard, name)


for name in KINDS:
    case(f"what comes in: {name}", name)(comes_in)


@case("a file as standard input is played to each call from its beginning, one as output grows")
def files():
    with Room() as room:
        path = sound.write(room.path("in.wav"), SPOKEN)
        out = os.open(room.path("out.raw"), os.O_WRONLY | os.O_CREAT)
        with open(path, "rb") as f:
            callee = tphone.Answer(room, play="-", record="-", rate=8000, times=2,
                                   hangup_at_eof=True, popen=popen(stdin=f, stdout=out))
        os.close(out)
        for name in ("one", "two"):
            call = tphone.Call(room, callee.uri, name, spoken=SPOKEN)
            call.expect_status(tphone.OK)
            expect_alike(sound.read(call.recording), f"call {name}")
        callee.expect_status(tphone.OK)
        heard = sound.read(room.path("out.raw"))
        expect(5 < heard.seconds < 9, f"{heard.seconds:.1f} s were written")
        return expect_alike(heard.cut(heard.seconds / 2 - 0.5, heard.seconds), "the second call")


# --- who is late, gone, or never there -------------------------------------------------------------

@case("nothing to say: the call ends at once, or goes on in silence")
def empty():
    with Room() as room:
        ends = Far(room, name="ends", play="-", hangup_at_eof=True,
                   popen=popen(stdin=subprocess.DEVNULL))
        stays = Far(room, name="stays", play="-", popen=popen(stdin=subprocess.DEVNULL))
        ends.up().wait_bye(3)
        ends.phone.expect_status(tphone.OK)
        stays.up().watch(0.6)
        expect(sound.rms(stays.heard()) < 10, "there is no silence")
        stays.leave()


@case("a writer that stops and goes on, and a quick one that never ends")
def writers():
    with Room() as room:
        spoken = raw(SPOKEN)
        half = len(spoken) // 4 * 2
        stopper = Writer(room, spoken[:half], close=False)
        far = Far(room, name="stopper", play="-", rate=8000, hangup_at_eof=True,
                  popen=popen(stdin=stopper.reads))
        with open("/dev/zero", "rb") as zero:
            endless = Far(room, name="endless", play="-", popen=popen(stdin=zero))
        stopper.begun()
        far.up()
        endless.up()
        far.watch(half / 16000 + 0.5)  # all there is, and then silence
        endless.watch(0.5)
        os.write(stopper.writes, spoken[half:])
        os.close(stopper.writes)
        far.wait_bye()
        far.phone.expect_status(tphone.OK)
        heard = far.heard()
        parts = [sound.Sound(8000, SPOKEN.samples[:half // 2]),
                 sound.Sound(8000, SPOKEN.samples[half // 2:])]
        expect_alike(heard, "the first half", parts[0])
        endless.leave()
        return expect_alike(heard, "the second half", parts[1])


@case("a reader that is gone ends the recording, told once, and not the call")
def gone():
    with Room() as room:
        reader = Reader(room, most=8000)
        far = Far(room, record="-", json=True, popen=popen(stdout=reader.writes))
        reader.begun()
        far.up()
        wait_until(lambda: reader.ended, 5, "nothing was piped out")
        far.watch(0.7)
        far.leave(tphone.SOUND)
        said(far.phone, '"event": ?"recording-ended".*nobody reads it', 1)
        said(far.phone, '"event": ?"outcome"', 1)


@case("a reader that stops loses the oldest, told once, and hears what comes later")
def slow():
    with Room() as room:
        reader = Reader(room)
        far = Far(room, record="-", rate=48000, channels=2, popen=popen(stdout=reader.writes))
        far.up()
        far.rtp.talk(far.port, payload=b"\x90" * 160)
        far.watch(1.5)  # a pipe of 64 KiB is full after a third of a second
        said(far.phone, "too slow", 1)
        reader.begun()
        far.watch(0.5)
        far.leave()
        said(far.phone, "too slow", 1)
        wait_until(lambda: reader.ended, 5, "the pipe was not closed")
        equal(len(reader.data) % 4, 0, "bytes of half a frame")
        heard = reader.sound(48000, 2)
        expect(0.8 < heard.seconds < 1.9, f"{heard.seconds:.2f} s came of 2 s")
        expect(sound.rms(heard.cut(heard.seconds - 0.3, heard.seconds)) > 500,
               "the end is not what was said")


@case("one call at a time has the pipes: others are busy, or do without")
def several():
    with Room() as room:
        one, many = Reader(room), Reader(room)
        strict = tphone.Answer(room, "strict", record="-", popen=popen(stdout=one.writes))
        open_ = tphone.Answer(room, "open", record="-", max_calls=2,
                              popen=popen(stdout=many.writes))
        one.begun()
        many.begun()
        first = [tphone.Call(room, p.uri, f"first-{p.name}", spoken=SPOKEN, record=None)
                 for p in (strict, open_)]
        for call in first:
            call.wait_line("answered")
        tphone.Call(room, strict.uri, "second").expect_status(tphone.BUSY)
        second = tphone.Call(room, open_.uri, "third", seconds=1)
        second.expect_status(tphone.OK)
        time.sleep(1)
        for call in first:
            call.process.signal(signal.SIGINT)
            call.expect_status(tphone.OK)
        expect_alike(many.sound(), "the first of two", SPOKEN.cut(0, 1.5))


@case("what cannot be used is refused before anything is sent")
def refused():
    with Room() as room:
        ours, theirs = pty.openpty()
        reads, writes = os.pipe()
        for name, wanted, options, how in (
                ("a terminal to read", "it is a terminal", {"play": "-"}, popen(stdin=theirs)),
                ("a terminal to write", "it is a terminal", {"record": "-"},
                 popen(stdout=theirs)),
                ("the wrong end to read", "cannot be read from", {"play": "-"},
                 popen(stdin=writes)),
                ("the wrong end to write", "cannot be written to",
                 {"audio_fd": f"{reads},{reads}"}, popen(fds=(reads,)))):
            phone = tphone.Call(room, "sip:nobody@127.0.0.1:9", name.replace(" ", "-"),
                                popen=how, **options)
            phone.expect_status(tphone.SOUND)
            said(phone, wanted, 1)
        for fd in (ours, theirs, reads, writes):
            os.close(fd)


# --- a program that listens and talks --------------------------------------------------------------

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
        click_on(e.far, 0.16)
        e.program.signal(signal.SIGCONT)
        e.far.steady(since, time.monotonic() - since)
        click_on(e.far, 2.5)
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
        said(e.far.phone, "cannot be piped out any more: nobody reads it", 1)


tap.run(jobs=6, in_time=True)
