"""A network of the test's own, and all that goes over it.

private_network() takes the whole process out of the machine's network into one that has nothing
but loopback, so that every packet seen there is the test's. Capture sees them all, in the kernel,
whoever sends them.
"""
import array
import ctypes
import os
import socket
import struct
import subprocess
import threading
import time

from lib.sound import Sound
from lib.tap import Failure

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
ELSEWHERE = "192.0.2.1"  # an address that is not loopback: some phones want to have one


def private_network():
    """For the whole process and what it starts; to be called before there are threads."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise Failure("no network of our own: " + os.strerror(ctypes.get_errno())
                      + "; this test has to run as root")
    for command in (["link", "set", "lo", "up"], ["addr", "add", ELSEWHERE + "/32", "dev", "lo"]):
        subprocess.run(["ip", *command], check=True)


def lead_somewhere():
    """A way to everywhere, which ends here: linphonec closes what it has open after 5 s without."""
    subprocess.run(["ip", "route", "add", "default", "dev", "lo", "src", ELSEWHERE], check=True)


class Seen:
    """A datagram, or what one TCP segment carried."""

    def __init__(self, protocol, source, target, data):
        self.time = time.monotonic()
        self.protocol, self.source, self.target, self.data = protocol, source, target, data

    @property
    def is_sip(self):
        """Keep-alives count, for they are SIP's (RFC 5626 4.4)."""
        return not self.data.strip(b"\r\n\0") or b"SIP/2.0" in self.data.split(b"\r\n", 1)[0]

    @property
    def is_rtp(self):
        """RTP or RTCP: version 2 and long enough (RFC 3550 5.1, 6.4)."""
        return self.protocol == "udp" and len(self.data) >= 8 and self.data[0] >> 6 == 2

    def touches(self, address):
        return address in (self.source, self.target)


def _packet(frame):
    """An Ethernet frame of IPv4 with UDP or TCP in it; None for all else."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return None
    ip = frame[14:]
    head = (ip[0] & 15) * 4
    size, = struct.unpack_from("!H", ip, 2)
    kind, body = ip[9], ip[head:size]
    if kind not in (6, 17) or len(body) < 8 or struct.unpack_from("!H", ip, 6)[0] & 0x1fff:
        return None
    ports = struct.unpack_from("!HH", body)
    data = body[8:] if kind == 17 else body[(body[12] >> 4) * 4:]
    if kind == 6 and not data:
        return None
    return Seen("udp" if kind == 17 else "tcp", (socket.inet_ntoa(ip[12:16]), ports[0]),
                (socket.inet_ntoa(ip[16:20]), ports[1]), data)


def _pcmu(code):
    """ITU-T G.711: a sample."""
    code = ~code & 0xff
    size = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -size if code & 128 else size


PCMU = [_pcmu(code) for code in range(256)]


class Capture:
    """All UDP and TCP on loopback from now on. 127.0.0.1 is where everything happens unless a test
    says otherwise, so that an address is a pair of host and port."""

    PACKET_OUTGOING = 4

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        self.socket.bind(("lo", 0))
        self.packets = []
        self._open = True
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while self._open:
            try:
                frame, address = self.socket.recvfrom(65600)
            except OSError:
                return
            # Loopback shows each packet going out and coming in: once is enough.
            if address[2] != self.PACKET_OUTGOING:
                packet = _packet(frame)
                if packet:
                    self.packets.append(packet)

    def found(self, holds, since=0.0):
        return [p for p in list(self.packets) if p.time >= since and holds(p)]

    def rtp(self, since=0.0):
        return self.found(lambda p: p.is_rtp, since)

    def expect_sealed(self, streams):
        """So many streams of sound or more went by, and each is noise from the first byte of its
        payload on: Opus in the clear begins each packet with one of few, PCMU of a pause, too."""
        firsts = {}
        for p in self.rtp():
            # Sound of ours has neither other sources nor an extension in its header.
            if len(p.data) > 12 and p.data[0] == 0x80 and not 192 <= p.data[1] <= 223:
                firsts.setdefault(p.data[8:12], []).append(p.data[12])
        firsts = {ssrc: bytes(b) for ssrc, b in firsts.items() if len(b) >= 50}
        if len(firsts) < streams:
            raise Failure(f"{len(firsts)} streams of 50 packets or more on the wire")
        for ssrc, seen in firsts.items():
            same = max(seen.count(b) for b in set(seen))
            if same > max(8, len(seen) // 10):
                raise Failure(f"sound in the clear: of {len(seen)} packets of {ssrc.hex()} "
                              f"{same} begin alike")

    def speech(self, holds):
        """What was said in PCMU in the packets for which holds() is true, all of one stream,
        placed by their timestamps."""
        packets = [p.data for p in self.found(lambda p: p.is_rtp and p.data[1] & 127 == 0
                                              and holds(p))]
        if not packets:
            raise Failure("no PCMU was on the wire")
        times = [struct.unpack_from("!I", d, 4)[0] for d in packets]
        out = array.array("h", bytes(2 * (max(times) - times[0] + len(packets[-1]) - 12)))
        for when, data in zip(times, packets):
            at = when - times[0]
            if at >= 0:
                out[at:at + len(data) - 12] = array.array("h", [PCMU[c] for c in data[12:]])
        return Sound(8000, out)

    def stop(self):
        self._open = False
        self.socket.close()
