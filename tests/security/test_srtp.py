#!/usr/bin/env python3
"""Strangers and the sound of an encrypted call: who has seen each packet of it, knows addresses, SSRC
and numbers, and can send in the name of the other side, but has not the key."""
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
KEYED = {"sdes": "always", "encryption": "require", "codec": "pcmu"}


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


@case("packets sent again, packets in the clear and a BYE of RTCP change nothing in a call")
def injected():
    with Room() as room:
        capture = room.keep(wire.Capture())
        callee = tphone.Answer(room, times=1, spoken=sound.tone(440, 10, level=1000), **KEYED)
        caller = tphone.Call(room, callee.uri, spoken=sound.silence(10), seconds=3, **KEYED)
        port = int(callee.wait_line(r"sound to 127\.0\.0\.1:(\d+)").group(1))

        def packets():
            return [p.data for p in capture.found(lambda p: p.target[1] == port and
                                                  len(p.data) > 100)]

        def source():
            return capture.found(lambda p: p.target[1] == port)[0].source[1]
        wait_until(lambda: len(packets()) >= 20, 5, "no sound goes")
        seen = packets()
        expect(not any(a[12:172] == b[12:172] for a, b in zip(seen, seen[1:])), "no cipher")
        number, stamp, ssrc = struct.unpack_from("!HII", seen[-1], 2)
        forger, their_port = room.keep(Forger()), source()
        bye = struct.pack("!BBHI", 0x80, 201, 1, ssrc) + struct.pack("!BBHI", 0x81, 203, 1, ssrc)
        for n in range(100):
            plain = rtp.packet(number + n, stamp + 160 * n, ssrc, payload=LOUD)
            for data in (seen[n % len(seen)], plain, seen[-1][:-1] + b"?"):
                forger.send(data, their_port, port)
            forger.send(bye, their_port + 1, port + 1)
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
    tap.run()
