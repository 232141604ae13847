#!/usr/bin/env python3
"""SIP over TLS: by Kamailio, with baresip and linphonec, between two of ours; and all that is
refused, in words."""
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import room as rooms
from lib import sip, sound, tap, tphone, wire
from lib.account import Account
from lib.baresip import Baresip
from lib.control import Piped
from lib.kamailio import Kamailio
from lib.linphone import Linphone
from lib.papers import Paper
from lib.room import Room
from lib.tap import case, equal, expect

warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.1, which is what is tested
USERS = {"alice": "secret of alice", "bob": "secret of bob"}
HERE = ("DNS:localhost", "IP:127.0.0.1")
SPEECH_S = 2.0
WINDOW = {"first_ms": -700, "last_ms": 3000}


def papers(room):
    """An authority, and a server of this machine that it vouches for."""
    root = Paper(room, "root")
    return root, Paper(room, "server", HERE, root)


def own(paper):
    return {"tls_certificate": paper.pem, "tls_key": paper.key}


def expect_both_heard(caller, callee, from_caller, from_callee):
    return "\n".join(str(sound.expect_heard(spoken, heard, "what was heard", **WINDOW))
                     for spoken, heard in ((from_caller, callee), (from_callee, caller)))


def expect_nothing_readable(capture, *ports):
    """No message of SIP went by in clear at these ports."""
    seen = capture.found(lambda p: b"SIP/2.0" in p.data and
                         {p.source[1], p.target[1]} & set(ports))
    equal([p.data[:60] for p in seen], [], "SIP in clear")


@case("sips: from phone to phone: both are heard, nothing goes in clear")
def direct():
    with Room() as room:
        root, server = papers(room)
        capture = room.keep(wire.Capture())
        from_caller, from_callee = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        bob = tphone.Answer(room, "bob", "tls", spoken=from_callee, times=1, json=True,
                            **own(server))
        alice = tphone.Call(room, f"sips:bob@localhost:{bob.port}", "alice", spoken=from_caller,
                            json=True, tls_ca=root.pem, behind_s=1)
        alice.expect_status(tphone.OK)
        bob.expect_status(tphone.OK)
        safe = alice.wait_event("answered")["signalling_encryption"]
        expect(safe.startswith("TLSv1.3, TLS_") and safe.endswith(", localhost verified by tls-ca"),
               safe)
        event = bob.wait_event("incoming")
        expect(event["signalling_encryption"].endswith(", nobody verified"), str(event))
        equal(event["transport"], "tls", "how it came")
        trace = open(alice.trace, encoding="utf-8").read()
        for wanted in ("Via: SIP/2.0/TLS ", "Contact: <sips:", "BYE sips:bob@"):
            expect(wanted in trace, f"no {wanted} in what the caller sent")
        expect_nothing_readable(capture, bob.port)
        capture.expect_sealed(2)
        return expect_both_heard(alice.recording, bob.recording, from_caller, from_callee)


@case("Kamailio: both register and call by TLS, are encrypted and heard, and come back after it was "
      "restarted")
def kamailio():
    with Room() as room:
        root, server = papers(room)
        proxy = Kamailio(room, USERS, record_route=True, paper=server)
        capture = room.keep(wire.Capture())
        from_alice, from_bob = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        bob = tphone.Answer(room, "bob", "udp", account=proxy.account("bob", "tls"), json=True,
                            spoken=from_bob, settings={"tls-ca": root.pem})
        safe = bob.wait_event("registered")
        equal((safe["transport"], safe["signalling_encryption"].split(", ")[2]),
              ("tls", "127.0.0.1 verified by tls-ca"), "how it is registered")
        alice = tphone.Call(room, "bob", "alice", account=proxy.account("alice", "tls"),
                            settings={"tls-fingerprint": server.fingerprint()},
                            spoken=from_alice, behind_s=1, json=True)
        alice.expect_status(tphone.OK, 30)
        expect("127.0.0.1 verified by fingerprint" in
               alice.wait_event("answered")["signalling_encryption"], "the fingerprint is not told")
        for phone in alice, bob:  # who is called has verified his server, too
            equal(phone.wait_event("answered")["encryption"], "sdes", f"the sound of {phone.name}")
        expect_nothing_readable(capture, proxy.port, proxy.tls_port)
        capture.expect_sealed(2)
        proxy.kill()
        proxy.restart()
        proxy.wait_bindings("bob", 1, 20)
        bob.stop()
        return expect_both_heard(alice.recording, bob.recording, from_alice, from_bob)


