#!/usr/bin/env python3
"""Transfers: the other side of a call asks us to call somebody else, and we do or do not (RFC 3515,
5589). baresip transfers; a peer of the test says what baresip does not."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, sip, sound, tap, tphone
from lib.baresip import Baresip
from lib.daemon import Daemon
from lib.ends import Caller
from lib.room import Room, free_port
from lib.tap import case, equal, expect

SPEECH_S = 5.0
WINDOW = {"first_ms": -700, "last_ms": 3000}


def place(phone):
    """Host and port of its address, as a list of transfers has them."""
    return phone.uri.split("@")[1].split(";")[0]


def third(room, spoken):
    return tphone.Answer(room, name="carol", spoken=spoken, times=1)


def heard_there(carol, spoken):
    return sound.expect_heard(spoken, carol.recording, "what the third phone heard", **WINDOW)


@case("baresip, which we have called, transfers us: the third phone hears us, and we it")
def calling():
    with Room() as room:
        ours, theirs = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        carol = third(room, theirs)
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(30), answers=True)
        phone = tphone.Call(room, stranger.uri, spoken=ours, transfers=place(carol))
        stranger.wait("CALL_ESTABLISHED")
        time.sleep(1)
        stranger.tell("transfer", carol.uri)
        phone.wait_line("calling sip:.* instead, as call 2", 5)
        phone.wait_line("call 2: answered", 5)
        stranger.wait("CALL_CLOSED", 10)  # which it says when it hears of the 200
        phone.wait_line("ended: the other side hung up", 5)
        time.sleep(SPEECH_S + 1)
        carol.process.signal(2)
        phone.expect_status(tphone.OK, 15)
        result = tphone.results(phone)
        equal(len(result), 1, "lines of results")
        expect(result[0]["peer"] == carol.uri, f"the result is of {result[0]['peer']}")
        moved = phone.recording.replace(".wav", "-transferred.wav")
        heard = sound.expect_heard(theirs, moved, "what we heard of the third phone", **WINDOW)
        return f"{heard_there(carol, ours)}\n{heard}"


@case("baresip, which has called us, transfers us: the third phone hears us")
def called():
    with Room() as room:
        ours = sound.speech("caller", SPEECH_S)
        carol = third(room, sound.silence(SPEECH_S))
        stranger = Baresip(room, "stranger", "opus", sound.silence(30))
        phone = tphone.Answer(room, spoken=ours, times=1, transfers=place(carol))
        stranger.dial(phone.uri)
        stranger.wait("CALL_ESTABLISHED")
        time.sleep(1)
        stranger.tell("transfer", carol.uri)
        phone.wait_line("call 2: answered", 10)
        stranger.wait("CALL_CLOSED", 10)
        time.sleep(SPEECH_S + 1)
        carol.process.signal(2)
        phone.expect_status(tphone.OK, 15)
        equal(len(tphone.results(phone)), 2, "lines of results")
        return heard_there(carol, ours)


@case("baresip asks, a client says yes: the new call is made, and baresip hangs up")
def yes():
    with Room() as room:
        carol = third(room, sound.silence(10))
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(30), answers=True)
        phone = control.Piped(room).client
        call = phone.do("call", target=stranger.uri)["call"]
        phone.event("answered", call=call)
        stranger.tell("transfer", carol.uri)
        asked = phone.event("transfer-asked", call=call)
        equal(asked["to"], carol.uri, "whom we are to call")
        equal(phone.do("status", call=call)["calls"][0].get("asks_to_call"), carol.uri, "in status")
        phone.do("follow")
        other = phone.event("transfer-followed", call=call)["other"]
        phone.event("answered", call=other)
        phone.event("ended", call=call, seconds=10)
        phone.refused("follow", "no-such-call", call=call)
        phone.do("hangup", call=other)
        phone.event("ended", call=other)


@case("baresip asks, a client says no: it hears 603, and nobody is called")
def no():
    with Room() as room:
        carol = room.keep(sip.Peer())
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(30), answers=True)
        phone = control.Piped(room).client
        call = phone.do("call", target=stranger.uri)["call"]
        phone.event("answered", call=call)
        stranger.tell("transfer", f"sip:carol@127.0.0.1:{carol.port}")
        phone.event("transfer-asked", call=call)
        phone.do("stay", call=call)
        equal(phone.event("transfer-refused", call=call)["status"], 603, "status")
        stranger.process.wait_line("transfer failed: 603", 5)
        carol.none(sip.request("INVITE"), 0.5, "a call")


@case("nobody is there to be asked: 603 at once, and the call goes on")
def nobody():
    with Room() as room:
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(30), answers=True)
        phone = tphone.Call(room, stranger.uri, seconds=4)
        stranger.wait("CALL_ESTABLISHED")
        stranger.tell("transfer", "sip:nobody@127.0.0.1:9")
        phone.wait_line("not calling sip:nobody@127.0.0.1:9 instead: nobody is here", 5)
        phone.expect_status(tphone.OK, 15)


@case("the third phone is busy: the call goes on, and counts in the end")
def busy():
    with Room() as room:
        carol = tphone.Answer(room, name="carol", code=486)
        stranger = Baresip(room, "stranger", "pcmu", sound.silence(30), answers=True)
        phone = tphone.Call(room, stranger.uri, transfers=place(carol), seconds=5)
        stranger.wait("CALL_ESTABLISHED")
        stranger.tell("transfer", carol.uri)
        phone.wait_line("call 2: ended: the other side is busy", 5)
        stranger.process.wait_line("486", 5)
        phone.expect_status(tphone.OK, 15)
        equal(tphone.results(phone)[0]["peer"], stranger.uri, "whose result it is")


# --- what baresip does not do -------------------------------------------------------------------

def refer(call, invite, ok, cseq, to, **more):
    return call.asked(call.within("REFER", invite, ok, cseq, Refer_To=f"<{to}>", **more),
                      invite.source)


def moved_within_for(call, to, invite, ok):
    """The call is transferred after half of its --for of six seconds: when the new one ends."""
    answered = time.monotonic()
    time.sleep(3)
    equal(refer(call, invite, ok, 10, f"sip:other@127.0.0.1:{to.port}").status, 202, "REFER")
    second = to.wait(sip.request("INVITE"), 5, what="INVITE")
    to.respond(second, 200, "OK", body=sip.sdp(), tag="o")
    to.wait(sip.request("ACK"), 5, what="ACK")
    to.wait(sip.request("BYE"), 8, what="BYE")
    took = time.monotonic() - answered
    expect(took < 8, f"--for 6 has lasted {took:.1f} s: it has begun anew")
    return f"{took:.1f} s"


@case("--for counts from the first answer, however often the call is transferred")
def lasts():
    with Room() as room:
        to = room.keep(sip.Peer())
        to.answers = ("BYE",)
        call = Caller(room, transfers=f"127.0.0.1:{to.port}", seconds=6)
        call.peer.answers = ("NOTIFY", "BYE")
        said = moved_within_for(call, to, *call.up())
        call.phone.expect_status(tphone.OK, 15)
        return said


def last_notify(call, status):
    return call.peer.wait(lambda m: m.method == "NOTIFY" and
                          f"SIP/2.0 {status}".encode() in m.body, 10, what=f"NOTIFY of {status}")


@case("a NOTIFY has what RFC 3515 and 6665 want, and BYE at once ends no transfer")
def notifies():
    with Room() as room:
        carol = third(room, sound.silence(3))
        call = Caller(room, transfers=place(carol))
        call.peer.answers = ("NOTIFY",)
        invite, ok = call.up()
        answer = refer(call, invite, ok, 10, carol.uri, Referred_By="<sip:boss@example.org>")
        equal(answer.status, 202, "answer to REFER")
        expect(answer.get("Contact"), "202 has no Contact")
        bye = call.within("BYE", invite, ok, 11)
        equal(call.asked(bye, invite.source).status, 200, "answer to BYE")
        first, final = last_notify(call, 100), last_notify(call, 200)
        for message in (first, final):
            equal(message.get("Event"), "refer", "Event")
            expect(message.get("Content-Type").startswith("message/sipfrag"), "Content-Type")
            expect(message.get("Contact"), "NOTIFY has no Contact")
        expect(first.get("Subscription-State").startswith("active;expires="), "the first state")
        equal(final.get("Subscription-State"), "terminated;reason=noresource", "the last state")
        expect(final.cseq > first.cseq, "numbers do not rise")
        carol.wait_line("call from", 5)
        time.sleep(1)
        carol.process.signal(2)
        call.phone.expect_status(tphone.OK, 15)


@case("Refer-Sub: false is agreed to, and nothing is told (RFC 4488)")
def silent():
    with Room() as room:
        carol = third(room, sound.silence(3))
        call = Caller(room, transfers=place(carol))
        invite, ok = call.up()
        answer = refer(call, invite, ok, 10, carol.uri, Refer_Sub="false", Require="norefersub")
        equal((answer.status, answer.get("Refer-Sub")), (202, "false"), "answer to REFER")
        call.phone.wait_line("call 2: answered", 5)
        call.peer.none(lambda m: m.method == "NOTIFY", 1, "NOTIFY")
        bye = call.within("BYE", invite, ok, 11)
        equal(call.asked(bye, invite.source).status, 200, "answer to BYE")
        carol.process.signal(2)
        call.phone.expect_status(tphone.OK, 15)


@case("the INVITE that comes of it: Replaces and Referred-By, and no other header of the URI")
def invite_of_it():
    with Room() as room:
        other = room.keep(sip.Peer())
        call = Caller(room, transfers=f"127.0.0.1:{other.port}")
        call.peer.answers = ("NOTIFY",)
        invite, ok = call.up()
        to = (f"sip:carol@127.0.0.1:{other.port};x=y?Replaces=9%40h%3Bto-tag%3D1%3Bfrom-tag%3D2"
              "&Subject=buy&Route=%3Csip%3A127.0.0.1%3A9%3E&Call-ID=mine")
        equal(refer(call, invite, ok, 10, to, Referred_By="<sip:boss@example.org>").status, 202,
              "answer to REFER")
        got = other.wait(sip.request("INVITE"), 8, what="INVITE")
        equal(got.get("Replaces"), "9@h;to-tag=1;from-tag=2", "Replaces")
        equal(got.get("Referred-By"), "<sip:boss@example.org>", "Referred-By")
        expect(not got.get("Subject") and not got.get("Route"), "headers of the URI are there")
        expect(got.get("Call-ID") not in ("mine", invite.get("Call-ID")), "Call-ID")
        other.respond(got, 404, "Not Found", tag="c")
        last_notify(call, 404)
        call.leave(invite, ok)


# --- through the daemon ---------------------------------------------------------------------------

def by_daemon(room, daemon, *more):
    """tphone call by this daemon to a peer: the client, the peer's side, INVITE and 200."""
    peer = room.keep(sip.Peer())
    peer.answers = ("NOTIFY", "BYE")
    call = Caller.__new__(Caller)
    call.peer = peer
    call.phone = daemon.start("call", f"sip:first@127.0.0.1:{peer.port}", *more)
    return (call.phone, call, *call.up())


