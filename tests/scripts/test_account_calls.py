#!/usr/bin/env python3
"""Calls through accounts: by name both ways, calls that wait until their account is registered,
whose calls are let in, and each account with its own identity."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, pace, sip, sound, tap, tphone
from lib.proxy import split_uri
from lib.registrar import Registrar
from lib.room import SIGINT, SIGTERM, Room
from lib.tap import case, equal, expect

INVITE = sip.request("INVITE")


def answer(room, server, user="bob", transport="udp", settings=None, **more):
    """tphone answer for a user of the server, registered when this returns."""
    phone = tphone.Answer(room, user, transport=transport, settings=settings,
                          account=account.of(server, user, transport), **more)
    server.bound(user)
    return phone


def call(room, server, target, user="alice", transport="udp", password=None, settings=None,
         **more):
    return tphone.Call(room, target, user, listen=f"{transport}:127.0.0.1:0", settings=settings,
                       account=account.of(server, user, transport, password), **more)


def methods(server, user):
    """What the server got from a user, copies left out."""
    return [m.method for m in server.requests() if f"sip:{user}@" in m.get("From")]


# --- by name -------------------------------------------------------------------------------------

def by_name(transport, record_route):
    with Room() as room:
        server = room.keep(Registrar(record_route=record_route))
        callee = answer(room, server, transport=transport, times=1)
        caller = call(room, server, "sip:bob@example.test", transport=transport, seconds=1)
        caller.expect_status(0, 10)
        callee.expect_status(0, 5)
        theirs, ours = tphone.results(callee)[0], tphone.results(caller)[0]
        equal((theirs["peer"], theirs["account"]), ("sip:alice@example.test", "bob"), "at bob")
        equal((ours["peer"], ours["account"]), ("sip:bob@example.test", "alice"), "at alice")
        equal([server.bindings("alice"), server.bindings("bob")], [[], []],
              "bindings when both have gone")
        equal(server.faults, [], "what the server finds wrong")
        if not record_route:
            expect(not [m for m in server.requests("BYE")], "a BYE came by without Record-Route")


for transport in ("udp", "tcp"):
    for record_route in (False, True):
        case(f"two phones call each other by name, {transport}"
             + (", the server stays on the way" if record_route else ""),
             transport, record_route)(by_name)


@case("what is said is heard on both sides, and each calls the other from one configuration")
def both_ways():
    with Room() as room:
        server = room.keep(Registrar())
        said, told = sound.speech("caller", 3), sound.speech("callee", 3)
        callee = answer(room, server, times=1, spoken=told)
        # What is said begins with the keys, which may take seconds on a busy machine.
        caller = call(room, server, "bob", spoken=said, behind_s=1.5)
        caller.expect_status(0, 30)
        callee.expect_status(0, 5)
        sound.expect_heard(said, callee.recording, "the callee", last_ms=6000)
        sound.expect_heard(told, caller.recording, "the caller", last_ms=6000)
        back = answer(room, server, "alice", times=1)
        call(room, server, "alice", "bob", seconds=0.5).expect_status(0, 10)
        back.expect_status(0, 5)


def target(typed, uri):
    with Room() as room:
        server = room.keep(Registrar(users={"alice": "secret"}))
        caller = call(room, server, typed)
        caller.expect_status(6, 10)  # the server knows nobody of that name
        equal(server.requests("INVITE")[-1].uri, uri, "Request-URI")


for typed, uri in (("bob", "sip:bob@example.test"), ("+491234", "sip:+491234@example.test"),
                   ("tel:+49-12.34", "sip:+491234@example.test;user=phone"),
                   ("*21#", "sip:*21%23@example.test"),
                   ("bob@example.test", "sip:bob@example.test")):
    case(f"tphone call {typed} asks the server for {uri}", typed, uri)(target)


@case("a contact's name is called at its address")
def contact():
    with Room() as room:
        server = room.keep(Registrar())
        callee = answer(room, server, times=1)
        contacts = room.write("contacts", "robert = sip:bob@example.test\n")
        caller = call(room, server, "Robert", seconds=0.5, contacts_file=contacts)
        caller.expect_status(0, 10)
        callee.expect_status(0, 5)


@case("a numeric address is called directly, without the account")
def direct():
    with Room() as room:
        server = room.keep(Registrar())
        callee = tphone.Answer(room, "bob", times=1)
        caller = call(room, server, callee.uri, seconds=0.5)
        caller.expect_status(0, 10)
        equal(server.requests(), [], "requests at the server")
        expect("account" not in tphone.results(caller)[0], "the call went through the account")


# --- calls that wait ------------------------------------------------------------------------------

@case("the phone registers first and calls at once when it may")
def deferred():
    with Room() as room:
        server = room.keep(Registrar())
        answer(room, server, times=1)
        call(room, server, "bob", seconds=0.5).expect_status(0, 10)
        said = methods(server, "alice")
        equal(said[:3], ["REGISTER", "REGISTER", "INVITE"], "what alice sends first")
        equal(said[-1], "REGISTER", "what alice sends last")
        registered = [m for m in server.requests("REGISTER") if "sip:alice@" in m.get("From")][1]
        invited = server.requests("INVITE")[0]
        expect(invited.time - registered.time < 5, "the INVITE came late")


@case("register = no: the phone calls without registering, and answers the proxy's challenge")
def not_registered():
    with Room() as room:
        server = room.keep(Registrar())
        answer(room, server, times=1)
        call(room, server, "bob", settings={"register": "no"}, seconds=0.5).expect_status(0, 10)
        equal([m for m in methods(server, "alice") if m == "REGISTER"], [], "REGISTERs")


def refused(prepare, status, word, sentence, settings=None, limit=15):
    with Room() as room:
        server = room.keep(Registrar())
        prepare(server)
        caller = call(room, server, "bob", password="secret", settings=settings)
        caller.expect_status(status, limit)
        equal(tphone.results(caller)[0]["outcome"], word, "outcome")
        expect(re.search(sentence, caller.output()), f"no line has {sentence!r}",
               *caller.process.lines)
        return server.requests("INVITE")


@case("a refused password: status 7 before anybody is called")
def wrong_password():
    equal(refused(lambda s: s.users.update(alice="other"), 7, "not-allowed",
                  "ended: alice@example.test: the server refused the password"), [], "INVITEs")


@case("a server that is not there: status 8 before anybody is called")
def no_server():
    refused(lambda s: s.away(), 8, "unreachable",
            "ended: alice@example.test: .*connection refused")


@case("a refused password where nothing is registered: status 7, tried twice at most")
def wrong_password_of_a_call():
    invites = refused(lambda s: s.users.update(alice="other"), 7, "not-allowed",
                      "the server refused the password of alice@example.test",
                      settings={"register": "no"})
    with_password = {m.branch for m in invites if m.get("Proxy-Authorization")}
    expect(1 <= len(with_password) <= 2, f"{len(with_password)} tries with the password")


@case("a server that does not let alice call there: status 7, and its words")
def forbidden():
    refused(lambda s: s.say("INVITE", 403, "Not Abroad", None), 7, "not-allowed",
            "does not allow alice@example.test to call there .403 Not Abroad.")


@case("hanging up while the call waits for its account works at once")
def hang_up():
    with Room() as room:
        server = room.keep(Registrar())
        server.silent = True
        caller = call(room, server, "bob")
        server.wait(sip.request("REGISTER"))
        caller.wait_line("waiting for the server of sip:alice@example.test", 4)
        start = pace.now()
        caller.process.signal(SIGINT)
        caller.expect_status(130, 4)
        took = pace.now() - start
        expect(took < 2, f"it took {took:.2f} s")
        equal(tphone.results(caller)[0]["outcome"], "interrupted", "outcome")


@case("SIGTERM in a call: BYE and un-REGISTER, gone within 2 s")
def terminated():
    with Room() as room:
        server = room.keep(Registrar())
        callee = answer(room, server, times=1)
        caller = call(room, server, "bob")
        caller.wait_line("answered")
        start = pace.now()
        caller.process.signal(SIGTERM)
        caller.expect_status(0, 4)
        took = pace.now() - start
        expect(took < 2, f"it took {took:.2f} s")
        callee.expect_status(0, 5)
        equal(server.bindings("alice"), [], "bindings of alice")


@case("a server that has died in the call: gone within 2 s of its end, and the call is what counts")
def dead_server():
    with Room() as room:
        server = room.keep(Registrar())
        callee = answer(room, server, times=1)
        caller = call(room, server, "bob")
        caller.wait_line("answered")
        server.silent = True
        start = pace.now()
        callee.process.signal(SIGTERM)
        caller.expect_status(0, 5)
        took = pace.now() - start
        expect(took < 2, f"it took {took:.2f} s")


# --- who is let in --------------------------------------------------------------------------------

def stranger(room, phone, user, **more):
    """An INVITE that does not come from the server's address; the peer and what it sent."""
    peer = room.keep(sip.Peer(phone.port, host="127.0.0.2"))
    invite = peer.invite(f"sip:{user}@127.0.0.1:{phone.port}", **more)
    peer.send(invite)
    return peer, invite