@case("Kamailio that wants to see certificates: shown, and words where there is none")
def client_certificate():
    with Room() as room:
        root, server = papers(room)
        alice_paper = Paper(room, "alice-paper", ("DNS:alice.test",), root)
        proxy = Kamailio(room, USERS, paper=server, asks=root)
        account = proxy.account("alice", "tls")
        shows = tphone.Register(room, account, "shows", json=True, **own(alice_paper),
                                settings={"tls-ca": root.pem})
        hides = tphone.Register(room, account, "hides", json=True, settings={"tls-ca": root.pem})
        shows.wait_event("registered")
        text = hides.wait_event("registration-failed")["text"]
        expect("wants to see a certificate of ours; set tls-certificate" in text, text)
        for phone in (shows, hides):
            phone.stop()


@case("baresip: it calls by TLS and is called, keys by SDES in both calls, all are heard")
def baresip():
    with Room() as room:
        root, server = papers(room)
        spoken, theirs = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        stranger = Baresip(room, "stranger", "pcmu", theirs, answers=True, paper=server, ca=root,
                           encryption="srtp-mand")
        ours = tphone.Call(room, f"sip:stranger@127.0.0.1:{stranger.port + 1};transport=tls",
                           "ours", spoken=spoken, codec="pcmu", tls_ca=root.pem,
                           encryption="require", json=True, behind_s=1)
        ours.expect_status(tphone.OK)
        equal(ours.wait_event("answered")["encryption"], "sdes", "the sound when we call")
        heard = expect_both_heard(ours.recording, stranger.heard(), spoken, theirs)
        called = tphone.Answer(room, "called", "tls", json=True, times=1, codec="pcmu",
                               spoken=spoken, encryption="require", **own(server))
        stranger.dial(f"sip:called@127.0.0.1:{called.port};transport=tls")
        called.wait_event("answered", encryption="sdes-unverified")
        stranger.wait("CALL_ESTABLISHED", count=2)
        time.sleep(SPEECH_S + 1)
        stranger.hang_up()
        called.expect_status(tphone.OK)
        equal(called.wait_event("incoming")["transport"], "tls", "how it came")
        return heard + "\n" + expect_both_heard(called.recording, stranger.heard(), spoken, theirs)


def expect_told_late(client, server):
    """Who asks when all has been told already is told of the account as its event did: the second
    one, with the Contact that the server can reach."""
    event = client.wait(lambda l: l.get("event") == "registered" and
                        re.search(r"@127.0.0.1:\d+;", l["our_contact"]), what="the second Contact")
    account = client.do("status")["accounts"][0]
    equal({m: account.get(m) for m in ("registered", "server", "transport", "bindings")},
          {"registered": True, "server": server, "transport": "tls", "bindings": 1},
          "the account in status")
    for member in ("our_contact", "signalling_encryption", "expires"):
        equal(account[member], event[member], f"{member} in status")
    expect(account["signalling_encryption"].endswith("localhost verified by tls-ca"), str(account))


def expect_private(client, call):
    """Messages and sound of a call, told by events and in status."""
    media = client.event("media", call=call, encryption="sdes", early=False)
    state = client.do("status", call=call)["calls"][0]
    equal(state["encryption"], "sdes", "the sound in status")
    for told in (media, state):
        expect("localhost verified by tls-ca" in told.get("signalling_encryption", ""), str(told))


@case("linphonec at Kamailio: it calls by TLS and is called, keys by SDES in both calls, all are "
      "heard; who asks later is told of account and calls")
