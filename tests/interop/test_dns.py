#!/usr/bin/env python3
"""Where calls go: NAPTR, SRV and addresses (RFC 3263), and what happens when some of it fails."""
import os
import re
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, room as rooms
from lib import sip, sound, tap, tphone, wire
from lib.control import Piped
from lib.dns import SERVFAIL, Dns
from lib.ends import Callee
from lib.papers import Paper
from lib.room import Room
from lib.tap import case, equal, expect

TARGET = "sip:alice@example.test"


class World:
    """A name server and three places for SIP on one port of loopback addresses of their own."""

    def __init__(self, room, zone, **more):
        self.room, self.port = room, rooms.free_port()
        self.dns = room.keep(Dns(zone.replace("PORT", str(self.port)), **more))

    def call(self, target=TARGET, **more):
        return tphone.Call(self.room, target, dns_server=self.dns.address, **more)

    def udp(self, last):
        """A peer on 127.0.0.LAST."""
        return self.room.keep(sip.Peer(port=self.port, host=f"127.0.0.{last}"))

    def tcp(self, last, paper=None):
        return self.room.keep(sip.TcpListener(self.port, host=f"127.0.0.{last}", paper=paper))


def busy(peer, phone, target=TARGET, seconds=8):
    """An INVITE for the target comes to this peer and is refused; the INVITE."""
    invite = peer.wait(sip.request("INVITE"), seconds, what="INVITE")
    equal(invite.uri, target, "Request-URI")
    peer.respond(invite, 486, tag="b")
    phone.expect_status(tphone.BUSY)
    return invite


HOSTS = """
    a.example.test A 127.0.0.2
    b.example.test A 127.0.0.3
    c.example.test A 127.0.0.4
"""
NAPTR_UDP = 'example.test NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.example.test\n'
NAPTR_TCP = 'example.test NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.example.test\n'
UDP_A = "_sip._udp.example.test SRV 1 0 PORT a.example.test\n"
UDP_B = "_sip._udp.example.test SRV 2 0 PORT b.example.test\n"
TCP_B = "_sip._tcp.example.test SRV 1 0 PORT b.example.test\n"
TCP_C = "_sip._tcp.example.test SRV 2 0 PORT c.example.test\n"


# --- which place ----------------------------------------------------------------------------------

@case("NAPTR, then SRV, then A")
def naptr():
    with Room() as room:
        world = World(room, NAPTR_UDP + UDP_A + HOSTS)
        phone, peer = None, world.udp(2)
        phone = world.call()
        busy(peer, phone)
        equal(world.dns.count("NAPTR", "example.test"), 1, "questions for NAPTR")
        equal(world.dns.count("SRV", "_sip._udp.example.test"), 1, "questions for SRV")
        equal(world.dns.count("A", "a.example.test"), 1, "questions for A")


@case("NAPTR that prefers TCP is followed, RFC 3263 4.1")
def naptr_tcp():
    with Room() as room:
        world = World(room, NAPTR_UDP + NAPTR_TCP + UDP_A + TCP_B + HOSTS)
        udp, tcp = world.udp(2), world.tcp(3)
        phone = world.call()
        busy(tcp.accept(), phone)
        equal(udp.messages, [], "what came over UDP")


@case("SRV without NAPTR: UDP first")
def srv_only():
    with Room() as room:
        world = World(room, UDP_A + TCP_B + HOSTS)
        peer = world.udp(2)
        busy(peer, world.call())


@case("SRV of TCP alone: TCP")
def srv_tcp():
    with Room() as room:
        world = World(room, TCP_B + HOSTS)
        tcp = world.tcp(3)
        phone = world.call()
        busy(tcp.accept(), phone)


@case("a transport that is said leaves nothing to NAPTR")
def transport():
    with Room() as room:
        world = World(room, NAPTR_UDP + UDP_A + TCP_B + HOSTS)
        tcp = world.tcp(3)
        phone = world.call(TARGET + ";transport=tcp")
        busy(tcp.accept(), phone, TARGET + ";transport=tcp")
        equal(world.dns.count("NAPTR"), 0, "questions for NAPTR")
        equal(world.dns.count("SRV", "_sip._udp.example.test"), 0, "questions for UDP")


