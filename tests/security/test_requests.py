#!/usr/bin/env python3
"""What strangers ask for and do not get: calls to others (REFER), to be answered by themselves,
that something is fetched, that what they recorded counts a second time; and lines in a message of
ours."""
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, control, sip, sound, tap, tphone
from lib.attack import Target
from lib.dns import Dns
from lib.ends import Callee, Caller
from lib.hostile import DOMAIN, Server, challenge
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

SPEECH = sound.tone(440, 20)
STRANGER = "127.0.0.2"


# --- REFER ------------------------------------------------------------------------------------

def refers(peer, make):
    """REFERs in all forms; make: a method and headers to a request."""
    return [make("REFER", **headers) for headers in (
        {"Refer_To": f"<sip:thief@{STRANGER}:{peer.port}>"},
        {"Refer_To": f"<sip:thief@{STRANGER}:{peer.port};method=BYE>"},
        {"Refer_To": f"<sip:thief@{STRANGER}:{peer.port}>", "Refer_Sub": "false"},
        {"Refer_To": f"<sip:thief@{STRANGER}:{peer.port}?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>",
         "Referred_By": "<sip:boss@example.org>"},
        {"Refer_To": f"<sip:thief@{STRANGER}:{peer.port}>", "Require": "multiple-refer"})]


def asked(peer, message):
    peer.send(message)
    return peer.wait(lambda m: m.status >= 200 and m.branch == message.branch, what="an answer")


def refused_referral(answer):
    """420: it requires what nobody has."""
    expect(answer.status in (403, 420, 603), f"REFER was answered {answer}")


@case("REFER out of a dialog is refused, and nobody is called")
def refer_outside():
    with Room() as room:
        t = Target(room, "udp", spoken=SPEECH, max_calls=4)
        thief = room.keep(sip.Peer(t.phone.port, host=STRANGER))
        for message in refers(thief, lambda m, **h: thief.request(m, t.uri, **h)):
            refused_referral(asked(thief, message))
        thief.none(sip.request("INVITE"), 0.5, "a call to whom REFER named")
        t.media.verdict(30, 70)
        t.finish()


@case("REFER in a call that came in is refused, nobody is called, and the call goes on")
def refer_called():
    with Room() as room:
        t = Target(room, "udp", spoken=SPEECH, max_calls=4)
        thief = room.keep(sip.Peer(host=STRANGER))
        numbers = iter(range(10, 99))
        for message in refers(thief, lambda m, **h: t.media.peer.within(
                m, t.media.invite, t.media.ok, next(numbers), **h)):
            refused_referral(asked(t.media.peer, message))
        thief.none(lambda m: True, 0.5, "something for whom REFER named")
        t.media.verdict(30, 70)
        t.finish()


@case("REFER in a call that we placed is refused, nobody is called, and the call goes on")
def refer_calling():
    with Room() as room:
        call = Caller(room, spoken=SPEECH)
        thief = room.keep(sip.Peer(host=STRANGER))
        invite, ok = call.up()
        numbers = iter(range(10, 99))
        for message in refers(thief, lambda m, **h: call.within(m, invite, ok, next(numbers), **h)):
            refused_referral(call.asked(message, invite.source))
        thief.none(lambda m: True, 0.5, "something for whom REFER named")
        expect(call.phone.process.alive(), "the call has ended", *call.phone.process.tail())
        call.leave(invite, ok)


def led_on(room, allowed, uri, seconds=1):
    """What a phone whose list of transfers is this answers to a REFER to uri, and who is called."""
    thief = room.keep(sip.Peer(host=STRANGER))
    there = f"{STRANGER}:{thief.port}"
    call = Caller(room, spoken=SPEECH, transfers=allowed.format(there=there))
    call.peer.answers = ("NOTIFY",)
    invite, ok = call.up()
    to = uri.format(there=there)
    answer = call.asked(call.within("REFER", invite, ok, 10, Refer_To=f"<{to}>"), invite.source)
    if answer.status != 202:
        thief.none(lambda m: True, seconds, "something for whom REFER named")
        call.leave(invite, ok)
    return answer.status, thief, call


