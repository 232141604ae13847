#!/usr/bin/env python3
"""telephone-events of tphone against RFC 4733, packet by packet: keys that it sends, and hears."""
import os
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import rtp, sip, tap, tphone
from lib.ends import Caller
from lib.room import Room, wait_until
from lib.talk import Talk, steps
from lib.tap import case, equal, expect


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
        told = lambda: talk.callee.phone.process.said("^digit . received")
        wait_until(lambda: len(told()) >= len(wanted), 8, f"not all of {wanted} are told")
        time.sleep(0.3)
        talk.end()
        talk.callee.phone.status(8)
        got = [r.get("digits", "") for r in tphone.results(talk.callee.phone)]
        equal(got, [wanted], "digits in the result")


for name, wanted, act in PRESSES:
    case(f"keys received: {name}", wanted, act)(pressed)


if __name__ == "__main__":
    tap.run(jobs=6)
