#!/usr/bin/env python3
"""The tests' own server (lib/registrar.py): would it see it if a phone were wrong?"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import digest, sip, tap
from lib.registrar import Registrar
from lib.room import Room
from lib.tap import case, equal, expect

# RFC 7616 3.9.1.
MUFASA = {"username": "Mufasa", "realm": "http-auth@example.org", "uri": "/dir/index.html",
          "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "nc": "00000001", "qop": "auth",
          "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}


@case("the digests of RFC 7616 3.9.1 come out")
def digests():
    get = sip.Message("GET /dir/index.html HTTP/1.1", [])
    for algorithm, wanted in (
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")):
        got = Registrar._response(get, dict(MUFASA, algorithm=algorithm), "Circle of Life")
        equal(got, wanted, algorithm)


class User:
    """A phone in a few lines: a peer with a name."""

    def __init__(self, room, server, name, tcp=False):
        self.server, self.name, self.cseq = server, name, 0
        self.peer = room.keep(sip.TcpPeer(server.port) if tcp else sip.Peer(server.port))
        self.aor, self.call = f"sip:{name}@{server.domain}", sip.unique()
        self.contact = f"sip:{name}@127.0.0.1:{self.peer.port}"

    def send(self, request, **change):
        """Gives the final answer."""
        for name, value in change.items():
            request.set(name.replace("_", "-"), value)
        self.cseq += 1
        request.set("CSeq", f"{self.cseq} {request.method}")
        self.peer.send(request)
        return self.peer.wait(lambda m: m.status >= 200 and m.branch == request.branch)

    def register(self, expires=60, **change):
        request = self.peer.request("REGISTER", f"sip:{self.server.domain}", call=self.call)
        request.set("To", f"<{self.aor}>").set("From", f"<{self.aor}>;tag=1")
        request.set("Contact", f"<{self.contact}>;expires={expires}")
        return self.send(request, **change)

    def credentials(self, challenge, method, uri, password, count=1, change=()):
        given = digest.credentials(challenge)
        given = {n: given[n] for n in ("realm", "nonce", "algorithm") if n in given}
        given.update(username=self.name, uri=uri, qop="auth", nc=f"{count:08x}", cnonce="abc")
        given.update(dict(change))
        given["response"] = Registrar._response(sip.Message(f"{method} {uri} SIP/2.0", []), given,
                                                password)
        return "Digest " + ", ".join(
            f'{n}={v}' if n in ("algorithm", "qop", "nc") else f'{n}="{v}"'
            for n, v in given.items())

    def join(self, password):
        """The challenge that was answered."""
        challenge = self.register().get("WWW-Authenticate")
        answer = self.register(Authorization=self.credentials(
            challenge, "REGISTER", f"sip:{self.server.domain}", password))
        equal(answer.status, 200, "answer to the right password")
        return challenge


@case("the right password binds, and only that")
def passwords():
    with Room() as room:
        server = room.keep(Registrar())
        alice = User(room, server, "alice")
        uri = f"sip:{server.domain}"
        challenge = alice.register().get("WWW-Authenticate")
        expect("SHA-256" in challenge, challenge)
        wrong = alice.register(Authorization=alice.credentials(challenge, "REGISTER", uri, "no"))
        equal((wrong.status, server.bindings("alice")), (401, []), "wrong password")
        good = alice.register(Authorization=alice.credentials(challenge, "REGISTER", uri, "secret"))
        equal(good.status, 200, "right password")
        equal(server.bound("alice")[0].uri, alice.contact, "binding")
        equal(server.faults, [], "faults")


@case("a count used twice, another uri, another algorithm and a lower CSeq are faults")
def faults():
    with Room() as room:
        server = room.keep(Registrar())
        alice = User(room, server, "alice")
        uri = f"sip:{server.domain}"
        challenge = alice.join("secret")
        for change, count in (({}, 1), ({"uri": "sip:else"}, 2), ({"algorithm": "SHA-512-256"}, 3)):
            text = alice.credentials(challenge, "REGISTER", uri, "secret", count, change)
            equal(alice.register(Authorization=text).status, 401, f"answer to {change or 'a copy'}")
        alice.cseq = 0
        text = alice.credentials(challenge, "REGISTER", uri, "secret", 4)
        equal(alice.register(Authorization=text).status, 500, "answer to a lower CSeq")
        equal(len(server.faults), 4, "faults")


@case("a copy of a REGISTER gets the answer that it had, and is no fault")
def copies():
    with Room() as room:
        server = room.keep(Registrar())
        alice = User(room, server, "alice")
        alice.join("secret")
        sent = server.requests("REGISTER")[-1]
        first = alice.peer.found(lambda m: m.branch == sent.branch)
        alice.peer.send(sip.Message(sent.start, [("Via", sent.get("Via").split(";received")[0])] + [
            h for h in sent.headers if h[0] != "Via"]))
        again = alice.peer.wait(lambda m: m.branch == sent.branch, count=2)
        equal(again.bytes(), first[0].bytes(), "the answer to the copy")
        equal((server.faults, len(server.bindings("alice"))), ([], 1), "faults and bindings")


@case("a new request with the branch of another is no copy of that")
def taken_branch():
    with Room() as room:
        server = room.keep(Registrar())
        alice = User(room, server, "alice")
        alice.join("secret")
        sent = server.requests("REGISTER")[-1]
        for name, text in (("CSeq", "99 REGISTER"), ("Call-ID", "another@here")):
            alice.peer.send(sip.Message(
                sent.start, [("Via", sent.get("Via").split(";received")[0])] + [
                    (n, text if n == name else v) for n, v in sent.headers if n != "Via"]))
            alice.peer.wait(lambda m: m.status == 401 and m.get(name) == text,
                            what=f"401 to another {name}")
        equal(len(server.faults), 2, "faults, as its count is used again")


@case("bindings end with their time, by Expires 0, and when they are forgotten")
def ends():
    with Room() as room:
        server = room.keep(Registrar({"alice": None}, granted_s=1))
        alice = User(room, server, "alice")
        expect(alice.register().get("Contact"), "it is not bound")
        server.bound("alice", 3, 0)
        server.granted_s = 60
        alice.register()
        alice.register(expires=0)
        equal(server.bindings("alice"), [], "bindings after Expires 0")
        alice.register()
        server.forget()
        equal(server.bindings("alice"), [], "bindings after all is forgotten")


@case("it says what it is told to say, is silent, away and back")
def moods():
    with Room() as room:
        server = room.keep(Registrar({"alice": None}, min_expires_s=120))
        alice = User(room, server, "alice")
        server.say("REGISTER", 503, times=1, Retry_After="7")
        answer = alice.register()
        equal((answer.status, answer.get("Retry-After")), (503, "7"), "what was said")
        answer = alice.register()
        equal((answer.status, answer.get("Min-Expires")), (423, "120"), "too brief")
        server.silent = True
        alice.peer.send(alice.peer.request("OPTIONS", server.uri))
        alice.peer.none(sip.final("OPTIONS"), 0.2, "an answer of a silent server")
        server.silent = False
        server.away()
        time.sleep(0.1)
        server.back()
        equal(alice.send(alice.peer.request("OPTIONS", server.uri)).status, 200, "back again")


def call(tcp, record_route):
    with Room() as room:
        server = room.keep(Registrar(record_route=record_route))
        alice, bob = User(room, server, "alice", tcp), User(room, server, "bob")
        alice.join("secret")
        bob.join("hidden")
        invite = alice.peer.invite("sip:bob@" + server.domain)
        invite.set("From", f"<{alice.aor}>;tag=2")
        refused = alice.send(invite)
        equal(refused.status, 407, "answer without credentials")
        alice.peer.send(alice.peer.ack(invite, refused))
        invite.set("Via", invite.get("Via") + "2")
        invite.set("Proxy-Authorization", alice.credentials(
            refused.get("Proxy-Authenticate"), "INVITE", invite.uri, "secret"))
        alice.cseq += 1
        invite.set("CSeq", f"{alice.cseq} INVITE")
        alice.peer.send(invite)
        came = bob.peer.wait(sip.request("INVITE"))
        equal(came.uri, bob.contact, "Request-URI at bob")
        equal(came.get("Max-Forwards"), "69", "Max-Forwards")
        equal(bool(came.get("Record-Route")), record_route, "Record-Route")
        expect(not came.get("Proxy-Authorization"), "bob sees the credentials")
        alice.peer.send(invite)  # once more, as no answer has come
        again = bob.peer.wait(lambda m: sip.request("INVITE")(m) and m is not came)
        equal(again.branch, came.branch, "branch of the INVITE that was sent again")
        bob.peer.respond(came, 486, tag="b")
        busy = alice.peer.wait(sip.response(486))
        equal(len(busy.all("Via")), 1, "Via of the answer")
        alice.peer.send(alice.peer.ack(invite, busy))
        ack = bob.peer.wait(sip.request("ACK"))
        equal(ack.branch, came.branch, "branch of the ACK, which is that of the INVITE")
        equal(len(bob.peer.found(sip.request("ACK"))), 1, "ACKs at bob")
        equal(server.faults, [], "faults")


for tcp in (False, True):
    for record_route in (False, True):
        case(f"a call by {'TCP' if tcp else 'UDP'} is challenged, passed on and refused"
             + (", with Record-Route" if record_route else ""), tcp, record_route)(call)


@case("who is unknown is 404, who is not there 480")
def nobody():
    with Room() as room:
        server = room.keep(Registrar({"alice": None, "bob": None}))
        alice = User(room, server, "alice")
        for user, status in (("nobody", 404), ("bob", 480)):
            invite = alice.peer.invite(f"sip:{user}@{server.domain}")
            equal(alice.send(invite).status, status, f"answer for {user}")


if __name__ == "__main__":
    tap.run(jobs=4)
