#!/usr/bin/env python3
"""Strangers and the sound of a call: they cannot take it, silence it, end it, or aim it at others.

tests/interop/test_conformance_media.py shows the simple cases; here the stranger knows all that can
be known: port, SSRC, sequence numbers, payload type.
"""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap
from lib.attack import Target
from lib.room import Room
from lib.tap import Failure, case, equal, expect

SPEECH = sound.tone(440, 40)
LOUD = b"\x00\x80" * 80


def target(room, **more):
    return Target(room, "udp", spoken=SPEECH, max_calls=4, **more)


def talks_on(media, what):
    try:
        media.rtp.wait_more(40, 2)
    except Failure as e:
        raise Failure(f"{what}: {e}") from None


def nothing_for(stranger, what):
    equal(len(stranger.packets), 0, f"{what}: packets that the stranger got")
    equal(len(stranger.reports), 0, f"{what}: reports that the stranger got")


@case("300 packets of the right SSRC, number and payload type from another port change nothing")
def same_ssrc():
    with Room() as room:
        t = target(room)
        stranger = room.keep(rtp.RtpPeer())
        for n in range(300):
            number = len(t.media.rtp.packets) + n % 5
            stranger.send(rtp.packet(number, 160 * number, 0x7e57, payload=LOUD), t.media.port)
            time.sleep(0.004)
        talks_on(t.media, "after 300 packets")
        nothing_for(stranger, "300 packets")
        t.finish()
        loudest = max(map(abs, sound.read(t.phone.recording).samples))
        expect(loudest < 1000, f"the stranger was heard: {loudest}")
        return t.heard()


@case("RTCP of a stranger, BYE and all, ends and moves nothing")
def reports():
    with Room() as room:
        t = target(room)
        stranger = room.keep(rtp.RtpPeer("127.0.0.2"))
        near = room.keep(rtp.RtpPeer())
        for n in range(100):
            for who in (stranger, near):
                ssrc = 0x7e57
                data = struct.pack("!BBHI", 0x80, 201, 1, ssrc) + \
                    struct.pack("!BBHI", 0x81, 202, 3, ssrc) + b"\1\5a@b.c\0" + \
                    struct.pack("!BBHI", 0x81, 203, 1, ssrc)
                who.send(data, t.media.port + 1)
                who.send(data, t.media.port)
            time.sleep(0.005)
        talks_on(t.media, "after 100 RTCP BYEs")
        nothing_for(stranger, "RTCP of another host")
        equal(len(near.packets), 0, "packets that the near stranger got")
        t.finish()
        return t.heard()


def call_for(room, t, silent):
    """A call whose sound goes to that socket, which says nothing; the port where ours is
    awaited."""
    peer = room.keep(sip.Peer(t.phone.port))
    invite = peer.invite(t.uri, body=sip.sdp(silent.port))
    peer.send(invite)
    ok = peer.wait(sip.response(200, "INVITE"))
    peer.send(peer.ack(invite, ok))
    silent.wait(5)
    return int(ok.body.split(b"m=audio ")[1].split(b" ")[0])


@case("whoever was latched first stays: a second one behind the first gets nothing")
def latched_once():
    with Room() as room:
        t = target(room)
        silent, first, second = (room.keep(rtp.RtpPeer()) for _ in range(3))
        port = call_for(room, t, silent)
        first.burst(port, 15, seq=100, ssrc=1)
        first.wait(5)
        second.burst(port, 50, seq=115, ssrc=1)
        second.burst(port, 25, seq=500, ssrc=2)
        equal(len(second.packets), 0, "packets that the second got")
        first.wait_more(15, 2)  # it goes on to get sound
        t.finish()


@case("packets that do not follow each other, or come from many ports, are not latched to")
def not_latched():
    with Room() as room:
        t = target(room)
        silent = room.keep(rtp.RtpPeer())
        port = call_for(room, t, silent)
        strangers = [room.keep(rtp.RtpPeer()) for _ in range(12)]
        for n in range(60):
            for i, s in enumerate(strangers):
                # Jumping numbers, a payload type that was not agreed on, another SSRC each time.
                seq, ssrc, kind = ((n * 2, 9, 0), (n, 9, 77), (n, 1000 + n, 0))[i % 3]
                s.send(rtp.packet(seq, 160 * n, ssrc, kind=kind), port)
            time.sleep(0.005)
        equal(sum(len(s.packets) for s in strangers), 0, "packets that strangers got")
        silent.wait_more(15, 2)  # the address of the SDP goes on to get sound
        t.finish()