NOT_LISTED = (
    ("another port", "{there}", "sip:x@127.0.0.2:9"), ("no port", "{there}", "sip:x@127.0.0.2"),
    ("a port, and the list has none", "127.0.0.2", "sip:x@{there}"),
    ("another user", "carol@{there}", "sip:dave@{there}"),
    ("the host as a user", "pbx.example", "sip:pbx.example@{there}"),
    ("the host as a parameter", "pbx.example", "sip:x@{there};h=pbx.example"),
    ("the host in a header", "pbx.example", "sip:x@{there}?To=pbx.example"),
    ("maddr", "pbx.example", "sip:x@pbx.example;maddr=127.0.0.2;port={there}"),
    ("a password", "{there}", "sip:x:y@{there}"),
    ("sips is wanted", "sips:{there}", "sip:x@{there}"),
    ("another method", "{there}", "sip:x@{there};method=BYE"))

for name, allowed, uri in NOT_LISTED:
    @case(f"REFER to what a script's list does not have: {name}", allowed, uri)
    def not_listed(allowed, uri):
        with Room() as room:
            equal(led_on(room, allowed, uri)[0], 603, "answer to REFER")


@case("REFER that a list allows: five places in a chain, redirects included, and none twice")
def chain():
    with Room() as room:
        peer = room.keep(sip.Peer())
        at = f"127.0.0.1:{peer.port}"
        call = Caller(room, "p0", peer, spoken=SPEECH, transfers=at)
        peer.answers = ("NOTIFY", "BYE")
        numbers = iter(range(10, 99))
        invite, ok = call.up()
        seen = []

        def refer(name):
            message = call.within("REFER", invite, ok, next(numbers), Refer_To=f"<sip:{name}@{at}>")
            return call.asked(message, invite.source).status

        for n in range(1, 5):
            seen += [refer(f"p{k}") for k in range(n)]  # where we have been
            equal(refer(f"p{n}"), 202, f"the {n}. REFER")
            invite = peer.wait(lambda m: sip.request("INVITE")(m) and f"sip:p{n}@" in m.uri, 5,
                               what=f"INVITE to p{n}")
            ok = call.answer(invite, tag=f"t{n}")
            peer.wait(lambda m: m.method == "ACK" and m.tag == f"t{n}", 5, what="ACK")
        equal(refer("p5"), 202, "the fifth REFER")
        invite = peer.wait(lambda m: sip.request("INVITE")(m) and "sip:p5@" in m.uri, 5,
                           what="INVITE to p5")
        peer.respond(invite, 302, "Moved", tag="r", Contact=f"<sip:p6@{at}>, <sip:p0@{at}>")
        peer.none(lambda m: sip.request("INVITE")(m) and
                  m.get("Call-ID") == invite.get("Call-ID") and "sip:p5@" not in m.uri,
                  1, "a call beyond the fifth")
        expect(set(seen) == {603}, f"answers to REFER to where we have been: {seen}")


@case("REFER in the name of the other side, from another address or with wrong tags: nothing")
def spoofed():
    with Room() as room:
        thief = room.keep(sip.Peer(host=STRANGER))
        call = Caller(room, spoken=SPEECH, transfers=f"{STRANGER}:{thief.port}")
        invite, ok = call.up()
        numbers = iter(range(10, 99))

        def refer(**more):
            return call.within("REFER", invite, ok, next(numbers),
                               Refer_To=f"<sip:x@{STRANGER}:{thief.port}>", **more)

        message = refer()
        message.set("Via", f"SIP/2.0/UDP {STRANGER}:{thief.port};branch=z9hG4bK" + sip.unique())
        thief.send_to(message, invite.source)
        got = thief.wait(lambda m: m.status >= 200, 5, what="an answer")
        equal(got.status, 481, "from another address")
        for header in ("From", "To"):
            message = refer()
            message.set(header, re.sub("tag=[^;]+", "tag=guess", message.get(header)))
            equal(call.asked(message, invite.source).status, 481, f"with another tag in {header}")
        thief.none(sip.request("INVITE"), 0.5, "a call to whom REFER named")
        call.leave(invite, ok)


