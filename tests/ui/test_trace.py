#!/usr/bin/env python3
"""The trace, the call closely and the sound devices on the screen: the real program in tmux, with
a server and telephones at the other end."""
import glob
import os
import re
import socket
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, sip, tphone
from lib import trace as traces
from lib.daemon import Daemon
from lib.papers import Paper
from lib.registrar import Registrar
from lib.room import Room, free_port
from lib.screen import Screen
from lib.tap import case, equal, expect, run
from lib.tmux import Tmux


@case("a call is traced through a server: ladder, message, only SDP, two compared, one call, saved")
def trace():
    with Room() as room:
        server = room.keep(Registrar())
        bob = tphone.Answer(room, "bob")
        me = Screen(room, people=f"Bob Martin = {bob.uri}\n", cols=100,
                    settings=account.of(server, "alice").settings("home"))
        t = me.tmux
        t.wait("● alice@")
        me.call(bob.uri)
        t.wait("▶ Bob Martin")
        t.press("T")
        t.wait("these are the messages of the call")
        t.press("o")
        t.wait(r"us +home +Bob Martin")
        t.wait(r"│─+ REGISTER ─+▶│ +│")
        t.wait(r"│◀─+ 401 Unauthorized")
        t.wait(r"│─+ INVITE \(SDP\) ─+▶│")
        t.wait(r"│◀─+ 200 OK \(INVITE, SDP\) ─+│")
        t.wait(r"│─+ ACK ─+▶│")
        t.press("k", "Enter")
        t.wait(r"^ SIP/2.0 200 OK$")
        t.wait(r"^ CSeq +\d+ INVITE$")
        t.press("s")
        t.wait(r"^ media +m=audio \d+ RTP/AVP")
        t.wait("^ CSeq", gone=True)
        t.press("s", "Escape")
        t.wait(r"us +home +Bob Martin")
        t.press("g", "j", "j", "=")
        t.wait(r"> Authorization: Digest")
        t.wait(r"CSeq: \d+ REGISTER +\| CSeq: \d+ REGISTER")
        t.press("Escape")
        t.wait(r"us +home +Bob Martin")
        t.press("o")
        t.wait(r"4 of \d+ messages, one call")
        t.press("W")
        t.wait(r"4 messages saved in .*/tphone-trace-[\d-]+\.pcap")
        t.press("o", "w")
        t.wait(r"\d+ messages saved in .*/tphone-trace-[\d-]+\.txt")
        file, = glob.glob(os.path.join(me.home["HOME"], "tphone-trace-*.pcap"))
        saved = [p.data for p in traces.read_pcap(file)]
        equal([p.split(b" ")[0] for p in saved], [b"REGISTER", b"SIP/2.0"] * 2, "what is in it")
        expect(b'response="..."' in saved[2], "credentials are not masked", saved[2])
        text = glob.glob(os.path.join(me.home["HOME"], "tphone-trace-*.txt"))[0]
        equal(stat.S_IMODE(os.stat(text).st_mode), 0o600, "who may read it")
        with open(text, encoding="utf-8") as f:
            expect(f"sent to udp 127.0.0.1:{bob.port}\n  | INVITE " in f.read(), "no INVITE")
        t.press("f")
        t.type("BYE")
        t.press("Enter")
        t.wait("no message fits")
        me.expect(0, "ctl", "hangup")
        t.wait(r"│─+ BYE ─+▶│")


KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"


def _files(room):
    """What everything in the room has written, by its path."""
    for folder, _, names in os.walk(room.folder):
        for path in (os.path.join(folder, name) for name in names):
            if os.path.isfile(path):
                with open(path, "rb") as f:
                    yield path, f.read()


@case("keys of a call over TLS (SDES): in no trace that is saved or written, in no log, on no screen")
def keys():
    with Room() as room:
        root = Paper(room, "root")
        listener = room.keep(sip.TcpListener(paper=Paper(room, "server", ("DNS:localhost",), root)))
        at = f"<sip:x@localhost:{listener.port};transport=tls>"
        phone = Daemon(room, options=["-vv", "--trace=" + room.path("sip.txt")], tls_ca=root.pem,
                       dtls="never")
        t = Tmux(room, [tphone.program()], phone.home, cols=100)
        t.wait("no account")
        t.press("c")
        t.type(at[1:-1])
        t.press("Enter")
        peer = listener.accept(10)
        invite = peer.wait(sip.request("INVITE"), 10, what="the call")
        keys = re.findall(rb"inline:([\w+/=]+)", invite.body) + [KEY.encode()]
        equal(len(keys), 5, "keys that were offered, and ours")
        line = "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + KEY
        peer.respond(invite, 200, body=sip.sdp(free_port(2), extra=line), tag="x", Contact=at)
        peer.wait(sip.request("ACK"), 10, what="our ACK")
        t.press("i")
        t.wait(r"^ sound +PCMU 8 kHz, encrypted \(SDES, AES_CM_128_HMAC_SHA1_80\)")
        t.wait(r"^ messages +localhost verified by tls-ca, TLSv1\.3")
        t.press("T")
        t.wait(r"│─+ ACK ─+▶│")
        t.press("W")
        t.wait(r"3 messages saved in .*\.pcap")
        t.press("w")
        t.wait(r"3 messages saved in .*\.txt")
        t.press("k", "Enter")
        t.wait(r"inline:\.\.\.")
        shown = t.text().encode()
        told = "\n".join(phone.process.tail(1000)).encode()
        files = dict(_files(room))
        traced = [path for path, data in files.items() if data.count(b"inline:...") == 5]
        equal(len(traced), 3, "files with five keys that are masked")
        for key in keys:
            found = [path for path, data in files.items() if key in data]
            equal(found, [], "files with a key in them")
            expect(key not in shown and key not in told, "a key is shown or logged")


