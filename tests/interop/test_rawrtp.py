#!/usr/bin/env python3
"""RTP in the corners: when it may begin, where it goes, whose counts, what is made of junk."""
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap, tphone
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

EVENTS = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15"


class Call:
    """tphone answer, and a peer that calls it and takes its sound."""

    def __init__(self, room, host="127.0.0.1", formats="0 101", extra=EVENTS, **more):
        more.setdefault("spoken", sound.tone(440, 30))
        self.phone = tphone.Answer(room, times=1, **more)
        self.peer = room.keep(sip.Peer(self.phone.port))
        self.rtp = room.keep(rtp.RtpPeer(host))
        self.cseq = 1
        self.host, self.formats, self.extra = host, formats, extra

    def sdp(self, port=None, host=None, direction=""):
        return sip.sdp(port or self.rtp.port, host or self.host, self.formats, self.extra,
                       direction)

    def answered(self):
        """INVITE and 200, no ACK yet."""
        self.invite = self.peer.invite(self.phone.uri, body=self.sdp())
        self.peer.send(self.invite)
        self.ok = self.peer.wait(sip.response(200, "INVITE"), what="200")
        self.port = int(re.search(rb"m=audio (\d+)", self.ok.body).group(1))
        return self

    def up(self):
        self.answered()
        self.peer.send(self.peer.ack(self.invite, self.ok))
        return self

    def again(self, body):
        """A re-INVITE with this SDP, through to its ACK."""
        self.cseq += 1
        again = self.peer.within("INVITE", self.invite, self.ok, self.cseq, body)
        self.peer.send(again)
        ok = self.peer.wait(lambda m: m.status == 200 and m.branch == again.branch, what="200")
        self.peer.send(self.peer.ack(again, ok))
        return ok

    def leave(self):
        self.cseq += 1
        self.peer.send(self.peer.within("BYE", self.invite, self.ok, self.cseq))
        self.phone.expect_status(tphone.OK)


@case("the called side sends no sound before the ACK, and at once behind it")
def before_ack():
    with Room() as room:
        call = Call(room).answered()
        time.sleep(0.8)
        equal(len(call.rtp.packets), 0, "packets before the ACK")
        sent = time.monotonic()
        call.peer.send(call.peer.ack(call.invite, call.ok))
        first = call.rtp.wait(1)[0]
        expect(first.time - sent < 0.3, f"the first came after {first.time - sent:.2f} s")
        call.leave()


@case("packets are numbered one by one, timed by samples, of one source (RFC 3550 5.1)")
def numbered():
    with Room() as room:
        call = Call(room).up()
        packets = call.rtp.wait(75)
        for a, b in zip(packets, packets[1:]):
            equal((b.sequence - a.sequence) & 0xffff, 1, "step of the sequence number")
            equal((b.timestamp - a.timestamp) & 0xffffffff, 160, "step of the timestamp")
        equal(len({p.ssrc for p in packets}), 1, "number of SSRCs")
        equal({(p.version, p.kind, len(p.payload)) for p in packets}, {(2, 0, 160)},
              "version, payload type and length")
        lasted = packets[-1].time - packets[0].time
        expect(1.3 < lasted < 1.7, f"75 packets took {lasted:.2f} s")
        equal({p.source[1] for p in packets}, {call.port}, "port they come from (RFC 4961)")
        call.leave()


@case("Opus goes by the number that the offer gave it (RFC 3264 6.1)")
def dynamic_type():
    with Room() as room:
        call = Call(room, formats="97", extra="a=rtpmap:97 opus/48000/2").up()
        packets = call.rtp.wait(20)
        equal({p.kind for p in packets}, {97}, "payload type")
        equal({(b.timestamp - a.timestamp) & 0xffffffff for a, b in zip(packets, packets[1:])},
              {960}, "steps of the timestamp (RFC 7587 4.1)")
        call.leave()


def held(host, direction):
    with Room() as room:
        call = Call(room).up()
        call.rtp.wait(10)
        call.again(call.sdp(host=host, direction=direction))
        time.sleep(0.3)
        stopped = time.monotonic()
        time.sleep(0.8)
        equal(len(call.rtp.since(stopped)), 0, "packets while on hold")
        call.again(call.sdp())
        resumed = time.monotonic()
        wait_until(lambda: len(call.rtp.since(resumed)) > 10, 3, "no sound after the hold")
        call.leave()


for name, host, direction in (("sendonly", None, "sendonly"), ("inactive", None, "inactive"),
                              ("the address 0.0.0.0 of old", "0.0.0.0", "")):
    case(f"hold by {name} stops the sound, and it comes back (RFC 3264 8.4)", host,
         direction)(held)


@case("a re-INVITE moves the sound to another port (RFC 3264 8.3.1)")
def moved():
    with Room() as room:
        call = Call(room).up()
        call.rtp.wait(10)
        other = room.keep(rtp.RtpPeer())
        call.again(call.sdp(other.port))
        other.wait(25)
        late = call.rtp.since(time.monotonic() - 0.2)
        equal(len(late), 0, "packets that still came to the old port")
        call.leave()