@case("REFER, 200 of them in a call with a list: one at a time, and all others are refused")
def flood_of_referrals():
    with Room() as room:
        thief = room.keep(sip.Peer(host=STRANGER))
        call = Caller(room, spoken=SPEECH, transfers=f"{STRANGER}:{thief.port}")
        call.peer.answers = ("NOTIFY",)
        invite, ok = call.up()
        statuses = [call.asked(call.within(
            "REFER", invite, ok, n, Refer_To=f"<sip:x{n}@{STRANGER}:{thief.port}>"),
            invite.source).status for n in range(10, 210)]
        equal(statuses.count(202), 1, "those that were accepted")
        equal(set(statuses), {202, 491}, "answers")
        got = thief.wait(sip.request("INVITE"), 5, what="the one call")
        equal(len({m.get("Call-ID") for m in thief.found(sip.request("INVITE"))}), 1, "calls")
        thief.respond(got, 486, "Busy", tag="t")
        call.leave(invite, ok, 900)


@case("REFER and BYE in 20 calls: no more than 16 questions wait for a person")
def heap_of_questions():
    with Room() as room:
        phone = control.Piped(room).client
        statuses = []
        for n in range(20):
            call = Caller.__new__(Caller)
            call.peer = room.keep(sip.Peer())
            call.peer.answers = ("NOTIFY",)
            number = phone.do("call", target=f"sip:x@127.0.0.1:{call.peer.port}")["call"]
            invite, ok = call.up()
            phone.event("answered", call=number)
            message = call.within("REFER", invite, ok, 10, Refer_To=f"<sip:y{n}@127.0.0.1:9>")
            statuses.append(call.asked(message, invite.source).status)
            equal(call.asked(call.within("BYE", invite, ok, 11), invite.source).status, 200, "BYE")
            phone.event("ended", call=number)
        equal(statuses, 16 * [202] + 4 * [603], "answers")
        equal([q["call"] for q in phone.do("status")["questions"]], list(range(1, 17)), "questions")
        phone.do("stay", call=1)
        equal(len(phone.do("status")["questions"]), 15, "questions that are left")


# --- answered by itself -----------------------------------------------------------------------

AUTO = {
    "Answer-Mode": "Auto", "Answer-Mode and require": "Auto;require",
    "Priv-Answer-Mode": "Auto;require",
    "Call-Info answer-after": "<sip:127.0.0.1>;answer-after=0",
    "Call-Info of some pagers": "<http://127.0.0.1/>;purpose=answer;answer-after=0",
    "Alert-Info info": "<http://127.0.0.1>;info=alert-autoanswer;delay=0",
    "Alert-Info word": "info=alert-autoanswer", "Alert-Info ring": "<ring-answer>",
    "Alert-Info of an exchange": "<urn:alert:service:auto-callback>;info=Auto Answer",
    "P-Auto-Answer": "normal", "X-Auto-Answer": "true", "Subject": "Auto Answer"}


@case("headers that ask a phone to answer by itself: it rings")
def auto_answer():
    with Room() as room:
        phone = control.Piped(room)
        peer = room.keep(sip.Peer(phone.port))
        invites = []
        for name, value in AUTO.items():
            invites.append(peer.invite(phone.uri).set(name.split(" ")[0], value))
        invites.append(peer.invite(phone.uri + ";intercom=true"))
        invites.append(peer.invite(phone.uri).set("Contact", peer.invite(phone.uri).get("Contact")
                                                  + ";+sip.answermode=auto"))
        for invite in invites:
            peer.send(invite)
        peer.wait(sip.response(180, "INVITE"), count=len(invites), what="180 to each")
        peer.none(lambda m: m.method == "INVITE" and m.status >= 200, 1.5, "a final answer")
        for invite in invites:
            peer.send(peer.cancel(invite))
        peer.wait(sip.response(487, "INVITE"), count=len(invites), what="487 to each")


