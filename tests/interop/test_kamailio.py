#!/usr/bin/env python3
"""Two of our phones find each other by name through Kamailio, and speak past it."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, sound, tap, tphone, wire
from lib.kamailio import Kamailio
from lib.relay import CLEAR, Relay, ServerRelay, Sky, Weather
from lib.room import SIGINT, Room, wait_until
from lib.tap import case, equal, expect

USERS = {"alice": "secret of alice", "bob": 'b"o\\b: 5%'}
servers = set()  # their addresses, of all cases
SPEECH_S = 4.0
STORM = Weather(loss=0.15, double=0.1, reorder=0.1, delay_ms=(5, 80))
WINDOW = {"first_ms": -700, "last_ms": 3000}


def texts(seconds=SPEECH_S):
    return sound.speech("caller", seconds), sound.speech("callee", seconds)


def start_server(room, users=None, **more):
    proxy = Kamailio(room, users or USERS, **more)
    servers.add((proxy.host, proxy.port))
    return proxy


def answering(room, proxy, user, transport="udp", name=None, **more):
    """A phone of this user that answers, registered when this returns."""
    before = len(proxy.bindings(user))
    phone = tphone.Answer(room, name or user, transport="", account=proxy.account(user, transport),
                          **more)
    proxy.wait_bindings(user, before + 1)
    return phone


def expect_apart(capture, proxy, least):
    """All sound went from phone to phone, and what proves a password only to the server."""
    rtp = capture.rtp()
    expect(len(rtp) >= least, f"only {len(rtp)} packets of RTP were on the wire")
    equal([p for p in rtp if p.touches((proxy.host, proxy.port))], [], "RTP by the proxy")
    # The cases share the wire, so any server will do; what one passes on has a Via of its own.
    told = capture.found(lambda p: b"uthorization:" in p.data and p.target not in servers and
                         p.data.count(b"\r\nVia:") == 1)
    equal([p.data.split(b"\r\n")[0] for p in told], [], "credentials told to others")


def expect_byes(proxy, come):
    """Whether BYE comes to the proxy, once or, on a busy machine, again."""
    if come:
        wait_until(lambda: proxy.requests("BYE"), 5, "no BYE came to the proxy")
    else:
        equal(proxy.requests("BYE"), 0, "BYEs that came to the proxy")


def expect_both_heard(caller, callee, from_caller, from_callee):
    found = [sound.expect_heard(from_caller, callee.recording, "what the callee heard", **WINDOW),
             sound.expect_heard(from_callee, caller.recording, "what the caller heard", **WINDOW)]
    return "\n".join(map(str, found))


@case("TCP, record-routing, SHA-256: both are heard", "tcp", True, "SHA-256")
@case("TCP, the proxy out of the way: both are heard", "tcp", False, "")
@case("UDP, record-routing: both are heard", "udp", True, "")
@case("UDP, the proxy out of the way: both are heard", "udp", False, "")
def called_by_name(transport, record_route, algorithm):
    with Room() as room:
        proxy = start_server(room, record_route=record_route, algorithm=algorithm)
        from_alice, from_bob = texts()
        bob = answering(room, proxy, "bob", transport, spoken=from_bob, times=1)
        capture = room.keep(wire.Capture())
        alice = tphone.Call(room, "bob", "alice", account=proxy.account("alice", transport),
                            spoken=from_alice, behind_s=1)
        alice.expect_status(tphone.OK, 30)
        bob.expect_status(tphone.OK)
        expect_apart(capture, proxy, 2 * 50 * SPEECH_S)
        expect_byes(proxy, record_route)
        equal([proxy.bindings(user) for user in USERS], [[], []], "bindings in the end")
        return expect_both_heard(alice, bob, from_alice, from_bob)


@case("of two transports: one phone on UDP, the other on TCP, the called one hangs up")
def mixed():
    with Room() as room:
        proxy = start_server(room, record_route=True)
        bob = answering(room, proxy, "bob", "tcp", times=1)
        alice = tphone.Call(room, "sip:bob@example.test", "alice",
                            account=proxy.account("alice", "udp"))
        alice.wait_line("(?i)answered|connected|up ")
        time.sleep(0.5)
        bob.process.signal(SIGINT)
        bob.status(5)
        alice.expect_status(tphone.OK, 5)
        equal(tphone.results(alice)[-1]["outcome"], "answered", "the caller's outcome")


@case("Kamailio falls silent in mid-call: both are heard to the end, hanging up works", "freeze")
@case("Kamailio dies in mid-call: both are heard to the end, hanging up works", "kill")
def without_the_server(end):
    with Room() as room:
        proxy = start_server(room)
        from_alice, from_bob = texts(6)
        bob = answering(room, proxy, "bob", spoken=from_bob, times=1)
        capture = room.keep(wire.Capture())
        alice = tphone.Call(room, "bob", "alice", account=proxy.account("alice"),
                            spoken=from_alice, behind_s=1)
        wait_until(lambda: len(capture.rtp()) > 100, 15, "no sound is sent")
        getattr(proxy, end)()
        gone = time.monotonic()
        alice.expect_status(tphone.OK, 15)
        bob.expect_status(tphone.OK, 5)
        expect_apart(capture, proxy, 2 * 50 * 6)
        byes = capture.found(lambda p: p.data.startswith(b"BYE "), gone)
        expect(byes and not byes[0].touches((proxy.host, proxy.port)), "no BYE went directly")
        return expect_both_heard(alice, bob, from_alice, from_bob)


@case("record-routing, restarted in mid-call: BYE takes its way through it", True)
@case("record-routing, gone in mid-call: our end is over in time all the same", False)
def routed_through(restarts):
    with Room() as room:
        proxy = start_server(room, record_route=True)
        bob = answering(room, proxy, "bob", times=1)
        alice = tphone.Call(room, "bob", "alice", account=proxy.account("alice"))
        alice.wait_line(r"answered, ")
        proxy.kill()
        if restarts:
            proxy.restart()
        before = pace.now()
        alice.process.signal(SIGINT)
        alice.expect_status(tphone.OK, 5)
        took = pace.now() - before
        expect(took < 2.6, f"it took {took:.1f} s to leave")
        if restarts:
            bob.expect_status(tphone.OK, 5)
            expect_byes(proxy, True)


@case("nonces that last a second: registered and called all the same")
def short_nonces():
    with Room() as room:
        proxy = start_server(room, nonce_s=1, max_expires=3)
        answering(room, proxy, "bob")
        time.sleep(4)
        equal(len(proxy.bindings("bob")), 1, "bindings of bob after a refresh")
        alice = tphone.Call(room, "bob", "alice", account=proxy.account("alice"), seconds=0.5)
        alice.expect_status(tphone.OK)


@case("two accounts at two servers: each is called by its own name, and calls by it")
def two_servers():
    with Room() as room:
        one = start_server(room)
        other = start_server(room, domain="other.test", realm="phones of other.test",
                             name="other", users={"carol": "third", "dave": "fourth"})
        both = [one.account("bob"), other.account("carol", "tcp")]
        bob = tphone.Answer(room, "bob", transport="", account=both[0], also=both[1:])
        one.wait_bindings("bob", 1)
        other.wait_bindings("carol", 1)
        for server, user, called in ((one, "alice", "bob"), (other, "dave", "carol")):
            call = tphone.Call(room, called, user, account=server.account(user), seconds=0.3)
            call.expect_status(tphone.OK)
            bob.wait_line(f"call from sip:{user}@{server.domain}")
        bob.process.signal(SIGINT)
        bob.status(5)
        equal(one.bindings("bob") + other.bindings("carol"), [], "bindings in the end")
        equal([r["account"] for r in tphone.results(bob)], ["bob", "carol"], "accounts called")
        dave = answering(room, other, "dave")
        call = tphone.Call(room, "dave", "both", account=both[0], also=both[1:], through="carol",
                           seconds=0.3)
        call.expect_status(tphone.OK)
        dave.wait_line("call from sip:carol@other.test")
        equal(one.requests("INVITE"), 2, "INVITEs to the other server")


@case("without its database Kamailio takes no calls: a word, and not the password's fault")
def no_database():
    with Room() as room:
        proxy = start_server(room)
        account = proxy.account("alice")
        proxy.lock()
        phone = tphone.Call(room, "bob", "alice", account=account)
        phone.expect_status(tphone.OTHER)
        expect("500" in phone.output() and "password" not in phone.output(), "what was said",
               phone.output())


@case("the same over IPv6, TCP and record-routing", "tcp", True)
@case("over IPv6", "udp", False)
def ipv6(transport, record_route):
    with Room() as room:
        proxy = start_server(room, host="[::1]", record_route=record_route)
        bob = answering(room, proxy, "bob", transport, host="[::1]", times=1)
        alice = tphone.Call(room, "bob", "alice", account=proxy.account("alice", transport),
                            spoken=sound.tone(440, 2), hangup_at_eof=True)
        alice.expect_status(tphone.OK)
        bob.expect_status(tphone.OK)
        received = [int(tphone.results(p)[-1]["received"]) for p in (alice, bob)]
        expect(min(received) > 40, f"received: {received}")


@case("behind NATs, and a network that loses, doubles and reorders on the way to Kamailio", 31)
@case("the same, of another seed", 32)
def storm(seed):
    with Room() as room:
        proxy = start_server(room, record_route=True)
        phones = []
        for n, user in enumerate(USERS):
            # What the relay sends comes from its own address, as from a NAT.
            relay = room.keep(Relay((proxy.host, proxy.port), STORM, seed + 100 * n))
            servers.add(("127.0.0.1", relay.port))
            phones.append(proxy.account(user))
            phones[-1].server = f"sip:127.0.0.1:{relay.port}"
        bob = tphone.Answer(room, "bob", account=phones[1])
        bob.wait_line("(?i)registered .*seen at", 20)
        for n in range(2):
            alice = tphone.Call(room, "bob", f"alice{n}", account=phones[0], seconds=0.5)
            alice.expect_status(tphone.OK, 40)
        bob.process.signal(SIGINT)
        bob.status(5)
        equal([r["outcome"] for r in tphone.results(bob)], ["answered"] * 2, "bob's outcomes")


@case("of Opus and G.711 bob speaks PCMU, and loses packets in bursts: copies come, and far apart")
def bursts():
    with Room() as room:
        proxy = start_server(room)
        relay = room.keep(ServerRelay((proxy.host, proxy.port), Weather(loss=0.12, burst=3), 7))
        servers.add(("127.0.0.1", relay.port))
        relay.rtp.skies[1] = Sky(CLEAR, 0)  # bob is heard without a loss: alice is told of hers
        account = proxy.account("alice")
        account.server = f"sip:127.0.0.1:{relay.port}"
        bob = answering(room, proxy, "bob", times=1, codec="pcmu", json=True,
                        spoken=sound.speech("callee", 20))
        alice = tphone.Call(room, "bob", "alice", account=account, json=True, seconds=20,
                            spoken=sound.speech("caller", 20))
        alice.expect_status(tphone.OK, 60)
        bob.expect_status(tphone.OK, 20)
        invites = relay.asked
        expect(len(invites) == 2 and b"uthorization:" in invites[1], f"{len(invites)} INVITEs")
        expect(len(invites[1]) <= 1300, f"{len(invites[1])} bytes of INVITE by UDP")
        for line in b"red/8000", b"pkt-loss-rle":
            expect(line in invites[1], f"no {line} in the offer", invites[1].decode())
        expect(all(e["redundancy"] for e in alice.events("media")), "it was not agreed")
        apart = max(e["copies_ms"] // max(1, e["copies"]) for e in alice.events("quality"))
        expect(apart > 20, "alice has not heard of bursts")
        ended = bob.events("ended")[-1]
        expect(ended["from_copies"] >= ended["lost"] / 4, f"of {ended['lost']} that were lost only "
               f"{ended['from_copies']} came from copies")
        return (f"{len(invites[1])} bytes of INVITE; copies {apart} ms apart; of {ended['lost']} "
                f"lost {ended['from_copies']} came from copies")


@case("a name that nobody has registered is status 5")
def nobody():
    with Room() as room:
        proxy = start_server(room)
        phone = tphone.Call(room, "carol", "alice", account=proxy.account("alice"))
        phone.expect_status(tphone.NO_ANSWER)
        equal(tphone.results(phone)[-1]["status"], "480", "status in the result")


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=4, in_time=True)