def takes(peer, invite):
    peer.respond(invite, 200, "OK", body=sip.sdp(), tag="o")
    peer.wait(sip.request("ACK"), 5, what="ACK")


def bye(peer, invite, tag):
    uri = re.search(r"<(sip:[^>]+)>", invite.get("Contact")).group(1)
    message = peer.request("BYE", uri, call=invite.get("Call-ID"))
    message.set("From", invite.get("To") + f";tag={tag}").set("To", invite.get("From"))
    peer.send_to(message.set("CSeq", "50 BYE"), invite.source)
    peer.wait(lambda m: m.status == 200 and m.branch == message.branch, 5, what="200 to BYE")


def with_list(room, *more):
    """The same by a daemon whose list has one more peer, behind that peer."""
    to = room.keep(sip.Peer())
    to.answers = ("BYE",)
    return (to, *by_daemon(room, Daemon(room, transfers=f"127.0.0.1:{to.port}"), *more))


def sent_on(room):
    """Such a call that is sent on to that peer, who answers: the peer, its INVITE, the client, the
    first peer's side and its INVITE."""
    to, client, call, invite, ok = with_list(room)
    equal(refer(call, invite, ok, 10, f"sip:other@127.0.0.1:{to.port}").status, 202, "REFER")
    second = to.wait(sip.request("INVITE"), 5, what="INVITE")
    takes(to, second)
    return to, second, client, call, invite


