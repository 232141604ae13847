#!/usr/bin/env python3
"""Copies of the messages of SIP for a capture server (--hep): every message that the trace has, as
it has it, from whom to whom it went; and no call that suffers where that server does."""
import os
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, kamailio, sip, tap, tphone, trace
from lib.dns import Dns
from lib.papers import Paper
from lib.registrar import Registrar
from lib.room import Room, free_port, wait_udp, wait_until
from lib.tap import case, equal, expect

UDP, TCP = 17, 6
KINDS = {1: "family", 2: "protocol", 3: "source", 4: "target", 7: "source_port", 8: "target_port",
         9: "seconds", 10: "microseconds", 11: "kind", 12: "agent", 14: "password", 15: "message"}


class Packet:
    """What one datagram says, each of its chunks by name; those that are no bytes as numbers."""

    def __init__(self, data):
        equal((data[:4], struct.unpack_from("!H", data, 4)[0]), (b"HEP3", len(data)), "its head")
        at, self.said = 6, {}
        while at < len(data):
            vendor, kind, size = struct.unpack_from("!HHH", data, at)
            expect(vendor == 0 and 6 <= size <= len(data) - at, f"a chunk {vendor} {kind} {size}")
            self.said[KINDS[kind]] = data[at + 6:at + size]
            at += size
        for name in set(self.said) - {"source", "target", "password", "message"}:
            self.said[name] = int.from_bytes(self.said[name], "big")
        self.time = self.said["seconds"] + self.said["microseconds"] / 1e6
        self.source, self.target = [(socket.inet_ntoa(self.said[end]), self.said[end + "_port"])
                                    for end in ("source", "target")]
        self.message = sip.Message.parse(self.said["message"])


class Server:
    """A capture server that keeps what comes; password: what each packet has to have."""

    def __init__(self, port=0, password=None):
        self.password, self.packets = password, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.at = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                self.packets.append(Packet(self.socket.recv(65536)))
            except OSError:
                return

    def wait(self, count):
        wait_until(lambda: len(self.packets) >= count, 8, f"{len(self.packets)} packets came")

    def stop(self):
        self.socket.close()


def same(server, phone):
    """What came is what the phone has in its trace, message by message."""
    traced = trace.read(phone.trace)
    server.wait(len(traced))
    for packet, one in zip(server.packets, traced):
        equal(packet.said["message"].decode().replace("\r\n", "\n").rstrip("\n"),
              "\n".join(one.lines).rstrip("\n"), "a message")
        there = packet.target if one.sent else packet.source
        equal(f"{there[0]}:{there[1]}", one.where, "the other end of it")
        equal(packet.said["protocol"], UDP if one.transport == "udp" else TCP, "its protocol")
        equal((packet.said["family"], packet.said["kind"]), (2, 1), "IPv4 and SIP")
        expect(abs(packet.time - time.time()) < 60, f"it went by at {packet.time}")
    equal(len(server.packets), len(traced), "packets")
    return traced


@case("a call: each message of it, both ways, from whom to whom it went", "udp")
@case("the same over TCP", "tcp")
def call(transport):
    with Room() as room:
        ours, theirs = room.keep(Server()), room.keep(Server())
        callee = tphone.Answer(room, transport=transport, times=1, hep=theirs.at, hep_id=4711)
        caller = tphone.Call(room, callee.uri, seconds=0.3, hep=ours.at)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        expect(len(same(ours, caller)) >= 5, "no INVITE, 200, ACK, BYE and 200")
        same(theirs, callee)
        equal({p.said["agent"] for p in ours.packets}, {1}, "whose packets")
        equal({p.said["agent"] for p in theirs.packets}, {4711}, "whose packets")
        invite = next(p for p in theirs.packets if p.message.method == "INVITE")
        equal(invite.target, ("127.0.0.1", callee.port), "where the INVITE went")
        told = [sorted((p.source, p.target, p.said["message"]) for p in s.packets)
                for s in (ours, theirs)]
        equal(told[0], told[1], "what both ends tell")


def registers(room, server, *settings, **more):
    registrar = room.keep(Registrar())
    config = room.write("phone.conf", "\n".join([f"hep = {server.at}", *settings, ""]) +
                        account.of(registrar, "alice").settings())
    os.chmod(config, 0o600)
    phone = tphone.Phone(room, "phone", "register", config=config, **more)
    phone.wait_line("^registered ")
    phone.process.signal(signal.SIGTERM)
    phone.status(5)
    answer = next(m for m in registrar.requests("REGISTER") if m.get("Authorization"))
    same(server, phone)
    told = next(p.message for p in server.packets if p.message.get("Authorization"))
    return answer.get("Authorization"), told.get("Authorization")


@case("what a password could be guessed from is masked; the server's own password is there")
def masked():
    with Room() as room:
        server = room.keep(Server())
        sent, told = registers(room, server, "hep-password = let me in")
        response = sent.split('response="')[1][:8]
        expect(response not in told and 'response="..."' in told, f"told was {told}")
        equal({p.said["password"] for p in server.packets}, {b"let me in"}, "its password")


@case("but with --trace-secrets it is whole")
def unmasked():
    with Room() as room:
        sent, told = registers(room, room.keep(Server()), trace_secrets=True)
        equal(told, sent, "told was")