def screened(user, status, settings=None, **more):
    with Room() as room:
        server = room.keep(Registrar())
        phone = answer(room, server, settings=settings, **more)
        contact = split_uri(server.bindings("bob")[0].uri)[0]
        peer, invite = stranger(room, phone, contact if user == "contact" else user)
        got = peer.wait(lambda m: m.status > 100)
        equal(got.status, status, "first answer but 100")
        if status == 200:
            peer.send(peer.ack(invite, got))
            peer.send(peer.within("BYE", invite, got, 2))
            return
        expect("call from" not in phone.output(), "somebody was told of it")
        peer.send(peer.request("OPTIONS", phone.uri))
        equal(peer.wait(sip.final("OPTIONS")).status, 200, "answer to OPTIONS")


for name, user, status, settings, more in (
        ("a name that is not ours: 404", "nobody", 404, None, {}),
        ("our own name, but not our Contact: 404", "bob", 404, None, {}),
        ("our Contact, but not by way of the server: 403", "contact", 403, None, {}),
        ("the same with accept = anyone: 200", "contact", 200, {"accept": "anyone"}, {}),
        ("a name that is not ours with --accept anyone: 200", "nobody", 200, None,
         {"accept": "anyone"})):
    case(f"a stranger calls {name}", user, status, settings)(
        lambda user, status, settings, more=more: screened(user, status, settings, **more))


