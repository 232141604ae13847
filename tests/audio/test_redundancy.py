#!/usr/bin/env python3
"""Two phones with a network between them that loses packets: their sound comes back from copies in
later ones, as the events tell, and is heard. Encrypted and across a hold, too."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone
from lib.control import Piped
from lib.relay import CLEAR, CallRelay, Weather
from lib.room import Room
from lib.tap import case, equal, expect

SPEECH_S = 6.0
RTP_HEADER = 12
LEAST = 0.7  # of the correlation: who heard nothing has 0.2, and the counts are what matters here


def totals(phone):
    return phone.wait_event("ended", 20)


def repaired(ended, share, name):
    """At least that share of what was lost has been got back, and says how."""
    lost, copies, fec = ended["lost"], ended["from_copies"], ended["from_fec"]
    expect(lost >= 15, f"{name}: only {lost} packets were lost")
    expect(copies + fec >= share * lost,
           f"{name}: of {lost} lost {copies} came from copies and {fec} from FEC")
    return f"{name}: {lost} lost, {copies} from copies, {fec} from FEC, {ended['concealed']} invented"


@case("Opus, 10 % lost: copies begin by themselves and bring back four fifths", "opus", 0.8, 70,
      {"encryption": "off"})
@case("PCMU, 10 % lost, encrypted, with copies from the beginning", "pcmu", 0.7, None,
      {"redundancy": "always", "sdes": "always", "encryption": "require"})
def lossy(codec, share, most_kbps, more):
    with Room() as room:
        ours, theirs = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        callee = tphone.Answer(room, spoken=theirs, times=1, codec=codec, json=True, **more)
        relay = room.keep(CallRelay(("127.0.0.1", callee.port), CLEAR, Weather(loss=0.1), 7))
        caller = tphone.Call(room, f"sip:callee@127.0.0.1:{relay.port}", spoken=ours, codec=codec,
                             seconds=SPEECH_S + 2, json=True, **more)
        caller.expect_status(tphone.OK, 40)
        callee.expect_status(tphone.OK, 20)
        for phone in (caller, callee):
            expect(all(e["redundancy"] for e in phone.events("media")), "it was not agreed")
            expect(any(e["copies"] for e in phone.events("quality")), "no copies were ever sent")
        found = [repaired(totals(caller), share, "caller"), repaired(totals(callee), share, "callee"),
                 str(sound.expect_heard(ours, callee.recording, "the called side", least=LEAST)),
                 str(sound.expect_heard(theirs, caller.recording, "the caller", least=LEAST))]
        packets, octets = sum(relay.rtp.passed), sum(relay.rtp.octets)
        kbps = (octets - packets * RTP_HEADER) * 8 / 1000 / (packets * 0.02)
        expect(not most_kbps or kbps <= most_kbps, f"{kbps:.0f} kbit/s were sent each way")
        return "\n".join(found + [f"{kbps:.0f} kbit/s each way"])


@case("nothing is agreed with who wants none", "off", "auto")
@case("nor by who wants none", "always", "off")
def not_agreed(theirs, ours):
    with Room() as room:
        callee = tphone.Answer(room, times=1, json=True, redundancy=theirs)
        caller = tphone.Call(room, callee.uri, seconds=1, json=True, redundancy=ours)
        caller.expect_status(tphone.OK, 30)
        for phone in (caller, callee):
            equal([e["redundancy"] for e in phone.events("media")][-1:], [False], phone.name)


@case("copies go on behind a hold, and beside digits")
def held():
    with Room() as room:
        us = Piped(room, "us", device="none", redundancy="always")
        them = Piped(room, "them", device="none", redundancy="always")
        here, there = us.client, them.client
        call = here.do("call", target=them.uri)["call"]
        other = there.event("incoming")["call"]
        there.do("answer", call=other)
        here.event("answered", call=call)
        here.do("hold", call=call)
        there.event("held", call=other)
        here.do("resume", call=call)
        there.event("resumed", call=other)
        here.do("dtmf", call=call, digits="42")
        for digit in "42":
            there.event("dtmf", call=other, digit=digit)
        for client, number in (here, call), (there, other):
            client.event("quality", call=number, after=client.mark(), copies=1)
            expect(all(e["redundancy"] for e in client.events("media")), "it was given up")
        there.do("hangup", call=other)
        here.event("ended", call=call)


if __name__ == "__main__":
    tap.run(jobs=3, in_time=True)
