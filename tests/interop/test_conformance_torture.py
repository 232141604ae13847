#!/usr/bin/env python3
"""Messages that are right and look wrong, that are wrong and look right, and junk (RFC 4475)."""
import atexit
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sip, tap
from lib.ends import SharedCallee
from lib.room import Room
from lib.tap import case, equal, expect

shared = SharedCallee()
atexit.register(shared.close)


def message(name, wanted, make, after=None):
    """A row: make gives bytes or a Message; wanted are the statuses that will do, 0 is silence."""
    def run():
        with Room() as room:
            callee = shared.get(room)
            made = make(callee)
            callee.peer.send(made)
            if wanted == (0,):
                callee.alive()
                got = [m for m in callee.peer.messages if m.method != "OPTIONS" or m.status != 200]
                equal(got, [], "what came back")
                return
            got = callee.peer.wait(lambda m: m.status >= 200, what="a final answer")
            expect(got.status in wanted, f"answer was {got}, wanted {wanted}")
            if isinstance(made, sip.Message) and made.method == "INVITE":
                callee.peer.send(callee.peer.ack(made, got))
                if got.status == 200:
                    callee.end(made, got, made.cseq + 5)
            if after:
                after(got)
            callee.alive()
    case(name)(run)


def bare(method="OPTIONS", **more):
    return lambda c: c.peer.request(method, c.uri, **more)


def changed(change, method="OPTIONS", **more):
    """The bytes of a request, changed as text."""
    def make(callee):
        build = callee.peer.invite if method == "INVITE" else \
            lambda uri, **m: callee.peer.request(method, uri, **m)
        text = build(callee.uri, **more).bytes().decode("latin-1")
        new = change(text)
        assert new != text
        return new.encode("latin-1")
    return make


def line(name, new):
    """Exchanges a header line."""
    return lambda text: re.sub(rf"(?m)^{name}: [^\r]*\r\n", new, text, count=1)


has_unsupported = lambda got: expect(got.get("Unsupported"), "420 without Unsupported")
has_accept = lambda got: expect(got.get("Accept"), "415 without Accept (RFC 3261 21.4.13)")

message("Max-Forwards 0 is no reason for a phone not to answer (RFC 3261 8.1.1.6)", (200, 483),
        bare(Max_Forwards="0"))
message("no Max-Forwards (RFC 2543): answered", (200,), bare(Max_Forwards=None))
message("Max-Forwards that is no number: 400", (400,), bare(Max_Forwards="seventy"))
message("Max-Forwards 256: 400 or answered", (200, 400), bare(Max_Forwards="256"))
message("a folded To is read (RFC 3261 7.3.1)", (200,),
        changed(lambda t: t.replace("To: <", "To:\r\n \t<")))
message("a folded header that nobody knows is skipped", (200,),
        changed(lambda t: t.replace("Contact:", "X-Long: a\r\n b\r\n\tc\r\nContact:")))
message("compact names are read (RFC 3261 7.3.3)", (200,),
        changed(lambda t: t.replace("Via:", "v:").replace("From:", "f:").replace("To:", "t:")
                .replace("Call-ID:", "i:").replace("Contact:", "m:")
                .replace("Content-Length:", "l:")))
message("an INVITE with compact names for body and type is answered", (200,),
        lambda c: compact_invite(c))
message("lower-case names are read", (200,), changed(
    lambda t: re.sub(r"(?m)^([A-Z][A-Za-z-]*):", lambda m: m.group(0).lower(), t)))
message("upper-case names are read", (200,), changed(
    lambda t: re.sub(r"(?m)^([A-Z][A-Za-z-]*):", lambda m: m.group(0).upper(), t)))
message("blanks before the colon are read", (200,), changed(
    lambda t: re.sub(r"(?m)^([A-Z][A-Za-z-]*):", r"\1 \t :", t)))
message("no blank behind the colon is read", (200,), changed(
    lambda t: re.sub(r"(?m)^([A-Z][A-Za-z-]*): ", r"\1:", t)))
