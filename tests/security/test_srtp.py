#!/usr/bin/env python3
"""Strangers and the sound of an encrypted call: who has seen each packet of it, knows addresses,
SSRC and numbers, and can send in the name of the other side, but has not the key."""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sound, tap, tphone, wire
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

LOUD = b"\x00\x80" * 80
KEYED = {"sdes": {"sdes": "always", "encryption": "require", "codec": "pcmu"},
         "dtls": {"sdes": "never", "encryption": "require", "codec": "pcmu"}}
# Records of DTLS that nobody has agreed on: a beginning, an alert, an end in the next epoch.
HELLO = bytes([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42,
               0xfe, 0xfd]) + bytes(40)
ALERT = bytes([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 2, 40])
FINISHED = bytes([22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 40]) + bytes(40)


class Forger:
    """Sends datagrams of loopback in the name of any port."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.stop = self.socket.close

    def send(self, data, source, target):
        here = socket.inet_aton("127.0.0.1")
        udp = struct.pack("!HHHH", source, target, 8 + len(data), 0) + data
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, here, here)
        self.socket.sendto(ip + udp, ("127.0.0.1", 0))


def _is_sound(p):
    return p.data[0] >= 128 and len(p.data) > 100


def _forgeries(seen, shakes, n):
    """What is sent in the place of the nth packet, and of 2,000 a second of the handshake."""
    number, stamp, ssrc = struct.unpack_from("!HII", seen[-1], 2)
    bye = struct.pack("!BBHI", 0x80, 201, 1, ssrc) + struct.pack("!BBHI", 0x81, 203, 1, ssrc)
    plain = rtp.packet(number + n, stamp + 160 * n, ssrc, payload=LOUD)
    again = [shakes[(n * 8 + i) % len(shakes)] for i in range(8)] if shakes else []
    return [seen[n % len(seen)], plain, seen[-1][:-1] + b"?", bye,
            *again, *([HELLO, ALERT, FINISHED] if shakes else [])]


@case("packets sent again, packets in the clear and a BYE of RTCP change nothing in a call", "sdes")
@case("so it is where keys came by DTLS, with its handshake played back 2,000 times a second", "dtls")
def injected(by):
    with Room() as room:
        capture = room.keep(wire.Capture())
        callee = tphone.Answer(room, times=1, spoken=sound.tone(440, 10, level=1000), **KEYED[by])
        caller = tphone.Call(room, callee.uri, spoken=sound.silence(10), seconds=3, **KEYED[by])
        port = int(callee.wait_line(r"sound to 127\.0\.0\.1:(\d+)").group(1))

        def packets():
            return [p for p in capture.found(lambda p: p.target[1] == port) if _is_sound(p)]
        wait_until(lambda: len(packets()) >= 20, 5, "no sound goes")
        their_port = packets()[0].source[1]
        seen = [p.data for p in packets()]
        shakes = [p.data for p in capture.found(lambda p: 20 <= p.data[0] < 64 and
                                                port in (p.target[1], p.source[1]))]
        equal(len(shakes) >= 4, by == "dtls", "a handshake was seen")
        expect(not any(a[12:172] == b[12:172] for a, b in zip(seen, seen[1:])), "no cipher")
        forger = room.keep(Forger())
        for n in range(100):
            for data in _forgeries(seen, shakes, n):
                forger.send(data, their_port, port)
                forger.send(data, their_port + 1, port + 1)
            time.sleep(0.005)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        arrived = capture.found(lambda p: p.source[1] == their_port and LOUD in p.data)
        equal(len(arrived), 100, "forged packets that arrived")
        ours, theirs = tphone.results(caller)[0], tphone.results(callee)[0]
        expect(int(ours["received"]) <= int(theirs["sent"]), f"counted: {ours} of {theirs}")
        expect(int(ours["received"]) >= int(theirs["sent"]) * 0.8, f"heard: {ours} of {theirs}")
        loudest = max(map(abs, sound.read(caller.recording).samples))
        expect(loudest < 2000, f"the stranger was heard: {loudest}")


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=2)
