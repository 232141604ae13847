#!/usr/bin/env python3
"""Name servers that mean it ill: whatever they answer, the phone asks few questions, tries few
places, keeps little, and hears others meanwhile."""
import os
import random
import re
import socket
import struct
import sys
import threading
import time
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, attack, sip, tap, trace, tphone
from lib.attack import Mutator, Pinger
from lib.dns import NAMES, TYPES, Dns, decode_name, encode_name
from lib.harm import HARMS, Sink
from lib.registrar import Registrar
from lib.room import Room, free_port
from lib.tap import case, expect

LONG = bool(os.environ.get("TPHONE_LONG"))
MOST_QUESTIONS = 60  # of one look-up: 16 names, A and AAAA, each asked again where nobody answers
MOST_PLACES = 8
NAMELESS = 0xc00c  # a pointer to the name in the question


def name(text):
    return encode_name(text) if isinstance(text, str) else text


def record(kind, value, owner=NAMELESS, ttl=60, size=None):
    owner = struct.pack("!H", owner) if isinstance(owner, int) else name(owner)
    return owner + struct.pack("!2HIH", TYPES.get(kind, kind), 1, ttl,
                               len(value) if size is None else size) + value


def srv(port, target, priority=1, weight=1):
    return struct.pack("!3H", priority, weight, port) + name(target)


def naptr(flags, service, regexp, target, order=1):
    strings = [s if isinstance(s, bytes) else s.encode() for s in (flags, service, regexp)]
    return struct.pack("!2H", order, 1) + b"".join(bytes([len(s)]) + s for s in strings) + \
        name(target)


def labels(*parts):
    return b"".join(bytes([len(p)]) + p for p in parts) + b"\0"


class Asked(SimpleNamespace):
    """A question: number, kind, name, the bytes of the question, transport."""

    def answer(self, *records, status=0, number=None, questions=1, counts=None, flags=0x8580,
               question=None):
        counts = counts or (len(records), 0, 0)
        return struct.pack("!6H", self.number if number is None else number, flags | status,
                           questions, *counts) + \
            (self.question if question is None else question) + b"".join(records)


class Evil(Dns):
    """attacks: function by number; the name dN.evil.test and whatever is below it is answered by
    the Nth: it gets the question and gives the bytes of the answer, a list of several, or None."""

    def __init__(self, attacks):
        self.attacks, self.per_name, self._lock = attacks, {}, threading.Lock()
        super().__init__()

    def answer(self, data, transport):
        number, = struct.unpack("!H", data[:2])
        text, end = decode_name(data, 12)
        kind = NAMES.get(struct.unpack("!H", data[end:end + 2])[0], "?")
        asked = Asked(number=number, kind=kind, name=text.lower(), question=data[12:end + 4],
                      transport=transport, address=("127.0.0.1", self.port))
        which = re.search(r"(?:^|\.)d(\d+)\.evil\.test$", asked.name)
        if not which or int(which.group(1)) >= len(self.attacks):  # a spoiled alias led there
            return asked.answer(status=3)
        with self._lock:
            self.per_name[which.group(1)] = self.per_name.get(which.group(1), 0) + 1
        got = self.attacks[int(which.group(1))](asked, f"d{which.group(1)}.evil.test")
        if isinstance(got, list) and transport == "UDP":
            for one in got[1:]:
                self._udp.sendto(one, self._last)
        return got[0] if isinstance(got, list) else got

    def _serve_udp(self):
        while True:
            try:
                data, self._last = self._udp.recvfrom(4096)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if not data:
                return
            try:
                got = self.answer(data, "UDP")
                if got and len(got) > 4000:  # more than fits: the rest by TCP
                    got = got[:2] + struct.pack("!5H", 0x8780, 1, 0, 0, 0) + data[12:]
                if got:
                    self._udp.sendto(got, self._last)
            except OSError:
                pass


SINK = "127.0.0.3"  # where nobody listens: the next place is tried at once


def addresses(asked, count=1, first=SINK, **more):
    if asked.kind == "A":
        head, last = first.rsplit(".", 1)
        return asked.answer(*[record("A", socket.inet_aton(f"{head}.{int(last) + i % 200}"), **more)
                              for i in range(count)])
    return asked.answer()