message("lines that end in LF alone are read or refused", (200, 400), changed(
    lambda t: t.replace("\r\n", "\n")))
message("empty lines before the request are skipped (RFC 3261 7.5)", (200,), changed(
    lambda t: "\r\n\r\n" + t))
message("surplus bytes behind Content-Length are not read (RFC 3261 18.3)", (200,), changed(
    lambda t: t + "more than was said"))
message("no Content-Length in a datagram is fine", (200,), changed(line("Content-Length", "")))
message("a negative Content-Length: 400 (RFC 4475 3.1.2.3)", (400,), bare(Content_Length="-999"))
message("a Content-Length that is no number: 400", (400,), bare(Content_Length="ten"))
message("a Content-Length of 2^32: 400", (400,), bare(Content_Length="4294967296"))
message("two Content-Lengths that differ: 400 (RFC 4475 3.3.9)", (400,), changed(
    lambda t: t.replace("Content-Length: 0", "Content-Length: 0\r\nContent-Length: 5")))
for name in ("From", "To", "Call-ID", "CSeq"):
    message(f"no {name}: 400 (RFC 3261 8.1.1, RFC 4475 3.3.1)", (400,), changed(line(name, "")))
    message(f"an empty {name}: 400", (400,), changed(line(name, f"{name}: \r\n")))
message("From, To and Call-ID missing: 400 (RFC 4475 3.3.1)", (400,),
        changed(lambda t: line("From", "")(line("To", "")(line("Call-ID", "")(t)))))
message("an empty body line in place of headers is dropped", (0,),
        lambda c: f"OPTIONS {c.uri} SIP/2.0\r\n\r\n".encode())
message("no Via is dropped", (0,), changed(line("Via", "")))
message("a Via of another version: dropped or 400", (0,),
        changed(lambda t: t.replace("Via: SIP/2.0/UDP", "Via: JUNK")))
message("an unbalanced quote in To: 400 (RFC 4475 3.1.2.6)", (400,),
        bare(To='"Mr. J. User <sip:j.user@example.com>'))
message("a Request-URI in brackets: 400 (RFC 4475 3.1.2.7)", (400,),
        changed(lambda t: re.sub(r"^OPTIONS (\S+)", r"OPTIONS <\1>", t)))
message("blanks within the Request-URI: 400 (RFC 4475 3.1.2.8)", (400,),
        changed(lambda t: t.replace(" SIP/2.0\r\nVia", "; lr SIP/2.0\r\nVia", 1)))
message("two blanks in the request line: 400 (RFC 4475 3.1.2.9)", (400,),
        changed(lambda t: t.replace("OPTIONS ", "OPTIONS  ", 1)))
message("CSeq above 2^31: 400 (RFC 4475 3.1.2.4)", (400,),
        bare(CSeq="36893488147419103232 OPTIONS"))
message("CSeq 2^31-1 is the largest and fine", (200,), bare(CSeq="2147483647 OPTIONS"))
message("a CSeq without a method: 400", (400,), bare(CSeq="1"))
message("CSeq with much white space is read (RFC 4475 3.1.1.1)", (200,),
        bare(CSeq="0009\t   OPTIONS"))
message("an unknown method whose CSeq names another: 501 or 400 (RFC 4475 3.1.2.18)", (400, 501),
        bare("NEWMETHOD", CSeq="1 INVITE"))
message("a method of strange but legal characters: 501 (RFC 4475 3.1.1.2)", (501,),
        lambda c: c.peer.request("!interesting-Method0123456789_*+`.%indeed'~", c.uri))
message("methods have their case: options is another method (RFC 3261 7.1)", (501,),
        bare("options"))
message("an escaped user is read (RFC 4475 3.1.1.3)", (200,),
        lambda c: c.peer.request("OPTIONS", c.uri.replace("sip:", "sip:sips%3Auser%40x.com;x@", 1)
                                 .replace("@callee@", "@")))
message("an escaped NUL in a user is read (RFC 4475 3.1.1.4)", (200, 404),
        bare(From="sip:null-%00-null@example.com;tag=839923423"))
