#!/usr/bin/env python3
"""RTP, RTCP and telephone-events of tphone against RFC 3550, 3551, 4733, 7587, packet by packet."""
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, sound, tap, tphone
from lib.ends import Callee, Caller, media
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

OPUS = "a=rtpmap:96 opus/48000/2"


class Talk:
    """A call to tphone answer with a peer for its sound."""

    def __init__(self, room, formats="0", extra="", host="127.0.0.1", up=True, **more):
        self.room = room
        self.rtp = room.keep(rtp.RtpPeer(host))
        self.callee = Callee(room, **more)
        self.peer = self.callee.peer
        self.cseq = 1
        self.host, self.formats, self.extra = host, formats, extra
        self.invite = self.callee.invite(body=self.sdp())
        self.ok = self.callee.answered(self.invite)
        self.port = media(self.ok)[0][1]
        if up:
            self.ack()

    def sdp(self, formats=None, extra=None, direction="", port=None, host=None):
        return sip.sdp(self.rtp.port if port is None else port, host or self.host,
                       formats or self.formats, self.extra if extra is None else extra, direction)

    def ack(self):
        self.peer.send(self.peer.ack(self.invite, self.ok))

    def again(self, **more):
        self.cseq += 1
        got = self.callee.within("INVITE", self.invite, self.ok, self.cseq, self.sdp(**more))
        equal(got.status, 200, "answer to re-INVITE")
        return got

    def end(self):
        self.cseq += 1
        self.callee.end(self.invite, self.ok, self.cseq)


def steps(packets, what):
    return [(getattr(b, what) - getattr(a, what)) % 2**(16 if what == "seq" else 32)
            for a, b in zip(packets, packets[1:])]


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
            time.sleep(2.5)
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
        time.sleep(1.5)  # at -30 dBov
        for i in range(10):
            talk.rtp.send(rtp.packet(111 + i, (185 + i) * 160, 0x1234, marker=i == 0), talk.port)
            time.sleep(0.02)
        time.sleep(0.5)
        talk.end()
        talk.callee.phone.wait_line("answered peer=", 10)  # the file is complete
        levels = sound.envelope(sound.read(heard), 100)
        loud = "".join("x" if 400 < level < 2500 else "." for level in levels)
        # A second and a half of it, then speech; behind that it is heard again.
        expect(re.match(r"\.{1,6}x{13,18}\.", loud), f"tenths of noise: {loud}, {levels}")


@case("about 50 packets a second, evenly (RFC 3551 4.2)")
def pace():
    with Room() as room:
        talk = Talk(room)
        packets = talk.rtp.wait(101, 10)[:101]
        took = packets[-1].time - packets[0].time
        expect(1.8 < took < 2.6, f"100 packets took {took:.2f} s")
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
        for what in ("ssrc", "ts", "seq"):
            equal(len({getattr(p, what) for p in firsts}), 3, f"different beginnings of {what}")


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
        time.sleep(0.1)
        talk.rtp.quiet(0.5)


HOLDS = [("sendonly", {"direction": "sendonly"}), ("inactive", {"direction": "inactive"}),
         ("0.0.0.0", {"host": "0.0.0.0"}), ("port 0", {"port": 0})]


def hold(how):
    with Room() as room:
        talk = Talk(room)
        ssrc = talk.rtp.wait(10)[0].ssrc
        talk.again(**how)
        time.sleep(0.25)
        talk.rtp.quiet(0.6)
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
        one.quiet(0.4)
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
        old.quiet(0.4)
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


# --- RTCP -----------------------------------------------------------------------------------------

@case("RTCP: SR with our SSRC, counts and clocks, and SDES with a CNAME, on the next port")
def sender_report():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(10)
        report = talk.rtp.report(lambda r: 200 in r.kinds)
        at = report.time
        before = [p for p in talk.rtp.packets if p.time <= at]
        equal(report.kinds[:2], [200, 202], "packets of the compound")
        equal(report.ssrc, before[0].ssrc, "SSRC")
        expect(report.cname, "no CNAME")
        expect(not report.muxed, "it came on the RTP port without rtcp-mux")
        equal(report.source[1], talk.port + 1, "source port")
        ntp_s, _, stamp, packets, octets = report.sender
        expect(ntp_s, "no NTP time")
        expect(abs(packets - len(before)) < 15, f"SR counts {packets}, {len(before)} came")
        equal(octets, packets * 160, "octets")
        near = before[-1].ts
        expect((stamp - near + 8000) % 2**32 < 16000, f"RTP time {stamp}, last packet {near}")
        talk.end()