def linphone():
    with Room() as room:
        root, server = papers(room)
        proxy = Kamailio(room, USERS, record_route=True, paper=server)
        capture = room.keep(wire.Capture())
        spoken, theirs = sound.speech("caller", SPEECH_S), sound.speech("callee", SPEECH_S)
        play = sound.write(room.path("ours.wav"), spoken)
        at = {user: proxy.account(user, "tls") for user in USERS}
        at["alice"].server = at["alice"].server.replace(proxy.host, "localhost")
        stranger = Linphone(room, "lin", theirs, "pcmu", answers=True, account=at["bob"],
                            encryption="srtp", mandatory=True, ca=root)
        phone = Piped(room, "phone", account=at["alice"], settings={"tls-ca": root.pem},
                      encryption="require", codec="pcmu")
        client = phone.client
        expect_told_late(client, f"127.0.0.1:{proxy.tls_port}")
        call = client.do("call", target="bob", play=play, record=room.path("1.wav"),
                         sides="heard")["call"]
        client.event("answered", 20, call=call)
        expect_private(client, call)
        time.sleep(SPEECH_S + 1)
        client.do("hangup", call=call)
        stranger.wait_ended()
        client.event("ended", call=call)
        heard = expect_both_heard(room.path("1.wav"), stranger.heard(), spoken, theirs)
        stranger.record_anew()
        stranger.dial(at["alice"].uri)
        call = client.event("incoming", transport="tls", account="alice")["call"]
        client.do("answer", call=call, play=play, record=room.path("2.wav"), sides="heard")
        expect_private(client, call)
        time.sleep(SPEECH_S + 1)
        stranger.hang_up()
        client.event("ended", call=call)
        expect_nothing_readable(capture, proxy.port, proxy.tls_port, stranger.port)
        client.do("quit")
        return heard + "\n" + expect_both_heard(room.path("2.wav"), stranger.heard(), spoken, theirs)


def registers(listener, binding):
    """The account comes by TLS and is registered; the connection."""
    peer = listener.accept(10)
    request = peer.wait(sip.request("REGISTER"), 8, what="REGISTER")
    peer.respond(request, 200, "OK", tag="r", Contact=request.get("Contact") + f";expires={binding}")
    return peer


@case("a server that breaks off is not hammered; once it is back the account is, too, and takes up "
      "its session where the connection is lost again")
def again():
    with Room() as room:
        root, server = papers(room)
        listener = room.keep(sip.TcpListener(paper=server))
        account = Account("alice", "x", "127.0.0.1", f"sip:127.0.0.1:{listener.port}", "tls")
        phone = tphone.Register(room, account, json=True, settings={"tls-ca": root.pem})
        listener.socket.settimeout(10)
        tries = []
        while not tries or tries[-1] - tries[0] < 3:
            listener.socket.accept()[0].close()
            tries.append(time.monotonic())
        expect(2 <= len(tries) <= 8, f"{len(tries)} connections in {tries[-1] - tries[0]:.1f} s")
        first = registers(listener, 600)
        phone.wait_event("registered", signalling_encryption="TLSv1.3, TLS_AES_256_GCM_SHA384, "
                         "127.0.0.1 verified by tls-ca")
        equal(first.socket.session_reused, False, "a session that is taken up at first")
        first.stop()
        second = registers(listener, 601)
        equal(second.socket.session_reused, True, "a session that is taken up behind it")
        phone.wait_event("registered", expires=601)
        equal(set(listener.asked_for), {None}, "an address, said as a name (RFC 6066 3)")
        phone.stop()
        return f"{len(tries)} connections in {tries[-1] - tries[0]:.1f} s while it broke off"


# --- what is refused ------------------------------------------------------------------------------

class Server:
    """Takes TLS on a free port and remembers what was said to it; listens by UDP there, too."""

    def __init__(self, room, paper, version=None, talks=None):
        self.port, self.heard, self.datagrams = rooms.free_port(), b"", []
        self.talks = talks  # instead of TLS
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if version:
            self.context.set_ciphers("ALL:@SECLEVEL=0")
            self.context.minimum_version = self.context.maximum_version = version
        self.context.load_cert_chain(paper.pem, paper.key)
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        room.keep(self)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection = self.tcp.accept()[0]
            except OSError:
                return
            try:
                connection.settimeout(3)
                if self.talks:
                    connection.sendall(self.talks)
                else:
                    connection = self.context.wrap_socket(connection, server_side=True)
                self.heard += connection.recv(65536) if not self.talks else b""
            except (OSError, ssl.SSLError):
                pass
            connection.close()

    def expect_nothing(self):
        equal(self.heard, b"", "what was said to a server that is not to be trusted")
        self.udp.setblocking(False)
        try:
            equal(self.udp.recv(100), b"", "what was sent by UDP")
        except BlockingIOError:
            pass

    def stop(self):
        self.tcp.close()
        self.udp.close()


