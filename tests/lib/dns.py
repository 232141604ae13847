"""A name server for tests, on one port of 127.0.0.1, UDP and TCP (RFC 1035, 2782, 3403).

    names = room.keep(Dns('''
        example.test            NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.test
        _sip._udp.example.test  SRV 1 0 5060 a.example.test
        a.example.test          A 127.0.0.2
    '''))
    … tphone.Call(room, "sip:alice@example.test", dns_server=names.address) …
    names.count("NAPTR", "example.test")

What a test may change while it runs: names.silent, names.refuse, names.deaf, names.delay,
names.held, names.truncate, and the zone by names.load(). Every question is kept with its time.
"""
import ipaddress
import shlex
import socket
import struct
import threading
import time

from lib import room as rooms

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
CLASS_IN = 1


def encode_name(name):
    labels = [l.encode() for l in name.rstrip(".").split(".") if l]
    return b"".join(bytes([len(l)]) + l for l in labels) + b"\0"


def decode_name(data, at):
    """The name in a question, which nobody compresses, and where it ends."""
    labels = []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels), at + 1


def _string(text):
    return bytes([len(text)]) + text.encode()


def encode_value(kind, words):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(words[0]).packed
    if kind == "CNAME":
        return encode_name(words[0])
    if kind == "SRV":
        return struct.pack("!3H", *map(int, words[:3])) + encode_name(words[3])
    numbers, strings = words[:2], words[2:5]
    return struct.pack("!2H", *map(int, numbers)) + b"".join(map(_string, strings)) + \
        encode_name(words[5])


class Question:
    def __init__(self, transport, kind, name):
        self.time, self.transport, self.kind, self.name = time.monotonic(), transport, kind, name

    def __repr__(self):
        return f"{self.kind} {self.name} ({self.transport})"


class Dns:
    """silent: True, or a set of names that get no answer. refuse: status for every question.
    deaf: so many questions are lost first. truncate: over UDP it only says that TCP has more.
    held: an event (threading) that answers wait for."""

    def __init__(self, zone="", ttl=60):
        self.ttl, self.delay, self.truncate = ttl, 0.0, False
        self.silent, self.refuse, self.deaf, self.held = False, None, 0, None
        self.asked, self._news = [], threading.Condition()
        self.load(zone)
        self._bind()
        self.address = f"127.0.0.1:{self.port}"
        self._tcp.listen(8)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def _bind(self, tries=10):
        """Programs that know nothing of our reservations may be quicker than we."""
        self.port = rooms.free_port()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket()
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._udp.bind(("127.0.0.1", self.port))
            self._tcp.bind(("127.0.0.1", self.port))
        except OSError:
            self._udp.close()
            self._tcp.close()
            if tries == 1:
                raise
            self._bind(tries - 1)

    def load(self, zone):
        """Lines of "NAME TYPE VALUE…"; what stood there before is gone."""
        records = {}
        for line in zone.splitlines():
            words = shlex.split(line)
            if words:
                name, kind = words[0].lower().rstrip("."), words[1]
                records.setdefault(name, []).append((kind, words[2:]))
        self.zone = records

    def stop(self):
        for s in (self._udp, self._tcp):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def count(self, kind=None, name=None, transport=None):
        with self._news:
            return len([q for q in self.asked if kind in (None, q.kind) and
                        name in (None, q.name.lower()) and transport in (None, q.transport)])

    # Answers.

    def _find(self, kind, name):
        """Status and records (owner, type, value); CNAMEs are followed within the zone."""
        found, name = [], name.lower()
        if name not in self.zone:
            return NXDOMAIN, []
        for _ in range(8):
            records = self.zone.get(name, [])
            alias = next((v[0] for k, v in records if k == "CNAME"), None)
            if alias is None or kind == "CNAME":
                found += [(name, k, v) for k, v in records if k == kind]
                break
            found.append((name, "CNAME", [alias]))
            name = alias.lower().rstrip(".")
        return NOERROR, found

    def answer(self, data, transport):
        """The bytes of the answer, or None: silence."""
        number, _, questions = struct.unpack("!3H", data[:6])
        name, end = decode_name(data, 12)
        kind, _ = struct.unpack("!2H", data[end:end + 4])
        kind = NAMES.get(kind, str(kind))
        with self._news:
            self.asked.append(Question(transport, kind, name))
            self._news.notify_all()
            self.deaf -= 1
            if self.deaf >= 0 or self.silent is True or \
                    (self.silent and name.lower() in self.silent):
                return None
        status, found = (self.refuse, []) if self.refuse else self._find(kind, name)
        flags = 0x8580 | status
        if self.truncate and transport == "UDP":
            flags, found = flags | 0x0200, []
        out = struct.pack("!6H", number, flags, questions and 1, len(found), 0, 0)
        out += data[12:end + 4]
        for owner, record, words in found:
            value = encode_value(record, words)
            out += encode_name(owner) + struct.pack("!2HIH", TYPES[record], CLASS_IN, self.ttl,
                                                    len(value)) + value
        return out

    def _later(self, send, *arguments):
        if self.held:
            threading.Thread(target=self._once, args=(self.held, send, *arguments),
                             daemon=True).start()
        elif self.delay:
            threading.Timer(self.delay, self._try, (send, *arguments)).start()
        else:
            self._try(send, *arguments)

    @classmethod
    def _once(cls, event, send, *arguments):
        event.wait()
        cls._try(send, *arguments)

    @staticmethod
    def _try(send, *arguments):
        try:
            send(*arguments)
        except OSError:
            pass

    def _serve_udp(self):
        while True:
            try:
                data, source = self._udp.recvfrom(4096)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if not data:  # we are being closed
                return
            got = self.answer(data, "UDP")
            if got:
                self._later(self._udp.sendto, got, source)

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_connection, args=(connection,),
                             daemon=True).start()

    def _serve_connection(self, connection):
        data = b""
        with connection:
            while True:
                try:
                    got = connection.recv(4096)
                except OSError:
                    return
                if not got:
                    return
                data += got
                while len(data) >= 2 and len(data) >= 2 + int.from_bytes(data[:2], "big"):
                    size = int.from_bytes(data[:2], "big")
                    answer = self.answer(data[2:2 + size], "TCP")
                    data = data[2 + size:]
                    if answer:
                        self._later(connection.sendall, struct.pack("!H", len(answer)) + answer)
