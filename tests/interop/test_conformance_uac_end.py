#!/usr/bin/env python3
"""The calling side against the RFCs: CANCEL and BYE, and what the called side asks of it."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap, tphone
from lib.ends import Caller, expect_gaps, uris
from lib.room import SIGINT, Room
from lib.tap import case, equal, expect


# --- CANCEL ---------------------------------------------------------------------------------------

@case("CANCEL behind a 100: same Request-URI, Call-ID, From, To, CSeq number, top Via (9.1)")
def cancel():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 100, "Trying")
        caller.asked(caller.peer.request("OPTIONS", uris([invite.get("Contact")])[0]),
                     invite.source)  # the 100 has been read
        caller.phone.process.signal(SIGINT)
        got = caller.wait("CANCEL")
        for name in ("Via", "From", "To", "Call-ID"):
            equal(got.all(name), invite.all(name), f"{name} of CANCEL")
        equal((got.uri, got.get("CSeq")), (invite.uri, f"{invite.cseq} CANCEL"), "CANCEL")
        equal((got.body, got.all("Require"), got.all("Proxy-Require")), (b"", [], []),
              "body and Require of CANCEL")
        expect(int(got.get("Max-Forwards")) > 0, "no Max-Forwards")
        caller.peer.respond(got, 200)
        ack = caller.refuse(invite, 487)
        equal(ack.branch, invite.branch, "branch of the ACK")
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("CANCEL is repeated at 0.5 and 1.5 s until it is answered (RFC 3261 17.1.2)")
def cancel_timer():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        caller.phone.process.signal(SIGINT)
        got = caller.wait("CANCEL", count=2)
        cancels = caller.peer.found(sip.request("CANCEL"))
        expect_gaps(cancels, [0.5])
        equal(len({m.bytes() for m in cancels}), 1, "number of different CANCELs")
        caller.peer.respond(got, 200)
        caller.refuse(invite, 487)
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("a refusal that crosses CANCEL is ACKed")
def cancel_refused():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        caller.phone.process.signal(SIGINT)
        got = caller.wait("CANCEL")
        caller.refuse(invite, 486, "a")
        caller.peer.respond(got, 481)
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("CANCEL answered 481 and then a 200: ACK and BYE")
def cancel_481():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.peer.respond(invite, 180, tag="a")
        caller.phone.wait_line("(?i)ring")
        caller.phone.process.signal(SIGINT)
        caller.peer.respond(caller.wait("CANCEL"), 481)
        caller.answer(invite)
        caller.wait("ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("hanging up before any answer, and then a 200 comes: ACK and BYE, no CANCEL")
def late_200():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.phone.process.signal(SIGINT)
        caller.peer.none(sip.request("CANCEL"), 0.3, "CANCEL")
        caller.answer(invite)
        caller.wait("ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        equal(caller.peer.found(sip.request("CANCEL")), [], "CANCELs")
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("hanging up before any answer, and then a refusal comes: ACK, no CANCEL")
def late_refusal():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.phone.process.signal(SIGINT)
        time.sleep(0.3)
        caller.refuse(invite)
        equal(caller.peer.found(sip.request("CANCEL")), [], "CANCELs")
        caller.phone.expect_status(tphone.INTERRUPTED)


@case("CANCEL is sent once for several provisionals")
def one_cancel():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        caller.phone.process.signal(SIGINT)
        time.sleep(0.2)
        caller.peer.respond(invite, 100, "Trying")
        caller.peer.respond(invite, 180, tag="a")
        caller.peer.respond(caller.wait("CANCEL"), 200)
        caller.peer.respond(invite, 183, tag="b")
        caller.refuse(invite, 487)
        caller.phone.expect_status(tphone.INTERRUPTED)
        equal(len(caller.peer.found(sip.request("CANCEL"))), 1, "number of CANCELs")


for name in ("SIGTERM", "SIGHUP"):
    @case(f"{name} while it rings there: CANCEL, and gone in 2 s though nobody answers", name)
    def signalled(name):
        with Room() as room:
            caller = Caller(room)
            caller.peer.respond(caller.invite(), 180, tag="a")
            caller.phone.wait_line("(?i)ring")
            caller.phone.process.signal(getattr(signal, name))
            caller.wait("CANCEL", 2)
            caller.phone.status(4)


# --- BYE ------------------------------------------------------------------------------------------

@case("BYE has a CSeq above the INVITE's, a branch of its own, Max-Forwards, no body")
def bye():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite, ok = caller.up()
        got = caller.wait("BYE")
        equal(got.get("CSeq"), f"{invite.cseq + 1} BYE", "CSeq")
        equal((got.tag, got.param("From", "tag")), ("a", invite.param("From", "tag")), "tags")
        expect(got.branch not in (invite.branch, caller.wait("ACK").branch), "branch")
        equal((int(got.get("Max-Forwards")) > 0, got.body), (True, b""), "Max-Forwards, body")
        caller.peer.respond(got, 200)
        caller.phone.expect_status(tphone.OK)


@case("BYE is repeated at 0.5, 1.5 and 3.5 s (RFC 3261 17.1.2.2)")
def bye_timer():
    with Room() as room:
        caller = Caller(room, seconds=1)
        caller.up()
        last = caller.wait("BYE", 8, 4)
        byes = caller.peer.found(sip.request("BYE"))
        expect_gaps(byes, [0.5, 1, 2])
        equal(len({m.bytes() for m in byes}), 1, "number of different BYEs")
        caller.peer.respond(last, 200)
        caller.phone.expect_status(tphone.OK)


for status in (401, 403, 407, 408, 481, 500, 503):
    @case(f"BYE answered {status} is over, without credentials or another try", status)
    def bye_refused(status):
        with Room() as room:
            caller = Caller(room, seconds=1)
            caller.up()
            caller.peer.respond(caller.wait("BYE"), status, tag="a",
                                WWW_Authenticate='Digest realm="x", nonce="y"')
            caller.phone.expect_status(tphone.OK)
            equal(len(caller.peer.found(sip.request("BYE"))), 1, "number of BYEs")


# --- what the called side asks for ----------------------------------------------------------------

@case("BYE of the called side may have any first CSeq (RFC 3261 12.2.1.1)")
def any_cseq():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        caller.leave(invite, ok, 1)
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        caller.leave(invite, ok, 2147483647)


@case("a lower CSeq of the called side: 500 (RFC 3261 12.2.2)")
def lower():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        for cseq, wanted in ((10, 200), (9, 500), (11, 200)):
            options = caller.within("OPTIONS", invite, ok, cseq)
            equal(caller.asked(options, invite.source).status, wanted, f"answer to CSeq {cseq}")
        caller.leave(invite, ok)


@case("BYE directly behind the 200 is answered 200")
def quick_bye():
    with Room() as room:
        caller = Caller(room)
        invite = caller.invite()
        ok = caller.answer(invite)
        caller.leave(invite, ok)


@case("BYE of a stranger's tag: 481, the call goes on")
def stranger():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        fake = caller.within("BYE", invite, ok, 2).set("From", "<sip:x@y>;tag=guess")
        equal(caller.asked(fake, invite.source).status, 481, "answer")
        caller.leave(invite, ok)


@case("an INVITE from elsewhere during a call is refused or rings, and harms nothing")
def another_invite():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        other = room.keep(sip.Peer(invite.source[1]))
        theirs = other.invite(uris([invite.get("Contact")])[0])
        other.send(theirs)
        got = other.wait(sip.final(), what="a final answer")
        expect(got.status >= 400, f"it was answered {got}")
        other.send(other.ack(theirs, got))
        caller.leave(invite, ok)


@case("requests in the early dialog do no harm (RFC 3311, RFC 3261 15)")
def early_requests():
    with Room() as room:
        caller = Caller(room, seconds=1)
        invite = caller.invite()
        rings = caller.peer.respond(invite, 180, tag="a")
        for n, (method, wanted) in enumerate((("UPDATE", (200, 481, 491, 500)),
                                              ("OPTIONS", (200, 481)), ("BYE", (481, 200)))):
            message = caller.within(method, invite, rings, n + 5)
            got = caller.asked(message, invite.source)
            expect(got.status in wanted, f"{method} was answered {got}")
            if method == "BYE" and got.status == 200:
                return
        caller.answer(invite)
        caller.wait("ACK")
        caller.peer.respond(caller.wait("BYE"), 200)
        caller.phone.expect_status(tphone.OK)


@case("a re-INVITE of the called side is answered; its copy gets the same")
def their_reinvite():
    with Room() as room:
        caller = Caller(room)
        invite, ok = caller.up()
        again = caller.within("INVITE", invite, ok, 7, sip.sdp(direction="sendonly"))
        got = caller.asked(again, invite.source)
        equal(got.status, 200, "status")
        caller.peer.send_to(again, invite.source)
        copy = caller.peer.wait(lambda m: m.status == 200 and m.branch == again.branch, 3, 2)
        equal(copy.bytes(), got.bytes(), "the copy")
        caller.peer.send_to(caller.peer.ack(again, got), invite.source)
        caller.leave(invite, ok)


if __name__ == "__main__":
    tap.run(jobs=12)