@case("RTCP goes to the RTP port with rtcp-mux")
def muxed():
    with Room() as room:
        talk = Talk(room, extra="a=rtcp-mux")
        expect(talk.rtp.report().muxed, "it came on the next port")
        talk.end()


@case("a re-INVITE without rtcp-mux takes RTCP off the RTP port again (RFC 5761 5.1.1)")
def unmuxed():
    with Room() as room:
        talk = Talk(room, extra="a=rtcp-mux")
        talk.rtp.report(lambda r: r.muxed)
        got = talk.again(extra="")
        expect(b"rtcp-mux" not in got.body, "the answer still says rtcp-mux")
        talk.rtp.report(lambda r: not r.muxed, 12)
        talk.end()


@case("RTCP goes where a=rtcp says (RFC 3605)")
def elsewhere():
    with Room() as room:
        other = room.keep(rtp.RtpPeer())
        talk = Talk(room, extra=f"a=rtcp:{other.port}")
        other.report()
        equal(talk.rtp.reports, [], "reports on the next port")
        talk.end()


@case("RTCP of the calling side, too, and BYE at the end of a call (RFC 3550 6.6)")
def goodbye():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room)
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port))
        end.wait(5)
        caller.leave(invite, ok)
        report = end.report(lambda r: 203 in r.kinds, 3)
        expect(report.kinds[0] in (200, 201), "BYE stands alone (RFC 3550 6.1)")
        equal(report.ssrc, end.packets[0].ssrc, "SSRC")


@case("RTCP's BYE comes behind SIP's BYE on the called side")
def goodbye_called():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(5)
        talk.end()
        talk.rtp.report(lambda r: 203 in r.kinds, 3)


@case("a report block tells of our packets: SSRC, loss, highest sequence number")
def report_block():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.wait(3)
        seq = talk.rtp.burst(talk.port, 40, seq=65500, ssrc=0xabcdef01)
        talk.rtp.burst(talk.port, 40, seq=seq + 20, ssrc=0xabcdef01)
        report = talk.rtp.report(lambda r: r.blocks and r.blocks[0][2] & 0xffff == seq + 59 - 65536)
        ssrc, lost, highest = report.blocks[0][:3]
        equal(ssrc, 0xabcdef01, "SSRC")
        equal(lost & 0xffffff, 20, "lost")
        equal(highest >> 16, 1, "cycles of the sequence number")
        talk.end()


@case("LSR and DLSR answer an SR of ours (RFC 3550 6.4.1)")
def last_sr():
    with Room() as room:
        talk = Talk(room)
        talk.rtp.talk(talk.port, ssrc=0x77)
        talk.rtp.wait(20)
        time.sleep(0.3)
        sr = struct.pack("!BBHIIIIII", 0x80, 200, 6, 0x77, 0x11112222, 0x33334444, 0, 10, 1600)
        sdes = struct.pack("!BBHIBB", 0x81, 202, 2, 0x77, 1, 1) + b"x\0"
        talk.rtp.sockets[1].sendto(sr + sdes, ("127.0.0.1", talk.port + 1))
        report = talk.rtp.report(lambda r: r.blocks and r.blocks[0][4])
        equal(report.blocks[0][4], 0x22223333, "LSR")
        expect(0 < report.blocks[0][5] < 65536 * 10, f"DLSR {report.blocks[0][5]}")
        talk.end()


def run_lengths(reports):
    """Which packets came, by the blocks of type 1 of all these reports: a letter for each."""
    letters = ""
    for block in (r.extended[1] for r in reports if 1 in r.extended):
        _, first, end = struct.unpack_from("!IHH", block)
        told = ""
        for chunk, in struct.iter_unpack("!H", block[8:]):
            told += (f"{chunk & 0x7fff:015b}" if chunk >> 15 else
                     str(chunk >> 14 & 1) * (chunk & 0x3fff))
        letters += told[:(end - first) % 65536].replace("1", ".").replace("0", "x")
    return letters


