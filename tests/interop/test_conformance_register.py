#!/usr/bin/env python3
"""Registration against the RFCs, as the registrar sees it."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, pace, sip, tap, tphone
from lib.digest import credentials
from lib.ends import expect_gaps, uris
from lib.proxy import values
from lib.registrar import Registrar
from lib.room import SIGHUP, SIGINT, SIGTERM, Room, free_port, wait_until
from lib.tap import case, equal, expect


class Home:
    """A registrar and a phone of alice's that registers with it; more: of the registrar."""

    def __init__(self, room, transport="udp", settings=None, options=None, start=True, **more):
        self.room, self.server = room, room.keep(Registrar(**more))
        self.account = account.of(self.server, "alice", transport)
        self.settings, self.options = settings, options or {}
        if start:
            self.start()

    def start(self):
        self.phone = tphone.Register(self.room, self.account, settings=self.settings,
                                     **self.options)

    def register(self, count=1, seconds=15):
        """The count-th REGISTER that came, from one."""
        came = lambda: self.server.requests("REGISTER")
        wait_until(lambda: len(came()) >= count, seconds, f"REGISTER did not come {count} times")
        return came()[count - 1]

    def leave(self, number=SIGINT):
        self.phone.process.signal(number)
        self.phone.status(5)
        equal(self.server.faults, [], "what the server found wrong")

    def bound(self):
        return self.server.bound("alice", 10)[0]


# --- the request ----------------------------------------------------------------------------------

@case("REGISTER has what RFC 3261 10.2 asks for")
def form():
    with Room() as room:
        home = Home(room)
        first = home.register()
        equal(first.uri, "sip:example.test", "Request-URI, without a user part")
        equal(uris([first.get("To")]), ["sip:alice@example.test"], "To")
        equal(uris([first.get("From")]), ["sip:alice@example.test"], "From")
        expect(first.param("From", "tag") and not first.tag, "tags of From and To")
        equal(first.get("Max-Forwards"), "70", "Max-Forwards")
        expect(re.match(r"SIP/2.0/UDP 127.0.0.1:\d+;.*rport", first.get("Via")), first.get("Via"))
        equal(len(values(first, "Contact")), 1, "number of Contacts")
        expect("3600" in (first.get("Expires"), first.get("Contact").split("expires=")[-1]),
               f"what is asked for: {first.get('Expires')!r}, {first.get('Contact')!r}")
        equal(first.body, b"", "body")
        equal(values(first, "Route"), [f"<{home.server.uri};lr>"], "Route: the proxy")
        expect("path" in first.get("Supported"), "Path is not offered (RFC 3327 5.1)")
        expect("gruu" not in first.get("Supported") and not first.all("Require"),
               "more is offered than we can")
        home.bound()
        home.leave()


@case("the same over TCP: with transport=tcp", "tcp")
@case("Contact: a user part of this account alone, and where the phone listens", "udp")
def contact(transport):
    with Room() as room:
        home = Home(room, transport, options={"listen": f"127.0.0.1:{free_port()}"})
        at = uris([home.register().get("Contact")])[0]
        match = re.match(r"sip:alice-\w{8}@127\.0\.0\.1:(\d+)(.*)", at)
        expect(match, f"Contact is {at}")
        equal(match.group(2), ";transport=tcp" if transport == "tcp" else "", "its parameters")
        home.bound()
        kind = sip.TcpPeer if transport == "tcp" else sip.Peer
        peer = room.keep(kind(int(match.group(1))))
        peer.send(peer.request("OPTIONS", at))
        equal(peer.wait(sip.final("OPTIONS"), 5).status, 200, "answer to OPTIONS")
        home.leave()


@case("two phones, and two runs of one, differ in Call-ID, tag and Contact")
def unlike():
    with Room() as room:
        home = Home(room, start=False)
        phones = [tphone.Register(room, home.account, f"phone{i}") for i in range(2)]
        home.server.bound("alice", 10, 2)
        seen = home.server.requests("REGISTER")
        for what, get in (("Call-ID", lambda m: m.get("Call-ID")),
                          ("Contact", lambda m: uris([m.get("Contact")])[0])):
            equal(len({get(m) for m in seen}), 2, f"different {what}s")
        for phone in phones:
            phone.process.signal(SIGINT)
            phone.status(5)
        home.server.bound("alice", 2, 0)


