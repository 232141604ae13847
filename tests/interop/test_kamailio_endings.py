#!/usr/bin/env python3
"""Calls with strangers through Kamailio that come to nothing, each in its way: they refuse, we
refuse, they give up, we give up; and those that are put on hold."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tap, tphone, wire
from lib.baresip import Baresip
from lib.kamailio import Kamailio
from lib.linphone import Linphone
from lib.pulse import Pulse
from lib.room import SIGINT, Room, wait_until
from lib.tap import case, equal, expect
from lib.twinkle import Twinkle

USERS = {"us": "our secret", "them": "theirs"}


class ByBaresip:
    def __init__(self, room, account):
        self.phone = Baresip(room, "them", "pcmu", sound.silence(20), account=account)

    def wait_ringing(self):
        self.phone.wait("CALL_INCOMING")

    def wait_over(self):
        self.phone.wait("CALL_CLOSED")

    def refuse(self):
        self.phone.hang_up()

    give_up = refuse


class ByLinphone:
    def __init__(self, room, account):
        self.phone = Linphone(room, "them", sound.silence(20), account=account)

    def wait_ringing(self):
        self.phone.wait_ringing()

    def wait_over(self):
        self.phone.wait_ended()

    def refuse(self):
        self.phone.hang_up()

    give_up = refuse


class ByTwinkle:
    def __init__(self, room, account):
        self.phone = Twinkle(room, "them", Pulse(room, ["them"]), account)

    def wait_ringing(self):
        self.phone.wait_ringing()

    def wait_over(self):
        self.phone.wait("(?i)call (ended|released|failed|cancelled|rejected)|ended call")

    def refuse(self):
        self.phone.tell("reject")

    def give_up(self):
        self.phone.tell("bye")


def endings(kind, transport):
    with Room() as room:
        proxy = Kamailio(room, USERS)
        account = proxy.account("us", transport)
        them = kind(room, proxy.account("them", transport))

        ours = tphone.Call(room, "them", "refused", account=account)
        them.wait_ringing()
        them.refuse()
        status = ours.status()
        expect(status in (tphone.BUSY, tphone.DECLINED), f"refused by them: status {status}",
               ours.output())

        ours = tphone.Call(room, "them", "gives-up", account=account)
        ours.wait_line("(?i)ringing")
        time.sleep(0.3)
        ours.process.signal(SIGINT)
        ours.expect_status(tphone.INTERRUPTED, 5)

        ours = tphone.Answer(room, "refuses", transport="", account=account, code=486, times=1)
        proxy.wait_bindings("us", 1)
        them.phone.dial("sip:us@example.test")
        ours.status(15)
        equal([r["outcome"] for r in tphone.results(ours)], ["refused"], "our outcome")
        proxy.wait_bindings("us", 0)
        them.wait_over()
        time.sleep(0.5)

        ours = tphone.Answer(room, "rings", transport="", account=account, delay=30, times=1)
        proxy.wait_bindings("us", 1)
        them.phone.dial("sip:us@example.test")
        ours.wait_line("call from")
        time.sleep(0.5)
        them.give_up()
        ours.status(15)
        equal([r["outcome"] for r in tphone.results(ours)], ["no-answer"], "our outcome")


for kind, name in ((ByBaresip, "baresip"), (ByLinphone, "linphonec"), (ByTwinkle, "Twinkle")):
    case(f"{name} refuses us, we give up, we refuse {name}, {name} gives up; UDP", kind,
         "udp")(endings)
    case(f"the same over TCP with {name}", kind, "tcp")(endings)




@case("and with record-routing", True)
@case("linphonec holds us and takes us back: our sound stops and goes on", False)
def held(record_route):
    with Room() as room:
        proxy = Kamailio(room, USERS, record_route=record_route)
        them = Linphone(room, "them", sound.speech("callee", 20), answers=True,
                        account=proxy.account("them"))
        ours = tphone.Call(room, "them", "us", account=proxy.account("us"), codec="pcmu",
                           spoken=sound.speech("caller", 20))
        them.wait_up()
        there = ("127.0.0.1", int(ours.wait_line(r"sound to 127\.0\.0\.1:(\d+)").group(1)))
        capture = room.keep(wire.Capture())

        def to_them():
            return len([p for p in capture.rtp(time.monotonic() - 1) if p.target == there])
        wait_until(lambda: to_them() > 45, 5, "we do not send")
        them.tell("pause")
        wait_until(lambda: to_them() == 0, 8, "we go on sending to who holds us")
        them.tell("resume")
        wait_until(lambda: to_them() > 45, 8, "we do not send again")
        them.hang_up()
        ours.expect_status(tphone.OK)


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=4, in_time=True)
