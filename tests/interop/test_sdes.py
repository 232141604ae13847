#!/usr/bin/env python3
"""Encrypted calls with baresip and linphonec, keys by SDES, both ways: what was spoken must be
heard at the other end, and the calls are told as what they are. SIP is in the clear here, so that
keys are offered at all with sdes = always only."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import both_ways, tap, wire
from lib.baresip import Baresip
from lib.linphone import Linphone
from lib.room import Room
from lib.tap import case

OURS = {"sdes": "always", "encryption": "require"}


def _calls(room, make_caller, make_callee):
    return both_ways.expect_both_heard(room, make_caller, make_callee, "sdes-in-the-clear",
                                       "encrypted, but the keys went in the clear",
                                       called=OURS, calling=OURS)


@case("baresip (RTP/SAVP required, PCMU) calls us, and we call linphonec (Opus): all are heard")
def one_way():
    with Room() as room:
        return _calls(room,
                      lambda says: Baresip(room, "bare", "pcmu", says, encryption="srtp-mand"),
                      lambda says: Linphone(room, "lin", says, "opus", answers=True,
                                            encryption="srtp", mandatory=True))


@case("linphonec (PCMU) calls us, and we call baresip (RTP/AVP with keys, Opus): all are heard")
def other_way():
    with Room() as room:
        return _calls(room,
                      lambda says: Linphone(room, "lin", says, "pcmu", encryption="srtp",
                                            mandatory=True),
                      lambda says: Baresip(room, "bare", "opus", says, answers=True,
                                           encryption="srtp"))


if __name__ == "__main__":
    wire.private_network()  # linphonec offers IPv6 where a machine has it, we listen on IPv4
    tap.run(jobs=2)
