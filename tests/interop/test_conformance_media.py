#!/usr/bin/env python3
"""RTP of tphone against RFC 3550, 3551 and 7587, packet by packet: what it is like, when there is
any, from whom and to whom."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, rtp, sip, sound, tap, tphone
from lib.ends import Callee, Caller, media
from lib.room import Room
from lib.talk import Talk, steps
from lib.tap import case, equal, expect

OPUS = "a=rtpmap:96 opus/48000/2"


# --- what a packet looks like ---------------------------------------------------------------------

def form(formats, extra, pt, step, size):
    with Room() as room:
        talk = Talk(room, formats, extra)
        packets = talk.rtp.wait(30)[:30]
        equal({(p.version, p.padding, p.extension, p.csrcs) for p in packets}, {(2, 0, 0, 0)},
              "version, padding, extension, CSRCs")
        equal({p.kind for p in packets}, {pt}, "payload types")
        equal(len({p.ssrc for p in packets}), 1, "number of SSRCs")
        equal(set(steps(packets, "seq")), {1}, "steps of the sequence number")
        stamps = steps(packets, "ts")
        expect(all(s % step == 0 and s for s in stamps) and stamps.count(step) >= 26,
               f"steps of the timestamp: {sorted(set(stamps))}")
        if size:
            equal({len(p.payload) for p in packets}, {size}, "payload bytes")
        expect(packets[0].marker, "the first packet has no marker (RFC 3551 4.1)")
        expect(sum(p.marker for p in packets) <= 2, "marker on many packets")
        equal({p.source[1] for p in packets}, {talk.port}, "source port, against SDP's (symmetric)")
        talk.end()


for name, formats, extra, pt, step, size in (
        ("PCMU", "0", "", 0, 160, 160), ("PCMA", "8", "", 8, 160, 160),
        ("opus under 96", "96", OPUS, 96, 960, 0),
        ("opus under 120", "120", "a=rtpmap:120 opus/48000/2", 120, 960, 0),
        ("PCMU under 99", "99", "a=rtpmap:99 PCMU/8000", 99, 160, 160),
        ("ptime 10", "0", "a=ptime:10", 0, 80, 80), ("ptime 30", "0", "a=ptime:30", 0, 240, 240),
        ("ptime 40", "8", "a=ptime:40", 8, 320, 320), ("ptime 60", "0", "a=ptime:60", 0, 480, 480),
        ("maxptime 10", "0", "a=maxptime:10", 0, 80, 80),
        ("opus, ptime 40", "96", OPUS + "\r\na=ptime:40", 96, 1920, 0),
        ("opus, ptime 10", "96", OPUS + "\r\na=ptime:10", 96, 480, 0)):
    case(f"RTP of {name}: header, payload type, sequence, timestamp {step}, marker", formats,
         extra, pt, step, size)(form)


@case("packets are no longer than we want, whatever the other side asks for")
def our_maxptime():
    with Room() as room:
        talk = Talk(room, "0", "a=ptime:60\r\na=maxptime:100", maxptime=30)
        equal({len(p.payload) for p in talk.rtp.wait(10)}, {240}, "bytes of a packet")
        talk.end()


@case("Opus as the other side wants it: cbr, maxaveragebitrate, usedtx (RFC 7587 6.1)")
def opus_wanted():
    with Room() as room:
        even = Talk(room, "96", OPUS + "\r\na=fmtp:96 cbr=1; maxaveragebitrate=16000",
                    name="even", spoken=sound.speech("callee", 3))
        quiet = Talk(room, "96", OPUS + "\r\na=fmtp:96 usedtx=1", name="quiet")
        much = Talk(room, "96", OPUS + "\r\na=fmtp:96 cbr=1; maxaveragebitrate=48000", name="much")
        equal({len(p.payload) for p in even.rtp.wait(50)}, {40}, "bytes of 20 ms at 16 kbit/s")
        equal({len(p.payload) for p in much.rtp.wait(50)}, {120}, "bytes of 20 ms at 48 kbit/s")
        got = quiet.rtp.wait(14)  # 0.2 s of silence are sent, then some of it twice a second
        took = (got[13].ts - got[0].ts) % 2**32 / 48000
        expect(took > 0.5, f"14 packets of silence stand for {took:.2f} s")
        expect(all(p.marker for a, p in zip(got, got[1:]) if (p.ts - a.ts) % 2**32 > 960),
               "no marker behind a pause (RFC 3551 4.1)")
        even.end()
        quiet.end()
        much.end()


@case("comfort noise instead of silence, where both sides want it (RFC 3389)")
def comfort_noise():
    with Room() as room:
        def settled(talk):
            talk.rtp.wait(2, holds=lambda p: p.kind == 13)
            time.sleep(1)
            return [p.kind for p in talk.rtp.packets]

        wanted = Talk(room, "0 13", name="wanted", dtx="yes")
        unasked = Talk(room, "0 13", name="unasked")
        refused = Talk(room, "0", name="refused", dtx="yes")
        for talk, formats in (wanted, ["0", "13"]), (unasked, ["0", "13"]), (refused, ["0"]):
            equal(media(talk.ok)[0][2], formats, "formats of the answer")
        for talk in unasked, refused:
            equal({p.kind for p in talk.rtp.wait(40)}, {0}, "payload types")
        kinds = settled(wanted)
        expect(8 <= kinds.count(0) <= 14, f"{kinds.count(0)} packets before silence is believed")
        noise = [p for p in wanted.rtp.packets if p.kind == 13]
        expect(2 <= len(noise) <= 6, f"silence was described {len(noise)} times")
        equal({p.payload[0] for p in noise}, {127}, "level of digital silence in -dBov")
        expect(not any(p.marker for p in noise), "a marker where no speech begins")
        equal(set(steps(wanted.rtp.packets, "seq")), {1}, "steps of the sequence number")
        for talk in wanted, unasked, refused:
            talk.end()


@case("comfort noise of the other side is heard until it speaks again (RFC 3389)")
def comfort_heard():
    with Room() as room:
        heard = room.path("heard.wav")
        talk = Talk(room, "0 13", record=heard)
        talk.rtp.burst(talk.port, 10)  # digital silence, up to 110
        talk.rtp.send(rtp.packet(110, 110 * 160, 0x1234, b"\x1e\x60", kind=13), talk.port)
        began = time.monotonic()
        time.sleep(1.5)  # at -30 dBov
        tenths = 10 * (time.monotonic() - began)
        for i in range(10):
            talk.rtp.send(rtp.packet(111 + i, (185 + i) * 160, 0x1234, marker=i == 0), talk.port)
            time.sleep(0.02)
        time.sleep(0.5)
        talk.end()
        talk.callee.phone.wait_line("answered peer=", 10)  # the file is complete
        levels = sound.envelope(sound.read(heard), 100)
        loud = "".join("x" if 400 < level < 2500 else "." for level in levels)
        # A second and a half of it, then speech; behind that it is heard again.
        about = "{%d,%d}" % (tenths - 2, tenths + 3)
        expect(re.match(r"\.{1,9}x" + about + r"\.", loud),
               f"tenths of noise: {loud}, wanted {about}, {levels}")


@case("about 50 packets a second, evenly (RFC 3551 4.2)")
def evenly():
    with Room() as room:
        stalls = pace.Stalls()
        talk = Talk(room)
        packets = talk.rtp.wait(101, 10)[:101]
        took = packets[-1].time - packets[0].time
        expect(1.8 < took < 2.6 + stalls.seconds(), f"100 packets took {took:.2f} s")
        gaps = sorted(b.time - a.time for a, b in zip(packets, packets[1:]))
        expect(0.017 < gaps[50] < 0.023, f"the median gap is {gaps[50] * 1000:.1f} ms")
        talk.end()


@case("SSRC, sequence and timestamp begin anywhere, anew in each call (RFC 3550 5.1)")
def random_start():
    with Room() as room:
        firsts = []
        for _ in range(3):
            talk = Talk(room)
            firsts.append(talk.rtp.wait(1)[0])
            talk.end()
        for what, least in (("ssrc", 3), ("ts", 3), ("seq", 2)):  # there are not many numbers
            expect(len({getattr(p, what) for p in firsts}) >= least, f"{what} begins as before")


# --- when there may be RTP at all -----------------------------------------------------------------

@case("the called side sends nothing before the ACK, and then at once")
def before_ack():
    with Room() as room:
        talk = Talk(room, up=False)
        talk.rtp.quiet(0.8)
        talk.ack()
        talk.rtp.wait(5, 3)
        talk.end()


@case("nothing comes behind BYE but RTCP's BYE")
def after_bye():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(10)
        talk.end()
        talk.rtp.wait_quiet(0.5)


HOLDS = [("sendonly", {"direction": "sendonly"}), ("inactive", {"direction": "inactive"}),
         ("0.0.0.0", {"host": "0.0.0.0"}), ("port 0", {"port": 0})]


def hold(how):
    with Room() as room:
        talk = Talk(room)
        ssrc = talk.rtp.wait(10)[0].ssrc
        talk.again(**how)
        talk.rtp.wait_quiet(0.6)
        held = time.monotonic()
        talk.again()
        back = talk.rtp.wait(20, holds=lambda p: p.time > held)
        expect(back[0].marker, "no marker where sound begins again")
        equal({p.ssrc for p in back}, {ssrc}, "SSRC after the hold")
        talk.end()


for name, how in HOLDS:
    case(f"on hold ({name}) no RTP comes; resumed, it comes with the same SSRC", how)(hold)


@case("recvonly is no hold for us: RTP goes on (RFC 3264 8.4)")
def recvonly():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(5)
        talk.again(direction="recvonly")
        talk.rtp.wait_more(20)
        talk.end()


@case("an offer of sendonly from the start: nothing is sent")
def sendonly_first():
    with Room() as room:
        talk = Talk(room, extra="a=sendonly")
        talk.rtp.quiet(1)
        talk.again(extra="")
        talk.rtp.wait_more(10)
        talk.end()


@case("c=0.0.0.0 from the start: nothing is sent anywhere, later it is")
def nowhere_first():
    with Room() as room:
        talk = Talk(room, host="127.0.0.1", extra="a=inactive")
        talk.again(host="0.0.0.0", extra="")
        talk.rtp.quiet(0.7)
        talk.again(extra="")
        talk.rtp.wait_more(10)
        talk.end()


@case("a late offer: sound flows when the ACK has brought the answer")
def late_offer():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        callee = Callee(room)
        invite = callee.invite(body=b"")
        ok = callee.answered(invite)
        end.quiet(0.4)
        ack = callee.peer.ack(invite, ok).set("Content-Type", "application/sdp")
        ack.body = sip.sdp(end.port, formats="8")
        callee.peer.send(ack)
        equal({p.kind for p in end.wait(10)}, {8}, "payload types")
        callee.end(invite, ok)


def offered_opus(invite):
    return int(re.search(r"a=rtpmap:(\d+) opus/48000/2", invite.body.decode()).group(1))


@case("other numbers for the same codec: ours go out under theirs, theirs are heard under ours", True)
@case("and what comes under a number that nobody agreed on is not heard", False)
def other_numbers(agreed):
    """RFC 3264 6.1: who answers may number what it receives otherwise. What comes back are the
    phone's own packets: a tone that is heard only where they are taken for Opus."""
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, spoken=sound.tone(440, 20))
        invite = caller.invite()
        ours = offered_opus(invite)
        theirs = 111 if ours != 111 else 112
        ok = caller.answer(invite, body=sip.sdp(end.port, formats=str(theirs),
                                                extra=f"a=rtpmap:{theirs} opus/48000/2"))
        caller.wait("ACK")
        port = media(invite)[0][1]
        packets = end.wait(10)
        for n in range(75):
            packets = end.wait(10 + n)
            said = packets[9 + n]
            end.send(rtp.packet(n, 960 * n, 0x7e57, said.payload, ours if agreed else 125), port)
        equal({p.kind for p in packets}, {theirs}, "payload types")
        caller.leave(invite, ok)
        heard = sound.amplitudes(sound.read(caller.phone.recording), 440)
        loud = sum(level > 1000 for level in heard) / 10
        expect(loud >= 0.9 if agreed else loud < 0.1, f"{loud} s of the tone were heard")


