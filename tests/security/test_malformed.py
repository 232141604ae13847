#!/usr/bin/env python3
"""Thousands of broken messages against a phone that has a call: it lives, answers and keeps pace.

The bytes come from a seed, which is printed; TPHONE_SEED gives it again.
"""
import itertools
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap
from lib.attack import GOALS, Mutator, Pinger, Target, sanitized, seed
from lib.room import Room
from lib.tap import case, expect

SEED = seed()
numbers = itertools.count()
SPEECH = sound.tone(440, 100)
SDP = (b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       b"a=group:BUNDLE a\r\nm=audio 20000 RTP/AVP 96 0 8 101\r\na=rtpmap:96 opus/48000/2\r\n"
       b"a=fmtp:96 useinbandfec=1;maxaveragebitrate=20000\r\na=rtpmap:101 telephone-event/8000\r\n"
       b"a=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp:20001 IN IP4 127.0.0.1\r\n"
       b"a=rtcp-mux\r\na=sendrecv\r\nm=video 20002 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n")


def multipart(body):
    return b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n" \
           b"Content-Type: application/sdp\r\n\r\n" + body + b"\r\n--b--\r\n"


def models(peer, uri, dialog):
    """Valid messages of every kind, some of which belong to a call, that of this INVITE and 200."""
    invite = peer.invite(uri, body=SDP)
    rich = peer.request("INVITE", uri, body=multipart(SDP),
                        Content_Type="multipart/mixed;boundary=b",
                        Record_Route="<sip:127.0.0.1:9;lr>, <sip:[::1]:9;lr>",
                        Supported="100rel, timer, replaces", Subject="a subject",
                        Accept="application/sdp, text/*;q=0.1", Expires="60",
                        P_Asserted_Identity='"A" <sip:a@b.invalid>, <tel:+1234>',
                        Replaces="x;to-tag=1;from-tag=2", User_Agent="x/1 (y)")
    rich.set("From", '"A \\" B" <sip:a%20b:p@[::1]:5060;user=phone?X=y&Z=w>;tag=q;x="y z"')
    out = [invite, rich, peer.invite(uri, body=b""), peer.cancel(invite),
           peer.request("OPTIONS", uri), peer.request("REGISTER", uri),
           peer.request("MESSAGE", uri, body=b"hello"), peer.request("UPDATE", uri, body=SDP),
           peer.request("REFER", uri, Refer_To="<sip:x@y>"),
           peer.request("PRACK", uri, RAck="1 1 INVITE"),
           peer.request("SUBSCRIBE", uri, Event="dialog"),
           peer.request("INFO", uri, body=b"Signal=1")]
    for method in ("INVITE", "UPDATE", "INFO", "NOTIFY"):
        out.append(peer.within(method, *dialog, 2 + next(numbers), SDP))
    answer = sip.Message("SIP/2.0 200 OK", invite.headers, SDP)
    answer.set("To", invite.get("To") + ";tag=z")
    return [m.bytes() for m in out] + [answer.bytes()]


def report(target, pinger, count, limit_mb=1.0):
    """Waits until what was sent is worked off, then says how the phone bore it."""
    time.sleep(0.5)
    target.unharmed()
    said = [f"seed {SEED}, {count} hostile messages", pinger.verdict(), target.media.verdict()]
    grown = target.grown_mb()
    said.append(f"memory {grown:+.1f} MB")
    limit_mb *= count / 1000
    expect(sanitized() or grown <= (limit_mb if GOALS else max(4.0, limit_mb)), "; ".join(said))
    target.alive()
    if os.environ.get("TPHONE_LONG"):  # what is kept for copies of requests is kept 40 s
        time.sleep(42)
        said.append(f"after 42 s {target.grown_mb():+.1f} MB")
        expect(sanitized() or target.grown_mb() <= 2.0, "; ".join(said))
    target.finish()
    return "; ".join(said)


def paced(n, every=25):
    if n % every == 0:
        time.sleep(0.02)


@case("SIP over UDP: mutations of every kind of message")
def udp():
    with Room() as room:
        target = Target(room, spoken=SPEECH, max_calls=20)
        mutator, pinger = Mutator(SEED), Pinger(target)
        dialog, count = target.up(), 5000
        for n in range(count):
            if n % 200 == 0:
                valid = models(target.peer, target.uri, dialog)
            target.peer.send(mutator.change(mutator.random.choice(valid)))
            paced(n)
        return report(target, pinger, count)


