"""An RTP peer made of two sockets: sends what a test says, keeps what comes with its time."""
import socket
import struct
import threading
import time

from lib.room import free_port
from lib.tap import Failure


class Packet:
    def __init__(self, data, source):
        self.time, self.data, self.source = time.monotonic(), data, source
        first, second, self.sequence, self.timestamp, self.ssrc = struct.unpack_from("!BBHII", data)
        self.version, self.marker, self.kind = first >> 6, second >> 7, second & 0x7f
        self.payload = data[12 + 4 * (first & 15):]


def packet(sequence, timestamp, ssrc=0x1234, kind=0, payload=b"\xff" * 160, marker=0):
    return struct.pack("!BBHII", 0x80, kind | marker << 7, sequence & 0xffff,
                       timestamp & 0xffffffff, ssrc) + payload


class RtpPeer:
    """RTP on an even port and RTCP on the next, of an address of loopback. packets: RTP; reports:
    (time, packet types, bytes, port that it came to)."""

    def __init__(self, host="127.0.0.1"):
        self.port = free_port(2)
        self.packets, self.reports = [], []
        self.sockets = []
        self._open = True
        for port, keep in ((self.port, self._rtp), (self.port + 1, self._rtcp)):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((host, port))
            self.sockets.append(s)
            threading.Thread(target=self._read, args=(s, port, keep), daemon=True).start()

    def _read(self, s, port, keep):
        while self._open:
            try:
                data, source = s.recvfrom(65536)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if self._open and len(data) >= 8:
                keep(data, source, port)

    def _rtp(self, data, source, port):
        if 200 <= data[1] <= 207:  # RTCP on the same port (RFC 5761)
            self._rtcp(data, source, port)
        elif len(data) >= 12:
            self.packets.append(Packet(data, source))

    def _rtcp(self, data, _, port):
        kinds, at = [], 0
        while at + 4 <= len(data):
            kinds.append(data[at + 1])
            at += 4 * (struct.unpack_from("!H", data, at + 2)[0] + 1)
        self.reports.append((time.monotonic(), kinds, data, port))

    def send(self, data, port, host="127.0.0.1"):
        try:
            self.sockets[0].sendto(data, (host, port))
        except OSError:
            pass

    def talk(self, port, seconds, first=1000, ssrc=0x1234, payload=b"\xff" * 160):
        """Sends PCMU of this payload, a packet every 20 ms."""
        start = time.monotonic()
        for i in range(int(seconds * 50)):
            self.send(packet(first + i, 160 * (first + i), ssrc, payload=payload), port)
            time.sleep(max(0, start + 0.02 * (i + 1) - time.monotonic()))

    def wait(self, count, seconds=3, what="RTP"):
        end = time.monotonic() + seconds
        while len(self.packets) < count:
            if time.monotonic() > end:
                raise Failure(f"{what}: {len(self.packets)} packets came in {seconds} s, "
                              f"not {count}")
            time.sleep(0.01)
        return self.packets[:count]

    def since(self, when):
        return [p for p in self.packets if p.time > when]

    def stop(self):
        self._open = False
        for s in self.sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