@case("tphone call through the daemon follows its list, and is over with the last call")
def daemon_follows():
    with Room() as room:
        to, second, client, call, invite = sent_on(room)
        bye(call.peer, invite, "a")
        client.wait_line("call 2: answered", 5)
        time.sleep(0.5)
        expect(client.alive(), "the client has ended with the first call")
        bye(to, second, "o")
        equal(client.status(5), tphone.OK, "status")
        equal(len(client.said("^answered peer=sip:other@")), 1, "lines of the result")
        equal(len(client.said("^answered peer=sip:first@")), 0, "lines of the first call")


@case("--for counts from the first answer through a daemon, too")
def daemon_lasts():
    with Room() as room:
        to, client, call, invite, ok = with_list(room, "--for", "6")
        call.peer.answers = ("NOTIFY", "BYE")
        said = moved_within_for(call, to, invite, ok)
        equal(client.status(5), tphone.OK, "status")
        return said


@case("a client that goes takes both calls with it")
def daemon_tied():
    with Room() as room:
        to, _, client, call, _ = sent_on(room)
        client.signal(9)
        for peer in (call.peer, to):
            peer.wait(sip.request("BYE"), 5, what="BYE")


@case("tphone call through a daemon that asks: nobody is there, so 603 at once by NOTIFY")
def daemon_asks():
    with Room() as room:
        client, call, invite, ok = by_daemon(room, Daemon(room))
        equal(refer(call, invite, ok, 10, "sip:other@127.0.0.1:9").status, 202, "REFER")
        last_notify(call, 603)
        bye(call.peer, invite, "a")
        equal(client.status(5), tphone.OK, "status")


