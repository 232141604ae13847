#!/usr/bin/env python3
"""One name, several phones: Kamailio lets them all ring, and one call comes of it."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, sound, tap, tphone, trace, wire
from lib.baresip import Baresip
from lib.kamailio import Kamailio
from lib.linphone import Linphone
from lib.room import SIGINT, Room, wait_until
from lib.tap import case, equal, expect

USERS = {"alice": "secret", "bob": "hidden"}


class Ringing:
    """Kamailio, and phones of bob's that take calls after so many seconds: 99 is never. codes: one
    more phone for each that refuses with it."""

    def __init__(self, room, delays, codes=(), transports=("udp", "udp", "tcp"), **more):
        self.room, self.proxy = room, Kamailio(room, USERS, **more)
        self.phones = [self._phone(f"bob{i}", transports[i % len(transports)], delay=delay)
                       for i, delay in enumerate(delays)]
        self.phones += [self._phone(f"bob{code}", "udp", code=code) for code in codes]
        self.proxy.wait_bindings("bob", len(self.phones))

    def _phone(self, name, transport, **more):
        return tphone.Answer(self.room, name, transport="",
                             account=self.proxy.account("bob", transport), **more)

    def call(self, name="alice", **more):
        return tphone.Call(self.room, "bob", name, account=self.proxy.account("alice"), **more)

    def wait_all_ring(self, count):
        """Each has had count calls."""
        wait_until(lambda: all(len(p.process.said("call from ")) >= count for p in self.phones), 5,
                   "not every phone rings")

    def outcomes(self, count=1):
        """What each phone says became of its count calls, once all have said so."""
        def all_said():
            found = [tphone.results(p) for p in self.phones]
            return found if all(len(f) >= count for f in found) else None
        found = wait_until(all_said, 10, "not every phone says what became of its call")
        return [[r["outcome"] for r in f] for f in found]

    def leave(self):
        """All stop; what each takes back is its own binding only."""
        for left, phone in reversed(list(enumerate(self.phones))):
            phone.process.signal(SIGINT)
            phone.status(5)
            equal(len(self.proxy.bindings("bob")), left, "bindings that are left")


def answered_and_ended(capture, caller):
    """The To tags of 200 to the caller's INVITE, and those of them for which a BYE was sent."""
    call = next(t.message.get("Call-ID") for t in trace.read(caller.trace)
                if t.message.method == "INVITE")
    all_seen = [sip.Message.parse(p.data) for p in capture.found(lambda p: p.is_sip)]
    ours = [m for m in all_seen if m.get("Call-ID") == call]
    byes = [m for m in ours if not m.status and m.method == "BYE"]
    return ({m.tag for m in ours if m.status == 200 and m.method == "INVITE"},
            {m.tag for m in byes} | {m.param("From", "tag") for m in byes})


@case("and with record-routing", True)
@case("two of three answer at the same moment: one call stays, the third stops ringing", False)
def races(record_route):
    with Room() as room:
        ringing = Ringing(room, [1, 1, 99], record_route=record_route)
        both = []
        for n in range(1, 4):
            capture = wire.Capture()
            caller = ringing.call(f"alice{n}")
            if n > 1:
                # Frozen while they answer, it has both answers before it can cancel either.
                caller.wait_line("(?i)ringing")
                ringing.wait_all_ring(n)
                time.sleep(0.2)  # it hears of that
                ringing.proxy.freeze()
                time.sleep(1.5)
                ringing.proxy.thaw()
            caller.wait_line("answered, ")

            def staying():
                oks, byes = answered_and_ended(capture, caller)
                return oks, len(oks - byes)
            wait_until(lambda: n == 1 or len(staying()[0]) == 2, 10, f"not two answers in round {n}")
            wait_until(lambda: staying()[1] == 1, 10, f"not one call stays in round {n}")
            time.sleep(0.5)
            oks, stay = staying()
            equal(stay, 1, f"calls that stay of {len(oks)} answered, in round {n}")
            caller.process.signal(SIGINT)
            caller.expect_status(tphone.OK)
            capture.stop()
            both.append(len(oks))
            outcomes = ringing.outcomes(n)
            equal(len(outcomes[2]), n, "results of the third phone")
            expect(outcomes[2][-1] != "answered", f"the third phone says {outcomes[2]}")
        ringing.leave()
        return f"phones that answered in each round: {both}, outcomes: {outcomes}"


@case("a tphone, a baresip and a linphonec ring: whoever answers has the call, the others stop")
def strangers():
    with Room() as room:
        ringing = Ringing(room, [99])
        account = ringing.proxy.account("bob")
        quiet = sound.silence(20)
        baresip = Baresip(room, "baresip", "pcmu", quiet, account=account)
        linphone = Linphone(room, "linphone", quiet, account=account)
        equal(len(ringing.proxy.bindings("bob")), 3, "bindings of bob")
        for n, who in enumerate((baresip, linphone)):
            caller = ringing.call(f"alice{n}", seconds=1.5, codec="pcmu")
            baresip.wait("CALL_INCOMING", count=n + 1)
            linphone.wait_ringing(n + 1)
            who.answer()
            caller.expect_status(tphone.OK)
            expect(ringing.outcomes(n + 1)[0][-1] != "answered", "our phone says it was answered")


@case("one is busy: the others ring on, and one of them answers")
def one_busy():
    with Room() as room:
        ringing = Ringing(room, [1.5, 99], codes=[486])
        ringing.call(seconds=0.5).expect_status(tphone.OK)
        outcomes = ringing.outcomes()
        equal(outcomes[0], ["answered"], "the outcome where it was answered")
        ringing.leave()


@case("one declines for all with 603: nobody rings any more, the caller's status is 4")
def declined():
    with Room() as room:
        ringing = Ringing(room, [99, 99], codes=[603])
        ringing.call().expect_status(tphone.DECLINED)
        ringing.outcomes()
        ringing.leave()


@case("all are busy: the caller's status is 3")
def all_busy():
    with Room() as room:
        ringing = Ringing(room, [], codes=[486, 486])
        ringing.call().expect_status(tphone.BUSY)


@case("the caller gives up: nobody rings any more, the caller's status is 130")
def cancelled():
    with Room() as room:
        ringing = Ringing(room, [99, 99, 99])
        caller = ringing.call()
        caller.wait_line("(?i)ringing")
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.INTERRUPTED, 5)
        outcomes = ringing.outcomes()
        expect(all("answered" not in o for o in outcomes), f"{outcomes}")
        ringing.leave()


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=3)