@case("each refusal in its own words, and nothing is sent to whom we do not trust")
def refused():
    with Room() as room:
        root, right = papers(room)
        stranger = Paper(room, "stranger")
        expired = Paper(room, "expired", HERE, root, since="20200101000000Z", until="20200201000000Z")
        early = Paper(room, "early", HERE, root, since="20450101000000Z", until="20460101000000Z")
        other = Paper(room, "other", ("DNS:elsewhere.test", "DNS:*.localhost"), root)
        pin = {"tls_fingerprint": stranger.fingerprint()}
        rows = [
            (other, {}, {}, "is not for that name but for elsewhere.test, *.localhost"),
            (expired, {}, {}, "valid 2020-01-01 to 2020-02-01) has expired"),
            (early, {}, {}, "is not valid yet"),
            (Paper(room, "alone", HERE), {}, {}, "is signed by itself alone"),
            (Paper(room, "unknown", HERE, stranger), {}, {}, "is of an authority that is not known"),
            (right, {}, pin, "is not the one of tls-fingerprint; its own is SHA-256 " +
             right.fingerprint()),
            (right, {"version": ssl.TLSVersion.TLSv1_1}, {}, "speaks no TLS as new as version 1.2"),
            (right, {"talks": b"SIP/2.0 400 What\r\n\r\n"}, {}, "what it says is not TLS"),
        ]
        tried = []
        for i, (paper, how, options, words) in enumerate(rows):
            server = Server(room, paper, **how)
            uri = f"sips:x@127.0.0.1:{server.port}" if i % 2 else \
                f"sip:x@127.0.0.1:{server.port};transport=tls"
            trust = options or {"tls_ca": root.pem}
            account = Account("x", "secret", "127.0.0.1", f"sip:127.0.0.1:{server.port}", "tls")
            tried.append((server, words, tphone.Call(room, uri, f"call{i}", json=True, **trust),
                          tphone.Register(room, account, f"account{i}", json=True, **trust)))
        for server, words, call, register in tried:
            call.expect_status(tphone.UNREACHABLE)
            for text in (call.wait_event("ended")["text"],
                         register.wait_event("registration-failed")["text"]):
                expect(words in text, f"{text!r} does not say {words!r}")
            server.expect_nothing()
            register.process.signal(signal.SIGTERM)
        return f"{2 * len(rows)} refusals"


@case("a sips: call whose way is not TLS fails in words, and nothing is sent")
def no_fallback():
    with Room() as room:
        root, server = papers(room)
        trap = Server(room, server)
        config = room.write("udp.conf", "[account a]\nuri = sip:a@example.test\nregister = no\n"
                            f"proxy = sip:127.0.0.1:{trap.port};transport=udp\n")
        call = tphone.Call(room, "sips:x@example.test", "caller", config=config, json=True,
                           tls_ca=root.pem)
        call.expect_status(tphone.UNREACHABLE)
        text = call.wait_event("ended")["text"]
        expect("sips: asks for TLS" in text, text)
        trap.expect_nothing()


@case("settings that do not fit are refused before anything else")
def settings():
    with Room() as room:
        root, server = papers(room)
        for name, options, words in (
                ("bare", {"listen": "tls:127.0.0.1:0"}, "needs a certificate"),
                ("half", {"tls_certificate": server.pem}, "tls-certificate needs tls-key"),
                ("mixed", {"tls_certificate": server.pem, "tls_key": root.key}, "fits the certificate"),
                ("gone", {"tls_ca": "/nowhere"}, "tls-ca /nowhere: No such file"),
                ("pin", {"tls_fingerprint": "12"}, "64 hex digits")):
            phone = tphone.Phone(room, name, "answer", **options)
            expect(phone.status() != 0, f"{name} went on")
            expect(any(words in l for l in phone.process.tail()), "\n".join(phone.process.tail()))


if __name__ == "__main__":
    wire.private_network()
    wire.lead_somewhere()
    tap.run(jobs=4, in_time=True)