def only_srv(*values):
    """_sip._udp of the domain has these, whatever else there is."""
    def attack_(asked, domain):
        if asked.kind == "SRV" and asked.name.startswith("_sip._udp."):
            return asked.answer(*[record("SRV", v(domain, i) if callable(v) else v)
                                  for i, v in enumerate(values)])
        return addresses(asked) if asked.kind == "A" and not asked.name.startswith("d") else \
            asked.answer()
    return attack_


def only_naptr(*values):
    def attack_(asked, domain):
        if asked.kind == "NAPTR":
            return asked.answer(*[record("NAPTR", v(domain) if callable(v) else v)
                                  for v in values])
        return asked.answer()
    return attack_


def to(port, target):
    return lambda domain, i: srv(port, f"{target}.{domain}")


def by_kind(asked, wanted):
    return wanted[asked.kind](asked) if asked.kind in wanted else asked.answer()


LONG_NAME = labels(*[b"l" * 63] * 3, b"l" * 61)
ATTACKS = {
    "1,500 servers": only_srv(*[lambda d, i: srv(20000 + i, f"t{i}.{d}")] * 1500),
    "65,535 servers in a count, none there": lambda a, d: a.answer(counts=(65535, 65535, 65535)),
    "all weights and priorities": only_srv(*[
        lambda d, i: srv(20000 + i, f"t{i}.{d}", i % 3 * 32767, i % 7 * 10922)] * 300),
    "1,500 addresses": lambda a, d: addresses(a, 1500, "127.0.0.20"),
    "servers that are services": only_srv(*[lambda d, i: srv(5060, f"_sip._udp.{d}")] * 9),
    "a service that is its own replacement": only_naptr(
        *[lambda d: naptr("s", "SIP+D2U", "", d)] * 9),
    "a hundred services": lambda a, d: a.answer(*[
        record("NAPTR", naptr("s", "SIP+D2U", "", f"s{i}.{d}")) for i in range(100)])
        if a.kind == "NAPTR" else a.answer(*[record("SRV", srv(9, f"t{i}{a.name}"))
                                             for i in range(20)])
        if a.kind == "SRV" else addresses(a),
    "port 0": only_srv(to(0, "t")),
    "our own address": lambda a, d: a.answer(record("SRV", srv(PHONE[0], f"t.{d}")))
    if a.kind == "SRV" else addresses(a, first="127.0.0.1"),
    "addresses of everybody and nobody": lambda a, d: by_kind(a, {"A": lambda a: a.answer(*[
        record("A", socket.inet_aton(t)) for t in (
            "0.0.0.0", "255.255.255.255", "224.0.0.1", "127.255.255.255", "240.0.0.1")])}),
    "IPv6 of everybody and nobody": lambda a, d: by_kind(a, {"AAAA": lambda a: a.answer(*[
        record("AAAA", socket.inet_pton(socket.AF_INET6, t)) for t in (
            "::", "ff02::1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::1")])}),
    "addresses of the wrong length": lambda a, d: a.answer(
        record("A", b"\x7f\0\0"), record("A", b""), record("AAAA", b"\0" * 4),
        record("A", b"\x7f\0\0\1" * 9)),
    "a chain of aliases": lambda a, d: a.answer(*[
        record("CNAME", name(f"c{i + 1}.{d}"), f"c{i}.{d}" if i else NAMELESS)
        for i in range(200)]),
    "aliases one question each": lambda a, d: a.answer(
        record("CNAME", name(f"c{random.randrange(1 << 30)}.{d}"))),
    "an alias of itself": lambda a, d: a.answer(record("CNAME", struct.pack("!H", NAMELESS))),
    "aliases in a circle": lambda a, d: a.answer(
        record("CNAME", name(f"x.{d}")), record("CNAME", name(d), f"x.{d}")),
    "a name that points to itself": lambda a, d: a.answer(
        record("A", b"\x7f\0\0\3", struct.pack("!H", 0xc000 | 12 + len(a.question)))),
    "names that point to each other": lambda a, d: a.answer(
        record("CNAME", struct.pack("!2H", 0xc000 | 24 + len(a.question),
                                    0xc000 | 22 + len(a.question)))),
    "a name that points behind the end": lambda a, d: a.answer(
        record("SRV", struct.pack("!4H", 1, 1, 5060, 0xffff))),
    "a label that does not end": lambda a, d: a.answer(record("SRV", struct.pack(
        "!3H", 1, 1, 5060) + b"\x3fabc")),
    "labels of the kinds that are no more": lambda a, d: a.answer(record("SRV", struct.pack(
        "!3H", 1, 1, 5060) + b"\x80abc\0"), record("CNAME", b"\x41\x08\xff\0")),
    "ever longer names by pointers": lambda a, d: a.answer(*[record(
        "CNAME", b"\x3f" + b"p" * 63 + struct.pack("!H", 0xc00c + (i and 64)))
        for i in range(300)]),
    "the longest names": only_srv(*[srv(5060, LONG_NAME)] * 20),
    "names that are too long": only_srv(*[srv(5060, LONG_NAME[:-1] + LONG_NAME)] * 20),
    "NULs and dots in labels": only_srv(srv(5060, labels(b"a\0b", b"..", b"\\", b"evil")),
                                        srv(5060, labels(b"\0")), srv(5060, labels(b"127.0.0.3"))),
    "escapes in labels": only_srv(*[srv(5060, labels(h[:63])) for h in HARMS.values()]),
    "TTL 0": lambda a, d: addresses(a, ttl=0),
    "TTL 2^31 and more": lambda a, d: addresses(a, ttl=0xffffffff),
    "the root, and others": only_srv(srv(0, "."), srv(5060, ".")),
    "NAPTR: junk everywhere": only_naptr(
        naptr("s" * 255, "SIP+D2U", "", "x"), naptr("s", "SIP+D2U" * 30, "", "x"),
        naptr("u", "SIP+D2U", "!^.*$!sip:x@127.0.0.1!i", "."),
        naptr("s", "SIP+D2U", "!(" * 100, "x"), naptr("", "", "", "."),
        naptr("s", "\0\x1b[2J", "%s%n", "x"), naptr("S", "sip+d2u", "", LONG_NAME)),
    "NAPTR: lengths that lie": only_naptr(b"\0\1\0\1\xffs", b"\0\1", b"", b"\0\1\0\1\1s\xffSIP"),
    "wrong numbers": lambda a, d: [a.answer(record("A", b"\x7f\0\0\x09"), number=n % 65536)
                                   for n in range(a.number + 1, a.number + 200)],
    "wrong questions": lambda a, d: [a.answer(record("A", b"\x7f\0\0\x09", q), question=name(q)
                                                  + struct.pack("!2H", TYPES.get(a.kind, 1), 1))
                                         for q in ("example.test", f"y.{d}", "test", "")],
    "a question as answer": lambda a, d: a.answer(flags=0x0100),
    "no question": lambda a, d: a.answer(record("A", b"\x7f\0\0\3"), questions=0, question=b""),
    "every status": lambda a, d: a.answer(status=a.number % 16),
    "cut short": lambda a, d: addresses(a)[:a.number % 40],
    "truncated for ever": lambda a, d: a.answer(flags=0x8780),
    "a size that lies": lambda a, d: a.answer(record("A", b"\x7f\0\0\3", size=0xffff)),
    "silence": lambda a, d: None,
    "60,000 bytes of nothing": lambda a, d: a.answer(*[record(999, b"z" * 600)] * 97),
    "the same answer a hundred times": lambda a, d: [addresses(a)] * 100,
}
PHONE = [5060]


