#!/usr/bin/env python3
"""Accounts of an address and a password and nothing else: DNS says where Kamailio is."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, tap, tphone, wire
from lib.dns import Dns
from lib.kamailio import Kamailio
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect

USERS = {"alice": "secret", "bob": "hidden"}
ALONE = {"proxy": None}  # no server is named in the settings

ZONE = """
example.test            NAPTR 10 10 "s" "SIP+D2{kind}" "" _sip._{name}.example.test
example.test            NAPTR 20 10 "s" "SIP+D2{other}" "" _sip._{name}.nowhere.test
_sip._{name}.example.test SRV 10 0 {first} one.example.test
_sip._{name}.example.test SRV 20 0 {second} two.example.test
one.example.test        A 127.0.0.1
two.example.test        A 127.0.0.1
"""


def zone(first, second, kind="U"):
    return ZONE.format(kind=kind, other="UT"[kind == "U"], first=first.port,
                       second=second.port, name={"U": "udp", "T": "tcp"}[kind])


def answering(room, server, names):
    phone = tphone.Answer(room, "bob", transport="", account=server.account("bob"), settings=ALONE,
                          dns_server=names.address)
    server.wait_bindings("bob", 1)
    return phone


def calls(room, server, names):
    call = tphone.Call(room, "bob", "alice", account=server.account("alice"), settings=ALONE,
                       dns_server=names.address, seconds=0.5)
    call.expect_status(tphone.OK)
    equal(server.requests("INVITE"), 2, "INVITEs to that server")


@case("over TCP, as NAPTR prefers", "T")
@case("NAPTR and SRV lead to it, over UDP: registered, called and calling by name", "U")
def found(kind):
    with Room() as room:
        server, other = (Kamailio(room, USERS, name=n, record_route=True) for n in ("one", "two"))
        names = room.keep(Dns(zone(server, other, kind)))
        bob = answering(room, server, names)
        equal("transport=tcp" in server.bindings("bob")[0], kind == "T", "TCP in the Contact")
        calls(room, server, names)
        equal(other.requests("REGISTER"), 0, "REGISTERs at the server that comes second")
        bob.process.signal(SIGINT)
        bob.status(5)
        equal(server.bindings("bob"), [], "bindings in the end")


@case("the same over TCP", "T")
@case("the first server is gone: registered at the second at once, and called there", "U")
def failover(kind):
    with Room() as room:
        first, second = (Kamailio(room, USERS, name=n) for n in ("one", "two"))
        names = room.keep(Dns(zone(first, second, kind)))
        first.kill()
        began = pace.now()
        answering(room, second, names)
        took = pace.now() - began
        expect(took < 3, f"registered after {took:.1f} s")
        calls(room, second, names)


@case("the same over TCP", "T")
@case("the server that we are registered with goes: registered with the other one", "U")
def moved(kind):
    with Room() as room:
        first, second = (Kamailio(room, USERS, name=n, max_expires=8) for n in ("one", "two"))
        names = room.keep(Dns(zone(first, second, kind)))
        answering(room, first, names)
        first.kill()
        began = pace.now()
        second.wait_bindings("bob", 1)
        took = pace.now() - began
        expect(took < 11, f"registered with the other after {took:.1f} s")
        calls(room, second, names)
        return f"registered with the other after {took:.1f} s"


@case("only an address in DNS, with the default port: nobody there, and a word of it")
def nobody():
    with Room() as room:
        server = Kamailio(room, USERS)
        names = room.keep(Dns("example.test A 127.0.0.1"))
        phone = tphone.Register(room, server.account("bob"), settings=ALONE, once=True,
                                dns_server=names.address)
        phone.expect_status(tphone.UNREACHABLE)
        expect("5060" in phone.output(), "what was said", phone.output())


@case("a domain that does not exist: status 6 and a word")
def no_domain():
    with Room() as room:
        server = Kamailio(room, USERS)
        phone = tphone.Register(room, server.account("bob"), settings=ALONE, once=True,
                                dns_server=room.keep(Dns("other.test A 127.0.0.1")).address)
        phone.expect_status(tphone.NOT_FOUND)
        expect("no address was found" in phone.output(), "what was said", phone.output())


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=4)