message("no blank between name and bracket is read (RFC 4475 3.1.1.6)", (200,),
        bare(From='caller<sip:caller@example.com>;tag=323'))
message("a name of several tokens is read", (200,), bare(From='Mr. J. User <sip:a@b.c>;tag=3'))
message("UTF-8 in a name is read", (200,), bare(From='"Bj\u00f6rk \u2603" <sip:b@b.c>;tag=3'))
message("an escaped quote in a name is read", (200,), bare(From='"a \\" b" <sip:b@b.c>;tag=3'))
message("URI parameters outside of brackets belong to the header (RFC 3261 20)", (200,),
        bare(From="sip:a@b.c;tag=77", To="sip:b@b.c"))
message("semicolons in the user part stay there (RFC 4475 3.1.1.9)", (200,),
        lambda c: c.peer.request("OPTIONS", re.sub(r"sip:[^@]*@", "sip:user;par=u%40ex.net@",
                                                   c.uri)))
message("a long line of values is read (RFC 4475 3.1.1.7)", (200,),
        bare(From=f'"{"I have a very long name " * 60}" <sip:{"x" * 800}@b.c>;tag={"t" * 900}'))
message("many Vias are read", (200,), changed(lambda t: t.replace(
    "Max-Forwards", "".join(f"Via: SIP/2.0/TLS 10.0.0.{i};branch=z9hG4bK{i}\r\n"
                            for i in range(60)) + "Max-Forwards", 1)))
message("transports that nobody knows in lower Vias do not matter (RFC 4475 3.1.1.10)", (200,),
        changed(lambda t: t.replace("Max-Forwards", "Via: SIP/2.0/SPICE x:5060;branch=z9hG4bK2\r\n"
                                    "v: SIP/2.0/SCTP y;branch=z9hG4bK3\r\nMax-Forwards", 1)))
message("a branch of the cookie alone is answered (RFC 4475 3.2.1)", (200,),
        lambda c: c.peer.request("OPTIONS", c.uri, Via=f"SIP/2.0/UDP 127.0.0.1:{c.peer.port};"
                                 "branch=z9hG4bK"))
message("an unknown scheme: 416 (RFC 4475 3.3.2)", (416,),
        lambda c: c.peer.request("OPTIONS", "nobodyKnowsThisScheme:totallyopaquecontent"))
message("a scheme of another world: 416 (RFC 4475 3.3.3)", (416,),
        lambda c: c.peer.request("OPTIONS", "soap.beep://192.0.2.103:3002"))
message("an unknown scheme in To and From does no harm (RFC 4475 3.3.4)", (200,),
        bare(To="isbn:2983792873", From="<http://www.example.com>;tag=3"))
message("tel: in To and From is read", (200,), bare(To="<tel:+15551212>", From="<tel:110>;tag=3"))
message("Require with several unknown extensions: 420 naming them (RFC 4475 3.3.5)", (420,),
        bare(Require="nothingSupportsThis, nothingSupportsThisEither"), has_unsupported)
message("Proxy-Require is not for a phone", (200,), bare(Proxy_Require="nothingSupportsThis"))
message("Require 100rel: 420, as nothing reliable is offered", (420,),
        lambda c: c.peer.invite(c.uri, Require="100rel"), has_unsupported)
message("Require timer: 420 or 200", (200, 420), lambda c: c.peer.invite(c.uri, Require="timer"))
message("Supported: 100rel, timer, replaces and others do no harm", (200,),
        lambda c: c.peer.invite(c.uri, Supported="100rel, timer, replaces, gruu, histinfo"))
message("a type that nobody knows: 415 with Accept (RFC 4475 3.3.6)", (415,),
        lambda c: c.peer.invite(c.uri, Content_Type="application/unknownformat"), has_accept)
message("a body that is not SDP but optional: the call is taken (RFC 3261 20.11)", (200,),
        lambda c: c.peer.invite(c.uri, body=b"x", Content_Type="text/plain",
                                Content_Disposition="render;handling=optional"))
