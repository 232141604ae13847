#!/usr/bin/env python3
"""The registrar, Kamailio, goes away in every way while a phone is registered: the phone says what
is wrong, is registered again soon after its return, and calls work as before. Most cases have it on
the loopback of a network namespace; where the way to it is cut there are three machines, made of
namespaces."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, tap, tphone, wire
from lib.kamailio import Kamailio
from lib.networks import Router
from lib.papers import Paper
from lib.room import SIGINT, Room, wait_until
from lib.tap import case, equal, expect

USERS = {"alice": "secret", "bob": "hidden"}
GRANTED_S = 4  # so that a registration is refreshed, and its loss noticed, within the test
SLACK_S = 0.7  # for a busy machine
AWAY_S = 55 if os.environ.get("TPHONE_LONG") else 0  # for a minute tries are dense


def stays_away(since):
    time.sleep(max(4, since + AWAY_S - time.monotonic()))


class Home:
    """A phone of bob's at Kamailio, registered; server, desk: hosts of lib/networks.py where these
    two are, instead of loopback."""

    def __init__(self, room, transport="udp", granted_s=GRANTED_S, server=None, desk=None):
        self.room, self.settings = room, {}
        where = {"host": server.address(0), "port": 5060, "under": server.under} if server else {}
        self.here = {"under": desk.under} if desk else {}
        if transport == "tls":
            paper = where["paper"] = Paper(room, "server", names=["IP:127.0.0.1"])
            self.settings["tls-fingerprint"] = paper.fingerprint()
        self.proxy = Kamailio(room, USERS, max_expires=granted_s, **where)
        self.phone = tphone.Answer(room, "bob", transport="",
                                   host=desk.address(0) if desk else "127.0.0.1",
                                   account=self.proxy.account("bob", transport),
                                   settings=self.settings, **self.here)
        self.proxy.wait_bindings("bob", 1)
        self.phone.wait_line("(?i)registered")

    def complains(self, pattern, seconds=20):
        """Waits until the phone says what is wrong."""
        return self.phone.wait_line(pattern, seconds)

    def back_within(self, seconds):
        """Bob is bound again, as Kamailio has it, within this time from now."""
        began = pace.now()
        try:
            self.proxy.wait_bindings("bob", 1, seconds + 5)
        except tap.Failure as e:
            raise tap.Failure(str(e), open(self.phone.trace).read().splitlines()) from None
        took = pace.now() - began
        expect(took < seconds + SLACK_S, f"registered {took:.1f} s after the return, "
                                         f"wanted {seconds} s", *self.phone.process.tail())
        return f"registered again {took:.2f} s after the return"

    def calls_work(self):
        caller = tphone.Call(self.room, "bob", "alice", account=self.proxy.account("alice"),
                             seconds=0.5, **self.here)
        caller.expect_status(tphone.OK)
        self.phone.process.signal(SIGINT)
        self.phone.status(5)
        equal(self.proxy.bindings("bob"), [], "bindings in the end")


@case("the same over TCP", "tcp")
@case("killed and restarted with all bindings lost: registered within 3 s", "udp")
def killed(transport):
    with Room() as room:
        home = Home(room, transport)
        home.proxy.kill()
        since = time.monotonic()
        home.complains(r"(?i)reach|refused|not there|cannot")
        stays_away(since)
        home.proxy.restart()
        said = home.back_within(3)
        home.calls_work()
        return said


@case("over TLS too", "tls")
@case("over TCP a restart is noticed at once, long before the registration ends", "tcp")
def noticed(transport):
    with Room() as room:
        home = Home(room, transport, granted_s=3600)
        home.proxy.kill()
        home.complains(r"(?i)reach|refused|lost|closed|cannot")
        home.proxy.restart()
        said = home.back_within(3)
        home.calls_work()
        return said


@case("the same over TCP", "tcp")
@case("silent until all bindings have expired: registered within T2 + 1 s of its return", "udp")
def silent(transport):
    with Room() as room:
        home = Home(room, transport)
        home.proxy.freeze()
        time.sleep(GRANTED_S + 9)  # the refresh has been repeated up to every T2 by then
        home.proxy.thaw()
        said = home.back_within(5)
        home.calls_work()
        return said


def cut(transport, silently):
    with Room() as room:
        router = Router(room)
        server, desk = router.host(1), router.host(1)
        server.up(0)
        desk.up(0)
        home = Home(room, transport, server=server, desk=desk)
        hole = ["route", "add", "blackhole", server.address(0)]
        if silently:
            router.ip(*hole)
            time.sleep(GRANTED_S + 7)
            hole[1] = "del"
            router.ip(*hole)
        else:
            server.ip("link", "set", "eth0", "down")
            router.ip("link", "set", router.port(server, 0), "down")
            since = time.monotonic()
            home.complains(r"(?i)reach|refused|not there|cannot")
            stays_away(since)
            router.ip("link", "set", router.port(server, 0), "up")
            server.up(0)
        said = home.back_within(5 if silently else 3)
        home.calls_work()
        return said


for t in ("udp", "tcp"):
    case(f"the way to it is cut, {t}: it says so, and is registered within 3 s", t, False)(cut)
    case(f"the way to it swallows all, {t}: registered within T2 + 1 s", t, True)(cut)


@case("without its database it answers 500: the phone says so and is back within 3 s")
def without_database():
    with Room() as room:
        home = Home(room)
        home.proxy.lock()
        home.complains(r"\b500\b")
        time.sleep(6)
        before = home.proxy.requests("REGISTER")
        expect(before < 20, f"{before} REGISTERs in some 10 s")
        equal(home.proxy.bindings("bob"), [], "bindings meanwhile")
        home.proxy.unlock()
        said = home.back_within(3)
        home.calls_work()
        return said


@case("it grants less than was asked for: refreshed in time, again and again")
def refreshed():
    with Room() as room:
        home = Home(room)
        before = home.proxy.requests("REGISTER")
        end = time.monotonic() + 3 * GRANTED_S
        while time.monotonic() < end:
            expect(home.proxy.bindings("bob"), "bob was not bound for a moment")
            time.sleep(0.1)
        came = home.proxy.requests("REGISTER") - before
        expect(3 <= came <= 8, f"{came} REGISTERs in {3 * GRANTED_S} s")
        home.calls_work()
        return f"{came} refreshes in {3 * GRANTED_S} s of registrations of {GRANTED_S} s"


@case("the same over TCP with SHA-256", "tcp", "SHA-256")
@case("a wrong password: two REGISTERs and one more at most, status 7 and a word", "udp", "MD5")
def wrong_password(transport, algorithm):
    with Room() as room:
        proxy = Kamailio(room, USERS, algorithm=algorithm)
        phone = tphone.Register(room, proxy.account("bob", transport, password="guessed"))
        phone.expect_status(tphone.REFUSED, 15)
        expect(re.search("(?i)password", phone.output()), "no word of the password",
               phone.output())
        wait_until(lambda: proxy.requests("REGISTER") >= 2, 5, "the server tells of one REGISTER")
        came = proxy.requests("REGISTER")
        expect(came <= 3, f"{came} REGISTERs")
        equal(proxy.bindings("bob"), [], "bindings")
        call = tphone.Call(room, "alice", account=proxy.account("bob", password="guessed"))
        call.expect_status(tphone.REFUSED, 15)
        equal(proxy.requests("INVITE"), 0, "INVITEs")


@case("nobody is there: register and call end with 8 and a word, or go on trying")
def nobody():
    with Room() as room:
        proxy = Kamailio(room, USERS)
        account = proxy.account("bob")
        proxy.kill()
        for phone in (tphone.Register(room, account, "once", once=True),
                      tphone.Call(room, "alice", account=account)):
            phone.expect_status(tphone.UNREACHABLE, 15)
            expect(re.search("(?i)reach|refused|nobody", phone.output()), "no word of it",
                   phone.output())
        phone = tphone.Register(room, account, "patient")
        phone.wait_line("(?i)reach|refused|nobody")
        proxy.restart()
        proxy.wait_bindings("bob", 1)
        phone.process.signal(SIGINT)
        phone.status(5)
        equal(proxy.bindings("bob"), [], "bindings in the end")


@case("two devices of one name: each takes back its own binding")
def two_devices():
    with Room() as room:
        proxy = Kamailio(room, USERS)
        phones = [tphone.Register(room, proxy.account("bob", transport), f"bob{transport}")
                  for transport in ("udp", "tcp")]
        both = proxy.wait_bindings("bob", 2)
        wait_until(lambda: len([p for p in phones if p.process.said("2 ")]) > 0, 5,
                   "no phone says that there are two bindings")
        phones[0].process.signal(SIGINT)
        phones[0].status(5)
        left = proxy.bindings("bob")
        equal(len(left), 1, "bindings that are left")
        expect(left[0] in both and "tcp" in left[0], f"left is {left}, there were {both}")
        phones[1].process.signal(SIGINT)
        phones[1].status(5)
        equal(proxy.bindings("bob"), [], "bindings in the end")


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=9)