@case("early media: the calling side may send once 183 brought an answer, not before")
def early():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        end.quiet(0.3)
        caller.peer.respond(invite, 183, tag="a", body=sip.sdp(end.port))
        end.wait(5)
        caller.answer(invite, body=sip.sdp(end.port))
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("two forks with early media: behind the 200 sound goes to the one that answered")
def early_fork():
    with Room() as room:
        one, other = room.keep(rtp.RtpPeer()), room.keep(rtp.RtpPeer())
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 183, tag="x", body=sip.sdp(one.port))
        one.wait(5)
        ok = caller.answer(invite, tag="y", body=sip.sdp(other.port))
        caller.wait("ACK")
        other.wait(10)
        one.wait_quiet(0.4)
        caller.leave(invite, ok)


# --- changes by re-INVITE -------------------------------------------------------------------------

@case("another codec by re-INVITE: SSRC stays, sequence and timestamp go on (RFC 3550 5.1)")
def recode():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(10)
        talk.again(formats="8")
        talk.rtp.wait(10, holds=lambda p: p.kind == 8)
        packets = sorted(talk.rtp.packets, key=lambda p: p.time)
        equal(len({p.ssrc for p in packets}), 1, "number of SSRCs")
        equal(set(steps(packets, "seq")), {1}, "steps of the sequence number")
        expect(all(0 < s < 8000 for s in steps(packets, "ts")), "the timestamp jumped")
        changed = [a.kind != b.kind for a, b in zip(packets, packets[1:])]
        equal(sum(changed), 1, "number of changes")
        talk.end()