@case("refreshes: the same Call-ID, From tag and Contact, CSeq one higher, no new challenge")
def refreshes():
    with Room() as room:
        home, stalls = Home(room, granted_s=3), pace.Stalls()
        home.bound()
        home.register(5, 20)
        seen = home.server.requests("REGISTER")[:5]
        equal(len({m.get("Call-ID") for m in seen}), 1, "number of Call-IDs")
        equal(len({m.get("Contact") for m in seen}), 1, "number of Contacts")
        equal([m.cseq - seen[0].cseq for m in seen], list(range(5)), "CSeq")
        equal(len({m.branch for m in seen}), 5, "number of branches")
        given = [credentials(m.get("Authorization")) for m in seen]
        equal(given[0], None, "credentials before the challenge")
        equal(len({g["nonce"] for g in given[1:]}), 1, "number of nonces")
        equal([int(g["nc"], 16) for g in given[1:]], [1, 2, 3, 4], "nonce count")
        gaps = [b.time - a.time for a, b in zip(seen[1:], seen[2:])]
        expect(all(1.4 < g < 2.95 + stalls.seconds() for g in gaps),
               f"refreshed after {gaps} of 3 s")
        home.leave()


@case("an answer that never comes: the same REGISTER again, by the timers of RFC 3261 17.1.2.2")
def retransmitted():
    with Room() as room:
        home = Home(room, start=False)
        home.server.silent = True
        home.start()
        home.server.wait(sip.request("REGISTER"), 20, 6, "REGISTER", copies=True)
        seen = home.server.requests("REGISTER", copies=True)
        equal(len({m.bytes() for m in seen}), 1, "number of different REGISTERs")
        expect_gaps(seen, [0.5, 1, 2, 4, 4])
        home.server.silent = False
        back = pace.now()
        home.bound()
        took = pace.now() - back
        expect(took < 5.5, f"registered {took:.1f} s after it speaks again: T2 + 1 s is wanted")
        home.leave()


@case("what the settings say: time, name, user of the password, a password of any characters")
def settings():
    with Room() as room:
        password = 'pä"ss\\w;ö#rd = ü€ '  # blanks at the end are not of it
        home = Home(room, start=False, users={"alice": "unused",
                                              "alice@office": password.strip()})
        home.account.password = password
        home.settings = {"expires": 120, "auth-user": "alice@office",
                         "name": 'Alice "the \\ quoted"'}
        home.server.silent = True
        home.start()
        first = home.register()
        expect("120" in (first.get("Expires"), first.get("Contact").split("expires=")[-1]),
               f"{first.get('Expires')!r} {first.get('Contact')!r}")
        home.server.silent = False
        given = home.server.wait(lambda m: m.get("Authorization"), 5)
        equal(credentials(given.get("Authorization"))["username"], "alice@office", "username")
        # The server binds nobody to another's address, but says so only to right passwords.
        home.phone.wait_line("403")
        equal(home.server.faults, [], "what the server found wrong")


@case("a password from a command is asked for once, and only when it is needed")
def password_command():
    with Room() as room:
        asked = room.path("asked")
        script = room.write("pass", f"#!/bin/sh\necho asked >> {asked}\necho secret\necho more\n")
        os.chmod(script, 0o700)
        home = Home(room, settings={"password": None, "password-command": script}, granted_s=2)
        home.bound()
        home.register(4, 10)
        home.leave()
        with open(asked, encoding="ascii") as f:
            equal(f.read(), "asked\n", "what the command has noted")


@case("register = no: calls go out with credentials, and nothing is registered")
def not_registered():
    with Room() as room:
        home = Home(room, start=False)
        bob = tphone.Answer(room, "bob", account=account.of(home.server, "bob"))
        home.server.bound("bob", 10)
        call = tphone.Call(room, "bob", "alice", account=home.account, seconds=0.3,
                           settings={"register": "no"})
        call.expect_status(tphone.OK)
        bob.wait_line("call from sip:alice@example.test")
        said = {uris([m.get("To")])[0] for m in home.server.requests("REGISTER")}
        equal(said, {"sip:bob@example.test"}, "who was registered")


# --- what the answer says -------------------------------------------------------------------------