@case("extended reports where they are asked for: bursts, run lengths, DLRR (RFC 3611)")
def extended():
    with Room() as room:
        talk = Talk(room, extra="a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics x-other")
        expect(b"a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics\r\n" in talk.ok.body,
               "the answer does not say so")
        talk.rtp.wait(3)
        seq = 65500
        for _ in range(4):  # of 25 packets five in a row do not come
            seq = talk.rtp.burst(talk.port, 20, seq=seq, ssrc=0xabcdef01, pause=0.002) + 5
        talk.rtp.burst(talk.port, 64, seq=seq, ssrc=0xabcdef01, pause=0.002)  # what is settled
        asked = struct.pack("!BBHI", 0x80, 201, 1, 0xabcdef01) + struct.pack(
            "!BBHIBBHQ", 0x80, 207, 4, 0xabcdef01, 4, 0, 2, 0x1111222233334444)
        talk.rtp.sockets[1].sendto(asked, ("127.0.0.1", talk.port + 1))
        talk.rtp.report(lambda r: len(run_lengths(talk.rtp.reports)) == 99)
        report = talk.rtp.reports[-1]
        equal(report.kinds[2:], [207], "behind SR and SDES")
        ssrc, loss, discard, dense, _, burst_ms = struct.unpack_from("!IBBBBH", report.extended[7])
        equal((ssrc, loss, discard), (0xabcdef01, 20 * 256 // 99, 0), "SSRC, loss, discarded")
        equal((dense, burst_ms), (255, 100), "bursts")
        equal(run_lengths(talk.rtp.reports), (("." * 20 + "x" * 5) * 4)[1:], "run lengths")
        report = talk.rtp.report(lambda r: 5 in r.extended)
        ssrc, middle, delay = struct.unpack("!III", report.extended[5])
        equal((ssrc, middle), (0xabcdef01, 0x22223333), "DLRR")
        expect(0 < delay < 65536 * 10, f"delay {delay}")
        talk.end()


@case("no extended report where none is asked for, and theirs do no harm")
def unasked():
    with Room() as room:
        talk = Talk(room)
        expect(b"rtcp-xr" not in talk.ok.body, "the answer asks for some")
        talk.rtp.talk(talk.port, ssrc=0x77)
        talk.rtp.wait(5)
        for blocks in (b"\x07\0\xff\xff", b"\x07\0\0\x01abcd", b"\x01\0\0\x02wxyz\0\0\xff\xff", b""):
            talk.rtp.sockets[1].sendto(struct.pack(
                "!BBHIBBHI", 0x80, 201, 1, 0x77, 0x80, 207, 1 + len(blocks) // 4, 0x77) + blocks,
                ("127.0.0.1", talk.port + 1))
        report = talk.rtp.report(lambda r: r.blocks)
        expect(207 not in report.kinds, "it sends one")
        talk.end()


# --- telephone-event ------------------------------------------------------------------------------

def keys(packets, pt):
    """Groups of events by their timestamp."""
    groups = []
    for p in packets:
        if p.kind == pt:
            event = rtp.Event(p)
            if not groups or groups[-1][0].packet.ts != p.ts:
                groups.append([])
            groups[-1].append(event)
    return groups


def digits_sent(pt, extra, formats, step):
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="15#", codec="opus" if step == 960 else "pcmu")
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port, formats=formats, extra=extra))
        caller.wait("ACK")
        done = lambda: [g for g in keys(list(end.packets), pt) if sum(e.end for e in g) >= 3]
        wait_until(lambda: len(done()) == 3, 8, "three keys did not come to their ends")
        end.wait_more(3)
        packets = list(end.packets)
        groups = keys(packets, pt)
        equal([g[0].code for g in groups], [1, 5, 11], "keys")
        for g in groups:
            equal([e.packet.marker for e in g], [True] + [False] * (len(g) - 1), "markers")
            equal(sum(e.end for e in g), 3, "packets with the end bit (RFC 4733 2.5.1.4)")
            expect(all(e.end for e in g[-3:]), "the end bit is not on the last three")
            growing = [e.duration for e in g if not e.end]
            equal([b - a for a, b in zip(growing, growing[1:])], [step] * (len(growing) - 1),
                  "steps of the duration")
            equal(len({e.duration for e in g if e.end}), 1, "durations of the end")
            expect(g[-1].duration >= 40 * step // 20, f"key of {g[-1].duration} units")
            equal({e.volume < 37 for e in g}, {True}, "volume is audible")
            equal({e.code for e in g}, {g[0].code}, "code within a key")
        equal(set(steps(packets, "seq")), {1}, "steps of the sequence number")
        equal(len({p.ssrc for p in packets}), 1, "number of SSRCs")
        equal(any(p.kind == pt for p in packets[-2:]), False, "sound does not go on")
        caller.leave(invite, ok)


case("keys are sent as RFC 4733 has it: marker, duration, three ends", 101,
     "a=rtpmap:101 telephone-event/8000", "0 101", 160)(digits_sent)
case("keys go under the number of the answer", 97, "a=rtpmap:97 telephone-event/8000", "0 97",
     160)(digits_sent)
case("with opus, keys count at 48 kHz where that was agreed", 102,
     "a=rtpmap:96 opus/48000/2\r\na=rtpmap:102 telephone-event/48000", "96 102", 960)(digits_sent)


@case("without telephone-event in the answer no event is sent")
def no_events():
    with Room() as room:
        end = room.keep(rtp.RtpPeer())
        caller = Caller(room, dtmf="1", codec="pcmu")
        invite = caller.invite()
        ok = caller.answer(invite, body=sip.sdp(end.port))
        equal({p.kind for p in end.wait(30)}, {0}, "payload types")
        caller.leave(invite, ok)


def press(talk, code, ts, seq, durations=(160, 320, 480), ends=3, pt=101, ssrc=0x55):
    for i, d in enumerate(list(durations) + [durations[-1] + 160] * ends):
        end = i >= len(durations)
        talk.rtp.send(rtp.packet(seq, ts, ssrc, struct.pack("!BBH", code, 10 | end << 7, d), pt,
                                 i == 0), talk.port)
        seq += 1
        time.sleep(0.01)
    return seq


PRESSES = [
    ("each key once, whatever its packets", "159D", lambda t: [
        press(t, c, 8000 + 2000 * i, 100 + 10 * i) for i, c in enumerate((1, 5, 9, 15))]),
    ("the same key twice is two", "77", lambda t: [press(t, 7, 8000, 1), press(t, 7, 12000, 20)]),
    ("a key of which only an end arrives", "3", lambda t: [press(t, 3, 8000, 1, (480,), 1)]),
    ("a key whose first packets are lost", "4", lambda t: [press(t, 4, 8000, 50, (800, 960))]),
    ("a key without any end", "6", lambda t: [press(t, 6, 8000, 1, ends=0)]),
    ("copies of the end that come late begin no new key", "8", lambda t: [
        press(t, 8, 8000, 1), press(t, 8, 8000, 7, (640,), 2)]),
    ("other codes and short payloads are none", "2", lambda t: [
        press(t, 40, 8000, 1), press(t, 200, 9000, 20),
        t.rtp.send(rtp.packet(30, 10000, 0x55, b"\1\2", 101), t.port), press(t, 2, 12000, 31)]),
]


def pressed(wanted, act):
    with Room() as room:
        talk = Talk(room, "0 101", "a=rtpmap:101 telephone-event/8000", times=1)
        talk.rtp.wait(3)
        act(talk)
        time.sleep(0.3)
        talk.end()
        talk.callee.phone.status(8)
        got = [r.get("digits", "") for r in tphone.results(talk.callee.phone)]
        equal(got, [wanted], "digits in the result")


for name, wanted, act in PRESSES:
    case(f"keys received: {name}", wanted, act)(pressed)


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
        talk.rtp.quiet(0.3)
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
        talk.rtp.wait(45)
        time.sleep(0.6)
        talk.rtp.quiet(2, most=3)
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
