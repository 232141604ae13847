#!/usr/bin/env python3
"""The called side against the RFCs: what is answered, when, how often, and what it says."""
import atexit
import os
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, sip, tap, tphone
from lib.ends import Callee, SharedCallee, expect_gaps, uris
from lib.room import SIGINT, Room, free_port, wait_until
from lib.tap import case, equal, expect

LOCAL = "127.0.0.1"
shared = SharedCallee()
ringing = SharedCallee(delay=60)
atexit.register(shared.close)
atexit.register(ringing.close)


# --- transactions and their timers ----------------------------------------------------------------

@case("100 within 200 ms carries no To tag of its own or the dialog's (RFC 3261 8.2.6.2)")
def trying():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        rings = callee.peer.wait(sip.response(180), what="180")
        for m in callee.peer.found(sip.response(100)):
            expect(m.tag in ("", rings.tag), "100 and 180 have different tags")
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))


@case("180 comes before 200, both with one To tag and a Contact (RFC 3261 12.1.1)")
def tags():
    with Room() as room:
        callee = Callee(room, delay=1)
        invite = callee.invite(Record_Route="<sip:127.0.0.1;lr>, <sip:192.0.2.3;lr>")
        ok = callee.answered(invite)
        rings = callee.peer.wait(sip.response(180), what="180")
        expect(rings.time < ok.time and ok.time - rings.time > 0.7, "180 and 200 in no order")
        expect(rings.tag, "180 has no To tag")
        equal(rings.tag, ok.tag, "To tag")
        for m in (rings, ok):
            equal(m.get("Contact"), ok.get("Contact"), f"Contact of {m}")
            equal(uris(m.all("Record-Route")), ["sip:127.0.0.1;lr", "sip:192.0.2.3;lr"],
                  f"Record-Route of {m}")
        callee.peer.send(callee.peer.ack(invite, ok))
        # The Record-Route above leads BYE of ours to us: the address of loopback, port 5060.
        callee.end(invite, ok)


@case("a repeated INVITE while it rings gets the same 180 again (RFC 3261 17.2.1)")
def ringing_again():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        first = callee.peer.wait(sip.response(180), what="180")
        callee.peer.send(invite)
        again = callee.peer.wait(sip.response(180), 3, 2, what="180 again")
        equal(again.bytes(), first.bytes(), "the second 180")
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))


@case("487 is repeated at 0.5, 1 and 2 s until its ACK, then no more (RFC 3261 17.2.1 timer G)")
def repeats_487():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        callee.peer.send(callee.peer.cancel(invite))
        last = callee.peer.wait(sip.response(487), 8, 4, "487")
        expect_gaps(callee.peer.found(sip.response(487)), [0.5, 1, 2])
        callee.peer.send(callee.peer.ack(invite, last))
        callee.alive()
        before = len(callee.peer.found(sip.response(487)))
        time.sleep(4.3)
        equal(len(callee.peer.found(sip.response(487))), before, "487s after the ACK")


@case("a repeated INVITE behind a refusal and its ACK begins no call (RFC 3261 17.2.1 Confirmed)")
def absorbed():
    with Room() as room:
        callee = Callee(room, code=603)
        invite = callee.peer.invite(callee.uri)
        callee.refused(invite)
        before = len(callee.peer.messages)
        callee.peer.send(invite)
        callee.alive()
        equal([m for m in callee.peer.messages[before:] if m.method == "INVITE"], [],
              "what came for the copy")


@case("200 is repeated with gaps of 0.5, 1, 2, 4, 4 s, all alike (RFC 3261 13.3.1.4)")
def schedule_200():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        is_ok = sip.response(200, "INVITE")
        last = callee.peer.wait(is_ok, 16, 6, "200")
        expect_gaps(callee.peer.found(is_ok), [0.5, 1, 2, 4, 4])
        equal(len({m.bytes() for m in callee.peer.found(is_ok)}), 1, "number of different 200s")
        callee.peer.send(callee.peer.ack(invite, last))
        callee.end(invite, last)


@case("a repeated INVITE behind the 200 starts no second call (RFC 6026 7.1)")
def accepted():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        before = len(callee.peer.messages)
        callee.peer.send(invite)
        callee.alive()
        later = [m for m in callee.peer.messages[before:] if m.method == "INVITE"]
        expect(all(m.bytes() == ok.bytes() for m in later), "something else came for the copy")
        callee.end(invite, ok)