def _answered(room, seconds, **headers):
    """A phone whose REGISTER is granted like this; {contact} is its own."""
    server = room.keep(sip.Peer())
    own = account.Account("alice", "secret", "example.test", f"sip:127.0.0.1:{server.port}")
    phone = tphone.Register(room, own)
    first = server.wait(sip.request("REGISTER"), 10)
    at = uris([first.get("Contact")])[0]
    headers = {name: value.replace("{contact}", at) for name, value in headers.items()}
    server.respond(first, 200, "OK", tag="r", **headers)
    second = server.wait(sip.request("REGISTER"), seconds + 5, 2, "a refresh")
    took = second.time - first.time
    expect(seconds * 0.5 - 0.1 < took < seconds, f"refreshed after {took:.1f} s of {seconds} s",
           phone.output())
    server.respond(second, 200, "OK", tag="r", **headers)
    phone.process.signal(SIGINT)
    last = server.wait(sip.request("REGISTER"), 5, 3, "un-REGISTER")
    server.respond(last, 200, "OK", tag="r")
    phone.status(5)


for name, seconds, headers in [
        ("of several Contacts ours says how long it lasts", 4, {
            "Contact": "<sip:other@192.0.2.9>;expires=3000, <{contact}>;expires=4"}),
        ("Expires of the answer, where our Contact says nothing", 4, {
            "Contact": "<{contact}>", "Expires": "4"}),
        ("expires of our Contact outweighs Expires", 4, {
            "Contact": "<{contact}>;expires=4", "Expires": "3000"}),
        ("our Contact with parameters of others", 4, {
            "Contact": '"A, B" <{contact}>;q=0.7;+sip.instance="<urn:x>";Expires=4'}),
        ("a Contact in compact form", 4, {"m": "<{contact}>;expires=4"})]:
    def granted(seconds=seconds, headers=headers):
        with Room() as room:
            _answered(room, seconds, **headers)
    case("refreshed in time: " + name)(granted)


@case("Service-Route of the answer is the way of our requests, in its order (RFC 3608)")
def service_route():
    with Room() as room:
        home = Home(room, start=False)
        edges = [f"<{home.server.uri};lr;edge=1>", "<sip:core.example.test;lr>"]
        home.server.service_route = edges
        call = tphone.Call(room, "sip:bob@example.test", account=home.account)
        invite = home.server.wait(sip.request("INVITE"), 10)
        routes = uris(values(invite, "Route"))
        equal(routes[-2:], uris(edges), "the end of its Routes")
        expect(len(routes) == 2 or routes[0] == home.server.uri + ";lr", f"Routes {routes}")
        equal(invite.uri, "sip:bob@example.test", "Request-URI")
        call.process.signal(SIGINT)
        call.status(10)


@case("a Service-Route without lr: the strict router's form of RFC 3261 12.2.1.1")
def strict_route():
    with Room() as room:
        home = Home(room, start=False)
        edge = f"sip:{home.server.host}:{home.server.port};edge=1"
        home.server.service_route = [f"<{edge}>"]
        call = tphone.Call(room, "sip:bob@example.test", account=home.account,
                           settings={"proxy": None, "registrar": home.server.uri})
        invite = home.server.wait(sip.request("INVITE"), 10)
        equal(invite.uri, edge, "Request-URI: the strict router")
        equal(uris(values(invite, "Route"))[-1:], ["sip:bob@example.test"], "the last Route")
        call.process.signal(SIGINT)
        call.status(10)


# --- challenges -----------------------------------------------------------------------------------

def challenged(more):
    """Registers, refreshes once and un-registers, with nothing that the server finds wrong."""
    with Room() as room:
        home = Home(room, granted_s=2, **more)
        home.bound()
        home.register(3, 10)
        home.leave()
        equal(home.server.bindings("alice"), [], "bindings in the end")


for name, more in [
        ("SHA-512-256", {"algorithms": ("SHA-512-256",)}),
        ("SHA-256", {"algorithms": ("SHA-256",)}),
        ("MD5", {"algorithms": ("MD5",)}), ("MD5-sess", {"algorithms": ("MD5-sess",)}),
        ("SHA-256-sess", {"algorithms": ("SHA-256-sess",)}),
        ("MD5 without qop (RFC 2069)", {"algorithms": ("MD5",), "qop": None}),
        ("auth-int", {"qop": "auth-int"}), ("auth,auth-int", {"qop": "auth,auth-int"}),
        ("a nonce that is stale after one use", {"nonce_uses": 1}),
        ("one algorithm that nobody knows, and MD5", {"algorithms": ("SHA3-512", "MD5")})]:
    case(f"challenged with {name}: registered, refreshed, taken back", more)(challenged)