@case("SDP: mutations in INVITE and in re-INVITEs of another call")
def sdp():
    with Room() as room:
        target = Target(room, spoken=SPEECH, max_calls=20)
        mutator, pinger = Mutator(SEED + 1), Pinger(target)
        invite, ok = target.up()
        count = 3000
        for n in range(count):
            body = mutator.change(SDP)
            if n % 3:
                message = target.peer.invite(target.uri, body=body)
                if n % 2:
                    message.body = multipart(body)
                    message.set("Content-Type", "multipart/mixed;boundary=b")
            else:
                message = target.peer.within("INVITE", invite, ok, 2 + n, body)
                target.peer.send(target.peer.ack(message, ok))
            target.peer.send(message)
            paced(n, 10)
        return report(target, pinger, count)


@case("SIP over TCP: mutations, split at any byte, several in one piece")
def tcp():
    with Room() as room:
        target = Target(room, spoken=SPEECH, max_calls=20)
        mutator, pinger = Mutator(SEED + 2), Pinger(target)
        peer, connection = target.peer, None
        valid = [m.replace(b"/UDP", b"/TCP") for m in models(peer, target.uri, target.up())]
        count, again = 2000, 0
        for n in range(count):
            if connection is None:
                connection = socket.create_connection(("127.0.0.1", target.phone.port), 5)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(5)
                again += 1
            data = mutator.change(mutator.random.choice(valid))
            if n % 5 == 0:
                data += mutator.random.choice(valid) + mutator.change(mutator.random.choice(valid))
            try:
                at = mutator.random.randrange(len(data) + 1)
                for piece in (data[:at], data[at:]):
                    connection.sendall(piece)
            except OSError:
                connection.close()
                connection = None
            if connection and n % 20 == 19:
                connection.close()
                connection = None
            paced(n, 10)
        return report(target, pinger, count) + f"; {again} connections"


def rtp_models():
    audio = rtp.packet(7, 1120, 0x7e57)
    other = rtp.packet(7, 1120, 0x1234, payload=b"\0\x80" * 80)
    digit = rtp.packet(8, 1120, 0x7e57, kind=101, payload=struct.pack("!BBH", 5, 0x8a, 960))
    wide = bytes([0xb2]) + audio[1:12] + b"\0" * 8 + b"\xbe\xde\0\1\x10\xff\0\0" + \
        audio[12:] + b"\4"
    sr = struct.pack("!BBHIIIIII", 0x81, 200, 12, 0x7e57, 1, 2, 3, 4, 5) + \
        struct.pack("!IIIIII", 1, 2, 3, 4, 5, 6)
    rr = struct.pack("!BBHI", 0x81, 201, 7, 0x7e57) + struct.pack("!IIIIII", 1, 2, 3, 4, 5, 6)
    sdes = struct.pack("!BBHI", 0x81, 202, 3, 0x7e57) + b"\1\5a@b.c\0"
    bye = struct.pack("!BBHI", 0x81, 203, 2, 0x7e57) + b"\3bye"
    xr = struct.pack("!BBHI", 0x80, 207, 3, 0x7e57) + struct.pack("!BBHI", 4, 0, 2, 1)
    return [audio, other, digit, wide, sr + sdes, rr + sdes, sr + sdes + bye, rr + xr, sdes,
            b"\0\1\0\x08\x21\x12\xa4\x42" + bytes(20), b"\x16\xfe\xff" + bytes(30)]


def lie(mutator, data):
    """Lengths that promise more or less than is there."""
    data = bytearray(data)
    place = mutator.random.choice((0, 2, 3, 15, len(data) - 1))
    if place < len(data):
        data[place] = mutator.random.choice((0, 1, 0x7f, 0x80, 0x9f, 0xbf, 0xff))
    return bytes(data[:mutator.random.choice((len(data), 4, 8, 12, 13, 16, 28))])


def rtp_case(source):
    """source: who sends, the call's own socket or a stranger's."""
    with Room() as room:
        target = Target(room, spoken=SPEECH, max_calls=4)
        mutator, pinger = Mutator(SEED + 3), Pinger(target)
        media = target.media
        sender = media.rtp if source == "own" else room.keep(rtp.RtpPeer())
        valid, count = rtp_models(), 6000
        for n in range(count):
            data = mutator.random.choice(valid)
            data = lie(mutator, data) if n % 2 else mutator.change(data)
            sender.send(data[:9000], media.port + mutator.random.randrange(2))
            paced(n, 30)
        if source != "own":
            expect(not sender.packets, f"the stranger was sent {len(sender.packets)} packets")
        else:
            time.sleep(1.5)  # and it is heard again
        said = report(target, pinger, count)
        heard = target.heard_again() if source == "own" else target.heard()
        return f"{said}; {heard}"


for who, whose in (("own", "of the call's own socket"), ("stranger", "of a stranger")):
    case(f"RTP and RTCP {whose}: mutations and lengths that lie", who)(rtp_case)


if __name__ == "__main__":
    tap.run(jobs=1 if GOALS else 2)
