"""Sound through pipes: the programs at their other ends, and a far end that counts packets."""
import array
import os
import subprocess
import threading
import time

from lib import rtp, sip, sound, tphone
from lib.ends import Caller, media
from lib.tap import equal, expect

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
        """Packets came all the time, one after the other; a machine that stands still for 0.4 s
        costs twenty."""
        packets = [p for p in self.rtp.since(since) if p.time < since + seconds]
        wanted = seconds / PERIOD_S
        expect(0.9 * wanted - 20 < len(packets) < 1.1 * wanted + 3,
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