@case("strangers = silence: no answer to INVITE, OPTIONS or anything; the server's calls come in")
def silence():
    with Room() as room:
        server = room.keep(Registrar())
        phone = answer(room, server, times=1, strangers="silence")
        contact = split_uri(server.bindings("bob")[0].uri)[0]
        peer, _ = stranger(room, phone, contact)
        for user in ("nobody", "bob"):
            peer.send(peer.invite(f"sip:{user}@127.0.0.1:{phone.port}"))
        for method in ("OPTIONS", "BYE", "FOO"):
            peer.send(peer.request(method, phone.uri))
        peer.send(peer.request("OPTIONS", phone.uri).set("CSeq", "what?"))
        peer.none(lambda m: True, 1, "an answer")
        call(room, server, "bob", seconds=0.5).expect_status(0, 10)
        phone.expect_status(0, 5)
        peer.none(lambda m: True, 0, "an answer")


@case("accept = contacts: only who stands there, by way of the server")
def contacts_only():
    with Room() as room:
        server = room.keep(Registrar({"alice": "secret", "bob": "hidden", "eve": "x"}))
        contacts = room.write("contacts", "alice = sip:alice@example.test\n")
        phone = answer(room, server, times=1, settings={"accept": "contacts"},
                       contacts_file=contacts)
        call(room, server, "bob", "eve").expect_status(7, 10)
        call(room, server, "bob", "alice", seconds=0.5).expect_status(0, 10)
        phone.expect_status(0, 5)


# --- identities ---------------------------------------------------------------------------------

@case("two accounts of one phone: each is called, and calls, as itself")
def identities():
    with Room() as room:
        server = room.keep(Registrar({"alice": "secret", "bob": "hidden", "carol": "third"}))
        both = account.of(server, "bob").settings("work", name="Bob at work", codec="pcmu") + \
            account.of(server, "carol").settings("home", name="Carol", codec="pcma")
        config = room.write("both.conf", both)
        phone = tphone.Answer(room, "both", config=config, times=2)
        for user, label, codec in (("bob", "work", "pcmu"), ("carol", "home", "pcma")):
            server.bound(user)
            call(room, server, user, seconds=0.5).expect_status(0, 10)
            result = tphone.results(phone)[-1]
            equal((result["account"], result["codec"].lower().split("/")[0]), (label, codec),
                  "account and codec of the call")
        phone.expect_status(0, 5)
        answer(room, server, "alice", times=2)
        for label, name, user in (("work", "Bob at work", "bob"), ("home", "Carol", "carol")):
            caller = tphone.Call(room, "alice", f"from-{label}", config=config, seconds=0.5,
                                 account_=label, listen="udp:127.0.0.1:0")
            caller.expect_status(0, 10)
            invite = server.requests("INVITE")[-1]
            expect(re.match(rf'"?{name}"? ?<sip:{user}@example\.test>', invite.get("From")),
                   f"From is {invite.get('From')}")
            expect(invite.get("Contact").startswith(f"<sip:{user}-"), invite.get("Contact"))


@case("an unknown --account is called a sentence and status 2")
def no_such_account():
    with Room() as room:
        server = room.keep(Registrar())
        caller = call(room, server, "bob", account_="work")
        caller.expect_status(2, 5)


if __name__ == "__main__":
    tap.run(jobs=12)
