#!/usr/bin/env python3
"""Sound through pipes: every kind that may come in, and whoever is late, dead or has never begun.
The call is the same in all of it: the other side gets its packets."""
import os
import pty
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, sound, tap, tphone
from lib.pipes import Far, Reader, Writer, popen, raw
from lib.room import Room, wait_until
from lib.tap import Failure, case, equal, expect

SPOKEN = sound.speech("caller", 2.5, lead_s=0.2, tail_s=0.1)
ALIKE = 0.85      # correlation of envelopes, of what went through a codec on a busy machine
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


# --- who is late, gone, or never there ------------------------------------------------------------

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


# --- in the middle of a call ----------------------------------------------------------------------

@case("a client plays and records by descriptors in mid-call, one behind the other, and stops both")
def mid_call():
    with Room() as room:
        client = control.Daemon(room, codec="pcmu").client()
        callee = tphone.Answer(room, spoken=SPOKEN, codec="pcmu")

        def do(command, pipe, **more):
            reply = client.reply(client.send_with([pipe], command, call=call, **more))
            expect(reply["ok"], f"{command} was refused: {reply}")

        call = client.do("call", target=callee.uri)["call"]
        client.event("answered", call=call)
        readers = [Reader(room), Reader(room)]
        for reader in readers:
            do("record", reader.writes, audio={"out": True, "rate": 8000})
            reader.begun()
            client.event("recording", call=call, file="-")
            time.sleep(1.3)
        client.do("record", call=call, on=False)
        endless, speaker = Writer(room, bytes(1 << 20)), Writer(room, raw(SPOKEN))
        do("play", endless.reads, audio={"in": True, "rate": 8000})
        endless.begun()
        time.sleep(0.2)
        client.do("stop", call=call)
        client.event("play-ended", call=call, file="-")
        wait_until(lambda: endless.broken, 5, "the pipe of what was stopped is still open")
        do("play", speaker.reads, audio={"in": True, "rate": 8000, "hangup_at_eof": True})
        speaker.begun()
        client.event("ended", call=call)
        for reader in readers:
            wait_until(lambda r=reader: r.ended, 5, "a pipe that was recorded to is still open")
        expect_alike(readers[0].sound(8000) + readers[1].sound(8000), "both recordings")
        callee.process.signal(signal.SIGINT)
        callee.status()
        return expect_alike(sound.read(callee.recording), "what was played to the end")


tap.run(jobs=6, in_time=True)
