#!/usr/bin/env python3
"""What the RFCs ask of a phone that calls, in corners that no polite phone visits."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, sip, tap, tphone
from lib.ends import Caller
from lib.room import SIGINT, Room, free_port
from lib.tap import case, equal, expect


@case("INVITE is sent at 0, 0.5, 1.5 and 3.5 s, and no more after 100 (RFC 3261 17.1.1.2)")
def invite_timer():
    with Room() as room:
        caller, stalls = Caller(room), pace.Stalls()
        last = caller.peer.wait(sip.request("INVITE"), 8, 4, "INVITE")
        times = [m.time for m in caller.peer.found(sip.request("INVITE"))]
        gaps = [b - a for a, b in zip(times, times[1:])]
        late = stalls.seconds()  # of one, and so much less in the gap behind it
        for got, wanted in zip(gaps, (0.5, 1, 2)):
            expect(wanted * 0.7 - late < got < wanted * 1.5 + late, f"gaps were {gaps}")
        caller.peer.respond(last, 100, "Trying")
        time.sleep(0.2)
        before = len(caller.peer.found(sip.request("INVITE")))
        caller.peer.none(lambda m: sip.request("INVITE")(m) and m.time > last.time + 0.2, 4.3,
                         "INVITE after 100")
        equal(before, 4, "number of INVITEs")
        equal(caller.peer.respond(last, 486, "Busy", tag="x").status, 486, "486")
        caller.phone.expect_status(tphone.BUSY)


@case("nobody there: given up after 64*T1, status 5 (RFC 3261 17.1.1.2)")
def nobody():
    with Room() as room:
        caller = Caller(room)
        caller.phone.expect_status(tphone.NO_ANSWER, 45)
        equal(len(caller.peer.found(sip.request("INVITE"))), 7, "number of INVITEs")


@case("a refusal is ACKed within the transaction, its copy again (RFC 3261 17.1.1.3)")
def ack_refusal():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 486, "Busy Here", tag="b")
        ack = caller.peer.wait(sip.request("ACK"), what="ACK")
        equal(ack.branch, invite.branch, "branch of the ACK")
        equal(ack.get("To").split(";tag=")[-1], "b", "To tag of the ACK")
        caller.phone.expect_status(tphone.BUSY)


@case("each copy of a 200 is ACKed, with a branch of its own (RFC 3261 13.2.2.4)")
def ack_copies():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        for count in (2, 3):
            caller.peer.send_to(ok, invite.source)
            caller.peer.wait(sip.request("ACK"), 3, count, "ACK of a copy")
        acks = caller.peer.found(sip.request("ACK"))
        expect(all(a.branch != invite.branch for a in acks), "ACK has the branch of the INVITE")
        equal({a.cseq for a in acks}, {invite.cseq}, "CSeq of the ACKs")
        caller.leave(invite, ok)
        caller.phone.expect_status(tphone.OK)


@case("another fork's 200 is ACKed and ended, the first call goes on (RFC 3261 13.2.2.4)")
def fork():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        caller.answer(invite, tag="other")
        at_other = lambda method: lambda m: sip.request(method)(m) and m.tag == "other"
        caller.peer.wait(at_other("ACK"), what="ACK of the second fork")
        bye = caller.peer.wait(at_other("BYE"), what="BYE to the second fork")
        caller.peer.respond(bye, 200)
        expect(not caller.peer.found(lambda m: sip.request("BYE")(m) and m.tag == "a"),
               "the first fork was ended")
        caller.leave(invite, ok)
        caller.phone.expect_status(tphone.OK)


@case("hanging up before any answer: CANCEL waits for the first provisional (RFC 3261 9.1)")
def early_hang_up():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.phone.process.signal(SIGINT)
        caller.peer.none(sip.request("CANCEL"), 0.4, "CANCEL before a provisional")
        caller.peer.respond(invite, 180, "Ringing", tag="a")
        cancel = caller.peer.wait(sip.request("CANCEL"), what="CANCEL")
        equal(cancel.branch, invite.branch, "branch of CANCEL")
        caller.peer.respond(cancel, 200, "OK", tag="a")
        caller.peer.respond(invite, 487, "Request Terminated", tag="a")
        caller.peer.wait(sip.request("ACK"), what="ACK of 487")
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("a 200 that crosses CANCEL is ACKed and ended with BYE (RFC 3261 9.1)")
def cancel_race():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, "Ringing", tag="a")
        caller.phone.wait_line(r"(?i)ring")
        caller.phone.process.signal(SIGINT)
        cancel = caller.peer.wait(sip.request("CANCEL"), what="CANCEL")
        caller.answer(invite)
        caller.peer.respond(cancel, 200, "OK", tag="a")
        caller.peer.wait(sip.request("ACK"), what="ACK")
        bye = caller.peer.wait(sip.request("BYE"), what="BYE")
        caller.peer.respond(bye, 200)
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("SIGINT in a call sends BYE, status 0; a second one leaves at once")
def sigint_in_call():
    with Room() as room:
        caller = Caller(room)
        caller.up()
        caller.phone.wait_line(r"(?i)answer")
        caller.phone.process.signal(SIGINT)
        bye = caller.peer.wait(sip.request("BYE"), what="BYE")
        caller.peer.respond(bye, 200)
        caller.phone.expect_status(tphone.OK)
    with Room() as room:
        caller = Caller(room)
        caller.up()
        caller.phone.wait_line(r"(?i)answer")
        caller.phone.process.signal(SIGINT)
        caller.peer.wait(sip.request("BYE"), what="BYE")
        time.sleep(0.15)  # sooner it would count as the first one
        caller.phone.process.signal(SIGINT)
        caller.phone.status(1)


@case("BYE of the other side ends the call with status 0")
def peer_leaves():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        caller.leave(invite, ok)
        caller.phone.expect_status(tphone.OK)


@case("a 200 without usable SDP is ACKed and ended with BYE")
def useless_answer():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 200, "OK", body=b"v=0\r\nnothing\r\n", tag="a")
        caller.peer.wait(sip.request("ACK"), what="ACK")
        bye = caller.peer.wait(sip.request("BYE"), what="BYE")
        caller.peer.respond(bye, 200)
        caller.phone.expect_status(tphone.OTHER)


@case("302 is followed, with the same Call-ID and no To tag (RFC 3261 8.1.3.4)")
def redirect():
    with Room() as room:
        caller = Caller(room)
        other = room.keep(sip.Peer())
        invite = caller.invite()
        caller.peer.respond(invite, 302, "Moved", tag="m",
                            Contact=f"<sip:new@127.0.0.1:{other.port}>")
        caller.peer.wait(sip.request("ACK"), what="ACK of 302")
        again = other.wait(sip.request("INVITE"), what="INVITE to the new place")
        equal(again.uri, f"sip:new@127.0.0.1:{other.port}", "Request-URI")
        equal(again.get("Call-ID"), invite.get("Call-ID"), "Call-ID")
        expect(not again.tag, "To has a tag")
        expect(again.cseq > invite.cseq, "CSeq did not grow")
        other.respond(again, 486, "Busy", tag="b")
        caller.phone.expect_status(tphone.BUSY)


@case("a 302 in circles ends (RFC 3261 8.1.3.4)")
def circles():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 302, "Moved", tag="m", Contact=f"<{invite.uri}>")
        expect(caller.phone.status(10) != tphone.OK, "status 0")
        equal(len({m.branch for m in caller.peer.found(sip.request("INVITE"))}), 1,
              "number of INVITEs to the same place")


@case("Record-Route of the 200 is followed in reverse (RFC 3261 12.1.2)")
def reverse_route():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        me = f"sip:127.0.0.1:{caller.peer.port};lr"
        caller.answer(invite, Record_Route=f"<sip:192.0.2.1;lr>, <{me}>",
                      Contact="<sip:far@192.0.2.9>")
        for method in ("ACK", "BYE"):
            got = caller.peer.wait(sip.request(method), what=method)
            equal(re.findall(r"<([^>]+)>", ", ".join(got.all("Route"))),
                  [me, "sip:192.0.2.1;lr"], f"Route of {method}")
            equal(got.uri, "sip:far@192.0.2.9", f"Request-URI of {method}")
        caller.peer.respond(got, 200)
        caller.phone.expect_status(tphone.OK)


@case("an INVITE of more than 1300 bytes goes by TCP (RFC 3261 18.1.1)")
def large_by_tcp():
    with Room() as room:
        listener = room.keep(sip.TcpListener(free_port()))
        udp = room.keep(sip.Peer(port=listener.port))
        phone = tphone.Call(room, f"sip:{'x' * 1300}@127.0.0.1:{listener.port}")
        peer = listener.accept()
        invite = peer.wait(sip.request("INVITE"), what="INVITE over TCP")
        expect("TCP" in invite.get("Via"), f"Via says {invite.get('Via')}")
        peer.respond(invite, 486, "Busy Here", tag="b")
        peer.wait(sip.request("ACK"), what="ACK")
        phone.expect_status(tphone.BUSY)
        expect(not udp.messages, "something came over UDP")


@case("and by UDP where TCP is refused (RFC 3261 18.1.1)")
def large_back_to_udp():
    with Room() as room:
        caller = Caller(room, "x" * 1300)
        invite = caller.invite()
        expect("UDP" in invite.get("Via"), f"Via says {invite.get('Via')}")
        caller.peer.respond(invite, 486, "Busy Here", tag="b")
        caller.phone.expect_status(tphone.BUSY)


@case("a call over TCP: ACK and BYE use it too")
def tcp_call():
    with Room() as room:
        listener = room.keep(sip.TcpListener(free_port()))
        phone = tphone.Call(room, f"sip:peer@127.0.0.1:{listener.port};transport=tcp", seconds=1)
        peer = listener.accept()
        invite = peer.wait(sip.request("INVITE"), what="INVITE")
        peer.respond(invite, 200, "OK", body=sip.sdp(), tag="a")
        peer.wait(sip.request("ACK"), what="ACK")
        bye = peer.wait(sip.request("BYE"), what="BYE")
        peer.respond(bye, 200)
        phone.expect_status(tphone.OK)


@case("TCP refused: status 8, at once")
def tcp_refused():
    with Room() as room:
        phone = tphone.Call(room, f"sip:peer@127.0.0.1:{free_port()};transport=tcp")
        phone.expect_status(tphone.UNREACHABLE, 5)


@case("a name that no name server knows: status 6")
def unknown_host():
    with Room() as room:
        tphone.Call(room, "sip:alice@nobody.invalid").expect_status(tphone.NOT_FOUND, 15)


if __name__ == "__main__":
    tap.run(jobs=6)
