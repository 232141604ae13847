"""An RTP end made of two sockets: keeps what comes, sends what a test wants."""
import socket
import struct
import threading
import time

from lib import pace
from lib.room import free_port, wait_until
from lib.tap import Failure


SO_TIMESTAMPNS = 35  # of Linux: the kernel notes when a packet came, however late we look
TIMESPEC = struct.Struct("@ll")


def _arrival(ancillary):
    """When the kernel had a packet, by the monotonic clock."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, ns = TIMESPEC.unpack(data[:TIMESPEC.size])
            return seconds + ns / 1e9 - time.clock_gettime(time.CLOCK_REALTIME) + time.monotonic()
    return time.monotonic()


class Packet:
    """An RTP packet as it came; time is when, source from where."""

    def __init__(self, data, source, when):
        self.time, self.source, self.data = when, source, data
        first, second, self.seq, self.ts, self.ssrc = struct.unpack_from("!BBHII", data)
        self.version, self.padding, self.extension = first >> 6, first >> 5 & 1, first >> 4 & 1
        self.csrcs = first & 15
        self.marker, self.kind = bool(second & 128), second & 127
        self.payload = data[12:]

    def __str__(self):
        mark = " marked" if self.marker else ""
        return f"kind {self.kind} seq {self.seq} ts {self.ts} {len(self.payload)} B{mark}"


class Event:
    """The payload of a telephone-event (RFC 4733 2.3)."""

    def __init__(self, packet):
        self.code, second, self.duration = struct.unpack("!BBH", packet.payload[:4])
        self.end, self.volume = bool(second & 128), second & 63
        self.packet = packet


class Report:
    """A compound RTCP packet, taken apart: kinds in order, and what an SR or RR says."""

    def __init__(self, data, source, when):
        self.time, self.source, self.kinds = when, source, []
        self.cname, self.ssrc, self.blocks, self.sender = None, None, [], None
        self.extended = {}  # of RFC 3611: type to what stands behind type and length
        while len(data) >= 4:
            first, kind, words = struct.unpack_from("!BBH", data)
            body, data = data[4:4 + 4 * words], data[4 + 4 * words:]
            self.kinds.append(kind)
            if kind in (200, 201):
                self.ssrc = struct.unpack_from("!I", body)[0]
                rest = body[4:]
                if kind == 200:
                    self.sender = struct.unpack_from("!IIIII", rest)
                    rest = rest[20:]
                self.blocks += [struct.unpack_from("!IIIIII", rest, 24 * i)
                                for i in range(first & 31)]
            if kind == 207:
                self._read_extended(body[4:])
            if kind == 202 and len(body) > 6 and body[4] == 1:
                self.cname = body[6:6 + body[5]].decode()

    def _read_extended(self, rest):
        while len(rest) >= 4:
            kind, _, words = struct.unpack_from("!BBH", rest)
            self.extended[kind], rest = rest[4:4 + 4 * words], rest[4 + 4 * words:]


def packet(seq, ts, ssrc, payload=b"\xff" * 160, kind=0, marker=False, first=0x80):
    return struct.pack("!BBHII", first, kind | (128 if marker else 0), seq & 0xffff,
                       ts & 0xffffffff, ssrc) + payload


def bound_pair(host):
    """Two sockets on neighbouring ports. A phone of others may take one between look and bind."""
    for more in range(9, -1, -1):
        port = free_port(2)
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        try:
            for i, s in enumerate(sockets):
                s.bind((host, port + i))
            return sockets
        except OSError:
            for s in sockets:
                s.close()
            if not more:
                raise


class RtpPeer:
    """RTP on an even port of loopback, RTCP on the next."""

    def __init__(self, host="127.0.0.1"):
        self.packets, self.reports = [], []
        self._news, self._open = threading.Condition(), True
        self.sockets = bound_pair(host)
        self.host, self.port = self.sockets[0].getsockname()
        for s in self.sockets:
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            threading.Thread(target=self._read, args=(s,), daemon=True).start()
        self.talking = None

    def _read(self, s):
        while self._open:
            try:
                data, ancillary, _, source = s.recvmsg(4096, 64)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if len(data) < 8:
                continue
            rtcp = 192 <= data[1] <= 223
            with self._news:
                if rtcp:
                    self.reports.append(Report(data, source, _arrival(ancillary)))
                    self.reports[-1].muxed = s is self.sockets[0]
                else:
                    self.packets.append(Packet(data, source, _arrival(ancillary)))
                self._news.notify_all()

    def stop(self):
        self._open = False
        self.hush()
        for s in self.sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def _wait(self, found, count, seconds, what):
        end = pace.now() + seconds
        with self._news:
            while True:
                got = found()
                if len(got) >= count:
                    return got
                left = end - pace.now()
                if left <= 0:
                    raise Failure(f"{count} {what} did not come in {seconds} s, but {len(got)}")
                self._news.wait(left)

    def wait(self, count=1, seconds=8, holds=lambda p: True):
        """At least count packets for which holds() is true, all there are."""
        return self._wait(lambda: [p for p in self.packets if holds(p)], count, seconds,
                          "RTP packets")

    def wait_more(self, count=1, seconds=8):
        """The same of those that come from now on."""
        now = time.monotonic()
        return self.wait(count, seconds, lambda p: p.time > now)

    def since(self, when):
        with self._news:
            return [p for p in self.packets if p.time > when]

    def report(self, holds=lambda r: True, seconds=10):
        return self._wait(lambda: [r for r in self.reports if holds(r)], 1, seconds,
                          "RTCP reports")[0]

    def quiet(self, seconds, most=0):
        """Fails if more than most packets come within this time."""
        before = len(self.packets)
        time.sleep(seconds)
        came = len(self.packets) - before
        if came > most:
            raise Failure(f"{came} RTP packets came in {seconds} s, wanted {most} at most")

    def wait_quiet(self, seconds, within=10):
        """Until nothing has come for so long: who was told to be silent may not have run yet. Fails
        where nothing has come at all, as that would be no silence but a call without sound."""
        if not self.packets:
            raise Failure("no RTP packet has come that could have been the last")

        def since():
            with self._news:
                return time.monotonic() - self.packets[-1].time
        wait_until(lambda: since() > seconds, within, f"RTP packets come on within {seconds} s")

    def send(self, data, port):
        try:
            self.sockets[0].sendto(data, ("127.0.0.1", port))
        except OSError:
            pass  # an ICMP error for what was sent before

    def burst(self, port, count, ssrc=0x1234, seq=100, step=160, pause=0.02, **more):
        """Sends count packets in sequence, a pause behind each; the next sequence number."""
        for i in range(count):
            self.send(packet(seq + i, (seq + i) * step, ssrc, **more), port)
            time.sleep(pause)
        return seq + count

    def talk(self, port, **more):
        """Sends on until hush()."""
        state = {"on": True}

        def run():
            seq = 1
            while state["on"] and self._open:
                seq = self.burst(port, 1, seq=seq, **more)
        self.talking = state
        threading.Thread(target=run, daemon=True).start()

    def hush(self):
        if self.talking:
            self.talking["on"] = False