# --- links ------------------------------------------------------------------------------------

class Web:
    """Counts who comes."""

    def __init__(self):
        self.tcp = socket.socket()
        self.tcp.bind(("127.0.0.1", 0))
        self.tcp.listen(16)
        self.tcp.setblocking(False)
        self.port = self.tcp.getsockname()[1]

    def came(self):
        try:
            connection, _ = self.tcp.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    def stop(self):
        self.tcp.close()


LINKING = ("Alert-Info", "Call-Info", "Error-Info", "Icon", "Identity-Info", "Reply-To",
           "Organization", "Geolocation", "User-Agent", "Subject")


def links(web, body=b""):
    """Headers that name a page at an address, and one of a name."""
    out = {}
    for name in LINKING:
        out[name] = ", ".join(f"<http://{host}:{web.port}/{name}.wav>;purpose=icon"
                              for host in ("127.0.0.1", "pages.evil.test"))
    out["Identity"] = f'"x";info=<http://127.0.0.1:{web.port}/cert>;alg=rsa-sha1'
    return out


EXTERNAL = (b"--b\r\nContent-Type: message/external-body; access-type=URL; "
            b"URL=\"http://%s:%d/body.sdp\"; size=100\r\n\r\nContent-Type: application/sdp\r\n\r\n"
            b"\r\n--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b--\r\n")


def nothing_fetched(web, dns):
    time.sleep(0.3)
    expect(not web.came(), "somebody came for a page")
    asked = [q for q in dns.asked if "evil" in q.name]
    expect(not asked, f"names were looked up: {asked}")


@case("links in a call that comes in are not fetched, nor their names looked up")
def links_called():
    with Room() as room:
        web, dns = room.keep(Web()), room.keep(Dns("pages.evil.test A 127.0.0.1"))
        callee = Callee(room, "udp", dns_server=dns.address)
        for host in (b"127.0.0.1", b"pages.evil.test"):
            body = EXTERNAL % (host, web.port, sip.sdp(extra=(
                f"u=http://127.0.0.1:{web.port}/\r\na=image:http://127.0.0.1:{web.port}/i.png")))
            invite = callee.peer.invite(callee.uri, body=body)
            for name, value in links(web).items():
                invite.set(name, value)
            invite.set("Content-Type", "multipart/mixed;boundary=b")
            callee.peer.send(invite)
            ok = callee.answered(invite)
            callee.peer.send(callee.peer.ack(invite, ok))
            callee.end(invite, ok)
        only = EXTERNAL[:EXTERNAL.index(b"\r\n--b\r\n", 4)] % (b"127.0.0.1", web.port)
        alone = callee.peer.invite(callee.uri, body=only + b"--b--\r\n")
        alone.set("Content-Type", "multipart/mixed;boundary=b")
        equal(callee.refused(alone).status, 415, "answer to an INVITE whose SDP is elsewhere")
        nothing_fetched(web, dns)
        callee.alive()


@case("links in the answers to a call of ours are not fetched, nor their names looked up")
def links_calling():
    with Room() as room:
        web, dns = room.keep(Web()), room.keep(Dns("pages.evil.test A 127.0.0.1"))
        call = Caller(room, dns_server=dns.address)
        invite = call.invite()
        more = {n.replace("-", "_"): v for n, v in links(web).items()}
        call.peer.respond(invite, 180, "Ringing", tag="a", **more)
        call.peer.respond(invite, 486, "Busy", tag="a", **more)
        call.wait("ACK")
        call.phone.expect_status(tphone.BUSY)
        nothing_fetched(web, dns)


# --- encodings --------------------------------------------------------------------------------

PACKED = {"Content_Type": "application/sdp", "Content_Encoding": "gzip",
          "Content_Disposition": "session;handling=optional", "Refer_To": "<sip:c@127.0.0.1>",
          "Event": "refer"}