# --- calls that are over before somebody has answered ---------------------------------------------

def asks_and_leaves(room, client, to):
    """A call of this client whose other side asks to call that, and hangs up: its number, and the
    other side."""
    call = Caller.__new__(Caller)
    call.peer = room.keep(sip.Peer())
    call.peer.answers = ("NOTIFY", "BYE")
    number = client.do("call", target=f"sip:asks@127.0.0.1:{call.peer.port}")["call"]
    invite, ok = call.up()
    client.event("answered", call=number)
    equal(refer(call, invite, ok, 10, to).status, 202, "REFER")
    client.event("transfer-asked", call=number)
    ended = call.asked(call.within("BYE", invite, ok, 11), invite.source)
    equal(ended.status, 200, "answer to BYE")
    client.event("ended", call=number)
    return number, call


@case("a client that comes when the call is over reads what is asked, and says yes")
def later():
    with Room() as room:
        to = room.keep(sip.Peer())
        to.answers = ("BYE",)
        uri = f"sip:carol@127.0.0.1:{to.port}"
        daemon = Daemon(room)
        first = daemon.client("first")
        number, call = asks_and_leaves(room, first, uri)
        first.close()
        said = daemon.expect(0, "status").out
        expect(re.search(rf"^question {number} +\d+ s left +sip:asks@.* asks you to call {uri} ", said,
                         re.MULTILINE), f"tphone status says {said}")
        second = daemon.client("second")
        status = second.do("status")
        equal(status["calls"], [], "calls")
        asked = status["questions"][0]
        equal(status["questions"], [{"call": number, "to": uri, "expires": asked["expires"],
                                     "peer": f"sip:asks@127.0.0.1:{call.peer.port}"}], "questions")
        expect(40 < asked["expires"] < 60, f"it expires in {asked['expires']} s")
        second.refused("status", "no-such-call", call=number)
        second.do("follow")
        other = second.event("transfer-followed", call=number)["other"]
        equal(second.do("status")["questions"], [], "questions that are left")
        takes(to, to.wait(sip.request("INVITE"), 5, what="INVITE"))
        second.event("answered", call=other)
        last_notify(call, 200)
        second.refused("follow", "no-such-call")


@case("of what is asked in two calls that are over each has its answer, and in a third that is not")
def later_which():
    with Room() as room:
        daemon = Daemon(room)
        first = daemon.client("first")
        numbers, calls = zip(*[asks_and_leaves(room, first, f"sip:x{i}@127.0.0.1:9")
                               for i in range(2)])
        up = Caller.__new__(Caller)
        up.peer = room.keep(sip.Peer())
        up.peer.answers = ("NOTIFY", "BYE")
        first.do("call", target=f"sip:up@127.0.0.1:{up.peer.port}")
        equal(refer(up, *up.up(), 10, "sip:x2@127.0.0.1:9").status, 202, "REFER")
        first.close()
        second = daemon.client("second")
        equal([(q["call"], q["to"]) for q in second.do("status")["questions"]],
              [(n, f"sip:x{n - 1}@127.0.0.1:9") for n in (*numbers, 3)], "questions, oldest first")
        equal(second.refused("stay", "which-call"),
              "several calls could be meant, 1, 2 and 3; say which", "which")
        for number, call in ((3, up), (1, calls[0])):
            second.do("stay", call=number)
            equal(second.event("transfer-refused", call=number)["status"], 603, "status")
            last_notify(call, 603)
        second.do("stay")
        last_notify(calls[1], 603)
        equal([c["call"] for c in second.do("status")["calls"]], [3], "calls")


if __name__ == "__main__":
    tap.run(jobs=4)