@case("a port leaves nothing to SRV")
def port():
    with Room() as room:
        world = World(room, NAPTR_TCP + TCP_B + HOSTS + "example.test A 127.0.0.5\n")
        peer = world.udp(5)
        target = f"{TARGET}:{world.port}"
        busy(peer, world.call(target), target)
        equal(world.dns.count("NAPTR") + world.dns.count("SRV"), 0, "questions for NAPTR and SRV")


@case("the lower priority goes first, RFC 2782")
def priority():
    with Room() as room:
        world = World(room, UDP_B + UDP_A + HOSTS)
        a, b = world.udp(2), world.udp(3)
        busy(a, world.call())
        equal(b.messages, [], "what came to the other")


@case("a host that is another name for one")
def alias():
    with Room() as room:
        world = World(room, UDP_A + "a.example.test CNAME real.example.test\n"
                                    "real.example.test A 127.0.0.6\n")
        busy(world.udp(6), world.call())


@case("names in capitals are the same names")
def capitals():
    with Room() as room:
        world = World(room, UDP_A + HOSTS)
        busy(world.udp(2), world.call("sip:alice@EXAMPLE.Test"), "sip:alice@EXAMPLE.Test")


# --- TLS ------------------------------------------------------------------------------------------

NAPTR_TLS = 'example.test NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.example.test\n'
TLS_A = "_sips._tcp.example.test SRV 1 0 PORT a.example.test\n"
TLS_B = "_sips._tcp.example.test SRV 2 0 PORT b.example.test\n"


def expect_tls_only(world):
    for name in "_sip._udp.example.test", "_sip._tcp.example.test":
        equal(world.dns.count("SRV", name), 0, f"questions for SRV {name}")


@case("NAPTR that prefers TLS is followed, and the domain of the URI is who must be there, RFC 5922",
      TARGET, NAPTR_UDP + NAPTR_TLS)
@case("sips: means TLS, by NAPTR", "sips:alice@example.test", NAPTR_UDP + NAPTR_TLS)
@case("sips: means TLS, by SRV without NAPTR", "sips:alice@example.test", "")
@case("transport=tls is TLS, by SRV alone", TARGET + ";transport=tls", NAPTR_UDP)
def tls(target, naptr):
    with Room() as room:
        root = Paper(room, "root")
        domain = Paper(room, "domain", ("DNS:example.test",), root)
        world = World(room, naptr + UDP_A + TCP_B + TLS_A + HOSTS)
        udp, server = world.udp(2), world.tcp(2, domain)
        phone = world.call(target, tls_ca=root.pem)
        busy(server.accept(8), phone, target)
        equal(udp.messages, [], "what came over UDP")
        equal(world.dns.count("SRV", "_sips._tcp.example.test"), 1, "questions for SRV of TLS")
        if target != TARGET:
            expect_tls_only(world)


@case("over TLS who is only where the domain's records lead to is not who was asked for: he is told "
      "nothing")
def tls_elsewhere():
    with Room() as room:
        root = Paper(room, "root")
        names = "DNS:a.example.test", "DNS:_sips._tcp.example.test", "IP:127.0.0.2"
        world = World(room, NAPTR_UDP + NAPTR_TLS + UDP_A + TCP_B + TLS_A + HOSTS)
        server = world.tcp(2, Paper(room, "host", names, root))
        for n, target in enumerate(("sips:alice@example.test", TARGET + ";transport=tls")):
            phone = world.call(target, tls_ca=root.pem, name=f"caller{n}")
            expect_refusal(server)
            ends(phone, tphone.UNREACHABLE,
                 "of example.test .*is not for that name but for a.example.test", 8)


def expect_refusal(server):
    """Whoever connects breaks off while hands are shaken, or says nothing."""
    server.socket.settimeout(8)
    try:
        connection = server.context.wrap_socket(server.socket.accept()[0], server_side=True)
        connection.settimeout(8)
        equal(connection.recv(4096), b"", "what was said to it")
    except OSError:
        pass