@case("an address that never answers on another host gets 50 packets, then one a second")
def unheard():
    with Room() as room:
        call = Call(room, host="127.0.0.2").up()
        call.rtp.wait(50)
        time.sleep(2.5)
        got = len(call.rtp.packets)
        expect(50 <= got <= 54, f"{got} packets came in four seconds")
        call.rtp.talk(call.port, 0.5)
        heard = time.monotonic()
        wait_until(lambda: len(call.rtp.since(heard)) > 20, 3, "no sound to one that is heard")
        call.leave()


@case("where the SDP address is silent, four packets in sequence show where to send (latching)")
def latched():
    with Room() as room:
        call = Call(room).up()
        call.rtp.wait(5)
        nat = room.keep(rtp.RtpPeer())
        nat.talk(call.port, 0.3)
        nat.wait(20)
        call.leave()


@case("a stranger's packets neither take the sound away nor are heard")
def stranger():
    with Room() as room:
        call = Call(room).up()
        call.rtp.talk(call.port, 0.5)
        other = room.keep(rtp.RtpPeer())
        other.talk(call.port, 1.0, first=7, ssrc=0x666, payload=b"\x00\x80" * 80)
        call.rtp.talk(call.port, 0.3, first=1100)
        equal(len(other.packets), 0, "packets that the stranger got")
        call.leave()
        loudest = max(map(abs, sound.read(call.phone.recording).samples))
        expect(loudest < 1000, f"the stranger was heard: {loudest}")


@case("junk on the RTP port harms nothing")
def junk():
    with Room() as room:
        call = Call(room).up()
        call.rtp.wait(5)
        good = rtp.packet(5, 800)
        for data in (b"", b"\x80", b"\x80" * 11, good[:12], b"\x40" + good[1:], b"\x8f" + good[1:],
                     b"\xbf" + good[1:] + b"\xff", b"\x90" + good[1:12] + b"\xbe\xde\xff\xff",
                     bytes([0xa0]) + good[1:-1] + b"\0", bytes([0xa0]) + good[1:-1] + b"\xff",
                     rtp.packet(6, 960, kind=77), rtp.packet(7, 960, kind=101, payload=b"\x05"),
                     rtp.packet(8, 960, kind=101, payload=b"\xff" * 40), b"\x80" * 9000,
                     b"\x80\xc8\xff\xff" + b"\0" * 4, b"\x81\xc9\0\0", b"\x16\xfe\xff" * 20,
                     b"\0\1\0\x08\x21\x12\xa4\x42" + b"\0" * 12):
            call.rtp.send(data, call.port)
            call.rtp.send(data, call.port + 1)
        call.rtp.talk(call.port, 0.3)
        now = time.monotonic()
        wait_until(lambda: len(call.rtp.since(now)) > 10, 3, "no sound behind the junk")
        call.leave()


def _digit(call, number, timestamp, sequence, ends=3):
    """One key by RFC 4733: updates every 20 ms, then the end so many times."""
    for i in range(1, 6):
        body = struct.pack("!BBH", number, 10, 160 * i)
        call.rtp.send(rtp.packet(sequence + i, timestamp, kind=101, payload=body,
                                 marker=int(i == 1)), call.port)
        time.sleep(0.02)
    body = struct.pack("!BBH", number, 0x8a, 960)
    for i in range(ends):
        call.rtp.send(rtp.packet(sequence + 6 + i, timestamp, kind=101, payload=body), call.port)


@case("a digit whose end comes three times is one digit, one without end too (RFC 4733 2.5)")
def digits():
    with Room() as room:
        call = Call(room).up()
        call.rtp.talk(call.port, 0.2, first=100)
        _digit(call, 5, 20000, 200)
        _digit(call, 5, 24000, 300)
        _digit(call, 11, 28000, 400, ends=0)
        _digit(call, 15, 32000, 500, ends=1)
        call.phone.wait_line(r"digit D received", 5)
        got = "".join(re.findall(r"digit (\S) received", call.phone.output()))
        equal(got, "55#D", "digits")
        call.leave()


@case("RTCP reports come with a name (RFC 3550 6), and BYE at the end")
def reports():
    with Room() as room:
        call = Call(room).up()
        call.rtp.talk(call.port, 6)
        wait_until(lambda: call.rtp.reports, 4, "no RTCP report in ten seconds")
        kinds = call.rtp.reports[0][1]
        expect(kinds[0] in (200, 201) and 202 in kinds, f"the first report is made of {kinds}")
        call.leave()
        wait_until(lambda: any(203 in kinds for _, kinds, *_ in call.rtp.reports), 2,
                   "no RTCP BYE")


@case("rtcp-mux is answered and used (RFC 5761 5.1.1)")
def mux():
    with Room() as room:
        call = Call(room, extra=EVENTS + "\r\na=rtcp-mux").up()
        expect(b"a=rtcp-mux" in call.ok.body, "the answer does not say rtcp-mux")
        call.rtp.talk(call.port, 6)
        wait_until(lambda: call.rtp.reports, 4, "no RTCP report in ten seconds")
        equal({port for _, _, _, port in call.rtp.reports}, {call.rtp.port}, "ports of reports")
        call.leave()


if __name__ == "__main__":
    tap.run(jobs=5)
