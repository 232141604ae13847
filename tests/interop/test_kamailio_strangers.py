#!/usr/bin/env python3
"""baresip, linphonec and Twinkle find us by name through Kamailio, and we find them."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone, wire
from lib.baresip import Baresip
from lib.kamailio import Kamailio
from lib.linphone import Linphone
from lib.pulse import Pulse
from lib.room import Room
from lib.tap import case, equal, expect
from lib.twinkle import Twinkle

USERS = {"us": "our secret", "them": "theirs"}
SPEECH_S = 3.0
CALL_S = SPEECH_S + 4.5


def _said(who):
    return sound.speech(who, SPEECH_S, tail_s=20)


class ByBaresip:
    least = 0.85  # of the text in what it sends

    def __init__(self, room, account, answers):
        self.phone = Baresip(room, "them", "pcmu", _said("callee"), answers, account=account)

    def up(self):
        self.phone.wait("CALL_ESTABLISHED")

    def heard(self):
        return self.phone.heard()


class ByLinphone:
    least = 0.85

    def __init__(self, room, account, answers):
        self.phone = Linphone(room, "them", _said("callee"), answers=answers, account=account)

    def up(self):
        self.phone.wait_up()

    def heard(self):
        return self.phone.heard()


class ByTwinkle:
    """It speaks and hears by a sound card, in which the text is played when the call is up. On a
    busy machine it listens a second late, and drops pieces on both ways between card and wire."""

    least = 0.45

    def __init__(self, room, account, answers):
        self.pulse = Pulse(room, ["them"])
        self.ear = self.pulse.listen("them")
        self.phone = Twinkle(room, "them", self.pulse, account, answers)

    def up(self):
        self.phone.wait_up()
        self.pulse.speak("them", sound.silence(1.5) + sound.speech("callee", SPEECH_S))

    def heard(self):
        self.ear.stop()
        return self.ear.path


def _both_heard(ours, them, capture):
    """Each voice is looked for on the wire and where it was heard: what a phone may have lost
    before there was a packet, or after, is its own affair."""
    where = re.findall(r"sound to \S+:(\d+)", "\n".join(ours.process.said("sound to")))
    there = ("127.0.0.1", int(where[-1]))
    our_text, their_text = (sound.speech(who, SPEECH_S) for who in ("caller", "callee"))
    sent, came = (capture.speech(lambda p: p.target == there),
                  capture.speech(lambda p: p.source == there))
    found = []
    for what, text, heard, least in (("we sent", our_text, sent, 0.85),
                                     ("they sent", their_text, came, them.least),
                                     ("they heard", our_text, sound.read(them.heard()), them.least),
                                     ("we heard of what came", came, sound.read(ours.recording),
                                      0.9)):
        match = sound.match(text, heard, first_ms=-1000, last_ms=9000)
        expect(match.correlation > least, f"what {what}: {match}, wanted {least}")
        found.append(f"what {what}: {match}")
    return "\n".join(found)


def _expect_apart(capture, proxy):
    rtp = capture.rtp()
    expect(len(rtp) >= 2 * 50 * SPEECH_S, f"only {len(rtp)} packets of RTP on the wire")
    equal([p for p in rtp if p.touches((proxy.host, proxy.port))], [], "RTP by the proxy")


def they_call(kind, transport, record_route):
    with Room() as room:
        proxy = Kamailio(room, USERS, record_route=record_route)
        ours = tphone.Answer(room, "us", transport="", account=proxy.account("us", transport),
                             spoken=sound.speech("caller", SPEECH_S), times=1, codec="pcmu")
        them = kind(room, proxy.account("them", transport), False)
        proxy.wait_bindings("us", 1)
        capture = room.keep(wire.Capture())
        them.phone.dial("sip:us@example.test")
        them.up()
        time.sleep(CALL_S)
        them.phone.hang_up()
        ours.expect_status(tphone.OK)
        expect("them@example.test" in ours.output(), "who calls was not shown", ours.output())
        _expect_apart(capture, proxy)
        return _both_heard(ours, them, capture)


def we_call(kind, transport, record_route):
    with Room() as room:
        proxy = Kamailio(room, USERS, record_route=record_route)
        them = kind(room, proxy.account("them", transport), True)
        capture = room.keep(wire.Capture())
        ours = tphone.Call(room, "them", "us", account=proxy.account("us", transport),
                           spoken=sound.speech("caller", SPEECH_S), seconds=CALL_S,
                           codec="pcmu")
        them.up()
        ours.expect_status(tphone.OK, 30)
        equal(proxy.bindings("us"), [], "our bindings in the end")
        _expect_apart(capture, proxy)
        return _both_heard(ours, them, capture)


for kind, name in ((ByBaresip, "baresip"), (ByLinphone, "linphonec"), (ByTwinkle, "Twinkle")):
    for transport, record_route in (("udp", False), ("tcp", True)):
        how = f"over {transport.upper()}" + (", record-routing" if record_route else "")
        case(f"{name} calls us by name, both are heard; {how}", kind, transport,
             record_route)(they_call)
        case(f"we call {name} by name, both are heard; {how}", kind, transport,
             record_route)(we_call)


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=4, in_time=True)
