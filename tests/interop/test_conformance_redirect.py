#!/usr/bin/env python3
"""Redirects against RFC 3261 8.1.3.4: where else a call is tried, and what stays behind."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap, tphone
from lib.ends import Caller
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect


@case("302: places are tried by their q, each with an INVITE of its own, and one may answer")
def places():
    with Room() as room:
        caller = Caller(room, seconds=1)
        a, b, c = (room.keep(sip.Peer()) for _ in range(3))
        invite = caller.invite()
        caller.peer.respond(invite, 302, tag="r", Contact=", ".join(
            f"<sip:x@127.0.0.1:{p.port}>;q={q}" for p, q in ((a, 0.1), (b, 0.9), (c, 0.5))))
        caller.wait("ACK")
        second = b.wait(sip.request("INVITE"), what="INVITE to the best place")
        equal(second.get("Call-ID"), invite.get("Call-ID"), "Call-ID")
        equal(second.get("From"), invite.get("From"), "From")
        equal(second.tag, "", "To tag")
        expect(second.cseq > invite.cseq and second.branch != invite.branch, "CSeq or branch")
        b.respond(second, 486, tag="b")
        b.wait(sip.request("ACK"), what="ACK")
        third = c.wait(sip.request("INVITE"), what="INVITE to the next place")
        c.respond(third, 200, "OK", body=sip.sdp(), tag="c")
        c.wait(sip.request("ACK"), what="ACK of the 200")
        c.respond(c.wait(sip.request("BYE"), what="BYE"), 200)
        caller.phone.expect_status(tphone.OK)
        equal(a.messages, [], "what the worst place got")


for name, contact in (("no Contact", None), ("Contact *", "*"), ("tel:", "<tel:+15551212>"),
                      ("mailto:", "<mailto:a@b.c>"), ("junk", "<<<"), ("http:", "<http://x/>")):
    @case(f"302 with {name} ends the call, status 1", contact)
    def nowhere(contact):
        with Room() as room:
            caller = Caller(room)
            caller.peer.respond(caller.invite(), 302, tag="r", Contact=contact)
            caller.wait("ACK")
            caller.phone.expect_status(tphone.OTHER)


@case("302 from place to place ends after a few (no loop, no flood)")
def endless():
    with Room() as room:
        caller = Caller(room)
        for n in range(1, 30):
            try:
                invite = caller.invite(n, 3)
            except tap.Failure:
                break
            caller.peer.respond(invite, 302, tag=f"r{n}",
                                Contact=f"<sip:x{n}@127.0.0.1:{caller.peer.port}>")
        expect(n < 12, f"{n} redirects were followed")
        expect(caller.phone.status(5) != tphone.OK, "status 0")


@case("what a redirect puts into its Contact's headers does not travel")
def contact_headers():
    with Room() as room:
        caller = Caller(room)
        other = room.keep(sip.Peer())
        caller.peer.respond(caller.invite(), 302, tag="r", Contact=(
            f"<sip:x@127.0.0.1:{other.port}?Route=%3Csip:evil%40127.0.0.1%3E&Subject=x>"))
        again = other.wait(sip.request("INVITE"), what="INVITE")
        equal((again.all("Route"), again.all("Subject"), "?" in again.uri), ([], [], False),
              "headers of the INVITE")
        other.respond(again, 486, tag="b")
        caller.phone.expect_status(tphone.BUSY)


@case("hanging up while a redirect rings cancels the INVITE that stands")
def redirect_cancel():
    with Room() as room:
        caller = Caller(room)
        other = room.keep(sip.Peer())
        caller.peer.respond(caller.invite(), 302, tag="r",
                            Contact=f"<sip:x@127.0.0.1:{other.port}>")
        again = other.wait(sip.request("INVITE"), what="INVITE")
        other.respond(again, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        caller.phone.process.signal(SIGINT)
        cancel = other.wait(sip.request("CANCEL"), what="CANCEL")
        equal(cancel.branch, again.branch, "branch")
        other.respond(cancel, 200)
        other.respond(again, 487, tag="a")
        other.wait(sip.request("ACK"), what="ACK")
        equal(caller.peer.found(sip.request("CANCEL")), [], "CANCELs to the first place")
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("a BYE or re-INVITE that a redirect asks to send elsewhere is not sent there")
def redirect_in_call():
    with Room() as room:
        caller = Caller(room, seconds=1)
        other = room.keep(sip.Peer())
        caller.up()
        caller.peer.respond(caller.wait("BYE"), 302,
                            Contact=f"<sip:x@127.0.0.1:{other.port}>")
        caller.phone.expect_status(tphone.OK)
        equal(other.messages, [], "what the other place got")


if __name__ == "__main__":
    tap.run(jobs=12)