@case("over TLS the next of two servers where the first cannot prove itself")
def tls_next():
    with Room() as room:
        root = Paper(room, "root")
        world = World(room, NAPTR_TLS + TLS_A + TLS_B + HOSTS)
        alone = world.tcp(2, Paper(room, "alone", ("DNS:example.test",)))
        server = world.tcp(3, Paper(room, "domain", ("DNS:example.test",), root))
        first = threading.Thread(target=expect_refusal, args=(alone,))
        first.start()
        phone = world.call(tls_ca=root.pem)
        busy(server.accept(8), phone)
        first.join()


@case("where TLS, which the records prefer, cannot prove itself, nothing goes by UDP: not the call, nor "
      "the next one, nor a REGISTER with its digest")
def tls_or_nothing():
    with Room() as room:
        root = Paper(room, "root")
        world = World(room, NAPTR_UDP + NAPTR_TLS + UDP_A + TLS_A + HOSTS)
        udp, alone = world.udp(2), world.tcp(2, Paper(room, "alone", ("DNS:example.test",)))
        config = room.write("alice.conf", "[account alice]\nuri = sip:alice@example.test\n"
                            "password-command = echo secret\n")
        words = "the certificate of example.test .*is signed by itself alone"
        for options in {}, {"config": config}:
            phone = Piped(room, f"phone{len(options)}", dns_server=world.dns.address,
                          tls_ca=root.pem, **options)
            if options:
                expect_refusal(alone)
                text = phone.client.event("registration-failed")["text"]
                expect(re.search(words, text), text)
            for _ in range(2):
                call = phone.client.do("call", target=TARGET)["call"]
                expect_refusal(alone)
                text = phone.client.event("ended", call=call)["text"]
                expect(re.search(words, text), text)
            phone.client.do("quit")
            phone.status()
        equal([m.method for m in udp.messages], [], "what came over UDP")


@case("over TLS each call is told of its own server's certificate, though another one fails meanwhile")
def tls_whose_words():
    with Room() as room:
        root = Paper(room, "root")
        world = World(room, NAPTR_TLS + TLS_A + TLS_B + HOSTS)
        alone = world.tcp(2, Paper(room, "alone", ("DNS:example.test",)))
        old = world.tcp(4, Paper(room, "old", ("IP:127.0.0.4",), root, since="20200101000000Z",
                                 until="20200201000000Z"))
        silent = world.tcp(3)
        phone = Piped(room, "phone", dns_server=world.dns.address, tls_ca=root.pem)
        first = phone.client.do("call", target=TARGET)["call"]
        expect_refusal(alone)
        silent.socket.settimeout(8)
        held = silent.socket.accept()[0]
        second = phone.client.do("call", target=f"sips:x@127.0.0.4:{world.port}")["call"]
        expect_refusal(old)
        for call, words in ((second, "of 127.0.0.4 .* has expired"),
                            (first, "of example.test .*is signed by itself alone")):
            text = phone.client.event("ended", call=call)["text"]
            expect(re.search(words, text), text)
        held.close()


# --- a name server that is slow, short of words, in trouble ---------------------------------------

@case("an answer too long for UDP is fetched over TCP")
def truncated():
    with Room() as room:
        world = World(room, NAPTR_UDP + UDP_A + HOSTS)
        world.dns.truncate = True
        busy(world.udp(2), world.call())
        expect(world.dns.count(transport="TCP") > 0, "nothing was asked over TCP")


@case("a question that was lost is asked again")
def lost():
    with Room() as room:
        world = World(room, NAPTR_UDP + UDP_A + HOSTS)
        world.dns.deaf = 5
        busy(world.udp(2), world.call())


@case("a slow name server is waited for")
def slow():
    with Room() as room:
        world = World(room, NAPTR_UDP + UDP_A + HOSTS)
        world.dns.delay = 0.7
        busy(world.udp(2), world.call())


@case("a name server that is silent on NAPTR costs a second and not the call")
def silent_on_naptr():
    with Room() as room:
        world = World(room, "example.test A 127.0.0.9\n" + UDP_A + HOSTS)
        world.dns.silent = {"example.test"}
        busy(world.udp(2), world.call())