message("a Content-Type with parameters and in capitals is SDP", (200,),
        lambda c: c.peer.invite(c.uri, Content_Type="APPLICATION/SDP;charset=UTF-8"))
message("Content-Disposition: session is SDP's own", (200,),
        lambda c: c.peer.invite(c.uri, Content_Disposition="session"))
message("a body without a type: 415, 400 or answered", (200, 400, 415),
        lambda c: c.peer.invite(c.uri, Content_Type=None))
message("two Froms: 400 (RFC 4475 3.3.8)", (400,), changed(
    lambda t: t.replace("To:", "From: <sip:b@b.c>;tag=8\r\nTo:")))
message("two CSeqs: 400", (400,), changed(lambda t: t.replace("To:", "CSeq: 7 OPTIONS\r\nTo:")))
message("an INVITE without Contact: 400 (RFC 3261 8.1.1.8)", (400,),
        lambda c: c.peer.invite(c.uri, Contact=None))
message("an INVITE with Contact *: 400", (400,), lambda c: c.peer.invite(c.uri, Contact="*"))
message("a bad Date does not matter (RFC 4475 3.1.2.12)", (200, 400),
        bare(Date="Fri, 01 Jan 2010 16:00:00 EST"))
message("bad Expires and Retry-After do not matter", (200, 400),
        lambda c: c.peer.invite(c.uri, Expires="soon"))
message("an INVITE with Route naming us is answered", (200,),
        lambda c: c.peer.invite(c.uri, Route=f"<sip:127.0.0.1:{c.phone.port};lr>"))
message("a broken Record-Route: 400, or answered without harm", (200, 400),
        lambda c: c.peer.invite(c.uri, Record_Route="<<<"))
message("a header line without a colon: 400", (400,), changed(
    lambda t: t.replace("To:", "this is no header\r\nTo:")))
message("a header of 9 kB: 400", (400,), bare(X_Long="y" * 9000))
message("200 headers: 400", (400,), changed(
    lambda t: t.replace("To:", "".join(f"X-{i}: y\r\n" for i in range(200)) + "To:")))
message("a response that nobody waits for is dropped", (0,),
        lambda c: sip.Message("SIP/2.0 200 OK", c.peer.request("INVITE", c.uri).headers))
message("a response with status 4294967301 is dropped (RFC 4475 3.1.2.19)", (0,),
        lambda c: sip.Message("SIP/2.0 4294967301 better",
                              c.peer.request("OPTIONS", c.uri).headers))
message("a Via with a port of 70000: dropped or 400", (0,),
        changed(lambda t: re.sub(r"127.0.0.1:\d+;rport", "127.0.0.1:70000;rport", t, count=1)))
message("a call to another user part is taken, as there is no account", (200,),
        lambda c: c.peer.invite(re.sub(r"sip:[^@]*@", "sip:someone.else@", c.uri)))
message("a call to a URI without a user is taken", (200,),
        lambda c: c.peer.invite(f"sip:127.0.0.1:{c.phone.port}"))
message("a call to tel: is taken or 404", (200, 404), lambda c: c.peer.invite("tel:+1-201-555"))


def compact_invite(callee):
    invite = callee.peer.invite(callee.uri)
    invite.headers = [({"Content-Type": "c", "Via": "v", "From": "f", "To": "t", "Call-ID": "i",
                        "Contact": "m"}.get(n, n), v) for n, v in invite.headers]
    return invite


