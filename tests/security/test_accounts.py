#!/usr/bin/env python3
"""A phone with accounts among servers, proxies and callees that mean it ill: what they answer harms
nothing, and the password's digest goes to its own server and to nobody else."""
import os
import re
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, attack, sip, tap, tphone
from lib.attack import Mutator, Pinger
from lib.harm import HARMS, MARK, Sink
from lib.hostile import (CREDENTIALS, DOMAIN, Server, accounts, answering, challenge, leaves,
                         unharmed)
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

LONG = bool(os.environ.get("TPHONE_LONG"))
REGISTER, INVITE = sip.request("REGISTER"), sip.request("INVITE")


def alice(room, server, way="proxy", **more):
    """tphone register with one account whose password is known to it."""
    return tphone.Phone(room, "alice", "register", listen="udp:0.0.0.0:0", config=room.write(
        "alice.conf", f"[account alice]\nuri = sip:alice@{DOMAIN}\npassword = secret\n"
        f"{way} = {server.uri}\n"), **more)


# --- answers that are no answers -------------------------------------------------------------

HUGE = "h" * 7000


def templates(server, request, n):
    """Answers to a REGISTER that are right, or huge, before anybody spoils them."""
    contact = request.get("Contact").split(",")[0]
    yield server.answer(request, 200, Contact=[f"{contact};expires=1", "<sip:x@192.0.2.1>"],
                        Service_Route=f"<{server.uri};lr>", Path="<sip:127.0.0.1:9;lr>",
                        Expires="2")
    yield server.answer(request, 401, WWW_Authenticate=[
        challenge(f"n{n}"), challenge(f"m{n}", more=', algorithm=MD5, qop="auth,auth-int", '
                                                    'opaque="o", stale=true')])
    yield server.answer(request, 407, Proxy_Authenticate=challenge(f"p{n}", "other", ""))
    yield server.answer(request, 423, Min_Expires="4000")
    yield server.answer(request, 302, Contact=f"<{server.uri};x={n}>;q=0.5, <sip:[::1]:9>")
    yield server.answer(request, 503, Retry_After="1 (later);duration=3")
    yield server.answer(request, 401, WWW_Authenticate=[challenge(HUGE)] * 4)
    yield server.answer(request, 401, WWW_Authenticate=[challenge(f"{n}", f"r{i}")
                                                        for i in range(100)])
    yield server.answer(request, 200, Contact=f"{contact};expires=99999999999999999999",
                        Service_Route=", ".join(f"<sip:127.0.0.{i};lr>" for i in range(1, 90)))
    yield server.answer(request, 200, Contact=[contact] + ["<sip:%d@192.0.2.1>" % i
                                                           for i in range(110)], Expires="-1")
    yield server.answer(request, 302, Contact=", ".join(f"<sip:127.0.0.1:{i}>"
                                                        for i in range(9, 200)))
    yield server.answer(request, 200, Contact=f"{contact};expires=0", Min_Expires=HUGE)
    yield server.answer(request, 500, Retry_After="4294967297")
    yield server.answer(request, 200, "K" * 8000, Contact=contact)


def spoiler(number, each):
    """What a Server does that gives so many spoiled answers to a REGISTER; the same number spoils
    them in the same way."""
    mutator = Mutator(number)

    def act(server, request):
        if request.method != "REGISTER":
            return
        server.count += each
        good = list(templates(server, request, server.count))
        for _ in range(each):
            server.send_to(SimpleNamespace(bytes=lambda d=mutator.change(
                mutator.random.choice(good).bytes()): d), request.source)
    return act


@case("thousands of spoiled answers to REGISTER: it lives, answers others, and keeps nothing")
def spoiled():
    number, wanted, each = attack.seed(), 100000 if LONG else 10000, 8
    with Room() as room:
        server, good = room.keep(Server()), room.keep(Registrar(granted_s=4))
        server.count = 0
        text = account.of(good, "alice").settings() + accounts(server.uri, 200)
        phone = answering(room, text)
        good.bound("alice")
        server.wait(REGISTER, 10, 200)
        start, pinger = attack.memory_kb(phone.pid), Pinger(phone)
        server.act = spoiler(number, each)
        server.messages.clear()
        began = time.monotonic()
        while server.count < wanted and time.monotonic() - began < (300 if LONG else 12):
            time.sleep(0.05)
            # Who was refused is silent; strays, and answers to what was asked long ago, go on.
            for request in server.found(REGISTER)[-20:]:
                server.act(server, request)
        high = attack.memory_kb(phone.pid)
        said = pinger.verdict()
        server.act = None
        time.sleep(0.5)
        unharmed(phone.phone)
        good.wait(lambda m: REGISTER(m) and m.time > time.monotonic() - 1, 8,
                  what="a refresh of the account that is well served")
        grown = (high - start) / 1024
        if not attack.sanitized():
            expect(grown <= max(2, server.count / 1000), f"{grown:.1f} MB for {server.count}")
            wait_until(lambda: attack.memory_kb(phone.pid) - start < 2048, 40,
                       f"more than 2 MB above the start stay; highest was {grown:.1f}")
        said += f"; {server.count} answers, memory +{grown:.1f} MB; " + leaves(phone.phone)
        expect(not [f for f in good.faults if "fault" in f], good.faults)
        return f"TPHONE_SEED={number}: {said}"