@case("ACK with another CSeq does not stop the 200 (RFC 3261 13.2.2.4)")
def wrong_ack():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        callee.peer.send(callee.peer.ack(invite, ok).set("CSeq", "99 ACK"))
        callee.peer.wait(sip.response(200, "INVITE"), 4, 3, "the third 200")
        callee.peer.send(callee.peer.ack(invite, ok))
        callee.end(invite, ok)


@case("ACK with a foreign tag does not stop the 200 (RFC 3261 12)")
def foreign_ack():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        callee.peer.send(callee.peer.ack(invite, ok).set("From", "<sip:x@127.0.0.1>;tag=wrong"))
        callee.peer.wait(sip.response(200, "INVITE"), 4, 3, "the third 200")
        callee.peer.send(callee.peer.ack(invite, ok))
        callee.end(invite, ok)


@case("ACK to a 200 with the INVITE's branch is taken all the same")
def old_ack():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        callee.peer.send(callee.peer.ack(invite, ok).set("Via", invite.get("Via")))
        callee.alive()
        before = len(callee.peer.found(sip.response(200, "INVITE")))
        time.sleep(2.5)
        equal(len(callee.peer.found(sip.response(200, "INVITE"))), before, "200s after the ACK")
        callee.end(invite, ok)


@case("ACK is never answered, of whatever dialog it is (RFC 3261 17)")
def ack_of_nothing():
    with Room() as room:
        callee = shared.get(room)
        callee.peer.send(callee.peer.request("ACK", callee.uri, To=f"<{callee.uri}>;tag=nobody"))
        callee.peer.send(callee.peer.request("ACK", callee.uri, CSeq="x ACK"))
        callee.peer.send(callee.peer.request("ACK", callee.uri, Require="nonsense"))
        callee.alive()
        equal([m for m in callee.peer.messages if m.method == "ACK"], [], "answers to ACK")


@case("our BYE of the called side has the dialog's tags, target and a CSeq of its own")
def our_bye():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        callee.phone.process.signal(SIGINT)
        bye = callee.peer.wait(sip.request("BYE"), what="BYE")
        callee.peer.respond(bye, 200)
        equal(bye.uri, uris([invite.get("Contact")])[0], "Request-URI")
        equal(bye.param("From", "tag"), ok.tag, "From tag")
        equal(bye.tag, invite.param("From", "tag"), "To tag")
        equal(bye.get("Call-ID"), invite.get("Call-ID"), "Call-ID")
        expect(int(bye.get("Max-Forwards")) > 0, "no Max-Forwards")
        expect(bye.branch.startswith("z9hG4bK") and bye.branch != invite.branch, "branch")
        callee.phone.status(5)


@case("BYE answered 481 ends the call all the same (RFC 3261 15.1.1)")
def bye_481():
    with Room() as room:
        callee = Callee(room)
        callee.up()
        callee.alive()
        callee.phone.process.signal(SIGINT)
        bye = callee.peer.wait(sip.request("BYE"), what="BYE")
        callee.peer.respond(bye, 481)
        equal(callee.phone.status(3), 0, "exit status")


@case("two BYEs that cross are both answered (RFC 3261 15)")
def byes_cross():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        callee.alive()
        callee.phone.process.signal(SIGINT)
        bye = callee.peer.wait(sip.request("BYE"), what="BYE")
        theirs = callee.asked(callee.peer.within("BYE", invite, ok, 2))
        expect(theirs.status in (200, 481), f"answer to BYE: {theirs}")
        callee.peer.respond(bye, 200)
        callee.phone.status(5)


@case("a second BYE finds no dialog: 481 (RFC 3261 15.1.2)")
def bye_again():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        callee.end(invite, ok, 2)
        equal(callee.within("BYE", invite, ok, 3).status, 481, "answer to another BYE")
        equal(callee.within("INVITE", invite, ok, 4, sip.sdp()).status, 481, "answer to INVITE")


