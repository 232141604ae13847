#!/usr/bin/env python3
"""The registrar of the tests, before a phone of ours is judged with it: strangers find each other
through it, it can be taken away in every way, and the wire shows what went where."""
import hashlib
import os
import re
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, sound, tap, wire
from lib.baresip import Baresip
from lib.kamailio import Kamailio
from lib.linphone import Linphone
from lib.room import Room
from lib.tap import case, equal, expect

USERS = {"alice": "secret", "bob": "hidden"}
WINDOW = {"first_ms": -700, "last_ms": 3000}


@case("the same with record-routing and SHA-256 for linphonec, over TCP", "SHA-256", "tcp", True)
@case("baresip calls linphonec through it, the sound goes around it", "", "udp", False)
def strangers(algorithm, transport, record_route):
    with Room() as room:
        proxy = Kamailio(room, USERS, record_route=record_route, algorithm=algorithm)
        bob = Linphone(room, "bob", sound.speech("callee", 3, tail_s=20),
                       account=proxy.account("bob", transport))
        equal(len(proxy.bindings("bob")), 1, "bindings of bob")
        if algorithm:
            return
        alice = Baresip(room, "alice", "pcmu", sound.speech("caller", 3, tail_s=20),
                        account=proxy.account("alice"))
        capture = room.keep(wire.Capture())
        alice.dial("sip:bob@example.test")
        bob.wait_ringing()
        bob.answer()
        bob.wait_up()
        time.sleep(4)
        bob.hang_up()
        found = [sound.expect_heard(sound.speech("callee", 3), alice.heard(), "baresip", **WINDOW),
                 sound.expect_heard(sound.speech("caller", 3), bob.heard(), "linphonec", **WINDOW)]
        rtp = capture.rtp()
        expect(len(rtp) > 300, f"{len(rtp)} packets of RTP were seen")
        equal([p for p in rtp if p.touches((proxy.host, proxy.port))], [], "RTP by the proxy")
        return "\n".join(map(str, found))


def _hex(text):
    return hashlib.md5(text.encode()).hexdigest()


class Registering:
    """A client of it that says no more than it is told to."""

    def __init__(self, room, proxy):
        self.proxy, self.peer = proxy, room.keep(sip.Peer(proxy.port))
        self.nonce, self.count = None, 0

    def register(self, password="secret", seconds=8):
        """The status of its answer to a REGISTER with an answer to its last challenge; 0:
        silence."""
        message = self.peer.request("REGISTER", "sip:example.test", To="<sip:alice@example.test>",
                                    From="<sip:alice@example.test>;tag=1")
        if self.nonce:
            self.count += 1
            ha = _hex(f"alice:example.test:{password}"), _hex("REGISTER:sip:example.test")
            nc = f"{self.count:08x}"
            answer = _hex(f"{ha[0]}:{self.nonce}:{nc}:c:auth:{ha[1]}")
            message.set("Authorization", (
                f'Digest username="alice", realm="example.test", nonce="{self.nonce}", '
                f'uri="sip:example.test", response="{answer}", qop=auth, nc={nc}, cnonce="c"'))
        self.last = message
        self.peer.send(message)
        try:
            got = self.peer.wait(lambda m: m.branch == message.branch, seconds)
        except tap.Failure:
            return 0
        nonce = re.search(r'nonce="([^"]+)"', got.get("WWW-Authenticate"))
        if nonce:
            self.nonce, self.count = nonce.group(1), 0
        return got.status


@case("it goes away in every way: silent, without its database, killed")
def away():
    with Room() as room:
        proxy = Kamailio(room, USERS)
        client = Registering(room, proxy)
        equal([client.register() for _ in range(3)], [401, 200, 200], "its answers")
        client.peer.send(client.last)
        again = client.peer.wait(lambda m: m.branch == client.last.branch, 8, 2)
        equal(again.status, 200, "its answer to one that is sent again")
        equal(client.register("wrong"), 401, "its answer to a wrong password")
        equal(len(proxy.bindings("alice")), 1, "bindings of alice")
        proxy.freeze()
        equal(client.register(seconds=0.5), 0, "frozen, its answer")
        proxy.thaw()
        equal(client.register(), 200, "thawed, its answer")
        proxy.lock()
        equal(client.register(), 500, "without its database, its answer")
        proxy.unlock()
        equal(client.register(), 200, "with it again, its answer")
        proxy.kill()
        equal(client.register(seconds=0.5), 0, "killed, its answer")
        proxy.restart()
        equal(len(proxy.bindings("alice")), 0, "bindings of alice after its restart")
        equal([client.register() for _ in range(2)], [401, 200], "restarted, its answers")


@case("it waits for its database while somebody else writes there")
def busy():
    with Room() as room:
        proxy = Kamailio(room, USERS)
        client = Registering(room, proxy)
        equal(client.register(), 401, "its answer")
        db = sqlite3.connect(proxy.database, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        equal(client.register(seconds=1), 0, "its answer meanwhile")
        db.execute("COMMIT")
        db.close()
        client.peer.wait(sip.response(200), 8, what="the answer behind it")


if __name__ == "__main__":
    wire.private_network()
    tap.run(jobs=3, in_time=True)