@case("another address by re-INVITE: sound goes there, and no longer to the old one")
def moved():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(10)
        old, talk.rtp = talk.rtp, room.keep(rtp.RtpPeer())
        talk.again()
        packets = talk.rtp.wait(10)
        old.wait_quiet(0.4)
        equal({p.ssrc for p in packets}, {old.packets[0].ssrc}, "SSRC")
        talk.end()


@case("another ptime by re-INVITE is followed")
def reptime():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(5)
        talk.again(extra="a=ptime:40")
        talk.rtp.wait(10, holds=lambda p: len(p.payload) == 320)
        talk.end()


@case("a re-INVITE that changes nothing disturbs no packet")
def nothing_changes():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(10)
        talk.again()
        talk.rtp.wait_more(20)
        packets = talk.rtp.packets
        equal(set(steps(packets, "seq")), {1}, "steps of the sequence number")
        expect(sum(p.marker for p in packets) <= 2, "it was marked as a new talk spurt")
        talk.end()


# --- from and to whom -----------------------------------------------------------------------------

@case("behind a NAT: four packets in sequence from elsewhere move our sound there, once")
def latch():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(5)
        nat, evil = room.keep(rtp.RtpPeer()), room.keep(rtp.RtpPeer())
        nat.burst(talk.port, 3)
        nat.quiet(0.3)
        nat.burst(talk.port, 5, seq=103)
        nat.wait(10)
        talk.rtp.wait_quiet(0.3)
        evil.burst(talk.port, 20, ssrc=0x1234, seq=300)
        evil.quiet(0.2)
        evil.burst(talk.port, 20, ssrc=0x99, seq=1)
        evil.quiet(0.2)
        nat.wait_more(5)
        talk.end()


