#!/usr/bin/env python3
"""Encrypted calls with baresip and linphonec, keys by SDES, both ways: what was spoken must be
heard at the other end, and the calls are told as what they are. SIP is in the clear here, so that
keys are offered at all with sdes = always only."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone, wire
from lib.baresip import Baresip
from lib.linphone import Linphone
from lib.room import Room
from lib.tap import case, equal

SPEECH_S = 4.0
# What is spoken when the call comes up may be cut by the time that strangers take to start sending.
WINDOW = {"first_ms": -900, "last_ms": 3000}
OURS = {"sdes": "always", "encryption": "require"}


def _texts():
    return sound.speech("caller", SPEECH_S, tail_s=20), sound.speech("caller", SPEECH_S), \
        sound.speech("callee", SPEECH_S)


def _heard(phone, stranger, theirs, ours):
    who = stranger.process.name
    found = [sound.expect_heard(ours, stranger.heard(), f"what {who} heard of us", **WINDOW),
             sound.expect_heard(theirs, phone.recording, f"what we heard of {who}", **WINDOW)]
    result = tphone.results(phone)[-1]
    equal(result["encryption"], "sdes-in-the-clear", f"what the result says of {who}")
    expect_words(phone)
    return "\n".join(map(str, found))


def expect_words(phone):
    phone.wait_line("encrypted, but the keys went in the clear", 1)


def _wait_up(stranger):
    if isinstance(stranger, Baresip):
        stranger.wait("CALL_ESTABLISHED")
    else:
        stranger.wait_up()


def _calls(room, make_caller, make_callee):
    """One stranger calls us while we call the other one."""
    long, theirs, ours = _texts()
    called = tphone.Answer(room, name="called", spoken=ours, times=1, **OURS)
    caller, callee = make_caller(room, long), make_callee(room, long)
    caller.dial(called.uri)
    calling = tphone.Call(room, callee.uri, name="calling", spoken=ours, seconds=SPEECH_S + 1.5,
                          **OURS)
    _wait_up(caller)
    time.sleep(SPEECH_S + 1)
    caller.hang_up()
    called.expect_status(tphone.OK)
    calling.expect_status(tphone.OK)
    return _heard(called, caller, theirs, ours) + "\n" + _heard(calling, callee, theirs, ours)


@case("baresip (RTP/SAVP required, PCMU) calls us, and we call linphonec (Opus): all are heard")
def one_way():
    with Room() as room:
        return _calls(room,
                      lambda room, says: Baresip(room, "bare", "pcmu", says,
                                                 encryption="srtp-mand"),
                      lambda room, says: Linphone(room, "lin", says, "opus", answers=True,
                                                  encryption="srtp", mandatory=True))


@case("linphonec (PCMU) calls us, and we call baresip (RTP/AVP with keys, Opus): all are heard")
def other_way():
    with Room() as room:
        return _calls(room,
                      lambda room, says: Linphone(room, "lin", says, "pcmu", encryption="srtp",
                                                  mandatory=True),
                      lambda room, says: Baresip(room, "bare", "opus", says, answers=True,
                                                 encryption="srtp"))


if __name__ == "__main__":
    wire.private_network()  # linphonec offers IPv6 where a machine has it, we listen on IPv4
    tap.run(jobs=2)
