#!/usr/bin/env python3
"""Calls through an account against the RFCs and the rules of safety: challenges, routes, size,
redirects, and whose calls are taken."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, sip, tap, tphone
from lib.digest import credentials
from lib.registrar import Registrar
from lib.room import SIGINT, Room, wait_until
from lib.tap import case, equal, expect

CHALLENGE = 'Digest realm="{realm}", nonce="{nonce}", algorithm=MD5, qop="auth"'


def proofs(messages):
    """The credentials in these messages, of both kinds."""
    found = [v for m in messages for name in ("Authorization", "Proxy-Authorization")
             for v in m.all(name)]
    return [credentials(v) for v in found]


def ask(status, realm="example.test", nonce="n1"):
    name = "WWW_Authenticate" if status == 401 else "Proxy_Authenticate"
    return status, "Who are you", {name: CHALLENGE.format(realm=realm, nonce=nonce)}


class Outbound:
    """A phone of alice's that calls through her server, which keeps her binding and gives these
    answers to her INVITEs, one after the other."""

    def __init__(self, room, answers, target="sip:bob@example.test", **more):
        self.server, self.answers = room.keep(Registrar(algorithms=("MD5",))), list(answers)
        self.server._proxy = self._take
        self.phone = tphone.Call(room, target, account=account.of(self.server, "alice"), **more)

    def _take(self, request):
        if request.method != "ACK" and self.answers:
            status, reason, headers = self.answers.pop(0)
            self.server._respond(request, status, reason, **headers)

    def invites(self, count=1):
        came = lambda: self.server.requests("INVITE")
        return wait_until(lambda: len(came()) >= count and came(), 10, f"{count} INVITEs did not come")

    def acks(self):
        return self.server.requests("ACK")


BUSY = (486, "Busy Here", {})


# --- challenges to INVITE -------------------------------------------------------------------------

@case("INVITE is challenged with 401: once more, in Authorization", 401, "Authorization")
@case("INVITE is challenged with 407: once more, in Proxy-Authorization", 407,
      "Proxy-Authorization")
def invite_challenged(status, header):
    with Room() as room:
        call = Outbound(room, [ask(status), BUSY])
        call.phone.expect_status(tphone.BUSY)
        first, second = call.invites(2)[:2]
        equal(proofs([first]), [] if status == 407 else proofs([first]), "credentials at first")
        equal([second.get(n) for n in ("Call-ID", "From", "To")],
              [first.get(n) for n in ("Call-ID", "From", "To")], "Call-ID, From and To")
        expect(second.cseq == first.cseq + 1 and second.branch != first.branch, "CSeq and branch")
        given = credentials(second.get(header))
        equal((given["username"], given["realm"], given["nonce"], given["uri"], given["nc"]),
              ("alice", "example.test", "n1", "sip:bob@example.test", "00000001"), "credentials")
        equal(second.body, first.body, "the offer")
        acks = call.acks()
        equal([a.branch for a in acks[:2]], [first.branch, second.branch], "branches of the ACKs")


@case("INVITE is challenged again with another nonce: once more, then status 7")
def invite_refused():
    with Room() as room:
        call = Outbound(room, [ask(407, nonce=f"n{i}") for i in range(9)])
        call.phone.expect_status(tphone.REFUSED)
        time.sleep(0.5)
        expect(2 <= len(call.invites()) <= 3, f"{len(call.invites())} INVITEs")
        expect(re.search("(?i)password|credentials", call.phone.output()), "no word of it",
               call.phone.output())


@case("the challenge of another realm is not answered: somebody behind our server wants to know")
def other_realm():
    with Room() as room:
        call = Outbound(room, [ask(407, realm="mallory.example")])
        call.phone.status()
        equal(len(call.invites()), 1, "number of INVITEs")
        expect(all(p["realm"] == "example.test" for p in proofs(call.invites())), "credentials")
        expect("mallory.example" in call.phone.output(), "the realm is not named",
               call.phone.output())


@case("a challenge that cannot be answered is not the fault of the password")
def unanswerable():
    with Room() as room:
        name, text = "Proxy_Authenticate", CHALLENGE.replace("MD5", "TWISTER-9")
        call = Outbound(room, [(407, "Who are you", {name: text.format(
            realm="example.test", nonce="n")})])
        call.phone.expect_status(tphone.REFUSED)
        expect("TWISTER-9" in call.phone.output() and
               not re.search("refused the password", call.phone.output()), "what was said",
               call.phone.output())


@case("two challenges, ours and another's: only ours is answered")
def two_realms():
    with Room() as room:
        both = (407, "Who are you", {"Proxy_Authenticate": [
            CHALLENGE.format(realm="mallory.example", nonce="m"),
            CHALLENGE.format(realm="example.test", nonce="n1")]})
        call = Outbound(room, [both, BUSY, BUSY])
        call.phone.status()
        told = proofs(call.server.requests("INVITE"))
        expect(all(p["realm"] == "example.test" for p in told), f"told: {told}")


@case("stale=true asks for no password: answered with the new nonce")
def stale():
    with Room() as room:
        again = ask(407, nonce="n2")
        again[2]["Proxy_Authenticate"] += ", stale=true"
        call = Outbound(room, [ask(407), again, BUSY])
        call.phone.expect_status(tphone.BUSY)
        given = proofs([call.invites(3)[2]])
        equal([p["nonce"] for p in given if p["nonce"] != ""][-1], "n2", "nonce")


@case("cancelled while the challenge is answered: CANCEL belongs to the second INVITE")
def cancelled():
    with Room() as room:
        call = Outbound(room, [ask(407), (180, "Ringing", {})])
        call.phone.wait_line("(?i)ringing")
        call.answers += [(200, "OK", {})]
        call.phone.process.signal(SIGINT)
        cancel = call.server.wait(sip.request("CANCEL"), 5, what="CANCEL")
        last = call.invites(2)[1]
        equal((cancel.branch, cancel.cseq, cancel.uri), (last.branch, last.cseq, last.uri),
              "branch, CSeq and URI of CANCEL")
        call.server._respond(last, 487, "Request Terminated")
        call.phone.expect_status(tphone.INTERRUPTED)


# --- within dialogs -------------------------------------------------------------------------------

def _challenges_bye(phone, peer):
    """Hangs up; the other side challenges BYE. The BYEs that came."""
    phone.process.signal(SIGINT)
    bye = peer.wait(sip.request("BYE"), 5, what="BYE")
    peer.respond(bye, 407, "Who are you", Proxy_Authenticate=CHALLENGE.format(
        realm="example.test", nonce="x"))
    peer.respond(bye, 401, "Who are you", WWW_Authenticate=CHALLENGE.format(
        realm="example.test", nonce="x"))
    phone.status(5)
    return peer.found(sip.request("BYE"))


@case("BYE is challenged in a call that a stranger placed: never answered")
def stranger_challenges_bye():
    with Room() as room:
        server = room.keep(Registrar(algorithms=("MD5",)))
        phone = tphone.Answer(room, "alice", account=account.of(server, "alice"),
                              settings={"accept": "anyone"})
        at = server.bound("alice", 10)[0].uri
        peer = room.keep(sip.Peer(int(re.search(r":(\d+)", at[10:]).group(1))))
        invite = peer.invite(at)
        peer.send(invite)
        ok = peer.wait(lambda m: m.status == 200, 8)
        peer.send(peer.ack(invite, ok))
        time.sleep(0.2)
        byes = _challenges_bye(phone, peer)
        equal(proofs(byes), [], "credentials told to a stranger")
        equal(server.bindings("alice"), [], "bindings in the end")


@case("BYE is challenged by the called phone itself, in a call that we placed: not answered")
def called_challenges_bye():
    with Room() as room:
        callee = room.keep(sip.Peer())
        target = f"sip:bob@127.0.0.1:{callee.port}"
        server = room.keep(Registrar())
        phone = tphone.Call(room, target, account=account.of(server, "alice"), through="alice")
        invite = callee.wait(sip.request("INVITE"), 10, what="INVITE")
        equal(proofs([invite]), [], "credentials that the server left in")
        callee.respond(invite, 200, "OK", body=sip.sdp(), tag="b")
        callee.wait(sip.request("ACK"), 5, what="ACK")
        equal(proofs(callee.found(sip.request("ACK"))), [], "credentials in ACK")
        byes = _challenges_bye(phone, callee)
        equal(proofs(byes), [], "credentials told to the called phone")


@case("BYE is challenged by our server on its way, in a call that we placed: answered")
def server_challenges_bye():
    with Room() as room:
        callee = room.keep(sip.Peer())
        server = room.keep(Registrar(record_route=True, algorithms=("MD5",)))
        phone = tphone.Call(room, f"sip:bob@127.0.0.1:{callee.port}", through="alice",
                            account=account.of(server, "alice"))
        invite = callee.wait(sip.request("INVITE"), 10, what="INVITE")
        callee.respond(invite, 200, "OK", body=sip.sdp(), tag="b",
                       Record_Route=invite.get("Record-Route"))
        callee.wait(sip.request("ACK"), 5, what="ACK")
        server.say("BYE", 407, Proxy_Authenticate=CHALLENGE.format(realm="example.test",
                                                                   nonce="bye"))
        phone.process.signal(SIGINT)
        bye = callee.wait(sip.request("BYE"), 5, what="BYE")
        callee.respond(bye, 200, "OK")
        phone.status(5)
        told = [p for p in proofs(server.requests("BYE")) if p["nonce"] == "bye"]
        equal(len(told), 1, "BYEs with an answer to that challenge")


@case("INVITE to another domain without our server: its challenge is not answered")
def other_domain():
    with Room() as room:
        callee = room.keep(sip.Peer())
        server = room.keep(Registrar())
        own = account.of(server, "alice")
        phone = tphone.Call(room, f"sip:bob@127.0.0.1:{callee.port}", account=own,
                            through="alice", settings={"proxy": None, "registrar": server.uri})
        invite = callee.wait(sip.request("INVITE"), 10, what="INVITE")
        expect("alice@example.test" in invite.get("From"), f"From is {invite.get('From')}")
        callee.respond(invite, 407, "Who are you", tag="m", Proxy_Authenticate=CHALLENGE.format(
            realm="example.test", nonce="m"))
        phone.status()
        equal(len(callee.found(sip.request("INVITE"))), 1, "number of INVITEs")
        equal(proofs(callee.messages), [], "credentials told")


@case("redirected by our server to a stranger: followed, his challenge is not answered")
def redirected():
    with Room() as room:
        mallory = room.keep(sip.Peer())
        there = {"Contact": f"<sip:bob@127.0.0.1:{mallory.port}>"}
        call = Outbound(room, [(302, "Moved", there)] + [ask(407, "mallory")] * 3)
        call.phone.status()
        invites = call.server.requests("INVITE") + mallory.found(sip.request("INVITE"))
        expect(2 <= len(invites) <= 3, f"{len(invites)} INVITEs")
        equal(proofs(mallory.messages), [], "credentials told to the stranger")


@case("redirected in a circle: no place twice (RFC 3261 8.1.3.4)")
def circle():
    with Room() as room:
        around = [(302, "Moved", {"Contact": f"<sip:{n}@example.test>"})
                  for n in ("carol", "dave", "bob", "carol", "dave", "bob", "carol", "dave")]
        call = Outbound(room, around)
        call.phone.status()
        expect(2 <= len(call.invites()) <= 3, f"{len(call.invites())} INVITEs")


@case("redirected on and on: five times at most")
def on_and_on():
    with Room() as room:
        call = Outbound(room, [(302, "Moved", {"Contact": f"<sip:n{i}@example.test>"})
                               for i in range(20)])
        call.phone.status()
        equal(len(call.invites()), 6, "number of INVITEs")


# --- size -----------------------------------------------------------------------------------------

@case("an INVITE above 1,300 bytes goes by TCP (RFC 3261 18.1.1)")
def large():
    with Room() as room:
        call = Outbound(room, [BUSY], settings={"name": "A name that goes on " * 25})
        call.phone.expect_status(tphone.BUSY)
        equal({m.transport for m in call.invites()}, {"TCP"}, "transports of the INVITE")
        expect(call.invites()[0].get("Via").startswith("SIP/2.0/TCP"), "Via")


# --- calls that come in ---------------------------------------------------------------------------

class Inbound:
    """A phone of alice's, registered; a stranger next door knows where it is."""

    def __init__(self, room, **settings):
        self.server = room.keep(Registrar())
        self.phone = tphone.Answer(room, "alice", account=account.of(self.server, "alice"),
                                   settings=settings)
        self.uri = self.server.bound("alice", 10)[0].uri
        self.peer = room.keep(sip.Peer(int(re.search(r"@[^:]+:(\d+)", self.uri).group(1))))

    def invited(self, uri=None, peer=None):
        """What becomes of an INVITE: all statuses."""
        peer = peer or self.peer
        invite = peer.invite(uri or self.uri)
        peer.send(invite)
        got = peer.wait(lambda m: m.branch == invite.branch and m.status >= 200, 8)
        peer.send(peer.ack(invite, got))
        return [m.status for m in peer.found(lambda m: m.branch == invite.branch)
                if m.status != 100]

    def rang(self):
        return re.search("(?i)ringing|incoming|call from", self.phone.output())