@case("what the machine's own list of hosts has is called at once, whatever the name server does")
def list_of_hosts():
    with Room() as room:
        world = World(room, "")
        world.dns.silent = True
        etc = os.path.dirname(room.write("etc/hosts", "127.0.0.77 desk.test\n"))
        peer = room.keep(sip.Peer(port=5060, host="127.0.0.77"))
        start = pace.now()
        phone = world.call("sip:alice@desk.test", under=[
            "unshare", "--mount", "sh", "-c", f'mount --bind {etc} /etc && exec "$@"', "sh"])
        busy(peer, phone, "sip:alice@desk.test")
        expect(pace.now() - start < 1.8, "the name server was waited for")


def ends(phone, status, sentence, seconds):
    start = pace.now()
    phone.expect_status(status, 20)
    took = pace.now() - start
    expect(re.search(sentence, phone.output()), f"it does not say {sentence!r}",
           phone.output())
    expect(took < seconds, f"it took {took:.1f} s")
    return f"after {took:.1f} s"


@case("a silent name server ends the call in two seconds, and it is said")
def silent():
    with Room() as room:
        world = World(room, "")
        world.dns.silent = True
        return ends(world.call(), tphone.NOT_FOUND, "the name server did not answer", 3)


@case("a name server that is not there is told at once")
def nobody():
    with Room() as room:
        phone = tphone.Call(room, TARGET, dns_server=f"127.0.0.1:{rooms.free_port()}")
        ends(phone, tphone.NOT_FOUND, "the name server did not answer", 2)


@case("one in trouble, too")
def in_trouble():
    with Room() as room:
        world = World(room, "")
        world.dns.refuse = SERVFAIL
        ends(world.call(), tphone.NOT_FOUND, "the name server did not answer", 2)


@case("a name that does not exist is told as that")
def no_such_name():
    with Room() as room:
        world = World(room, "")
        ends(world.call(), tphone.NOT_FOUND, "no address was found for the host of", 2)


@case("a service that is decidedly not available (RFC 2782) is not looked for elsewhere")
def root():
    with Room() as room:
        world = World(room, "_sip._udp.example.test SRV 0 0 0 .\nexample.test A 127.0.0.2\n")
        ends(world.call(), tphone.NOT_FOUND, "no address was found for the host of", 2)


# --- the next one, RFC 3263 4.3 -------------------------------------------------------------------

@case("nobody listens at the first: the next one is called at once")
def refused_udp():
    with Room() as room:
        world = World(room, UDP_A + UDP_B + HOSTS)
        peer = world.udp(3)
        start = pace.now()
        busy(peer, world.call())
        expect(pace.now() - start < 5, "that took long")


@case("no connection to the first: the next one is called at once")
def refused_tcp():
    with Room() as room:
        world = World(room, TCP_B + TCP_C + HOSTS)
        tcp = world.tcp(4)
        phone = world.call()
        busy(tcp.accept(), phone)


@case("the other transport where the first has nobody")
def other_transport():
    with Room() as room:
        world = World(room, NAPTR_UDP + NAPTR_TCP + UDP_A + TCP_B + HOSTS)
        peer = world.udp(2)
        busy(peer, world.call())


@case("503 from the first: the next one is called, in a new transaction")
def unavailable():
    with Room() as room:
        world = World(room, UDP_A + UDP_B + HOSTS)
        a, b = world.udp(2), world.udp(3)
        phone = world.call()
        first = a.wait(sip.request("INVITE"), 8, what="INVITE")
        a.respond(first, 503, tag="a")
        second = busy(b, phone)
        a.wait(sip.request("ACK"), 5, what="ACK to the 503")
        expect(first.branch != second.branch, "both have the same branch")
        equal(second.get("Call-ID"), first.get("Call-ID"), "Call-ID")


@case("silence of the first for 64*T1: the next one is called")
def timed_out():
    with Room() as room:
        world = World(room, UDP_A + UDP_B + HOSTS)
        a, b = world.udp(2), world.udp(3)
        phone = world.call()
        start = a.wait(sip.request("INVITE"), 8, what="INVITE").time
        second = busy(b, phone, seconds=45)
        expect(31 < second.time - start < 40, f"it came after {second.time - start:.1f} s")


# --- names within a call --------------------------------------------------------------------------