@case("a screen that comes later sees how the call began, and what strangers send does no harm")
def late_and_hostile():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Screen(room)
        t = me.tmux
        me.call(bob.uri)
        t.wait("▶ .*bob")
        second = me.again("second")
        second.wait("▶ .*bob")
        second.press("T")
        second.wait("these are the messages of the call")
        second.press("o")
        second.wait(r"│─+ INVITE")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"OPTIONS sip:me@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
                     b"From: \"\x1b[2J\x1b]0;owned\x07\" <sip:evil@x>;tag=1\r\nTo: <sip:me@x>\r\n"
                     b"Call-ID: \x1b[1;1HX\r\nCSeq: 1 OPTIONS\r\n\r\n",
                     ("127.0.0.1", int(me.uri.rsplit(":", 1)[1])))
        second.wait(r"│◀─+ OPTIONS")
        second.press("G", "k")
        second.press("Enter")
        second.wait(r"Call-ID +\N{REPLACEMENT CHARACTER}\[1;1HX")
        expect("owned" not in second.ask("pane_title"), "the title was changed")
        second.wait("^ tphone")
        second.press("q", "q", "d")
        equal(second.status(), 0, "exit status")


@case("T in a call shows that call's messages, of one that came and of one that went; o shows all")
def of_the_call():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Screen(room)
        t = me.tmux
        caller = tphone.Call(room, me.uri, "alice", user="alice", seconds=30)
        t.wait(r"◀ .*alice.* calls")
        t.press("X")
        caller.expect_status(tphone.DECLINED)
        me.call(bob.uri)
        t.wait(r"▶ bob@.* 0:\d\d +opus")
        tphone.Call(room, me.uri, "carol", user="carol", seconds=30)
        t.wait(r"◀ .*carol.* calls")
        t.press("T")
        t.wait("these are the messages of the call")
        t.wait("200 OK")
        for other in ("carol", "alice", "603"):
            expect(other not in "".join(t.lines()[2:]), "another call's", t.text())
        t.press("o")
        t.wait("603 ")
        t.press("Escape")
        t.wait("Calls +│")
        t.press("j", "T")
        t.wait("these are the messages of the call")
        t.wait("180 Ringing")
        expect("200 OK" not in t.text() and "603" not in t.text(), "another call's", t.text())


@case("the call closely: its graphs grow, addresses and codecs are told, and it is hung up there")
def details():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Screen(room, people=f"Bob Martin = {bob.uri}\n")
        t = me.tmux
        me.call("bob")
        t.wait("▶ Bob Martin")
        t.press("i")
        t.wait(r"^ sound +opus 48 kHz, encrypted, not verified \(DTLS, ")
        t.wait(r"^ messages +not encrypted$")
        t.wait(r"^ addresses +we 127\.0\.0\.1:\d+, they 127\.0\.0\.1:\d+")
        t.wait(r"^ quality +█+░* \d\.\d \w+")
        t.wait(r"▁{3} -60$")
        t.wait(r"^ packets +sent [1-9]\d+, received [1-9]\d+")
        t.resize(60, 16)
        t.wait(r"^ your level +\S+ dB")
        t.press("x")
        t.wait("there is no call")
        t.press("Escape")
        t.wait("no calls")


@case("sound devices: levels while one looks, a tone, none at all, and their end when one leaves")
def devices():
    with Room() as room:
        me = Screen(room)
        t = me.tmux
        t.press("D")
        t.wait("speak: the microphone is open")
        t.wait(r"^ microphone +silent +▁▁▁")
        t.press("t")
        t.wait("a tone is played")
        t.wait(r"^ loudspeaker +-\d+ dB")
        t.wait("speak: the microphone is open")
        t.press("G", "Enter")
        t.wait(r"● none +no sound device.*in use")
        t.wait(r"^ microphone +closed")
        t.press("r")
        t.wait("nothing rings")
        t.press("Escape")
        t.wait("no calls")


if __name__ == "__main__":
    run(jobs=2)