PLACES = {
    "reason": (403, "reason", "r@@"),
    "reason of 503": (503, "reason", "r@@"),
    "reason of 200": (200, "reason", "r@@"),
    "realm": (401, "WWW-Authenticate", 'Digest realm="r@@", nonce="n", qop="auth"'),
    "realm of another scheme": (401, "WWW-Authenticate", 'Basic realm="r@@"'),
    "scheme": (401, "WWW-Authenticate", 'Di@@gest realm="r", nonce="n"'),
    "algorithm": (401, "WWW-Authenticate", 'Digest realm="r", nonce="n", algorithm="X@@"'),
    "nonce": (401, "WWW-Authenticate", 'Digest realm="r", nonce="n@@", opaque="@@"'),
    "proxy's realm": (407, "Proxy-Authenticate", 'Digest realm="r@@", nonce="n"'),
    "Contact": (200, "Contact", '"c@@" <sip:x@@y@192.0.2.1>'),
    "Contact of 302": (302, "Contact", '"c@@" <sip:x@@y@127.0.0.1:9>'),
    "host of 302": (302, "Contact", "<sip:ho@@st.invalid>"),
    "Service-Route": (200, "Service-Route", "<sip:s@@;lr>"),
    "Via": (200, "Via", "SIP/2.0/UDP 192.0.2.1;received=@@;rport=@@"),
    "Min-Expires": (423, "Min-Expires", "9@@9"),
    "Retry-After": (503, "Retry-After", "1 (@@)"),
    "Warning": (403, "Warning", '399 h "w@@"'),
    "To": (403, "To", '"t@@" <sip:x>;tag=x@@'),
}


@case("what servers say is never shown raw: every part of an answer to REGISTER, every harm")
def shown():
    rows = [(p, h) for p in PLACES.values() for h in HARMS.values()]

    def act(server, request):
        user = re.search(r"sip:a(\d+)@", request.get("To"))
        if request.method != "REGISTER" or not user or request.get("Expires") == "0":
            return
        (status, part, value), harm = rows[int(user.group(1))]
        value = value.replace(MARK, harm.decode("utf-8", "surrogateescape"))
        answer = server.answer(request, status, value if part == "reason" else "Said")
        if part != "reason":
            answer.headers = [h for h in answer.headers if part not in ("To",) or h[0] != part]
            answer.headers.append((part, value))
        server.send_to(answer, request.source)

    with Room() as room:
        server, sink = room.keep(Server(act)), Sink(room)
        phone = tphone.Phone(room, "all", "register", config=room.write(
            "all.conf", accounts(server.uri, len(rows))), listen="udp:127.0.0.1:0", verbose=True,
            popen=sink.popen)
        server.wait(REGISTER, 10, len(rows))
        time.sleep(1)
        expect(phone.process.alive(), "the phone died")
        phone.process.signal(15)
        phone.process.status(10 * attack.SLOW)
        return f"{len(rows)} answers; " + sink.check(phone.trace)


# --- the password's digest -------------------------------------------------------------------

@case("a REGISTER that is sent elsewhere carries nothing, whatever is asked there")
def redirected():
    with Room() as room:
        stranger = room.keep(Server(lambda s, m: s.say(m, 401, WWW_Authenticate=challenge("x")),
                                    "127.0.0.2"))

        def act(server, request):
            if not request.get("Authorization"):
                server.say(request, 401, WWW_Authenticate=challenge("n"))
            else:
                server.say(request, 302, Contact=f"<{stranger.uri}>")
        for way in ("registrar", "proxy"):
            server = room.keep(Server(act))
            phone = alice(room, server, way)
            if way == "registrar":
                stranger.wait(REGISTER, 8, what="REGISTER at the other place")
            time.sleep(1)
            expect(server.credentials(), "no credentials came to the server itself")
            elsewhere = [v for v in server.found(lambda m: REGISTER(m) and "127.0.0.2" in m.uri)
                         if v.get("Authorization")]
            equal(elsewhere, [], "REGISTERs by way of the proxy that carry credentials elsewhere")
            unharmed(phone)
            phone.stop()
        stranger.trusts_nobody()