def mutated(number):
    """Good answers of each kind, spoiled."""
    mutator = Mutator(number)

    def attack_(asked, domain):
        good = {"A": [record("A", b"\x7f\0\0\3")], "AAAA": [],
                "SRV": [record("SRV", srv(5060, f"t.{domain}")), record("A", b"\x7f\0\0\4",
                                                                       f"t.{domain}")],
                "NAPTR": [record("NAPTR", naptr("s", "SIP+D2U", "", f"_sip._udp.{domain}"))]}
        data = asked.answer(*good.get(asked.kind, []))
        return data[:2] + mutator.change(data[2:])[:4000]
    return attack_


def accounts(count):
    return "".join(f"[account d{n}]\nuri = sip:x@d{n}.evil.test\npassword = secret\n\n"
                   for n in range(count))


@case(f"{len(ATTACKS)} kinds of harm and spoiled answers: few questions, few places, no harm")
def names():
    number, spoiled = attack.seed(), 1000 if LONG else 60
    attacks = list(ATTACKS.values()) + [mutated(number + i) for i in range(spoiled)]
    with Room() as room:
        dns, good = room.keep(Evil(attacks)), room.keep(Registrar(granted_s=4))
        sink = Sink(room)
        port = PHONE[0] = free_port()
        text = account.of(good, "alice").settings() + accounts(len(attacks))
        process = tphone.Phone(room, "phone", "answer", config=room.write("phone.conf", text),
                               listen=f"127.0.0.1:{port}", dns_server=dns.address, verbose=True,
                               popen=sink.popen)
        sink.wait(rb"listening", 10)
        phone = SimpleNamespace(room=room, phone=process, uri=f"sip:x@127.0.0.1:{port}")
        process.port = port
        pinger = Pinger(phone)
        pid = process.process.popen.pid
        good.bound("alice")
        start = attack.memory_kb(pid)
        time.sleep(60 if LONG else 8)
        grown = (attack.memory_kb(pid) - start) / 1024
        said = pinger.verdict()
        expect(process.process.alive(), "the phone died")
        seconds = time.monotonic() - process.process.started
        good.wait(lambda m: sip.request("REGISTER")(m) and m.time > time.monotonic() - 1, 8,
                  what="a refresh of the account that is well served")
        # An outage is tried every 2.5 s at most in its first minute; each try is a look-up.
        most = MOST_QUESTIONS * (seconds / 2 + 1)
        worst = max(dns.per_name.values())
        expect(worst <= most, f"{worst} questions for a name in {seconds:.0f} s, not {most:.0f}")
        if not attack.sanitized():
            expect(grown <= 4, f"memory grew by {grown:.1f} MB")
        began = time.monotonic()
        process.process.signal(15)
        status = process.process.status(5 * attack.SLOW)
        expect(status in (0, 143), f"SIGTERM ended it with status {status}")
        said += f"; gone in {time.monotonic() - began:.1f} s; " + sink.check(process.trace,
                                                                             wanted=False)
        expect(len(dns.per_name) == len(attacks), f"only {len(dns.per_name)} names were asked for")
        return f"TPHONE_SEED={number}: {sum(dns.per_name.values())} questions, most for one " \
               f"name {worst}; memory +{grown:.1f} MB; {said}"


