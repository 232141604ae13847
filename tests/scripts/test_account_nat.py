#!/usr/bin/env python3
"""An account behind a NAT, as a relay between phone and server plays it: the server sees another
port than the phone has."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, tap, tphone
from lib.proxy import split_uri
from lib.registrar import Registrar
from lib.relay import Relay
from lib.room import SIGTERM, Room, wait_until
from lib.tap import case, equal, expect


class Behind:
    """Bob's phone, whose way to the server leads through a NAT."""

    def __init__(self, room, keep_alive="10"):
        # Requests of a call go by the server too: from elsewhere nothing comes through the NAT.
        self.server = room.keep(Registrar(record_route=True))
        self.nat = room.keep(Relay(("127.0.0.1", self.server.port)))
        settings = {"proxy": f"sip:127.0.0.1:{self.nat.port}", "keep_alive": keep_alive}
        self.phone = tphone.Answer(room, "bob", times=1, settings=settings,
                                   account=account.of(self.server, "bob"))

    def binding(self):
        """The one that is left when the phone knows where it is seen."""
        def seen():
            found = self.server.bindings("bob")
            if len(found) == 1 and split_uri(found[0].uri)[2] == self.nat.port:
                return found[0]
            return None
        return wait_until(seen, 5, "the Contact is not where the server sees the phone")


@case("it registers where the server sees it, and takes back where it thought to be")
def contact():
    with Room() as room:
        behind = Behind(room)
        binding = behind.binding()
        equal(len({m.branch for m in behind.server.requests("REGISTER")
                   if m.get("Authorization")}), 2, "REGISTERs that were accepted")
        behind.phone.process.signal(SIGTERM)
        behind.phone.status(5)
        equal(behind.server.bindings("bob"), [], f"bindings after the end ({binding.uri} before)")
        equal(behind.server.faults, [], "what the server finds wrong")


@case("it is called through the NAT, by way of the server")
def called():
    with Room() as room:
        behind = Behind(room)
        behind.binding()
        caller = tphone.Call(room, "bob", "alice", seconds=1,
                             account=account.of(behind.server, "alice"))
        caller.expect_status(0, 15)
        behind.phone.expect_status(0, 5)
        equal(tphone.results(behind.phone)[0]["peer"], "sip:alice@example.test", "who called")


@case("keep-alives pass the NAT, at four fifths of the time at least")
def keep_alives():
    with Room() as room:
        behind = Behind(room, keep_alive="2")
        behind.binding()
        time.sleep(7)
        came = [source for _, source in behind.server.keep_alives]
        expect(2 <= len(came) <= 5, f"{len(came)} keep-alives in 7 s, one each 1.6 to 2 s was due")
        equal(set(came), {("127.0.0.1", behind.nat.port)}, "where they came from")


if __name__ == "__main__":
    tap.run(jobs=3)