@case("BYE before the ACK is answered and stops the 200 (RFC 3261 15)")
def bye_before_ack():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        callee.end(invite, ok)
        before = len(callee.peer.found(sip.response(200, "INVITE")))
        time.sleep(1.5)
        equal(len(callee.peer.found(sip.response(200, "INVITE"))), before, "200s after BYE")


@case("BYE in the early dialog ends the INVITE with 487 (RFC 3261 15.1.2)")
def early_bye():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        rings = callee.peer.wait(sip.response(180), what="180")
        equal(callee.asked(callee.peer.within("BYE", invite, rings, 2)).status, 200, "BYE")
        gone = callee.peer.wait(sip.response(487, "INVITE"), what="487")
        callee.peer.send(callee.peer.ack(invite, gone))


@case("an answered CANCEL has the tag of the dialog (RFC 3261 9.2)")
def cancel_tag():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        rings = callee.peer.wait(sip.response(180), what="180")
        got = callee.asked(callee.peer.cancel(invite))
        equal((got.status, got.tag), (200, rings.tag), "answer to CANCEL")
        gone = callee.peer.wait(sip.response(487, "INVITE"), what="487")
        equal(gone.tag, rings.tag, "To tag of 487")
        callee.peer.send(callee.peer.ack(invite, gone))


@case("a repeated CANCEL is answered 200 again")
def cancel_again():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.wait(sip.response(200, "CANCEL"), 3, 2, what="the second 200")
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))


@case("CANCEL with another branch cancels nothing: 481 (RFC 3261 9.2)")
def cancel_branch():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        wrong = callee.peer.cancel(invite).set("Via", callee.peer.request(
            "CANCEL", callee.uri).get("Via"))
        equal(callee.asked(wrong).status, 481, "answer")
        expect(not callee.peer.found(sip.response(487)), "the call was cancelled")
        equal(callee.asked(callee.peer.cancel(invite)).status, 200, "the right CANCEL")
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))


@case("Require in CANCEL does not matter (RFC 3261 8.2.2.3)")
def cancel_require():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite()
        callee.peer.wait(sip.response(180), what="180")
        equal(callee.asked(callee.peer.cancel(invite).set("Require", "nonsense")).status, 200,
              "answer")
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))


@case("an INVITE that expires while it rings gets 487 (RFC 3261 13.3.1)")
def expires():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite(Expires="1")
        got = callee.peer.wait(sip.final(), 5, what="a final answer")
        equal(got.status, 487, "status")
        callee.peer.send(callee.peer.ack(invite, got))


@case("two transactions with one branch but another sent-by are two (RFC 3261 17.2.3)")
def sent_by():
    with Room() as room:
        callee = shared.get(room)
        one = callee.peer.request("OPTIONS", callee.uri)
        other = callee.peer.request("OPTIONS", callee.uri)
        port = callee.peer.port
        other.set("Via", one.get("Via").replace(f":{port}", ":4999"))
        callee.peer.send(one)
        callee.peer.send(other)
        for m in (one, other):
            callee.peer.wait(sip.response(200, "OPTIONS", m.get("Call-ID")), what="200")


@case("no RTP port is left: 503, and a call again when one is free")
def no_port():
    with Room() as room:
        first = free_port(2)
        callee = Callee(room, rtp_ports=f"{first}-{first + 1}")
        invite, ok = callee.up()
        got = callee.refused(callee.peer.invite(callee.uri))
        expect(got.status in (480, 486, 500, 503), f"the second was answered {got}")
        callee.end(invite, ok)
        wait_until(lambda: callee.phone.process.said("^answered "), 5, "the call did not end")
        third, ok3 = callee.up()
        callee.end(third, ok3)


for name in ("SIGTERM", "SIGHUP", "SIGINT"):
    @case(f"{name} while it rings: the caller is told, and the phone is gone in 2 s", name)
    def told(name):
        with Room() as room:
            callee = Callee(room, delay=60)
            invite = callee.invite()
            callee.peer.wait(sip.response(180), what="180")
            callee.phone.process.signal(getattr(signal, name))
            got = callee.peer.wait(sip.final(), 2, what="a final answer")
            expect(got.status in (480, 486, 503, 603), f"the answer was {got}")
            callee.peer.send(callee.peer.ack(invite, got))
            callee.phone.status(3)

    @case(f"{name} in a call: BYE, and the phone is gone in 2 s though nobody answers it", name)
    def byes(name):
        with Room() as room:
            callee = Callee(room)
            callee.up()
            callee.alive()
            sent = pace.now()
            callee.phone.process.signal(getattr(signal, name))
            callee.peer.wait(sip.request("BYE"), 2, what="BYE")
            callee.phone.status(4)
            expect(pace.now() - sent < 3, "it took long")


