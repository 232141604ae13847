#!/usr/bin/env python3
"""The calling side against the RFCs: its INVITE, what is made of the answers, and its ACKs."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap, tphone
from lib.ends import Caller, uris
from lib.room import Room
from lib.tap import case, equal, expect


# --- the INVITE -----------------------------------------------------------------------------------

@case("INVITE has what RFC 3261 8.1.1 asks for")
def invite_headers():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        equal(invite.uri, f"sip:peer@127.0.0.1:{caller.peer.port}", "Request-URI")
        expect(invite.branch.startswith("z9hG4bK") and len(invite.branch) > 12, "branch")
        expect(";rport" in invite.get("Via"), "no rport (RFC 3581)")
        equal(len(invite.all("Via")), 1, "number of Vias")
        equal(invite.get("Max-Forwards"), "70", "Max-Forwards")
        expect(len(invite.param("From", "tag")) >= 6, "From tag is short")
        equal(invite.tag, "", "To tag")
        equal(uris([invite.get("To")]), [invite.uri], "To")
        equal(invite.get("CSeq").split()[1], "INVITE", "method in CSeq")
        expect(0 < invite.cseq < 2**31, "CSeq")
        equal(len(invite.all("Contact")), 1, "number of Contacts")
        equal(len(invite.all("Route")), 0, "number of Routes")
        equal(int(invite.get("Content-Length")), len(invite.body), "Content-Length")
        equal(invite.get("Content-Type"), "application/sdp", "Content-Type")
        for method in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"):
            expect(re.search(rf"\b{method}\b", invite.get("Allow")), f"Allow lacks {method}")
        caller.refuse(invite)
        caller.phone.expect_status(tphone.BUSY)


@case("Contact and Via name the address and port where the phone listens")
def contact_reachable():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        where = f"127.0.0.1:{invite.source[1]}"
        expect(where in uris([invite.get("Contact")])[0], f"Contact is {invite.get('Contact')}")
        expect(where in invite.get("Via"), f"Via is {invite.get('Via')}")
        options = caller.peer.request("OPTIONS", uris([invite.get("Contact")])[0])
        equal(caller.asked(options, invite.source).status, 200, "OPTIONS to the Contact")
        caller.refuse(invite)


@case("repeated INVITEs are the same to the byte (RFC 3261 17.1.1.2)")
def invite_same():
    with Room() as room:
        caller = Caller(room)
        caller.invite(3)
        equal(len({m.bytes() for m in caller.peer.found(sip.request("INVITE"))}), 1,
              "number of different INVITEs")
        caller.refuse(caller.invite(1))


@case("two calls differ in Call-ID, From tag and branch")
def two_calls():
    with Room() as room:
        one, other = Caller(room, name="one"), Caller(room, name="other")
        a, b = one.invite(), other.invite()
        for what, get in (("Call-ID", lambda m: m.get("Call-ID")), ("branch", lambda m: m.branch),
                          ("From tag", lambda m: m.param("From", "tag"))):
            expect(get(a) != get(b), f"both have the same {what}")
        one.refuse(a)
        other.refuse(b)


@case("parameters of the target stay, headers in it do not travel in the Request-URI")
def target_params():
    with Room() as room:
        peer = room.keep(sip.Peer())
        phone = tphone.Call(room, f"sip:peer;x=1@127.0.0.1:{peer.port};foo=bar;transport=udp"
                                  "?Subject=hello&Route=%3Csip:evil%3E")
        invite = peer.wait(sip.request("INVITE"), 8, what="INVITE")
        expect(invite.uri.startswith(f"sip:peer;x=1@127.0.0.1:{peer.port}"), invite.uri)
        expect("foo=bar" in invite.uri and "?" not in invite.uri, invite.uri)
        equal(invite.all("Route"), [], "Route")
        peer.respond(invite, 486, tag="b")
        phone.expect_status(tphone.BUSY)


@case("a target's user part with escapes arrives as it was typed")
def escapes():
    with Room() as room:
        caller = Caller(room, "a%20b%3fc")
        invite = caller.invite()
        equal(invite.uri.split("@")[0].lower(), "sip:a%20b%3fc", "user of the Request-URI")
        caller.refuse(invite)


@case("maddr says where the INVITE goes (RFC 3261 19.1.1)")
def maddr():
    with Room() as room:
        peer = room.keep(sip.Peer())
        phone = tphone.Call(room, f"sip:peer@192.0.2.1:{peer.port};maddr=127.0.0.1",
                            listen="udp:127.0.0.1:0")
        invite = peer.wait(sip.request("INVITE"), 8, what="INVITE")
        expect("192.0.2.1" in invite.uri, f"Request-URI is {invite.uri}")
        peer.respond(invite, 486, tag="b")
        phone.expect_status(tphone.BUSY)


@case("a name with several addresses: the one that is not there is passed by (RFC 3263 4.3)")
def addresses():
    with Room() as room:
        peer = room.keep(sip.Peer())
        phone = tphone.Call(room, f"sip:peer@localhost:{peer.port}")
        invite = peer.wait(sip.request("INVITE"), 8, what="INVITE")
        peer.respond(invite, 486, tag="b")
        phone.expect_status(tphone.BUSY)


@case("an address of ours that the target cannot be reached from is told, status 8")
def no_way():
    with Room() as room:
        phone = tphone.Call(room, "sip:peer@192.0.2.1", listen="udp:127.0.0.1:0")
        phone.expect_status(tphone.UNREACHABLE, 5)


@case("no provisional, INVITE stops after a final answer (RFC 3261 17.1.1.2)")
def stops():
    with Room() as room:
        caller = Caller(room, seconds=3)
        caller.up()
        caller.peer.none(lambda m: sip.request("INVITE")(m) and
                         m is not caller.peer.messages[0], 2, "another INVITE")


@case("180 stops the repetition of INVITE too")
def ringing_stops():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        before = len(caller.peer.found(sip.request("INVITE")))
        time.sleep(2.2)
        equal(len(caller.peer.found(sip.request("INVITE"))), before, "INVITEs after 180")
        caller.refuse(invite)


# --- final answers --------------------------------------------------------------------------------

STATUSES = [
    (300, 1), (400, 1), (401, 7), (403, 7), (404, 6), (405, 1), (406, 1), (407, 7), (408, 5),
    (410, 6), (413, 1), (415, 1), (416, 1), (420, 1), (422, 1), (480, 5), (481, 1), (482, 1),
    (483, 1), (484, 6), (486, 3), (487, 5), (488, 1), (491, 1), (499, 1), (500, 1), (501, 1),
    (502, 8), (503, 8), (504, 8), (513, 1), (580, 1), (600, 3), (603, 4), (604, 6), (606, 1),
    (699, 1),
]


def refused(status, wanted):
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 100, "Trying")
        ack = caller.refuse(invite, status, f"t{status}")
        equal(ack.get("Via"), invite.get("Via"), "Via of the ACK")
        equal(ack.uri, invite.uri, "Request-URI of the ACK")
        equal(ack.get("CSeq"), f"{invite.cseq} ACK", "CSeq of the ACK")
        equal(ack.get("From"), invite.get("From"), "From of the ACK")
        equal(ack.get("Call-ID"), invite.get("Call-ID"), "Call-ID of the ACK")
        equal(ack.tag, f"t{status}", "To tag of the ACK")
        equal((ack.body, ack.get("Content-Length", "0")), (b"", "0"), "body of the ACK")
        caller.phone.expect_status(wanted)
        equal(caller.peer.found(sip.request("BYE")), [], "BYEs")


for status, wanted in STATUSES:
    case(f"{status} is ACKed within its transaction and makes exit status {wanted}", status,
         wanted)(refused)


@case("401 with a challenge makes no second INVITE without an account, status 7")
def challenge():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 401, "Unauthorized", tag="b",
                            WWW_Authenticate='Digest realm="x", nonce="y", algorithm=MD5')
        caller.wait("ACK")
        caller.phone.expect_status(tphone.REFUSED)
        equal(len({m.branch for m in caller.peer.found(sip.request("INVITE"))}), 1,
              "number of INVITE transactions")


@case("an unknown 2xx counts as 200 (RFC 3261 8.1.3.2)")
def status_299():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        caller.peer.respond(invite, 299, "Fine", body=sip.sdp(), tag="a",
                            Contact=f"<sip:peer@127.0.0.1:{caller.peer.port}>")
        caller.wait("ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("provisional answers of all kinds, with and without tags and reasons, are taken")
def provisionals():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        for status, reason, tag in ((100, "", None), (180, "", "a"), (181, "x" * 300, "b"),
                                    (182, "Queued", "a"), (183, "Progress", None),
                                    (188, "?", "c"), (199, "Early Dialog Terminated", "c")):
            caller.peer.respond(invite, status, reason, tag=tag)
        caller.answer(invite, "a")
        equal(caller.wait("ACK").tag, "a", "To tag of the ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("no Contact in 180 and no tag in 100 do no harm; 1xx behind the 200 changes nothing")
def late_provisional():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a", Contact=None)
        ok = caller.answer(invite)
        caller.wait("ACK")
        caller.peer.respond(invite, 180, tag="a")
        caller.peer.respond(invite, 486, tag="a")
        caller.peer.none(lambda m: m.method in ("BYE", "CANCEL"), 0.5, "BYE or CANCEL")
        caller.leave(invite, ok)


def ignored(change):
    """A final answer that is not for this transaction, and then a 180 that is."""
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        wrong = sip.Message("SIP/2.0 486 Busy Here", [
            ("Via", invite.get("Via")), ("From", invite.get("From")),
            ("To", invite.get("To") + ";tag=w"), ("Call-ID", invite.get("Call-ID")),
            ("CSeq", invite.get("CSeq"))])
        change(wrong, invite)
        caller.peer.send_to(wrong, invite.source)
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        expect(caller.phone.process.alive(), "the wrong answer was taken")
        equal(caller.peer.found(sip.request("ACK")), [], "ACKs")
        caller.refuse(invite)
        caller.phone.expect_status(tphone.BUSY)


for name, change in (
        ("of another branch",
         lambda w, i: w.set("Via", i.get("Via").replace("z9hG4bK", "z9hG4bKx"))),
        ("of another method", lambda w, i: w.set("CSeq", f"{i.cseq} OPTIONS")),
        ("with a second Via (RFC 3261 8.1.3.3)",
         lambda w, i: w.headers.insert(1, ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKy"))),
        ("without Via", lambda w, i: w.set("Via", None)),
        ("without CSeq", lambda w, i: w.set("CSeq", None)),
        ("of status 700", lambda w, i: setattr(w, "start", "SIP/2.0 700 Odd")),
        ("of version 3.0", lambda w, i: setattr(w, "start", "SIP/3.0 486 Busy")),
        ("with two To headers", lambda w, i: w.headers.append(("To", "<sip:x@y>;tag=z")))):
    case(f"a final answer {name} is dropped", change)(ignored)


@case("an answer with compact names, folds and odd case is read")
def odd_answer():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        body = sip.sdp().decode()
        caller.peer.socket.sendto((
            "SIP/2.0 200 Is it?\r\n"
            f"v:  {invite.get('Via')}\r\nF : {invite.get('From')}\r\n"
            f"t:\r\n {invite.get('To')}\r\n ; tag = odd\r\ni:{invite.get('Call-ID')}\r\n"
            f"CSEQ:   {invite.cseq}  \r\n   INVITE\r\n"
            f"m: \"a, \\\" b\" <sip:odd@127.0.0.1:{caller.peer.port}>;x=y\r\n"
            f"c: Application/SDP\r\nl:{len(body)}\r\n\r\n{body}").encode(), invite.source)
        ack = caller.wait("ACK")
        equal((ack.uri, ack.tag), (f"sip:odd@127.0.0.1:{caller.peer.port}", "odd"), "ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


# --- 2xx and ACK ----------------------------------------------------------------------------------

@case("ACK to 200: to the Contact, CSeq number of the INVITE, no body (RFC 3261 13.2.2.4)")
def ack_2xx():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        contact = f"sip:there@127.0.0.1:{caller.peer.port};p=1"
        ok = caller.answer(invite, Contact=f"\"There\" <{contact}>;q=1")
        ack = caller.wait("ACK")
        equal(ack.uri, contact, "Request-URI")
        equal(ack.get("CSeq"), f"{invite.cseq} ACK", "CSeq")
        equal(ack.tag, "a", "To tag")
        equal(ack.get("From"), invite.get("From"), "From")
        equal(ack.body, b"", "body")
        expect(int(ack.get("Max-Forwards")) > 0, "no Max-Forwards")
        expect(ack.branch.startswith("z9hG4bK") and ack.branch != invite.branch, "branch")
        caller.leave(invite, ok)


@case("the ACKs to copies of a 200 are all alike (RFC 3261 13.2.2.4)")
def acks_alike():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        for n in range(2, 6):
            caller.peer.send_to(ok, invite.source)
            caller.wait("ACK", count=n)
        equal(len({m.bytes() for m in caller.peer.found(sip.request("ACK"))}), 1,
              "number of different ACKs")
        caller.leave(invite, ok)


@case("a copy of the 200 that comes while BYE waits is ACKed too")
def ack_in_bye():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite, ok = caller.up()
        bye = caller.wait("BYE")
        caller.peer.send_to(ok, invite.source)
        caller.wait("ACK", count=2)
        caller.peer.respond(bye, 200)
        caller.phone.expect_status(tphone.OK)


@case("without Contact in the 200 the ACK goes where the INVITE went")
def no_contact():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        caller.answer(invite, Contact=None)
        equal(caller.wait("ACK").uri, invite.uri, "Request-URI of the ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("no To tag in the 200 (RFC 2543): ACK and BYE have none")
def no_to_tag():
    with Room() as room:
        caller = Caller(room, seconds=1)
        caller.answer(caller.invite(), tag=None)
        equal(caller.wait("ACK").tag, "", "To tag of the ACK")
        bye = caller.wait("BYE")
        equal(bye.tag, "", "To tag of BYE")
        caller.peer.respond(bye, 200)
        caller.phone.expect_status(tphone.OK)


@case("the Contact of the 200 leads to another place: ACK and BYE go there")
def contact_elsewhere():
    with Room() as room:
        caller = Caller(room, seconds=1)
        other = room.keep(sip.Peer())
        caller.answer(caller.invite(), Contact=f"<sip:there@127.0.0.1:{other.port}>")
        other.wait(sip.request("ACK"), what="ACK at the Contact")
        other.respond(other.wait(sip.request("BYE"), what="BYE at the Contact"), 200)
        caller.phone.expect_status(tphone.OK)


@case("strict routers: the first route is the Request-URI, the Contact the last Route")
def strict():
    with Room() as room:
        caller = Caller(room, seconds=1)
        me = f"sip:127.0.0.1:{caller.peer.port}"
        caller.answer(caller.invite(), Record_Route=f"<sip:192.0.2.1>,<{me};x=y>",
                      Contact="<sip:far@192.0.2.9>")
        for method in ("ACK", "BYE"):
            got = caller.wait(method)
            equal(got.uri, f"{me};x=y", f"Request-URI of {method}")
            equal(uris(got.all("Route")), ["sip:192.0.2.1", "sip:far@192.0.2.9"],
                  f"Route of {method}")
        caller.peer.respond(got, 200)
        caller.phone.expect_status(tphone.OK)


@case("the route set is that of the 200, not of the 180 (RFC 3261 13.2.2.4)")
def route_of_200():
    with Room() as room:
        caller = Caller(room, seconds=1)
        me = f"sip:127.0.0.1:{caller.peer.port};lr"
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a", Record_Route="<sip:192.0.2.77;lr>")
        caller.answer(invite, Record_Route=f"<{me}>")
        equal(uris(caller.wait("ACK").all("Route")), [me], "Route of the ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("Record-Route in several lines and lists is one route set")
def many_routes():
    with Room() as room:
        caller = Caller(room, seconds=1)
        me = f"sip:127.0.0.1:{caller.peer.port};lr"
        invite = caller.invite()
        ok = sip.Message("SIP/2.0 200 OK", [
            ("Via", invite.get("Via")), ("Record-Route", "<sip:192.0.2.1;lr>, <sip:192.0.2.2;lr>"),
            ("From", invite.get("From")), ("Record-Route", "\"a, b\" <sip:192.0.2.3;lr>;c=d"),
            ("To", invite.get("To") + ";tag=a"), ("Call-ID", invite.get("Call-ID")),
            ("CSeq", invite.get("CSeq")), ("Contact", "<sip:far@192.0.2.9>"),
            ("Record-Route", f"<{me}>"), ("Content-Type", "application/sdp")], sip.sdp())
        caller.peer.send_to(ok, invite.source)
        equal(uris(caller.wait("ACK").all("Route")),
              [me, "sip:192.0.2.3;lr", "sip:192.0.2.2;lr", "sip:192.0.2.1;lr"], "Route")
        caller.peer.respond(caller.wait("BYE"), 200)


@case("three forks answer 200: each is ACKed, two are ended at their own Contact")
def forks():
    with Room() as room:
        caller = Caller(room)
        others = [room.keep(sip.Peer()) for _ in range(2)]
        invite, ok = caller.up()
        for n, other in enumerate(others):
            caller.answer(invite, tag=f"f{n}", Contact=f"<sip:f{n}@127.0.0.1:{other.port}>")
        for n, other in enumerate(others):
            ack = other.wait(sip.request("ACK"), what="ACK")
            equal((ack.tag, ack.cseq), (f"f{n}", invite.cseq), "ACK")
            bye = other.wait(sip.request("BYE"), what="BYE")
            equal(bye.tag, f"f{n}", "To tag of BYE")
            expect(bye.cseq > invite.cseq, "CSeq of BYE did not grow")
            other.respond(bye, 200)
        caller.leave(invite, ok)


@case("a copy of the other fork's 200 is ACKed again, and not ended twice")
def fork_copy():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        second = caller.answer(invite, tag="f")
        caller.peer.respond(caller.wait("BYE", tag="f"), 200)
        caller.peer.send_to(second, invite.source)
        caller.wait("ACK", tag="f", count=2)
        equal(len({m.branch for m in caller.peer.found(sip.request("BYE"))}), 1, "BYEs")
        caller.leave(invite, ok)


@case("early dialogs of two forks, the later one answers")
def early_forks():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        caller.peer.respond(invite, 183, tag="x", body=sip.sdp(port=21000))
        caller.peer.respond(invite, 180, tag="y")
        caller.answer(invite, "y", body=sip.sdp(port=21002))
        equal(caller.wait("ACK").tag, "y", "To tag of the ACK")
        bye = caller.wait("BYE")
        equal(bye.tag, "y", "To tag of BYE")
        caller.peer.respond(bye, 200)
        caller.phone.expect_status(tphone.OK)


@case("183 with an answer and 200 without SDP make a call (RFC 3261 13.2.1)")
def early_answer():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        caller.peer.respond(invite, 183, tag="a", body=sip.sdp())
        caller.answer(invite, body=b"")
        caller.wait("ACK")
        caller.phone.wait_line("(?i)answered")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


for name, body, more in (
        ("without any body", b"", {}),
        ("with a body that is no SDP", b"hello", {"Content_Type": "text/plain"}),
        ("whose SDP has port 0", sip.sdp(port=0), {}),
        ("whose SDP names no codec of ours", sip.sdp(formats="3 4"), {}),
        ("whose SDP has no m-line", b"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\n", {}),
        ("whose SDP answers video first", sip.sdp().replace(b"m=audio", b"m=video"), {})):
    @case(f"200 {name} is ACKed and ended with BYE (RFC 3261 13.2.2.4)", body, more)
    def useless(body, more):
        with Room() as room:
            caller = Caller(room)
            caller.answer(caller.invite(), body=body, **more)
            caller.wait("ACK")
            caller.peer.respond(caller.wait("BYE"), 200)
            caller.phone.expect_status(tphone.OTHER)


# --- the rest -------------------------------------------------------------------------------------

for name, body in (("cannot be read", b"v=0\r\nx\r\n"), ("has port 0", sip.sdp(port=0)),
                   ("has no codec of ours", sip.sdp(formats="3"))):
    @case(f"183 whose SDP {name}: it rings, and the SDP of the 200 counts", body)
    def bad_early(body):
        with Room() as room:
            caller = Caller(room, seconds=1)
            invite = caller.invite()
            caller.peer.respond(invite, 183, tag="a", body=body)
            caller.phone.wait_line("183")
            caller.answer(invite)
            caller.wait("ACK")
            caller.peer.respond(caller.wait("BYE"), 200)
            caller.phone.expect_status(tphone.OK)


@case("180 that requires 100rel, which we do not support, is taken without PRACK or harm")
def reliable():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a", Require="100rel", RSeq="1")
        caller.answer(invite)
        caller.wait("ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("SDP within multipart/mixed in the 200 makes a call (RFC 5621)")
def multipart():
    with Room() as room:
        caller = Caller(room, seconds=1)
        body = (b"--x\r\nContent-Type: application/sdp\r\n\r\n" + sip.sdp() + b"\r\n--x\r\n"
                b"Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n")
        caller.answer(caller.invite(), body=body, Content_Type="multipart/mixed;boundary=x")
        caller.wait("ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("nobody listens: an ICMP error ends the call at once, status 8 (RFC 3261 18.4)")
def icmp():
    with Room() as room:
        peer = sip.Peer()
        port = peer.port
        peer.stop()
        phone = tphone.Call(room, f"sip:peer@127.0.0.1:{port}")
        phone.expect_status(tphone.UNREACHABLE, 5)


if __name__ == "__main__":
    tap.run(jobs=12)