@case("an INVITE past our server is refused with 403, and nothing rings")
def past_the_server():
    with Room() as room:
        home = Inbound(room)
        # The same address as the server's is the server, wherever it comes from: use another one.
        other = room.keep(sip.Peer(home.peer.target[1], host="127.0.0.9"))
        equal(home.invited(peer=other), [403], "answers")
        expect(not home.rang(), "it rang", home.phone.output())


@case("an INVITE for a name that is not ours is refused with 404, and nothing rings")
def for_somebody_else():
    with Room() as room:
        home = Inbound(room)
        host = home.uri.split("@")[1]
        for user in ("bob", "alice", "alice-guessed", "100"):
            equal(home.invited(f"sip:{user}@{host}"), [404], f"answers to one for {user}")
        expect(not home.rang(), "it rang", home.phone.output())


@case("accept = anyone: taken from whoever knows the Contact")
def from_anyone():
    with Room() as room:
        home = Inbound(room, accept="anyone")
        other = room.keep(sip.Peer(home.peer.target[1], host="127.0.0.9"))
        equal(home.invited(peer=other)[-1], 200, "answer")


@case("by way of our server: it rings and is answered, for the name of the Contact")
def by_the_server():
    with Room() as room:
        home = Inbound(room)
        caller = tphone.Call(room, "alice", "bob", account=account.of(home.server, "bob"),
                             seconds=0.5)
        caller.expect_status(tphone.OK)
        equal(home.server.faults, [], "what the server found wrong")


if __name__ == "__main__":
    tap.run(jobs=8)
