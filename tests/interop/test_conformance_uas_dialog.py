#!/usr/bin/env python3
"""The called side against the RFCs: requests in a dialog, above all re-INVITE and UPDATE."""
import atexit
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap
from lib.ends import Callee, SharedCallee, direction, expect_gaps, uris
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect

LOCAL = "127.0.0.1"
shared = SharedCallee()
atexit.register(shared.close)


@case("a re-INVITE with a lower CSeq: 500, the call goes on (RFC 3261 12.2.2)")
def lower_reinvite():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(CSeq="50 INVITE")
        equal(callee.within("INVITE", invite, ok, 49, sip.sdp()).status, 500, "status")
        callee.end(invite, ok, 51)


@case("an ACK with SDP that nobody asked for is an ACK all the same")
def ack_with_body():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.invite()
        ok = callee.answered(invite)
        ack = callee.peer.ack(invite, ok).set("Content-Type", "application/sdp")
        ack.body = sip.sdp(formats="8")
        callee.peer.send(ack)
        equal(callee.within("INVITE", invite, ok, 2, sip.sdp()).body, ok.body, "the session")
        callee.end(invite, ok)


@case("CSeq may jump (RFC 3261 12.2.2)")
def jump():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        equal(callee.within("INVITE", invite, ok, 2000000000, sip.sdp()).status, 200, "status")
        callee.end(invite, ok, 2000000001)


@case("a re-INVITE with an unknown Require: 420, the call goes on")
def reinvite_require():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        got = callee.within("INVITE", invite, ok, 2, sip.sdp(), Require="teleport, levitate")
        equal(got.status, 420, "status")
        equal(re.split(r",\s*", got.get("Unsupported")), ["teleport", "levitate"], "Unsupported")
        callee.end(invite, ok, 3)


@case("a re-INVITE changes the target of our BYE (RFC 3261 12.2.2)")
def target_refresh():
    with Room() as room:
        callee = Callee(room)
        invite, ok = callee.up()
        other = room.keep(sip.Peer())
        got = callee.within("INVITE", invite, ok, 2, sip.sdp(),
                            Contact=f"<sip:new@127.0.0.1:{other.port}>")
        equal(got.status, 200, "status")
        callee.alive()
        callee.phone.process.signal(SIGINT)
        bye = other.wait(sip.request("BYE"), what="BYE at the new Contact")
        equal(bye.uri, f"sip:new@127.0.0.1:{other.port}", "Request-URI")
        other.respond(bye, 200)
        callee.phone.status(5)


@case("a re-INVITE with another Record-Route does not change the route set (RFC 3261 12.2)")
def route_stays():
    with Room() as room:
        callee = Callee(room)
        me = f"sip:{LOCAL}:{callee.peer.port};lr"
        invite, ok = callee.up(Record_Route=f"<{me}>")
        callee.within("INVITE", invite, ok, 2, sip.sdp(), Record_Route="<sip:192.0.2.200;lr>")
        callee.alive()
        callee.phone.process.signal(SIGINT)
        bye = callee.peer.wait(sip.request("BYE"), what="BYE")
        equal(uris(bye.all("Route")), [me], "Route")
        callee.peer.respond(bye, 200)
        callee.phone.status(5)


@case("a re-INVITE while the last one waits for its ACK is refused for now: 491 or 500")
def two_reinvites():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        first = callee.peer.within("INVITE", invite, ok, 2, sip.sdp())
        second = callee.peer.within("INVITE", invite, ok, 3, sip.sdp())
        got = callee.asked(first)
        refusal = callee.refused(second)
        expect(refusal.status in (491, 500), f"the second was answered {refusal}")
        callee.peer.send(callee.peer.ack(first, got))
        callee.end(invite, ok, 4)


