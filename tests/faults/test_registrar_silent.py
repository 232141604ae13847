#!/usr/bin/env python3
"""Kamailio says nothing for so long that a REGISTER is given up (RFC 3261 17.1.2.2, 32 s): the
phone says so, and is registered soon after the first word."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, tap, tphone, wire
from lib.kamailio import Kamailio
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect

USERS = {"alice": "secret", "bob": "hidden"}


@case("silent while registered: registered again T2 + 1 s after the first word", "registered")
@case("silent before the first REGISTER: a phone that stays is registered T2 + 1 s later", "stays")
@case("silent before the first REGISTER: --once ends with status 5 and a word", "once")
def silent(when):
    with Room() as room:
        proxy = Kamailio(room, USERS, max_expires=4)
        if when != "registered":
            proxy.freeze()
        phone = tphone.Register(room, proxy.account("bob"), once=when == "once")
        if when == "registered":
            proxy.wait_bindings("bob", 1)
            proxy.freeze()
        phone.wait_line("(?i)does not answer|no answer|silent", 45)
        if when == "once":
            phone.expect_status(tphone.NO_ANSWER, 5)
            return None
        time.sleep(1.5)  # it is in the middle of the next try
        proxy.thaw()
        began = pace.now()
        proxy.wait_bindings("bob", 1)
        took = pace.now() - began
        expect(took < 5.7, f"registered after {took:.1f} s", *phone.process.tail())
        tphone.Call(room, "bob", account=proxy.account("alice")).status(10)
        phone.process.signal(SIGINT)
        phone.status(5)
        equal(proxy.bindings("bob"), [], "bindings in the end")
        return f"registered {took:.2f} s after the return"


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=3)