DONE_IN_A_CALL = ("INVITE", "UPDATE", "OPTIONS", "INFO", "REFER", "SUBSCRIBE", "BYE")


@case("a packed body is refused with 415 in each request, and the call goes on")
def packed():
    with Room() as room:
        callee = Callee(room, "udp")
        for packing in ("gzip", "deflate", "x-gzip, identity", "identity, gzip", "GZIP"):
            got = callee.refused(callee.peer.invite(callee.uri, Content_Encoding=packing))
            equal((got.status, got.get("Accept-Encoding")), (415, "identity"), packing)
        invite, ok = callee.up(Content_Encoding="identity")
        for cseq, method in enumerate(DONE_IN_A_CALL, 2):
            got = callee.within(method, invite, ok, cseq, sip.sdp(), **PACKED)
            equal((got.status, got.get("Accept-Encoding")), (415, "identity"), method)
        callee.end(invite, ok)
        for method in ("INVITE", "OPTIONS", "REFER"):
            request = callee.peer.request(method, callee.uri, body=sip.sdp(), **PACKED)
            got = callee.refused(request) if method == "INVITE" else callee.asked(request)
            equal((got.status, got.get("Accept-Encoding")), (415, "identity"), f"{method} outside")


@case("a packed answer in an ACK is none: the call ends with BYE")
def packed_ack():
    with Room() as room:
        callee = Callee(room, "udp")
        invite = callee.invite(body=b"")
        ack = callee.peer.ack(invite, callee.answered(invite))
        ack.set("Content-Type", "application/sdp").set("Content-Encoding", "gzip")
        ack.body = sip.sdp()
        callee.peer.send(ack)
        callee.peer.respond(callee.peer.wait(sip.request("BYE"), what="BYE"), 200)


@case("a packed answer to a call of ours ends the call, and is not read")
def packed_answer():
    with Room() as room:
        call = Caller(room, spoken=SPEECH)
        invite = call.invite()
        call.answer(invite, Content_Encoding="gzip")
        call.wait("ACK")
        call.peer.respond(call.wait("BYE", 2), 200, "OK")
        equal(call.phone.status(), tphone.OTHER, "status")


# --- once and not again -----------------------------------------------------------------------

@case("a call that was recorded and is played back, byte for byte, does nothing")
def replayed_call():
    with Room() as room:
        t = Target(room, "udp", spoken=SPEECH, max_calls=4)
        invite = t.peer.invite(t.uri)
        t.peer.send(invite)
        ok = t.answered(invite)
        ack = t.peer.ack(invite, ok)
        t.peer.send(ack)
        again = t.peer.within("INVITE", invite, ok, 2, sip.sdp(direction="sendonly"))
        back = t.peer.ack(again, t.asked(again))
        t.peer.send(back)
        bye = t.peer.within("BYE", invite, ok, 3)
        equal(t.asked(bye).status, 200, "answer to BYE")
        started = len(t.phone.process.said("call from"))
        stranger = room.keep(sip.Peer(t.phone.port, host=STRANGER))
        for sender in (t.peer, stranger):
            for message in (invite, ack, again, back, bye):
                sender.send(message)
        time.sleep(0.5)
        taken = [m for m in stranger.messages if 200 <= m.status < 300]
        expect(not taken, f"the stranger was answered {taken}")
        equal(len(t.phone.process.said("call from")), started, "calls that came in")
        t.media.verdict(30, 70)
        t.finish()


@case("a challenge that is played back is answered with another count and cnonce, twice at most")
def replayed_challenge():
    def act(server, request):
        if request.method == "REGISTER":
            server.say(request, 401, WWW_Authenticate=challenge("the same for ever"))
    with Room() as room:
        server = room.keep(Server(act))
        phone = tphone.Register(room, account.Account("alice", "secret", DOMAIN, server.uri))
        time.sleep(2)
        told = [v for _, v in server.credentials()]
        expect(1 <= len(told) <= 2, f"{len(told)} answers to one challenge")
        seen = {re.search(r"\bresponse=\"?(\w+)", v).group(1) for v in told}
        equal(len(seen), len(told), "different answers")
        phone.process.signal(15)
        phone.status(5)