@case("once the address of the SDP was heard, no stranger moves our sound")
def no_latch():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.burst(talk.port, 5)
        evil = room.keep(rtp.RtpPeer())
        evil.burst(talk.port, 30, ssrc=0x1234, seq=105)
        evil.quiet(0.3)
        talk.rtp.wait_more(10)
        talk.end()


@case("a stranger's packets are not heard")
def stranger_unheard():
    with Room() as room:
        talk = Talk(room, spoken=sound.silence(5), times=1)
        seq = talk.rtp.burst(talk.port, 20)
        evil = room.keep(rtp.RtpPeer())
        evil.burst(talk.port, 40, ssrc=0x666, seq=7, payload=b"\x00\x80" * 80)
        talk.rtp.burst(talk.port, 15, seq=seq + 40)
        talk.end()
        talk.callee.phone.expect_status(tphone.OK)
        loudest = max(map(abs, sound.read(talk.callee.phone.recording).samples))
        expect(loudest < 1000, f"the stranger was heard: {loudest}")


@case("packets out of sequence or of many SSRCs latch nothing")
def no_latch_junk():
    with Room() as room:
        talk = Talk(room)
        evil = room.keep(rtp.RtpPeer())
        for i in range(20):
            evil.burst(talk.port, 1, ssrc=i + 1, seq=10 + i)
            evil.burst(talk.port, 1, ssrc=500, seq=10 + 7 * i)
        evil.quiet(0.3)
        talk.end()