def rounds(act, most, seconds=4):
    """At most so many requests come, answered or not."""
    with Room() as room:
        server = room.keep(Server(act))
        phone = alice(room, server)
        server.wait(REGISTER, 8)
        time.sleep(seconds)
        count = len({m.branch for m in server.found(REGISTER)})
        expect(count <= most, f"{count} REGISTERs in {seconds} s, at most {most} are right")
        unharmed(phone)
        return f"{count} REGISTERs; " + leaves(phone)


_numbers = iter(range(1 << 30))
ENDLESS = {
    "a new nonce for ever": (lambda n: challenge(f"n{n}"), 3),
    "stale for ever": (lambda n: challenge(f"n{n}", more=", stale=true"), 4),
    "a new realm for ever": (lambda n: challenge(f"n{n}", f"r{n}"), 7),
    "the same nonce for ever": (lambda n: challenge("n"), 3),
    "the same nonce, stale for ever": (lambda n: challenge("n", more=", stale=true"), 4),
    "another algorithm each time": (
        lambda n: challenge(f"n{n}", more=", algorithm=" + ("MD5", "SHA-256")[n % 2]), 3),
}

for name, (text, most) in ENDLESS.items():
    case(f"challenged with {name}: it gives up", lambda s, m, t=text: s.say(
        m, 401, WWW_Authenticate=t(next(_numbers))), most)(rounds)
case("redirected for ever: it gives up", lambda s, m: s.say(
    m, 302, Contact=f"<{s.uri};n={next(_numbers)}>"), 6)(rounds)
case("423 for ever: it gives up", lambda s, m: s.say(
    m, 423, Min_Expires=str(4000 + next(_numbers))), 2)(rounds)
case("granted a second for ever: it is not hurried", lambda s, m: s.grant(m, 1), 12)(rounds)


def downgraded(weaker):
    def act(server, request):
        given = request.get("Authorization")
        if not given:
            server.say(request, 401, WWW_Authenticate=challenge("strong"))
        elif len(server.credentials()) == 1:
            server.grant(request, 2)
        else:
            server.say(request, 401, WWW_Authenticate=weaker)
    with Room() as room:
        server = room.keep(Server(act))
        phone = alice(room, server)
        server.wait(lambda m: REGISTER(m) and m.get("Authorization"), 8, 2)
        time.sleep(1.5)
        given = [v for _, v in server.credentials()]
        expect(all("algorithm=SHA-256" in v for v in given), "SHA-256 was followed by MD5", *given)
        unharmed(phone)


for name, weaker in {
        "MD5": challenge("weak", more=', algorithm=MD5, qop="auth", stale=true'),
        "no algorithm, which means MD5": challenge("weak", more=", stale=true"),
        "MD5-sess": challenge("weak", more=', algorithm=MD5-sess, qop="auth", stale=true'),
        "MD5 in another realm": challenge("weak", "else", ', algorithm=MD5, qop="auth"'),
        "MD5 after SHA-256 of another realm": [
            challenge("x", "else"), challenge("weak", more=', algorithm=MD5, qop="auth"')],
}.items():
    case(f"SHA-256, then {name}: not answered", weaker)(downgraded)


@case("with realm in the configuration, a challenge of another one is not answered")
def other_realm():
    with Room() as room:
        server = room.keep(Server(lambda s, m: s.say(m, 401, WWW_Authenticate=[
            challenge("n", "elsewhere"), challenge("n", DOMAIN.upper()), challenge("n", "")])))
        phone = alice(room, server, realm=DOMAIN)
        phone.wait_line("realm", 8)
        time.sleep(0.5)
        server.trusts_nobody()
        unharmed(phone)


@case("a call through the proxy: a challenge of the callee's own realm is not answered")
def callee():
    with Room() as room:
        def act(server, request):
            if request.method == "REGISTER" and not request.get("Authorization"):
                server.say(request, 401, WWW_Authenticate=challenge("n"))
            elif request.method == "REGISTER":
                server.grant(request)
            elif request.method == "INVITE":
                server.say(request, 401, WWW_Authenticate=challenge("c", "callee.test"))
        server = room.keep(Server(act))
        call = tphone.Call(room, f"sip:bob@{DOMAIN}", config=room.write(
            "c.conf", f"[account alice]\nuri = sip:alice@{DOMAIN}\npassword = secret\n"
            f"proxy = {server.uri}\n"))
        call.expect_status(tphone.REFUSED, 10)
        equal({m for m, _ in server.credentials()}, {"REGISTER"}, "requests with credentials")
        equal(len({m.branch for m in server.found(INVITE)}), 1, "INVITEs")