@case("who has recorded a request with our digest gets nothing by sending it again")
def replayed_response():
    """To a server that counts (RFC 7616 3.3), and to the phone itself."""
    with Room() as room:
        server = room.keep(Registrar())
        alice = account.of(server, "alice")
        phone = tphone.Register(room, alice)
        phone.wait_line("^registered ")
        sent = [m for m in server.requests("REGISTER") if m.get("Authorization")][-1]
        thief = room.keep(sip.Peer(host=STRANGER))
        thief.target = ("127.0.0.1", server.port)
        again = sip.Message.parse(sent.bytes())
        again.set("Via", f"SIP/2.0/UDP {STRANGER}:{thief.port};rport;branch=z9hG4bKreplayed")
        again.set("Contact", f"<sip:thief@{STRANGER}:{thief.port}>")
        thief.send(again)
        got = thief.wait(lambda m: m.status, what="an answer")
        expect(got.status >= 400, f"the server took it: {got}")
        equal(len(server.bindings("alice")), 1, "bindings")
        phone.process.signal(15)
        phone.status(5)


@case("re-INVITE of ours in a call that a stranger began, challenged: nothing is said")
def challenged_hold():
    def act(server, request):
        if request.method == "REGISTER" and not request.get("Authorization"):
            server.say(request, 401, WWW_Authenticate=challenge("n"))
        elif request.method == "REGISTER":
            server.grant(request)
        elif request.method in ("BYE", "INVITE"):
            server.say(request, 401, WWW_Authenticate=challenge("b"))
    with Room() as room:
        server = room.keep(Server(act))
        phone = control.Piped(room, account=account.Account("alice", "secret", DOMAIN, server.uri))
        request = server.wait(lambda m: m.method == "REGISTER" and m.get("Authorization"), 8)
        phone.client.event("registered")
        server.target = ("127.0.0.1", phone.port)
        invite = server.invite(re.search(r"<([^>]+)>", request.get("Contact")).group(1))
        server.send(invite)
        call = phone.client.event("incoming")["call"]
        phone.client.do("answer", call=call)
        ok = server.wait(sip.response(200, "INVITE"), 8)
        server.send(server.ack(invite, ok))
        phone.client.do("hold", call=call)
        server.wait(sip.request("INVITE"), what="the re-INVITE")
        time.sleep(0.3)
        equal({m for m, _ in server.credentials()}, {"REGISTER"}, "requests with credentials")
        phone.process.signal(15)
        server.wait(sip.request("BYE"), 8, what="BYE")
        phone.status(10)
        equal({m for m, _ in server.credentials()}, {"REGISTER"}, "requests with credentials")


# --- lines of others in messages of ours --------------------------------------------------------

INJECTION = "\r\nX-Injected: yes\r\nRoute: <sip:127.0.0.1:9;lr>\r\n\r\n"
FORMS = {"CR LF": INJECTION, "LF": INJECTION.replace("\r\n", "\n"),
         "CR": INJECTION.replace("\r\n", "\r"), "escaped": "%0d%0aX-Injected:%20yes%0d%0a",
         "NUL": "\0\r\nX-Injected: yes", "backslash": '\\"\\\r\nX-Injected: yes\r\n',
         "UTF-8 line ends": "\u2028X-Injected: yes\u0085X-Injected: yes"}


def clean(messages):
    """No line of the stranger's in what the phone has sent."""
    for m in messages:
        bad = [n for n, v in m.headers if n.strip().lower() == "x-injected"]
        expect(not bad and "\n" not in "".join(v for _, v in m.headers) and
               "\r" not in "".join(v for _, v in m.headers), f"a header was injected: {m}",
               m.bytes())


