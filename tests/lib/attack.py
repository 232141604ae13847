"""What attacks on a running phone share: hostile bytes from a seed, and how the phone bears them.

Mutator makes valid bytes invalid, always the same way from the same seed. Pinger asks OPTIONS all
the while and keeps how long each answer took. Media is a call's own sound: a peer that says a
tone and counts what comes back; Target.heard says how much of the tone the phone has recorded.
memory_kb and cpu_seconds look at the process."""
import math
import os
import random
import statistics
import threading
import time

from lib import pace, rtp, sip, sound
from lib.ends import Callee
from lib.reports import REPORTS
from lib.tap import Failure, expect

SLOW = 4 if os.environ.get("TPHONE_SLOW") else 1  # for builds with sanitizers under valgrind
# What is asked for (doc/security.md), where nothing keeps the phone and the test from a processor.
GOALS = bool(os.environ.get("TPHONE_GOALS"))


def seed():
    """Another seed each run finds more; the one that failed can be given again."""
    return int(os.environ.get("TPHONE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)


WORDS = [b"", b"\0", b"\r\n", b"\n", b"\r\n\r\n", b" ", b"\t", b":", b";", b",", b"=", b"\"", b"<",
         b">", b"@", b"[", b"]", b"%", b"%00", b"%zz", b"\\", b"/", b"?", b"-1", b"0", b"65536",
         b"4294967295", b"4294967296", b"18446744073709551616", b"99999999999999999999999", b"%s%n",
         b"\xff\xfe", b"\xc0\x80", b"\xe2\x80\xae", b"\x1b[2J", b"A" * 300, b"(" * 50, b"[" * 40,
         b";a" * 40, b"v=0\r\n", b"m=audio 1 RTP/AVP 0\r\n", b"a=rtpmap:0 X/0\r\n",
         b"a=ptime:0\r\n", b"a=ptime:4294967296\r\n", b"c=IN IP4 0.0.0.0\r\n",
         b"c=IN IP6 ::\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n",
         b"Via: SIP/2.0/UDP [::1]:0;rport\r\n", b"Route: <sip:127.0.0.1:1;lr>\r\n",
         b"Content-Type: multipart/mixed;boundary=\"\"\r\n", b"Require: x\r\n", b"\r\n x"]


class Mutator:
    def __init__(self, number):
        self.random = random.Random(number)

    def change(self, data):
        """One to four changes to these bytes."""
        for _ in range(self.random.choice((1, 1, 2, 4))):
            data = self.random.choice((self._flip, self._cut, self._drop, self._double, self._put,
                                       self._number, self._lines, self._swap))(data)
        return data[:60000]

    def _place(self, data):
        return self.random.randrange(len(data) + 1)

    def _span(self, data):
        a = self._place(data)
        return a, min(len(data), a + self.random.choice((1, 2, 4, 16, 64)))

    def _flip(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice((1, 3, 10))):
            if data:
                data[self.random.randrange(len(data))] = self.random.randrange(256)
        return bytes(data)

    def _cut(self, data):
        return data[:self._place(data)]

    def _drop(self, data):
        a, b = self._span(data)
        return data[:a] + data[b:]

    def _double(self, data):
        a, b = self._span(data)
        return data[:b] + data[a:b] * self.random.choice((1, 2, 100)) + data[b:]

    def _put(self, data):
        a = self._place(data)
        return data[:a] + self.random.choice(WORDS) + data[a:]

    def _number(self, data):
        """Another number in the place of one."""
        digits = [i for i, c in enumerate(data) if 48 <= c <= 57]
        if not digits:
            return data
        a = b = self.random.choice(digits)
        while b < len(data) and 48 <= data[b] <= 57:
            b += 1
        return data[:a] + self.random.choice(WORDS[17:24]) + data[b:]

    def _lines(self, data):
        """A line dropped, doubled, moved, or a thousand times."""
        lines = data.split(b"\r\n")
        at = self.random.randrange(len(lines))
        times = self.random.choice((0, 0, 2, 2, 3, 200))
        return b"\r\n".join(lines[:at] + [lines[at]] * times + lines[at + 1:])

    def _swap(self, data):
        lines = data.split(b"\r\n")
        self.random.shuffle(lines)
        return b"\r\n".join(lines)


class Pinger:
    """Asks OPTIONS from a socket of its own every tenth of a second until it is stopped."""

    def __init__(self, callee, pause=0.1):
        self.peer = callee.room.keep(sip.Peer(callee.phone.port))
        self.uri, self.pause, self.times, self.missing = callee.uri, pause, [], 0
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _ask(self):
        message, stalls = self.peer.request("OPTIONS", self.uri), pace.Stalls()
        sent = self.peer.send(message)
        try:
            got = self.peer.wait(lambda m: m.status >= 200 and m.branch == message.branch, 4)
            self.times.append(max(0.0, got.time - sent - stalls.seconds()))
        except Failure:
            self.missing += 1

    def _run(self):
        while self._going:
            self._ask()
            self.peer.messages.clear()
            time.sleep(self.pause)

    def verdict(self, median=0.05, worst=2.0):
        """Stops. Median and worst in a sentence; fails above the limits. The worst is generous: it
        is that of a busy machine too."""
        self._going = False
        self._thread.join(6)
        expect(self.times, "OPTIONS was never answered")
        m, w = statistics.median(self.times), max(self.times)
        worst = 0.25 if GOALS else worst
        said = f"OPTIONS answered in {m * 1000:.1f} ms, worst {w * 1000:.0f} ms, " \
               f"{len(self.times)} times"
        # A flood may push one out of a socket's buffer, as a network may lose it.
        expect(self.missing <= 2 + len(self.times) // 50, f"{self.missing} lost; {said}")
        expect(m <= median * SLOW and w <= worst * SLOW, said)
        return said


TONE_HZ = 700  # 14 of its periods are a packet, so that all packets are the same
TONE_LEVEL = 600  # soft: what a stranger says is known by being louder


def pcmu(sample):
    """One sample as G.711 has it (mu-law)."""
    sign, x = (0x80, -sample) if sample < 0 else (0, sample)
    x = min(x, 32635) + 132
    exponent = x.bit_length() - 8
    return ~(sign | exponent << 4 | x >> exponent + 3 & 15) & 0xff


TONE = bytes(map(pcmu, sound.tone(TONE_HZ, 0.02, level=TONE_LEVEL).samples))


def toned_seconds(heard):
    """For how long the tone of Media can be heard there, and hardly anything else."""
    heard = heard.at(8000)
    turn, size, seconds = 2 * math.cos(2 * math.pi * TONE_HZ / heard.rate), heard.rate // 50, 0
    for at in range(0, len(heard.samples) - size + 1, size):
        frame = heard.samples[at:at + size]
        last = before = 0.0
        for x in frame:
            last, before = x + turn * last - before, last
        power = sum(x * x for x in frame)
        at_tone = 2 * (last * last + before * before - turn * last * before) / size
        seconds += 0.02 * (power > size * (TONE_LEVEL / 4)**2 and at_tone > 0.8 * power)
    return seconds


class Media:
    """The sound of a call that is up: says a tone in PCMU from one socket, keeps when packets
    came."""

    def __init__(self, callee):
        self.callee = callee
        self.rtp = callee.room.keep(rtp.RtpPeer())
        self.peer = callee.room.keep(sip.Peer(callee.phone.port))
        self.peer.answers = ("OPTIONS",)  # it is there, whoever else says so
        self.invite = self.peer.invite(callee.uri, body=sip.sdp(self.rtp.port))
        self.peer.send(self.invite)
        self.ok = self.peer.wait(sip.response(200, "INVITE"), 8, what="200 to INVITE")
        self.port = int(self.ok.body.split(b"m=audio ")[1].split(b" ")[0])
        self.peer.send(self.peer.ack(self.invite, self.ok))
        self.stalls, self.said_s = pace.Stalls(), 0
        self._going, self.speech = True, threading.Thread(target=self._talk, daemon=True)
        self.speech.start()
        self.rtp.wait(5)
        self.began, self.paced = time.monotonic(), pace.now()

    def _talk(self):
        start, n = time.monotonic(), 0
        while self._going:
            self.rtp.send(rtp.packet(n, 160 * n, 0x7e57, TONE), self.port)
            n += 1
            self.said_s = 0.02 * n
            time.sleep(max(0, start + 0.02 * n - time.monotonic()))

    def rate(self):
        """(packets a second, the same without the time for which the machine kept us from running,
        largest gap in s) since it began or the last call of this."""
        now, paced = time.monotonic(), pace.now()
        times = [p.time for p in self.rtp.since(self.began)]
        expect(len(times) > 1, "the sound of the call has stopped")
        seconds, self.began = now - self.began, now
        went_by, self.paced = paced - self.paced, paced
        gaps = [b - a for a, b in zip(times, times[1:])] + [now - times[-1]]
        return len(times) / seconds, len(times) / max(went_by, 0.001), max(gaps)

    def verdict(self, low=47.5, high=52.5):
        """The rate in a sentence; fails where it is not that of a call in peace. It takes two
        seconds at least: in less than that a packet more or less is too much."""
        time.sleep(max(0, self.began + 2 - time.monotonic()))
        rate, paced, gap = self.rate()
        said = f"sound {rate:.1f} packets/s, largest gap {gap * 1000:.0f} ms"
        expect(low <= max(rate, paced) and rate <= high, said)
        expect(not GOALS or 49 <= rate <= 51 and gap <= 0.06, said)
        return said

    def end(self):
        self._going = False
        self.stalled_s = self.stalls.seconds()
        bye = self.peer.within("BYE", self.invite, self.ok, 99)
        self.peer.send(bye)
        self.peer.wait(lambda m: m.status == 200 and m.branch == bye.branch, 6,
                       what="200 to BYE of the call in peace")


class Target(Callee):
    """A tphone answer under attack, with a call in peace on it."""

    def __init__(self, room, transport="", **more):
        super().__init__(room, transport, **more)
        self.media = Media(self)
        self.memory = memory_kb(self.pid)

    @property
    def pid(self):
        return self.phone.process.popen.pid

    def unharmed(self):
        expect(self.phone.process.alive(), "the phone died", *self.phone.process.tail())
        self._no_reports()

    def _no_reports(self):
        found = self.phone.process.said(REPORTS)
        expect(not found, "the phone reports: " + "; ".join(found[:3]),
               *self.phone.process.tail(80))

    def grown_mb(self):
        return (memory_kb(self.pid) - self.memory) / 1024

    def finish(self):
        """The call in peace ends as it should, and so does the phone."""
        self.media.end()
        self.phone.process.signal(15)
        status = self.phone.process.status(10)
        expect(status in (0, 143), f"SIGTERM ended it with status {status}",
               *self.phone.process.tail())
        self._no_reports()

    def heard(self, share=0.95):
        """Behind finish(): how much of the tone of the call in peace it has recorded, in a
        sentence; fails below share, apart from what the machine kept from being said or heard."""
        said, stalled = self.media.said_s, self.media.stalled_s
        toned = toned_seconds(sound.read(self.phone.recording))
        words = f"{toned:.1f} s of {said:.1f} s of its tone heard"
        expect(toned >= share * said - stalled - 0.3, f"{words}; stalled for {stalled:.1f} s")
        return words

    def heard_again(self, seconds=1.0):
        """The same of the end of the call, where its own socket was the one to lie: who lies in a
        call's name is believed, but not for longer than it lies."""
        heard = sound.read(self.phone.recording)
        toned = toned_seconds(heard.cut(heard.seconds - seconds, heard.seconds))
        words = f"{toned:.1f} s of its tone in the last {seconds} s"
        expect(toned >= 0.8 * seconds - self.media.stalled_s, words)
        return words


def memory_kb(pid):
    """Resident bytes that nobody else has."""
    with open(f"/proc/{pid}/status") as f:
        fields = dict(line.split(":", 1) for line in f)
    return int(fields["RssAnon"].split()[0])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sanitized():
    """Whether the phone is built with address sanitizer, whose memory is no measure."""
    from lib import tphone
    with open(tphone.program(), "rb") as f:
        return b"__asan_init" in f.read()


def end_s():
    """In so many seconds a phone has ended, whatever is stuck: it plans 1.8. Those that are several
    times slower than ours have some more."""
    return 2.5 if sanitized() else 2.0