@case("an address that never answers and is not the signalling's gets little: 50, then 1 a second")
def never_heard():
    with Room() as room:
        talk = Talk(room, host="127.0.0.2")
        talk.rtp.wait(50)
        began = time.monotonic()
        time.sleep(2)
        came = len(talk.rtp.packets) - 50
        expect(came <= time.monotonic() - began + 1, f"{came} packets came behind the 50")
        talk.rtp.burst(talk.port, 3)
        talk.rtp.wait_more(40, 3)
        talk.end()


@case("malformed RTP and RTCP disturb nothing (RFC 3550 A.1)")
def malformed():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.burst(talk.port, 3)
        for data in (b"", b"\x80", b"\x80\0\0\1", b"\x40" + b"\0" * 30, b"\xbf\0" + b"\0" * 12,
                     b"\x90\0\0\1" + b"\0" * 8 + b"\xbe\xde\xff\xff",
                     b"\xa0\0\0\1" + b"\0" * 8 + b"\xff", b"\x8f\0\0\1" + b"\0" * 12,
                     b"\x80\x7f" + b"\0" * 200, b"\x80\0" + b"\0" * 1400,
                     b"\x81\xc8\0\1" + b"\0" * 4, b"\x80\xc9\xff\xff" + b"\0" * 4, b"\xff" * 1200,
                     b"\x80\xcb\0\0", b"\x80" * 9000, b"\xa0\0\0\1" + b"\0" * 170,
                     b"\x16\xfe\xff" * 20, b"\0\1\0\x08\x21\x12\xa4\x42" + b"\0" * 12,
                     b"\xbf\xcb\0\1\0\0\0\0"):
            talk.rtp.send(data, talk.port)
            talk.rtp.sockets[1].sendto(data, ("127.0.0.1", talk.port + 1))
        talk.rtp.wait_more(10)
        talk.callee.alive()
        talk.end()


@case("our own SSRC from the other side: we take another, and say BYE for the old (RFC 3550 8.2)")
def collision():
    with Room() as room:
        talk = Talk(room)
        old = talk.rtp.wait(5)[0].ssrc
        talk.rtp.burst(talk.port, 3, ssrc=old)
        talk.rtp.wait(5, 3, lambda p: p.ssrc != old)
        talk.rtp.report(lambda r: 203 in r.kinds and r.ssrc == old, 3)
        talk.end()


@case("another SSRC, a jump of the sequence and a new timestamp from the other side are taken")
def new_source():
    with Room() as room:
        talk = Talk(room, "0 101", "a=rtpmap:101 telephone-event/8000", times=1, record="heard.wav")
        talk.rtp.wait(3)
        for ssrc, seq in ((1, 100), (1, 40000), (2, 5), (3, 65530)):
            talk.rtp.burst(talk.port, 20, ssrc=ssrc, seq=seq)
        talk.end()
        talk.callee.phone.expect_status(tphone.OK)
        result = tphone.results(talk.callee.phone)[0]
        expect(int(result["received"]) >= 75, f"received {result['received']} of 80")


@case("what is sent is what was to be said: PCMU of a tone, from the first packet on")
def content():
    with Room() as room:
        spoken = sound.tone(440, 2)
        talk = Talk(room, spoken=spoken)
        packets = talk.rtp.wait(60)
        data = b"".join(p.payload for p in packets[10:60])
        power = sum(1 for b in data if (~b & 0x70) >> 4 >= 5)
        expect(power > len(data) / 3, "the tone is not in the packets")
        talk.end()


if __name__ == "__main__":
    tap.run(jobs=6)