@case("line ends in what a program of ours says over JSON become no header: target, account, name")
def injected_json():
    with Room() as room:
        peer = room.keep(sip.Peer())
        phone = control.Piped(room)
        places = ("sip:a{}@127.0.0.1:PORT", "sip:a@127.0.0.1:PORT{}", "sip:a@127.0.0.1:PORT;x={}",
                  "sip:a@127.0.0.1:PORT?Subject={}", '"n{}" <sip:a@127.0.0.1:PORT>')
        placed = 0
        for name, form in FORMS.items():
            for place in places if name != "NUL" else ():  # that is no JSON
                target = place.replace("PORT", str(peer.port)).replace("{}", form)
                got = phone.client.ask("call", target=target)
                placed += got["ok"]
        phone.client.ask("dtmf", call=1, digits=INJECTION)
        time.sleep(0.5)
        clean(peer.messages)
        return f"{placed} calls were placed, {len(peer.messages)} messages looked at"


def typed(target, **more):
    with Room() as room:
        peer = room.keep(sip.Peer())
        phone = tphone.Call(room, target.replace("PORT", str(peer.port)), seconds=1, **more)
        wait_until(lambda: peer.messages or not phone.process.alive(), 8, "nobody was called")
        for invite in peer.messages[:1]:
            peer.respond(invite, 486, "Busy", tag="a")
        phone.status(8)
        clean(peer.messages)
        return bool(peer.messages)


@case("line ends in what is typed as a target become no header")
def injected_target():
    for name in ("CR LF", "LF", "CR", "UTF-8 line ends"):
        for target in ("sip:a@127.0.0.1:PORT{}", "sip:a{}@127.0.0.1:PORT"):
            expect(not typed(target.replace("{}", FORMS[name])), f"a target with {name} was called")
    expect(typed("sip:a@127.0.0.1:PORT;x=" + FORMS["escaped"]), "an escaped one was not called")


@case("line ends in the name and user of options become no header")
def injected_options():
    for form in (FORMS["CR LF"], FORMS["LF"], FORMS["escaped"], FORMS["backslash"]):
        typed("sip:a@127.0.0.1:PORT", name="Bob" + form)
        typed("sip:a@127.0.0.1:PORT", user="bob" + form)


@case("line ends in the configuration and in contacts end a line there, and nothing else")
def injected_files():
    for text in ("name = Bob\rX-Injected: yes\n", 'name = "Bob\\r\\nX-Injected: yes"\n',
                 "user = bob%0d%0aX-Injected: yes\n"):
        with Room() as room:
            config = room.write("c.conf", text)
            typed("sip:a@127.0.0.1:PORT", config=config)
    with Room() as room:
        contacts = room.write("contacts", "Ann\rX-Injected: yes = sip:a@127.0.0.1:9\n"
                              "Ben = sip:b@127.0.0.1:9\rX-Injected: yes\n"
                              "Cid = sip:c%0d%0aX-Injected: yes@127.0.0.1:9\n")
        for who in ("Ben", "Cid"):
            typed(who, contacts_file=contacts)


@case("line ends in what a stranger sends do not come back as a header of ours")
def injected_back():
    with Room() as room:
        callee = Callee(room, "udp")
        for header, value in (("Via", None), ("From", '"x\r\n X-Injected: y" <sip:a@b>;tag=1'),
                              ("Call-ID", "a%0d%0aX-Injected: yes"),
                              ("To", f'"\\\r\\\nX-Injected: yes" <{callee.uri}>'),
                              ("Timestamp", "1\r\n X-Injected: yes"),
                              ("Record-Route", "<sip:127.0.0.1;lr>\r\n ,<sip:a%0d%0aX:y@b;lr>")):
            invite = callee.peer.invite(callee.uri)
            invite.set(header, value or invite.get("Via") + ";x=\"\\\r\\\nX-Injected: yes\"")
            callee.peer.send(invite)
        time.sleep(0.8)
        for m in callee.peer.messages:
            expect(not any(n.lower().strip() == "x-injected" for n, _ in m.headers), f"{m}",
                   m.bytes())
        return f"{len(callee.peer.messages)} answers looked at"


if __name__ == "__main__":
    tap.run(jobs=6)