def places(which):
    """One registration: where does it go, and how many questions does that take?"""
    with Room() as room:
        dns = room.keep(Evil([ATTACKS[which]]))
        phone = tphone.Phone(room, "phone", "register", once=True, dns_server=dns.address,
                             config=room.write("phone.conf", accounts(1)))
        phone.process.status(40)
        where = {t.where for t in trace.read(phone.trace) if t.sent}
        expect(len(where) <= MOST_PLACES, f"{len(where)} places were tried", *sorted(where))
        asked = dns.per_name.get("0", 0)
        expect(asked <= MOST_QUESTIONS, f"{asked} questions")
        expect(not phone.process.said(attack.REPORTS), "the phone reports", *phone.process.tail())
        wrong = [w for w in where if w.startswith("127.0.0.9:")]
        expect(not wrong, f"a forged answer was believed: {wrong}")
        return f"{asked} questions, {len(where)} places"


for which in ("1,500 servers", "1,500 addresses", "a hundred services",
              "aliases one question each", "wrong numbers", "wrong questions", "port 0",
              "ever longer names by pointers"):
    case(f"{which}: 8 places and {MOST_QUESTIONS} questions at most", which)(places)


@case("answers from another socket than the name server's are not believed")
def from_elsewhere():
    with Room() as room:
        forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        forger.bind(("127.0.0.1", 0))

        def act(asked, domain):
            # Right in all but where it comes from.
            forger.sendto(asked.answer(record("A", b"\x7f\0\0\x09")), dns._last)
            time.sleep(0.05)
            return addresses(asked)
        dns = room.keep(Evil([act]))
        phone = tphone.Phone(room, "phone", "register", once=True, dns_server=dns.address,
                             config=room.write("phone.conf", accounts(1)))
        phone.process.status(20)
        where = {t.where for t in trace.read(phone.trace) if t.sent}
        forger.close()
        expect(where and not [w for w in where if w.startswith("127.0.0.9:")],
               f"it went to {where}")


if __name__ == "__main__":
    tap.run(jobs=4)
