#!/usr/bin/env python3
"""RTCP of tphone against RFC 3550, 3605, 3611 and 5761: reports, where they go, and goodbyes."""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, tap
from lib.ends import Caller
from lib.room import Room
from lib.talk import Talk
from lib.tap import case, equal, expect


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
        talk = Talk(room, extra="a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics x-other",
                    jitter_max="400")
        expect(b"a=rtcp-xr:pkt-loss-rle rcvr-rtt=all voip-metrics\r\n" in talk.ok.body,
               "the answer does not say so")
        talk.rtp.wait(3)
        seq = 65500
        for _ in range(4):  # of 25 packets five in a row do not come
            seq = talk.rtp.burst(talk.port, 20, seq=seq, ssrc=0xabcdef01) + 5
        talk.rtp.burst(talk.port, 24, seq=seq, ssrc=0xabcdef01)  # what is settled
        asked = struct.pack("!BBHI", 0x80, 201, 1, 0xabcdef01) + struct.pack(
            "!BBHIBBHQ", 0x80, 207, 4, 0xabcdef01, 4, 0, 2, 0x1111222233334444)
        talk.rtp.sockets[1].sendto(asked, ("127.0.0.1", talk.port + 1))
        talk.rtp.report(lambda r: len(run_lengths(talk.rtp.reports)) == 99)
        report = talk.rtp.reports[-1]
        equal(report.kinds[2:], [207], "behind SR and SDES")
        ssrc, loss, discard, dense, _, burst_ms = struct.unpack_from("!IBBBBH", report.extended[7])
        equal((ssrc, loss, discard), (0xabcdef01, 20 * 256 // 99, 0), "SSRC, loss, discarded")
        equal((dense, burst_ms), (255, 100), "bursts")
        now, ever = struct.unpack("!HH", report.extended[7][-4:])
        expect(20 <= now <= ever == 400, f"the jitter buffer holds back {now} ms, ever {ever}")
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


if __name__ == "__main__":
    tap.run(jobs=6)