@case("over TLS the messages can be read, and keys for sound cannot")
def keys():
    with Room() as room:
        paper = Paper(room, "root")
        server = Paper(room, "server", ("DNS:localhost", "IP:127.0.0.1"), paper)
        captures = room.keep(Server())
        callee = tphone.Answer(room, transport="tls", times=1, tls_certificate=server.pem,
                               tls_key=server.key, hep=captures.at)
        caller = tphone.Call(room, f"sips:x@localhost:{callee.port}", tls_ca=paper.pem, seconds=0.3)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        same(captures, callee)
        bodies = b"".join(p.message.body for p in captures.packets)
        expect(b"a=crypto:" in bodies and bodies.count(b"inline:") == bodies.count(b"inline:..."),
               "a key, or none at all", bodies.decode())


@case("nobody is there: the call is as if nothing were, and that is said once")
def away():
    with Room() as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))  # so that the port stays free, and
        port = nobody.getsockname()[1]
        nobody.connect(("127.0.0.1", 9))  # takes nothing but from there: else it is refused
        callee = tphone.Answer(room, times=1, hep=f"127.0.0.1:{port}")
        caller = tphone.Call(room, callee.uri, seconds=0.5)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        told = callee.process.said("capture server")
        equal(len(told), 1, "lines that say so")
        expect("refused" in told[0], told[0])
        return told[0]


@case("found by name, while the name server takes its time: nothing is lost, and nothing waits")
def by_name():
    with Room() as room:
        server, names = room.keep(Server()), room.keep(Dns("homer.test A 127.0.0.1"))
        names.held = threading.Event()
        callee = tphone.Answer(room, times=1, hep=f"homer.test:{server.port}",
                               dns_server=names.address)
        peer = room.keep(sip.Peer(callee.port))
        asked = peer.request("OPTIONS", callee.uri)
        sent = peer.send(asked)
        took = peer.wait(lambda m: m.branch == asked.branch).time - sent
        wait_until(lambda: names.count("A", "homer.test"), 8, "nobody asked for the name")
        equal(len(server.packets), 0, "packets before the name was known")
        names.held.set()
        caller = tphone.Call(room, callee.uri, seconds=1)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        same(server, callee)
        return f"OPTIONS was answered in {took * 1000:.1f} ms"


@case("what another copied is not copied again, as two that copy to each other would for ever")
def copies():
    with Room() as room:
        server = room.keep(Server())
        callee = tphone.Answer(room, hep=server.at)
        peer = room.keep(sip.Peer(callee.port))
        peer.socket.sendto(b"HEP3\0\6", peer.target)
        asked = peer.request("OPTIONS", callee.uri)
        peer.send(asked)
        peer.wait(lambda m: m.branch == asked.branch)
        server.wait(2)
        equal([p.message.start.split()[0] for p in server.packets], ["OPTIONS", "SIP/2.0"],
              "what was copied")


@case("and no phone starts that would copy to itself", "127.0.0.1:{0}")
@case("nor one that listens everywhere", "*:{0}")
def itself(listen):
    with Room() as room:
        port = free_port()
        phone = tphone.Phone(room, "phone", "answer", listen=f"udp:{listen.format(port)}",
                             hep=f"127.0.0.1:{port}")
        phone.expect_status(1)
        equal(len(phone.process.said("is this telephone itself")), 1, "lines that say so")


@case("nor does one whose name turns out to be this phone's: that is said, and all else goes on")
def itself_by_name():
    with Room() as room:
        names = room.keep(Dns("homer.test A 127.0.0.1"))
        port = free_port()
        phone = tphone.Phone(room, "phone", "answer", listen=f"udp:127.0.0.1:{port}",
                             hep=f"homer.test:{port}", dns_server=names.address)
        wait_udp(port)
        peer = room.keep(sip.Peer(port))
        for _ in range(3):
            asked = peer.request("OPTIONS", f"sip:x@127.0.0.1:{port}")
            peer.send(asked)
            peer.wait(lambda m, b=asked.branch: m.branch == b)
            phone.wait_line("homer.test does not get our messages: its name leads to this telephone")
        equal(len(phone.process.said("capture server")), 1, "lines that say so")


KAMAILIO = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
disable_tcp=yes
listen=udp:127.0.0.1:{port}
mpath="{modules}"
loadmodule "db_sqlite.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "sipcapture.so"
modparam("sipcapture", "db_url", "sqlite:///{folder}/captured")
modparam("sipcapture", "capture_on", 1)
modparam("sipcapture", "hep_capture_on", 1)
request_route {{ xlog("L_NOTICE", "seen: $rm of $si:$sp in $ci\\n"); drop; }}
onreply_route {{ xlog("L_NOTICE", "seen: $rs of $si:$sp in $ci\\n"); drop; }}
"""


@case("Kamailio's capture module understands them")
def understood():
    with Room() as room:
        port = free_port()
        config = room.write("k.cfg", KAMAILIO.format(port=port, modules=kamailio.modules(),
                                                     folder=room.folder))
        server = room.start("kamailio", ["kamailio", "-f", config, "-DD", "-E", "-m", "16", "-M",
                                         "4", "-Y", room.folder, "-w", room.folder])
        wait_udp(port)
        callee = tphone.Answer(room, times=1, hep=f"127.0.0.1:{port}")
        caller = tphone.Call(room, callee.uri, seconds=0.3)
        caller.expect_status(tphone.OK)
        callee.expect_status(tphone.OK)
        for one in trace.read(callee.trace):
            of = f"127.0.0.1:{callee.port}" if one.sent else one.where
            what = one.message.method if one.message.status == 0 else str(one.message.status)
            server.wait_line(f"seen: {what} of {of} in {one.message.get('Call-ID')}")


if __name__ == "__main__":
    tap.run(jobs=4)
