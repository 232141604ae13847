#!/usr/bin/env python3
"""Machines that go from one network to another: the server of their account knows it at once, and
has no address left that nobody is at."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, tap, tphone
from lib.account import Account
from lib.kamailio import Kamailio
from lib.networks import Router
from lib.papers import Paper
from lib.room import SIGINT, SIGTERM, Room, wait_until
from lib.tap import case, expect

LIMIT_S = 3.0


class World:
    """A server and two machines, each of two networks, all behind one router."""

    def __init__(self, room, transport="udp"):
        self.room, self.transport = room, transport
        router = Router(room)
        server = router.host(1)
        server.up(0)
        self.near, self.far = router.host(), router.host()
        self.near.up(0)
        self.far.up(0)
        lib = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
        self.server = room.start("registrar", [
            *server.under, sys.executable, "-u", "-m", "lib.registrar", "--host",
            server.address(0), "--port", "5060"], env=dict(os.environ, PYTHONPATH=lib))
        self.server.wait_line("registrar of example.test")
        self.where = f"sip:{server.address(0)}"

    def account(self, user, password):
        return Account(user, password, "example.test", self.where, self.transport)

    def phone(self, kind, host, user, password, arguments=(), **more):
        return tphone.Phone(self.room, user, kind, arguments, under=host.under,
                            account=self.account(user, password),
                            listen=f"{self.transport}:0.0.0.0:5062", **more)

    def bound(self, user, address, after=0, seconds=LIMIT_S + 7):
        """Waits until that is where the server knows the user, and nowhere else; when it was."""
        self.server.wait_line(rf"^bound {user}: sip:{user}-\w+@{re.escape(address)}:\S+$", seconds,
                              after)
        at = next(i for i, line in enumerate(self.server.lines) if i >= after and re.search(
            rf"^bound {user}: \S+@{re.escape(address)}:\S+$", line))
        return self.server.times[at]


def moves(transport, away_s):
    with Room() as room:
        world = World(room, transport)
        phone = world.phone("register", world.near, "alice", "secret")
        world.bound("alice", world.near.address(0))
        phone.wait_line("^registered account=")
        after = len(world.server.lines)
        world.near.down(0)
        time.sleep(away_s)
        world.near.up(1)
        stalls, start = pace.Stalls(), time.monotonic()
        took = world.bound("alice", world.near.address(1), after) - start
        expect(took < LIMIT_S + stalls.seconds(), f"it took {took:.2f} s")
        phone.process.signal(SIGTERM)
        phone.expect_status(0, 4)
        expect(not [l for l in world.server.lines if l.startswith("FAULT")], "the server objects",
               *world.server.tail())
        world.server.wait_line("^bound alice: $", 3, after)
        return f"{took:.2f} s"


for transport in ("udp", "tcp"):
    for away_s in (0, 4):
        case(f"a registered phone goes to another network, {transport}"
             + (f", after {away_s} s without any" if away_s else "")
             + ": registered from there within 3 s", transport, away_s)(moves)


@case("a registered phone goes to another network, tls: registered from there within 3 s")
def moves_safely():
    with Room() as room:
        router = Router(room)
        server, near = router.host(1), router.host()
        server.up(0)
        near.up(0)
        paper = Paper(room, "server", names=[f"IP:{server.address(0)}"])
        proxy = Kamailio(room, {"alice": "secret"}, host=server.address(0), port=5060,
                         under=server.under, paper=paper)
        phone = tphone.Register(room, proxy.account("alice", "tls"), under=near.under,
                                settings={"tls-fingerprint": paper.fingerprint()})
        phone.wait_line("^registered account=.*transport=tls")
        near.down(0)
        near.up(1)
        start = pace.now()
        wait_until(lambda: [b for b in proxy.bindings("alice") if near.address(1) in b], 10,
                   "it does not register again")
        took = pace.now() - start
        expect(took < LIMIT_S, f"it took {took:.2f} s")
        wait_until(lambda: len(proxy.bindings("alice")) == 1, 5, "the old binding is left")
        phone.process.signal(SIGTERM)
        phone.expect_status(0, 4)
        return f"{took:.2f} s"


@case("the same network comes back: registered again within 3 s, and reached by name")
def back():
    with Room() as room:
        world = World(room)
        callee = world.phone("answer", world.far, "bob", "hidden", times=1)
        world.bound("bob", world.far.address(0))
        world.far.down(0)
        time.sleep(2)
        world.far.up(0)
        time.sleep(LIMIT_S)
        caller = world.phone("call", world.near, "alice", "secret", ["bob"], for_=1)
        caller.expect_status(0, 10)
        callee.expect_status(0, 5)


@case("in a call by name one side goes to another network: the call and the registration go with it")
def in_call():
    with Room() as room:
        world = World(room)
        callee = world.phone("answer", world.far, "bob", "hidden", times=1)
        world.bound("bob", world.far.address(0))
        caller = world.phone("call", world.near, "alice", "secret", ["bob"])
        caller.wait_line("^answered")
        after = len(world.server.lines)
        world.far.down(0)
        world.far.up(1)
        stalls, start = pace.Stalls(), time.monotonic()
        took = world.bound("bob", world.far.address(1), after) - start
        expect(took < LIMIT_S + stalls.seconds(), f"it took {took:.2f} s to register")
        callee.wait_line("we are heard from", LIMIT_S)
        caller.wait_line("sound changed", LIMIT_S)
        caller.process.signal(SIGINT)
        caller.expect_status(0, 5)
        callee.expect_status(0, 5)
        return f"{took:.2f} s"


if __name__ == "__main__":
    tap.run(jobs=6)