@case("200 to a re-INVITE is repeated until its ACK too (RFC 3261 14.2)")
def reinvite_200_again():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        again = callee.peer.within("INVITE", invite, ok, 2, sip.sdp())
        callee.peer.send(again)
        of_it = lambda m: m.status == 200 and m.branch == again.branch
        last = callee.peer.wait(of_it, 5, 3, "200")
        expect_gaps(callee.peer.found(of_it), [0.5, 1])
        equal(last.tag, ok.tag, "To tag")
        expect(last.get("Contact"), "200 to re-INVITE has no Contact")
        callee.peer.send(callee.peer.ack(again, last))
        callee.end(invite, ok, 3)


@case("a repeated re-INVITE gets the same 200, not a new version of SDP")
def reinvite_copy():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        again = callee.peer.within("INVITE", invite, ok, 2, sip.sdp())
        callee.peer.send(again)
        callee.peer.send(again)
        of_it = lambda m: m.status == 200 and m.branch == again.branch
        last = callee.peer.wait(of_it, 5, 2, "200")
        equal(len({m.body for m in callee.peer.found(of_it)}), 1, "number of answers")
        callee.peer.send(callee.peer.ack(again, last))
        callee.end(invite, ok, 3)


@case("CANCEL of a re-INVITE that was answered is 200 and changes nothing (RFC 3261 9.2)")
def cancel_reinvite():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        again = callee.peer.within("INVITE", invite, ok, 2, sip.sdp())
        got = callee.asked(again)
        equal(callee.asked(callee.peer.cancel(again)).status, 200, "answer to CANCEL")
        callee.peer.send(callee.peer.ack(again, got))
        callee.end(invite, ok, 3)


@case("UPDATE with an offer is answered 200 with SDP (RFC 3311 5.2)")
def update():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        callee.alive()
        got = callee.within("UPDATE", invite, ok, 2, sip.sdp(direction="sendonly"))
        equal((got.status, direction(got)), (200, "recvonly"), "answer to UPDATE")
        equal(callee.within("UPDATE", invite, ok, 3).status, 200, "answer to UPDATE without SDP")
        callee.end(invite, ok, 4)


for method in ("INFO", "MESSAGE", "SUBSCRIBE", "PUBLISH", "PRACK", "REFER", "NOTIFY"):
    @case(f"{method} outside of a dialog gets 403, 405, 481 or 489, with Allow if 405", method)
    def other_method(method):
        with Room() as room:
            callee = shared.get(room)
            got = callee.asked(callee.peer.request(method, callee.uri, Event="presence"))
            expect(got.status in (403, 405, 481, 489, 501), f"answer was {got}")
            expect(got.status != 405 or got.get("Allow"), "405 has no Allow")

    @case(f"{method} within a dialog is refused and the call goes on", method)
    def other_in_dialog(method):
        with Room() as room:
            callee = shared.get(room)
            invite, ok = callee.up()
            got = callee.within(method, invite, ok, 2, b"?")
            expect(got.status in (400, 405, 415, 481, 489, 501), f"answer was {got}")
            callee.end(invite, ok, 3)


@case("an unknown method within a dialog: 501, the call goes on")
def unknown_in_dialog():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        equal(callee.within("DANCE", invite, ok, 2).status, 501, "status")
        callee.end(invite, ok, 3)


@case("the Call-ID alone does not make a dialog: another To tag is 481")
def wrong_to_tag():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        bye = callee.peer.within("BYE", invite, ok, 2)
        bye.set("To", invite.get("To") + ";tag=guess")
        equal(callee.asked(bye).status, 481, "status")
        callee.end(invite, ok, 3)


@case("tags are compared as they are written")
def tag_case():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(From="<sip:a@127.0.0.1>;tag=AbC")
        bye = callee.peer.within("BYE", invite, ok, 2)
        got = callee.asked(bye)
        equal(got.status, 200, "status")


@case("no tag in From (RFC 2543): the call works")
def no_from_tag():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up(From=f"<sip:old@127.0.0.1>")
        callee.end(invite, ok, 2)


if __name__ == "__main__":
    tap.run(jobs=10)