def led_away(leads):
    """A call through the registrar, which has asked for the password and got its answer; then
    leads(server, invite, stranger) sends what is to bring the next one to the stranger, who asks
    for it in the realm of our own server."""
    def ask(stranger, request):
        if request.method in ("INVITE", "BYE", "OPTIONS", "UPDATE"):
            stranger.say(request, 407, Proxy_Authenticate=challenge("s"),
                         WWW_Authenticate=challenge("t"))

    with Room() as room:
        stranger = room.keep(Server(ask, "127.0.0.2"))

        def act(server, request):
            if request.method in ("REGISTER", "INVITE") and not any(
                    request.get(name) for name in CREDENTIALS):
                server.say(request, 407, Proxy_Authenticate=challenge("n"))
            elif request.method == "REGISTER":
                server.grant(request)
            elif request.method == "INVITE":
                leads(server, request, stranger)
        server = room.keep(Server(act))
        call = tphone.Call(room, f"sip:bob@{DOMAIN}", seconds=1, config=room.write(
            "c.conf", f"[account alice]\nuri = sip:alice@{DOMAIN}\npassword = secret\n"
            f"registrar = {server.uri}\n"))
        stranger.wait(lambda m: not m.status and m.method != "ACK", 10, what="a request")
        time.sleep(0.7)
        call.stop()
        expect("INVITE" in {m for m, _ in server.credentials()}, "the server itself got none")
        stranger.trusts_nobody()
        unharmed(call)


def takes(server, request, contact, **headers):
    """200 to an INVITE with an SDP that nobody answers at."""
    ok = server.answer(request, 200, "OK", Contact=f"<{contact}>",
                       Content_Type="application/sdp", **headers)
    ok.body = sip.sdp()
    server.send_to(ok, request.source)


for name, leads in {
        "302 to a stranger": lambda server, request, stranger: server.say(
            request, 302, Contact=f"<sip:bob@127.0.0.2:{stranger.port}>"),
        "302 to our domain at the stranger's address": lambda server, request, stranger: server.say(
            request, 302, Contact=f"<sip:bob@{DOMAIN}:{stranger.port};maddr=127.0.0.2>"),
        "a callee at the stranger's address": lambda server, request, stranger: takes(
            server, request, f"sip:bob@127.0.0.2:{stranger.port}"),
        "a Record-Route of the callee": lambda server, request, stranger: takes(
            server, request, server.uri, Record_Route=f"<sip:127.0.0.2:{stranger.port};lr>"),
        "a Record-Route with our domain and maddr": lambda server, request, stranger: takes(
            server, request, server.uri,
            Record_Route=f"<sip:{DOMAIN}:{stranger.port};lr;maddr=127.0.0.2>"),
}.items():
    case(f"a call that is led away by {name}: nothing is said there", leads)(led_away)


def bye_of_strangers(realm, status):
    """The phone is called by way of its server, hangs up, and is asked for its password."""
    name = "WWW_Authenticate" if status == 401 else "Proxy_Authenticate"

    def act(server, request):
        if request.method == "REGISTER" and not request.get("Authorization"):
            server.say(request, 401, WWW_Authenticate=challenge("n"))
        elif request.method == "REGISTER":
            server.grant(request)
        elif request.method in ("BYE", "INVITE"):
            server.say(request, status, **{name: challenge("b", realm)})
    with Room() as room:
        server = room.keep(Server(act))
        target = answering(room, f"[account alice]\nuri = sip:alice@{DOMAIN}\npassword = secret\n"
                           f"proxy = {server.uri}\n")
        target.phone.wait_line("^registered ")
        request = server.wait(lambda m: REGISTER(m) and m.get("Authorization"), 8)
        server.target = ("127.0.0.1", target.phone.port)
        invite = server.invite(re.search(r"<([^>]+)>", request.get("Contact")).group(1))
        server.send(invite)
        ok = server.wait(sip.response(200, "INVITE"), 8)
        server.send(server.ack(invite, ok))
        time.sleep(0.3)
        target.phone.process.signal(15)
        server.wait(sip.request("BYE"), 8, what="BYE")
        target.phone.process.status(10)
        time.sleep(0.3)
        equal({m for m, _ in server.credentials()}, {"REGISTER"}, "requests with credentials")
        equal(len({m.branch for m in server.found(sip.request("BYE"))}), 1, "BYEs")