@case("names in Contact and Record-Route are looked up")
def in_the_dialog():
    with Room() as room:
        world = World(room, UDP_A + HOSTS + "proxy.test A 127.0.0.7\nphone.test A 127.0.0.8\n")
        a, proxy, contact = world.udp(2), world.udp(7), world.udp(8)
        phone = world.call(seconds=1)
        invite = a.wait(sip.request("INVITE"), 8, what="INVITE")
        a.respond(invite, 200, "OK", tag="a", body=sip.sdp(),
                  Contact=f"<sip:peer@phone.test:{world.port}>",
                  Record_Route=f"<sip:proxy.test:{world.port};lr>")
        ack = proxy.wait(sip.request("ACK"), 8, what="ACK")
        equal(ack.uri, f"sip:peer@phone.test:{world.port}", "Request-URI of the ACK")
        bye = proxy.wait(sip.request("BYE"), 8, what="BYE")
        proxy.respond(bye, 200, "OK")
        phone.expect_status(tphone.OK)
        equal(contact.messages, [], "what came to the Contact itself")


@case("a name in c= is looked up, and the sound goes there")
def sound_to_a_name():
    with Room() as room:
        world = World(room, UDP_A + HOSTS + "sound.test A 127.0.0.11\n")
        a = world.udp(2)
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind(("127.0.0.11", 0))
        ear.settimeout(8)
        phone = world.call(spoken=sound.speech("caller", 2), seconds=2)
        invite = a.wait(sip.request("INVITE"), 8, what="INVITE")
        body = sip.sdp(ear.getsockname()[1], "sound.test")
        a.respond(invite, 200, "OK", tag="a", body=body,
                  Contact=f"<sip:peer@127.0.0.2:{world.port}>")
        for _ in range(20):
            ear.recv(2000)
        ear.close()
        a.respond(a.wait(sip.request("BYE"), 8, what="BYE"), 200, "OK")
        phone.expect_status(tphone.OK)


class Ear(threading.Thread):
    """Notes when packets come."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.times = self.socket.getsockname()[1], []
        self.start()

    def run(self):
        while True:
            if self.socket.recv(2000) == b"end":
                return
            self.times.append(time.monotonic())

    def stop(self):
        self.socket.sendto(b"end", self.socket.getsockname())
        self.join()
        self.socket.close()


@case("a name in c= that nobody answers for stops neither other calls' sound nor other requests")
def nothing_waits():
    with Room() as room:
        dns, ear = room.keep(Dns()), room.keep(Ear())
        dns.silent = True
        callee = Callee(room, spoken=sound.speech("callee", 6), dns_server=dns.address)
        first, ok = callee.up(body=sip.sdp(ear.port))
        rooms.wait_until(lambda: len(ear.times) > 20, 8, "no sound came")
        other = callee.another()
        invite = other.invite(callee.uri, body=sip.sdp(20000, "nobody.test"))
        other.send(invite)
        answer = other.wait(sip.response(200, "INVITE"), 8, what="200")
        other.send(other.ack(invite, answer))
        rooms.wait_until(lambda: dns.count("A", "nobody.test") > 0, 8, "the name was not asked for")
        start = time.monotonic()
        while time.monotonic() - start < 2.2:
            asked = pace.now()
            callee.alive()
            expect(pace.now() - asked < 1, "an answer to OPTIONS took a second")
            time.sleep(0.1)
        times = [t for t in ear.times if t > start]
        expect(len(times) > 75, f"only {len(times)} packets of the first call came")
        other.send(other.within("BYE", invite, answer, 2))
        callee.end(first, ok)


# --- registration ---------------------------------------------------------------------------------

@case("REGISTER goes by SRV, and to the next server where the first is not there")
def register():
    with Room() as room:
        world = World(room, UDP_A + UDP_B + HOSTS)
        server = world.udp(3)
        phone = tphone.Phone(room, "registered", "register", ["--once"], account_=TARGET,
                             dns_server=world.dns.address)
        got = server.wait(sip.request("REGISTER"), 8, what="REGISTER")
        equal(got.uri, "sip:example.test", "Request-URI")
        server.respond(got, 200, "OK", tag="r", Contact=got.get("Contact") + ";expires=600")
        phone.expect_status(tphone.OK)


if __name__ == "__main__":
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv])
    wire.private_network()  # where nobody else has 5060, nor any address of loopback
    tap.run(jobs=4)