@case("an address of another host that never answers: 50 packets, then one a second, each INVITE")
def weapon():
    with Room() as room:
        t = target(room)
        victim = room.keep(rtp.RtpPeer("127.0.0.9"))
        peer = room.keep(sip.Peer(t.phone.port))
        invite = peer.invite(t.uri, body=sip.sdp(victim.port, "127.0.0.9"))
        peer.send(invite)
        ok = peer.wait(sip.response(200, "INVITE"))
        time.sleep(0.4)
        equal(len(victim.packets), 0, "packets before the ACK")
        peer.send(peer.ack(invite, ok))
        victim.wait(50)
        start = time.monotonic()
        time.sleep(3)
        expect(len(victim.since(start)) <= 5, f"{len(victim.since(start))} in 3 s behind the 50")
        # The same address again and again does not begin anew.
        for n in range(5):
            body = sip.sdp(victim.port, "127.0.0.9")
            again = peer.within("INVITE", invite, ok, 2 + n,
                                body.replace(b"- 1 1", b"- 1 %d" % (2 + n)))
            peer.send(again)
            got = peer.wait(lambda m: m.status >= 200 and m.branch == again.branch)
            peer.send(peer.ack(again, got))
        now = time.monotonic()
        time.sleep(1.5)
        expect(len(victim.since(now)) <= 5, f"{len(victim.since(now))} in 1.5 s behind re-INVITEs")
        t.finish()


@case("nor do re-INVITEs that name one such address after the other give each its 50")
def weapons():
    with Room() as room:
        t = target(room)
        victims = [room.keep(rtp.RtpPeer("127.0.0.9")) for _ in range(4)]
        peer = room.keep(sip.Peer(t.phone.port))
        invite = peer.invite(t.uri, body=sip.sdp(victims[0].port, "127.0.0.9"))
        peer.send(invite)
        ok = peer.wait(sip.response(200, "INVITE"))
        peer.send(peer.ack(invite, ok))
        victims[0].wait(50)
        for n in range(12):
            body = sip.sdp(victims[(n + 1) % 4].port, "127.0.0.9" if n % 3 else "0.0.0.0")
            again = peer.within("INVITE", invite, ok, 2 + n,
                                body.replace(b"- 1 1", b"- 1 %d" % (2 + n)))
            peer.send(again)
            got = peer.wait(lambda m: m.status >= 200 and m.branch == again.branch)
            peer.send(peer.ack(again, got))
            time.sleep(0.3)
        sent = sum(len(v.packets) for v in victims)
        expect(sent <= 60, f"{sent} packets were sent to four addresses that never asked")
        t.finish()


@case("a called side that is never acknowledged sends nothing at all, and says BYE", 0)
@case("nor where the caller's packets arrive before its ACK", 1)
def no_ack(talks):
    with Room() as room:
        t = target(room)
        other = room.keep(rtp.RtpPeer())
        peer = room.keep(sip.Peer(t.phone.port))
        invite = peer.invite(t.uri, body=sip.sdp(other.port))
        peer.send(invite)
        ok = peer.wait(sip.response(200, "INVITE"))
        port = int(ok.body.split(b"m=audio ")[1].split(b" ")[0])
        if talks:
            other.burst(port, 100)
        else:
            time.sleep(2.0)
        equal(len(other.packets), 0, "packets without ACK")
        talks_on(t.media, "meanwhile")
        t.finish()


@case("an SDP that names the phone itself, or a broadcast address, starts no storm", 0)
def itself(_):
    with Room() as room:
        t = target(room)
        peer = room.keep(sip.Peer(t.phone.port))
        for n, (host, port) in enumerate((("127.0.0.1", t.media.port), ("127.0.0.1", t.phone.port),
                                          ("255.255.255.255", 9), ("224.0.0.1", 9999))):
            invite = peer.invite(t.uri, body=sip.sdp(port, host))
            peer.send(invite)
            got = peer.wait(lambda m: m.status >= 200 and m.branch == invite.branch)
            peer.send(peer.ack(invite, got))
            time.sleep(0.5)
            if got.status == 200:
                bye = peer.within("BYE", invite, got, 9)
                peer.send(bye)
                peer.wait(lambda m: m.status == 200 and m.branch == bye.branch, what="200 to BYE")
        talks_on(t.media, "behind them")
        t.alive()
        t.finish()


if __name__ == "__main__":
    tap.run(jobs=4)
