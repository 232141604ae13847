#!/usr/bin/env python3
"""Machines that go from one network to another in the middle of a call: the call goes with them.

Two phones on machines of two networks each, a router in between. Both speak all the time and record
what they hear, silence included, so the recordings show for how long nothing was heard.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import baresip, pace, sound, tap, tphone
from lib.kamailio import Kamailio
from lib.networks import Router
from lib.papers import Paper
from lib.room import SIGINT, Room, wait_until
from lib.tap import case, expect

SPEECH = sound.tone(440, 60)
LIMIT_S = 3.0  # after the change, both ways
HOP_MS = 20


def _loud(phone):
    """Of each hop of what a phone has recorded, from the first one that is loud on: is it?"""
    if not os.path.exists(phone.recording):
        return []
    loud = [level > 500 for level in sound.envelope(sound.read(phone.recording), HOP_MS)]
    return loud[loud.index(True):] if True in loud else []


def _wait_heard_at_the_end(phone):
    """Until the last second of what a phone hears is sound again. How long it was not is for the
    gap; here a machine that stands still just then costs time, and no more."""
    wait_until(lambda: sum(_loud(phone)[-50:]) >= 20, 15, f"{phone.name} hears nothing at the end")


class Call:
    """A call between two machines that is up and heard."""

    def __init__(self, room, transport="udp", ipv6=False):
        router = Router(room, ipv6)
        here = "[::]" if ipv6 else "0.0.0.0"
        self.near, self.far, self.stalls = router.host(), router.host(), pace.Stalls()
        self.near.up(0)
        self.far.up(0)
        tail = ";transport=tcp" if transport == "tcp" else ""
        self.callee = tphone.Phone(room, "callee", "answer", spoken=SPEECH, under=self.far.under,
                                   listen=f"{transport}:{here}:5060", times=1)
        self.callee.wait_line("listening")
        host = self.far.address(0)
        host = f"[{host}]" if ipv6 else host
        self.caller = tphone.Call(room, f"sip:callee@{host}:5060{tail}",
                                  spoken=SPEECH, under=self.near.under,
                                  listen=f"{transport}:{here}:5060")
        self.caller.wait_line("^answered")
        self.wait_heard()

    def wait_heard(self):
        """Each has heard the other for a while: on a busy machine keys take their time."""
        for phone in (self.caller, self.callee):
            wait_until(lambda: len(_loud(phone)) > 50, 15, f"{phone.name} hears nothing")

    def end(self, away_s=0.0, moves=1, least=1):
        """Some seconds after the last change: ends the call, and says what was heard."""
        pace.sleep(LIMIT_S + 1.5)
        for phone in (self.caller, self.callee):
            expect(phone.process.alive(), f"{phone.name} has ended", *phone.process.tail())
            _wait_heard_at_the_end(phone)
        self.caller.process.signal(SIGINT)
        self.caller.expect_status(tphone.OK)
        self.callee.expect_status(tphone.OK)
        moved = sum(len(p.process.said("we are heard from")) for p in (self.caller, self.callee))
        expect(moves is None or moved == moves, f"moved {moved} times, wanted {moves}",
               *self.caller.process.tail(), *self.callee.process.tail())
        said = [self._gap(phone, away_s, self.stalls) for phone in (self.caller, self.callee)]
        return f"silence for {said[0]:.2f} s at the caller, {said[1]:.2f} s at the callee"

    @staticmethod
    def _gap(phone, away_s, stalls):
        """The longest silence in what a phone heard. The machine may have stood still for all of
        the time that it did."""
        loud = _loud(phone)
        longest = run = 0
        for one in loud:
            run = 0 if one else run + 1
            longest = max(longest, run)
        gap = longest * HOP_MS / 1000
        expect(gap <= away_s + LIMIT_S + stalls.seconds(),
               f"{phone.name} heard nothing for {gap:.2f} s",
               *phone.process.tail())
        return gap


@case("the caller goes to another network")
def caller_moves():
    with Room() as room:
        call = Call(room)
        call.near.up(1)
        call.near.down(0)
        return call.end()


@case("the callee goes to another network")
def callee_moves():
    with Room() as room:
        call = Call(room)
        call.far.down(0)
        call.far.up(1)
        return call.end()


@case("one after the other")
def both_move():
    with Room() as room:
        call = Call(room)
        call.near.down(0)
        call.near.up(1)
        time.sleep(LIMIT_S + 1)
        call.far.down(0)
        call.far.up(1)
        return call.end(moves=2)


@case("over TCP")
def over_tcp():
    with Room() as room:
        call = Call(room, "tcp")
        call.near.down(0)
        call.near.up(1)
        return call.end()


@case("over IPv6")
def over_ipv6():
    with Room() as room:
        call = Call(room, ipv6=True)
        call.near.down(0)
        call.near.up(1)
        return call.end()


@case("a better network comes, and the old one stays")
def two_networks():
    with Room() as room:
        call = Call(room)
        call.near.up(1)
        return call.end()


@case("no network for three seconds, then another")
def away():
    with Room() as room:
        call = Call(room)
        call.near.down(0)
        time.sleep(3)
        call.near.up(1)
        return call.end(away_s=3)


@case("no network for three seconds, then the same")
def away_and_back():
    with Room() as room:
        call = Call(room)
        call.far.down(0)
        time.sleep(3)
        call.far.up(0)
        return call.end(away_s=3, moves=0)


@case("an interface that flaps between two networks")
def flapping():
    with Room() as room:
        call = Call(room)
        start = time.monotonic()
        for k in (1, 0, 1, 0, 1):
            call.near.down(1 - k)
            call.near.up(k)
            time.sleep(0.4)
        took = time.monotonic() - start
        return call.end(away_s=took, moves=None) + f", {took:.1f} s of that flapping"


@case("away and back at the old address after a move")
def there_and_back():
    with Room() as room:
        call = Call(room)
        call.near.down(0)
        call.near.up(1)
        time.sleep(LIMIT_S + 1)
        call.near.down(1)
        call.near.up(0)
        return call.end(moves=2)


USERS = {"alice": "a secret", "bob": "b secret"}
SERVER = "10.99.0.1"


class ByName(Call):
    """The same of registered phones; the binding moves, too."""

    def __init__(self, room, record_route, transport="udp", **more):
        router = Router(room)
        self.hosts = {user: router.host() for user in USERS}
        router.ip("addr", "add", SERVER + "/32", "dev", "lo")
        for host in self.hosts.values():
            host.up(0)
        paper = Paper(room, "server", names=[f"IP:{SERVER}"]) if transport == "tls" else None
        settings = {"tls-fingerprint": paper.fingerprint()} if paper else None
        self.proxy = Kamailio(room, USERS, record_route=record_route, host=SERVER, port=5060,
                              under=router.under, paper=paper)
        listen = f"{'udp' if transport == 'udp' else 'tcp'}:0.0.0.0:5060"

        def phone(kind, user, *words, **its):
            return kind(room, *words, spoken=SPEECH, under=self.hosts[user].under, listen=listen,
                        account=self.proxy.account(user, transport), settings=settings, **its,
                        **more)

        self.callee = phone(tphone.Phone, "bob", "bob", "answer", times=1)
        self.proxy.wait_bindings("bob", 1)
        self.caller = phone(tphone.Call, "alice", "bob", "alice")
        self.caller.wait_line("^answered")
        self.wait_heard()
        self.stalls = pace.Stalls()

    def move(self, who):
        """How long it took until the server knew; the old binding may be left for a moment."""
        host = self.hosts[who]
        host.down(0)
        start = pace.now()
        host.up(1)
        wait_until(lambda: [b for b in self.proxy.bindings(who) if host.address(1) in b], LIMIT_S,
                   f"{who} is not registered at the new address, but at {self.proxy.bindings(who)}")
        return pace.now() - start


def by_name(record_route, who):
    with Room() as room:
        call = ByName(room, record_route)
        took = call.move(who)
        return call.end() + f"; registered there after {took:.2f} s"


for rr in (True, False):
    for name in USERS:
        how = "through a proxy" if rr else "past a proxy"
        case(f"{how}, {'the caller' if name == 'alice' else 'the callee'} moves", rr, name)(by_name)


def over_tls(who):
    """Another connection to the server, verified anew; what both hear stays encrypted by SDES."""
    with Room() as room:
        call = ByName(room, True, "tls", encryption="require", dtls="never")
        took = call.move(who)
        said = call.end()
        for phone in (call.caller, call.callee):
            expect(not phone.process.said("in the clear|not encrypted"), "sound is in the clear",
                   *phone.process.tail())
        changed = [l for p in (call.caller, call.callee) for l in p.process.said("sound changed")]
        expect(changed and all(", encrypted, sound to" in l for l in changed),
               "behind the move sound is not encrypted", *changed)
        wait_until(lambda: not call.proxy.bindings(who), 5, "a binding is left behind")
        return said + f"; registered there after {took:.2f} s"


for name in USERS:
    case(f"over TLS, {'the caller' if name == 'alice' else 'the callee'} moves", name)(over_tls)


@case("baresip at the other end of a call that moves")
def with_baresip():
    with Room() as room:
        router = Router(room)
        near, far = router.host(), router.host(links=1)
        near.up(0)
        far.up(0)
        stranger = baresip.start_alone(room, "bob", "pcmu", SPEECH, far.address(0), far.under)
        caller = tphone.Call(room, f"sip:bob@{far.address(0)}:5060", spoken=SPEECH,
                             under=near.under, listen="udp:0.0.0.0:5060", json=True, verbose=True)
        caller.wait_event("answered")
        wait_until(lambda: len(_loud(caller)) > 50, 15, "we do not hear baresip")
        stalls = pace.Stalls()
        near.down(0)
        near.up(1)
        moved = caller.wait_event("moved", 4)
        expect(moved["local"].startswith(near.address(1) + ":"), f"moved to {moved['local']}")
        caller.wait_event("media", 4, local=moved["local"])
        time.sleep(LIMIT_S + 1)
        _wait_heard_at_the_end(caller)
        caller.process.signal(SIGINT)
        caller.expect_status(tphone.OK)
        gap = Call._gap(caller, 0, stalls)
        files = baresip.recordings(room, "bob", stranger)
        heard = max(sum(level > 500 for level in sound.envelope(f, HOP_MS)) for f in files[-1:])
        expect(heard * HOP_MS > 2000, f"baresip heard {heard * HOP_MS} ms after the move",
               *stranger.tail())
        return f"silence for {gap:.2f} s, {heard * HOP_MS / 1000:.1f} s heard by baresip behind it"


if __name__ == "__main__":
    tap.run(jobs=6)