@case("the server forgets our nonce between refreshes: asked and answered anew")
def nonce_forgotten():
    with Room() as room:
        home = Home(room, granted_s=3)
        home.bound()
        home.server.forget()
        home.bound()
        home.leave()


@case("MD5 where SHA-256 was asked for before is a downgrade: not answered (security.md)")
def downgrade():
    with Room() as room:
        home = Home(room, granted_s=3, algorithms=("SHA-256",))
        home.bound()
        home.server.forget()
        home.server.algorithms = ("MD5",)
        home.phone.wait_line("(?i)weaker|MD5", 10)
        time.sleep(1.5)
        told = [credentials(m.get("Authorization")) for m in home.server.requests("REGISTER")]
        equal([t for t in told if t and t.get("algorithm", "MD5") == "MD5"], [], "MD5 answers")
        home.phone.process.signal(SIGINT)
        home.phone.status(5)


# --- taking it back -------------------------------------------------------------------------------

@case("SIGHUP does", SIGHUP)
@case("SIGTERM does", SIGTERM)
@case("SIGINT takes back our own binding and nobody else's", SIGINT)
def taken_back(number):
    with Room() as room:
        home = Home(room, start=False)
        other = tphone.Register(room, home.account, "other")
        theirs = home.bound().uri
        home.start()
        home.server.bound("alice", 10, 2)
        home.leave(number)
        equal([b.uri for b in home.server.bindings("alice")], [theirs], "bindings that are left")
        last = home.server.requests("REGISTER")[-1]
        expect("*" not in values(last, "Contact"), "everybody's bindings were taken back")
        expect("0" in (last.get("Expires"), last.get("Contact").split("expires=")[-1]),
               f"{last.get('Expires')} {last.get('Contact')}")
        expect(other.process.alive(), "the other phone has left")


@case("the server is silent when we leave: gone within 2 s")
def leaves_in_time():
    with Room() as room:
        home = Home(room)
        home.bound()
        home.server.silent = True
        began = pace.now()
        home.phone.process.signal(SIGTERM)
        home.phone.status(5)
        took = pace.now() - began
        expect(took < 2.6, f"it took {took:.1f} s to leave")


@case("--once ends after the answer, and what was granted stays")
def once():
    with Room() as room:
        home = Home(room, options={"once": True})
        home.phone.expect_status(tphone.OK)
        expect(re.search(r"alice@example\.test.*3600|3600.*alice@example\.test",
                         home.phone.output()), "what was granted is not said", home.phone.output())
        equal(len(home.server.bindings("alice")), 1, "bindings")


# --- staying reachable ----------------------------------------------------------------------------

def _keep_alives(server):
    """Datagrams; or what follows the empty line of the last message that came over TCP."""
    trailing = [len(c.raw) - len(c.raw.rstrip(b"\r\n")) for c in server._connections.values()]
    return len(server.keep_alives) + sum(n // 4 - 1 for n in trailing)


@case("and over TCP", "tcp")
@case("keep-alives are sent as often as was asked for (RFC 5626 4.4)", "udp")
def keep_alive(transport):
    with Room() as room:
        home = Home(room, transport, settings={"keep_alive": 1})
        home.bound()
        wait_until(lambda: _keep_alives(home.server) >= 3, 10, "three keep-alives")
        equal(len(home.server.requests("REGISTER")), 2, "number of REGISTERs meanwhile")
        home.leave()


@case("over TCP the server hangs up: registered anew at once")
def connection_lost():
    with Room() as room:
        home = Home(room, "tcp")
        home.bound()
        home.server.forget()
        home.server.away()
        home.server.back()
        lost = pace.now()
        home.bound()
        expect(pace.now() - lost < 3.5, "registered too late")
        home.leave()


@case("over UDP the server goes and comes back: a keep-alive tells, long before the refresh")
def refused_keep_alive():
    with Room() as room:
        home = Home(room, settings={"keep_alive": 1})
        home.bound()
        home.server.forget()
        home.server.away()
        home.phone.wait_line("(?i)reach|refused|cannot", 10)
        home.server.back()
        back = pace.now()
        home.bound()
        took = pace.now() - back
        expect(took < 3.5, f"registered {took:.1f} s after its return")
        home.leave()
        return f"registered {took:.2f} s after its return"


if __name__ == "__main__":
    tap.run(jobs=10)