for realm in (DOMAIN, "elsewhere.test"):
    for status in (401, 407):
        case(f"BYE of a call that a stranger began, challenged by {status} of {realm}: nothing is "
             "said", realm, status)(bye_of_strangers)


# --- answers of others -----------------------------------------------------------------------

@case("answers from elsewhere, and to what was never asked, bring nobody a digest")
def spoofed():
    with Room() as room:
        server, stranger = room.keep(Server()), room.keep(Server(host="127.0.0.2"))
        phone = alice(room, server)
        request = server.wait(REGISTER, 8)
        source = request.source
        for branch in ("", "z9hG4bK", "z9hG4bKguess", request.branch[:-1], request.branch + "x",
                       request.branch.swapcase()):
            for status in (200, 401, 302, 423):
                wrong = stranger.answer(request, status, WWW_Authenticate=challenge("s"),
                                        Min_Expires="5000",
                                        Contact=f"{request.get('Contact')};expires=60")
                via = request.get("Via").replace(request.branch, branch)
                stranger.send_to(wrong.set("Via", via), source)
        for method in ("INVITE", "OPTIONS", "BYE", "SUBSCRIBE"):
            stranger.send_to(stranger.answer(request, 200).set("CSeq", f"1 {method}"), source)
        time.sleep(0.4)
        equal(len({m.get("CSeq") for m in server.found(REGISTER)}), 1, "REGISTERs after guesses")
        expect(not phone.process.said("^registered "), "a guess has registered it")
        # Whoever has seen the request can answer it; a digest still goes to the server alone.
        stranger.send_to(stranger.answer(request, 401, WWW_Authenticate=challenge("s")), source)
        time.sleep(1)
        equal(stranger.found(lambda m: True), [], "what the stranger got")
        unharmed(phone)
        return leaves(phone)


# --- strangers at our Contact ----------------------------------------------------------------

@case("strangers at the account's Contact: 403, beside it 404, and nothing is kept")
def contact_floods():
    """First one INVITE each, which nobody acknowledges."""
    each = 20000 if LONG else 2500
    with Room() as room:
        server = room.keep(Registrar(granted_s=600))
        target = answering(room, account.of(server, "alice").settings())
        binding = server.bound("alice")[0].uri
        user = re.search(r"sip:([^@]+)@", binding).group(1)
        host = binding.split("@")[1]
        peers = [room.keep(Server(host=f"127.0.0.{n}")) for n in range(2, 6)]
        for peer in peers:
            peer.target = ("127.0.0.1", target.phone.port)
        wanted = {binding: 403, f"sip:alice@{host}": 404, f"sip:alice-00000000@{host}": 404,
                  f"sip:{user.upper()}@{host}": 404, f"sip:{host}": 404}
        for uri, status in wanted.items():
            invite = peers[0].invite(uri)
            peers[0].send(invite)
            got = peers[0].wait(lambda m: m.status >= 200 and m.branch == invite.branch, 5)
            equal(got.status, status, f"answer to INVITE of {uri}")
            expect(len(got.bytes()) <= 2 * len(invite.bytes()), "the answer is a weapon")
        time.sleep(1.6)  # RFC 3261 would have it repeated after 0.5 s and 1.5 s
        equal(len(peers[0].found(sip.final())), len(wanted), "answers to INVITEs")
        start, pinger = attack.memory_kb(target.pid), Pinger(target)
        methods = ("INVITE", "NOTIFY", "MESSAGE", "SUBSCRIBE", "REFER", "PUBLISH", "INFO", "X")
        for n in range(each):
            peer, uri = peers[n % 4], list(wanted)[n % len(wanted)]
            message = peer.request(methods[n % len(methods)], uri, Event="message-summary",
                                   Refer_To="<sip:x@127.0.0.1:9>")
            peer.send(message)
            if not n % 50:
                time.sleep(0.01)
        high = attack.memory_kb(target.pid)
        said = pinger.verdict()
        for peer in peers:
            expect(not [m for m in peer.messages if 100 < m.status < 300], "somebody was let in")
            peer.trusts_nobody()
        unharmed(target.phone)
        expect(not target.phone.process.said("ring|incoming|call from"),
               "it rang", *target.phone.process.tail())
        grown = (high - start) / 1024
        if not attack.sanitized():
            expect(grown <= max(2, each / 1000), f"{grown:.1f} MB for {each} requests")
            wait_until(lambda: attack.memory_kb(target.pid) - start < 2048, 40, "memory stays")
        equal(server.faults, [], "what the server finds wrong")
        return f"{each} requests, memory +{grown:.1f} MB; {said}; " + leaves(target.phone)


if __name__ == "__main__":
    tap.run(jobs=4)