@case("white space, folds and strange parameters everywhere: RFC 4475 3.1.1.1 is answered")
def tortuous():
    with Room() as room:
        callee = shared.get(room)
        body = sip.sdp().decode()
        port = callee.peer.port
        data = (f"INVITE {callee.uri};unknownparam SIP/2.0\r\n"
                f"TO :\r\n {callee.uri}\r\n"
                "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n"
                "  ;\r\n  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\n"
                f"Call-ID: {sip.unique()}\r\nContent-Length   : {len(body)}\r\n"
                "cseq: 0009\r\n  INVITE\r\n"
                f"Via  : SIP  /   2.0\r\n /UDP\r\n    127.0.0.1:{port}"
                f";branch=z9hG4bK{sip.unique()}\r\n"
                "s :\r\nNewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
                "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\n"
                "Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
                "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
                "  branch  =   z9hG4bK9ikj8  ,\r\n"
                " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
                f"m:\"Quoted string \\\"\\\"\" <sip:jdrosen@127.0.0.1:{port}> ; newparam =\r\n"
                "      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\n" + body)
        callee.peer.send(data.encode())
        ok = callee.peer.wait(sip.final(), what="a final answer")
        equal(ok.status, 200, "status")
        hosts = re.findall(r"(127\.0\.0\.1|spindle\.example\.com|192\.168\.255\.111)",
                           ", ".join(ok.all("Via")))
        expect([h for h in hosts][:1] == ["127.0.0.1"] and hosts[-2:] ==
               ["spindle.example.com", "192.168.255.111"], f"Vias are {ok.all('Via')}")
        ack = (f"ACK {callee.uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};"
               f"branch=z9hG4bK{sip.unique()}\r\nFrom: <sip:jdrosen@example.com>;tag=98asjd8\r\n"
               f"To: {ok.get('To')}\r\nCall-ID: {ok.get('Call-ID')}\r\nCSeq: 9 ACK\r\n\r\n")
        callee.peer.send(ack.encode())
        callee.peer.send(ack.replace("ACK", "BYE").replace("CSeq: 9", "CSeq: 10")
                         .replace("branch=z9hG4bK", "branch=z9hG4bKb").encode())
        callee.peer.wait(sip.response(200, "BYE"), what="200 to BYE")


@case("RFC 2543's INVITE without branch, tag and Max-Forwards is answered (RFC 4475 3.4.1)")
def rfc2543():
    with Room() as room:
        callee = shared.get(room)
        invite = callee.peer.invite(callee.uri, Max_Forwards=None, From="<sip:+1303@ift.net>",
                                    Via=f"SIP/2.0/UDP 127.0.0.1:{callee.peer.port}")
        callee.peer.send(invite)
        ok = callee.peer.wait(sip.final(), what="a final answer")
        equal(ok.status, 200, "status")
        callee.peer.send(callee.peer.ack(invite, ok))
        callee.end(invite, ok)


JUNK = [b"", b"\r\n", b"\0", b"\0" * 1000, b"\xff" * 65000, b"SIP/2.0\r\n\r\n", b" \r\n\r\n",
        b"INVITE\r\n\r\n", b"INVITE sip:x SIP/2.0", b"INVITE sip:x SIP/2.0\r\n:\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", b"A" * 9000 + b" sip:x SIP/2.0\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\n" + b"Via: a\r\n" * 5000 + b"\r\n",
        b"\x80\xc8\0\1\0\0\0\0\0\0\0\0", b"\0\1\0\0\x21\x12\xa4\x42" + b"\0" * 12,
        b"INVITE sip:" + b"%" * 500 + b" SIP/2.0\r\n\r\n",
        b"\r\n" * 30000, b"(" * 60000]


@case("datagrams of junk disturb no call that is up")
def junk_in_call():
    with Room() as room:
        callee = shared.get(room)
        invite, ok = callee.up()
        for data in JUNK * 3:
            callee.peer.send(data)
            callee.alive()  # so that the socket's buffer never overflows
        equal(callee.within("INVITE", invite, ok, 2, sip.sdp()).status, 200, "re-INVITE")
        callee.end(invite, ok, 3)


@case("every prefix of an INVITE is answered 400 or dropped, none disturbs")
def prefixes():
    with Room() as room:
        callee = shared.get(room)
        data = callee.peer.invite(callee.uri).bytes()
        for end in range(1, len(data) - 60, 7):
            callee.peer.send(data[:end])
        callee.alive()
        bad = [m for m in callee.peer.messages if m.method != "OPTIONS" and m.status not in (400,)]
        equal([str(m) for m in bad], [], "answers to cut INVITEs")


if __name__ == "__main__":
    tap.run(jobs=10)