@case("a call whose 200 was lost, and that is hung up: BYE waits for the ACK (RFC 3261 15)")
def bye_waits():
    with Room() as room:
        callee = Callee(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        callee.phone.process.signal(SIGINT)
        time.sleep(0.3)
        equal(callee.peer.found(sip.request("BYE")), [], "BYEs before the ACK")
        callee.peer.send(callee.peer.ack(invite, ok))
        bye = callee.peer.wait(sip.request("BYE"), 3, what="BYE behind the ACK")
        callee.peer.respond(bye, 200)
        callee.phone.status(4)


@case("and is sent as the last word where no ACK comes and the phone must go")
def bye_last_word():
    with Room() as room:
        callee = Callee(room)
        callee.answered(callee.invite())
        callee.phone.process.signal(SIGINT)
        callee.peer.wait(sip.request("BYE"), 3, what="BYE")
        callee.phone.status(4)


@case("503 or 486 comes when there are too many calls (--max-calls)")
def too_many():
    with Room() as room:
        callee = Callee(room, max_calls=1)
        invite, ok = callee.up()
        got = callee.refused(callee.peer.invite(callee.uri))
        equal(got.status, 486, "status of the second")
        callee.end(invite, ok)
        third, ok3 = callee.up()
        callee.end(third, ok3)


@case("a 486 without ACK is sent 11 times, and given up after 64*T1 (RFC 3261 17.2.1 timer H)")
def timer_h():
    with Room() as room:
        callee = Callee(room, code=486)
        callee.invite()
        last = callee.peer.wait(sip.response(486), 40, 11, "486")
        expect_gaps(callee.peer.found(sip.response(486)), [0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4])
        callee.peer.none(lambda m: m.status == 486 and m.time > last.time, 4.6, "another 486")
        callee.alive()


@case("over IPv6: Via, received, Contact and SDP have their brackets and IP6")
def ipv6():
    with Room() as room:
        port = free_port()
        phone = tphone.Phone(room, "callee", "answer", listen=f"udp:[::1]:{port}")
        phone.wait_line(r"\[::1\]")
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.bind(("::1", 0))
            s.settimeout(8)
            me, tag = f"[::1]:{s.getsockname()[1]}", sip.unique()
            body = ("v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\n"
                    "m=audio 20000 RTP/AVP 0\r\n")

            def say(method, cseq, to="", body=""):
                kind = "Content-Type: application/sdp\r\n" if body else ""
                s.sendto((f"{method} sip:a@[::1]:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {me};rport;"
                          f"branch=z9hG4bK{method}{tag}\r\nMax-Forwards: 70\r\n"
                          f"From: <sip:b@{me}>;tag=1\r\nTo: <sip:a@[::1]>{to}\r\n"
                          f"Call-ID: {tag}\r\nCSeq: {cseq} {method}\r\nContact: <sip:b@{me}>\r\n"
                          f"{kind}Content-Length: {len(body)}\r\n\r\n{body}").encode(),
                         ("::1", port))

            def final():
                while True:
                    got = sip.Message.parse(s.recvfrom(65536)[0])
                    if got.status >= 200:
                        return got

            say("INVITE", 1, body=body)
            ok = final()
            equal(ok.status, 200, "status")
            expect(f"@[::1]:{port}>" in ok.get("Contact") or f"sip:[::1]:{port}>" in
                   ok.get("Contact"), f"Contact is {ok.get('Contact')}")
            expect("received=::1" in ok.get("Via") or "received=[::1]" in ok.get("Via"),
                   f"Via is {ok.get('Via')}")
            expect(b"c=IN IP6 ::1\r\n" in ok.body, "c= is not IP6")
            expect(re.search(rb"(?m)^o=\S+ \d+ \d+ IN IP6 ::1", ok.body), "o= is not IP6")
            say("ACK", 1, f";tag={ok.tag}")
            say("BYE", 2, f";tag={ok.tag}")
            equal(final().status, 200, "answer to BYE")


# --- what an answer says --------------------------------------------------------------------------

@case("200 to INVITE has Contact, Allow, Supported, Content-Type and Content-Length")
def headers_of_200():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        for name in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"):
            expect(re.search(rf"\b{name}\b", ", ".join(ok.all("Allow"))), f"Allow lacks {name}")
        equal(ok.get("Content-Type").lower(), "application/sdp", "Content-Type")
        equal(int(ok.get("Content-Length")), len(ok.body), "Content-Length")
        equal(ok.get("From"), invite.get("From"), "From")
        expect(ok.get("To").startswith(invite.get("To")), "To is not the INVITE's with a tag")
        contact = uris([ok.get("Contact")])[0]
        expect(contact.endswith(f"127.0.0.1:{callee.phone.port}"), f"Contact is {contact}")
        callee.end(invite, ok)


@case("OPTIONS outside of a dialog: 200 with Allow, Accept and a To tag")
def options():
    with Room() as room:
        callee = shared.get(room)
        got = callee.asked(callee.peer.request("OPTIONS", callee.uri))
        expect("application/sdp" in got.get("Accept"), "Accept does not name SDP")
        expect(got.get("Allow") and got.tag, "no Allow or no tag")


@case("OPTIONS within a dialog is answered 200 and harms nothing (RFC 3261 11.2)")
def options_in_dialog():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        equal(callee.within("OPTIONS", invite, ok, 2).status, 200, "status")
        callee.end(invite, ok, 3)


@case("an answer without rport goes to sent-by's port, with received if the host differs")
def no_rport():
    with Room() as room:
        callee = shared.get(room)
        other = room.keep(sip.Peer())
        message = callee.peer.request("OPTIONS", callee.uri)
        message.set("Via", f"SIP/2.0/UDP 127.0.0.1:{other.port};branch=z9hG4bK{sip.unique()}")
        callee.peer.send(message)
        got = other.wait(sip.response(200, "OPTIONS"), what="200 at sent-by")
        expect("rport" not in got.get("Via"), "rport was added")
        message = callee.peer.request("OPTIONS", callee.uri)
        message.set("Via", f"SIP/2.0/UDP a.invalid:{other.port};branch=z9hG4bK{sip.unique()}")
        callee.peer.send(message)
        got = other.wait(sip.response(200, "OPTIONS", message.get("Call-ID")), what="200")
        expect("received=127.0.0.1" in got.get("Via"), f"no received in {got.get('Via')}")


@case("maddr in the Via is where the answer goes (RFC 3261 18.2.2)")
def maddr():
    with Room() as room:
        callee = shared.get(room)
        other = room.keep(sip.Peer())
        message = callee.peer.request("OPTIONS", callee.uri)
        message.set("Via", f"SIP/2.0/UDP 192.0.2.9:{other.port};maddr=127.0.0.1;"
                           f"branch=z9hG4bK{sip.unique()}")
        callee.peer.send(message)
        other.wait(sip.response(200, "OPTIONS"), what="200 at maddr")


@case("parameters of the Via that nobody knows come back as they were")
def via_params():
    with Room() as room:
        callee = shared.get(room)
        message = callee.peer.request("OPTIONS", callee.uri)
        message.set("Via", message.get("Via") + ";foo=bar;flag;q=\"a b;c\"")
        got = callee.asked(message)
        for part in (";foo=bar", ";flag", ";q=\"a b;c\""):
            expect(part in got.get("Via"), f"{part} is not in {got.get('Via')}")


@case("a Timestamp comes back in 100 or the answer (RFC 3261 8.2.6.1)")
def timestamp():
    with Room() as room:
        callee = ringing.get(room)
        invite = callee.invite(Timestamp="54.2")
        callee.peer.wait(sip.response(180), what="180")
        time.sleep(0.3)
        for m in callee.peer.found(sip.response(100)):
            expect(m.get("Timestamp").startswith("54.2"), "100 has no Timestamp")
        callee.peer.send(callee.peer.cancel(invite))
        callee.peer.send(callee.peer.ack(invite, callee.peer.wait(sip.response(487))))


if __name__ == "__main__":
    tap.run(jobs=10)
