"""A SIP peer made of a socket, for tests that say what no real phone would.

It takes messages apart and puts them together without an opinion: what is sent is what the test
wrote. Every message that comes in is kept with its time, so that a test can ask what came, how
often and when.
"""
import itertools
import os
import re
import socket
import ssl
import threading
import time

from lib import pace
from lib.tap import Failure

_numbers = itertools.count(1)
COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l":
           "content-length", "c": "content-type", "s": "subject", "k": "supported"}


def unique(prefix=""):
    return f"{prefix}{os.getpid()}x{next(_numbers)}x{os.urandom(3).hex()}"


class Message:
    """A start line, headers in their order, and a body."""

    def __init__(self, start, headers, body=b""):
        self.start, self.headers, self.body = start, list(headers), body
        self.time, self.source = 0.0, None

    @classmethod
    def parse(cls, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "surrogateescape")).split("\r\n")
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers.append((name.strip(), value.strip()))
        return cls(lines[0], headers, body)

    @property
    def status(self):
        """0: a request."""
        match = re.match(r"SIP/2\.0 (\d{3})", self.start)
        return int(match.group(1)) if match else 0

    @property
    def reason(self):
        return self.start.split(" ", 2)[2] if self.status else ""

    @property
    def method(self):
        """Of a response: the one it answers."""
        return (self.get("CSeq").split() or [""])[-1] if self.status else self.start.split(" ")[0]

    @property
    def uri(self):
        return self.start.split(" ")[1]

    def all(self, name):
        name = name.lower()
        return [v for n, v in self.headers if COMPACT.get(n.lower(), n.lower()) == name]

    def get(self, name, default=""):
        return next(iter(self.all(name)), default)

    def param(self, header, name):
        match = re.search(rf";\s*{name}=([^;>,\s]+)", self.get(header).split(">")[-1])
        return match.group(1) if match else ""

    @property
    def tag(self):
        return self.param("To", "tag")

    @property
    def branch(self):
        match = re.search(r";\s*branch=([^;,\s]+)", self.get("Via"))
        return match.group(1) if match else ""

    @property
    def cseq(self):
        return int(self.get("CSeq").split()[0])

    def set(self, name, value):
        """Replaces every header of this name; None takes them away."""
        at = next((i for i, (n, _) in enumerate(self.headers) if n.lower() == name.lower()),
                  len(self.headers))
        self.headers = [(n, v) for n, v in self.headers if n.lower() != name.lower()]
        if value is not None:
            self.headers.insert(at, (name, value))
        return self

    def bytes(self):
        headers = self.headers
        if not self.all("Content-Length"):
            headers = headers + [("Content-Length", str(len(self.body)))]
        lines = [self.start] + [f"{n}: {v}" for n, v in headers]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body

    def __str__(self):
        kind = f" ({self.method})" if self.status else ""
        return self.start + kind


def sdp(port=20000, host="127.0.0.1", formats="0", extra="", direction=""):
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0",
             f"m=audio {port} RTP/AVP {formats}"]
    lines += [direction and f"a={direction}", extra]
    return "".join(l + "\r\n" for l in lines if l).encode()


class Peer:
    """A UDP socket on loopback that collects messages; target is where it sends; answers: methods
    of requests that it says 200 to by itself."""

    answers = ()

    def __init__(self, target_port=0, port=0, host="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.host, self.port = self.socket.getsockname()
        self.target = ("127.0.0.1", target_port)
        self.transport = "UDP"
        self._begin()

    def _begin(self):
        self.messages, self._news, self._open = [], threading.Condition(), True
        threading.Thread(target=self._read, daemon=True).start()

    def _keep(self, data, source):
        if not data.strip():
            return
        message = Message.parse(data)
        message.time, message.source = time.monotonic(), source
        with self._news:
            self.messages.append(message)
            self._news.notify_all()
        if not message.status and message.method in self.answers:
            self.respond(message, 200, "OK")

    def _read(self):
        while self._open:
            try:
                data, source = self.socket.recvfrom(65536)
            except ConnectionRefusedError:
                continue
            except OSError:
                return
            if self._open:
                self._keep(data, source)

    def stop(self):
        self._open = False
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def send(self, message):
        data = message.bytes() if isinstance(message, Message) else message
        self.socket.sendto(data, self.target)
        return time.monotonic()

    def found(self, holds):
        with self._news:
            return [m for m in self.messages if holds(m)]

    def wait(self, holds, seconds=5, count=1, what="the message"):
        """The count-th message for which holds() is true."""
        end = pace.now() + seconds
        with self._news:
            while True:
                found = [m for m in self.messages if holds(m)]
                if len(found) >= count:
                    return found[count - 1]
                left = end - pace.now()
                if left <= 0:
                    raise Failure(f"{what} did not come in {seconds} s"
                                  + (f" {count} times" if count > 1 else ""),
                                  [f"came: {[str(m) for m in self.messages]}"])
                self._news.wait(left)

    def invited(self, known):
        """The INVITE of a call that is not in known, a set of Call-IDs, and then is: a copy of one
        that we were slow to answer is no other call."""
        invite = self.wait(lambda m: request("INVITE")(m) and m.get("Call-ID") not in known, 8,
                           what="the INVITE of another call")
        known.add(invite.get("Call-ID"))
        return invite

    def none(self, holds, seconds, what):
        """Fails if such a message comes within this time."""
        time.sleep(seconds)
        found = self.found(holds)
        if found:
            raise Failure(f"{what} came: {found[0]}")

    # What tests say most.

    def request(self, method, uri, call=None, body=b"", **more):
        """A request outside of a dialog; more: headers, _ for -, a value None drops one."""
        call = call or unique("call-")
        headers = [
            ("Via", f"SIP/2.0/{self.transport} {self.host}:{self.port};rport;branch=z9hG4bK"
                    + unique()),
            ("Max-Forwards", "70"),
            ("From", f"<sip:peer@{self.host}:{self.port}>;tag={unique('t')}"),
            ("To", f"<{uri}>"), ("Call-ID", call), ("CSeq", f"1 {method}"),
            ("Contact", f"<sip:peer@{self.host}:{self.port}"
                        + (";transport=tcp>" if self.transport == "TCP" else ">")),
        ]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        message = Message(f"{method} {uri} SIP/2.0", headers, body)
        for name, value in more.items():
            message.set(name.replace("_", "-"), value)
        return message

    def invite(self, uri, body=None, **more):
        return self.request("INVITE", uri, body=sdp() if body is None else body, **more)

    def ack(self, invite, response):
        """To a final answer: within the transaction unless it is 2xx."""
        good = 200 <= response.status < 300
        uri = invite.uri
        if good and response.get("Contact"):
            uri = re.search(r"<?(sips?:[^>]+)>?", response.get("Contact")).group(1)
        ack = Message(f"ACK {uri} SIP/2.0", [
            ("Via", invite.get("Via")), ("Max-Forwards", "70"), ("From", invite.get("From")),
            ("To", response.get("To")), ("Call-ID", invite.get("Call-ID")),
            ("CSeq", f"{invite.cseq} ACK")])
        if good:
            ack.set("Via", f"SIP/2.0/{self.transport} {self.host}:{self.port};rport;branch=z9hG4bK"
                           + unique())
        return ack

    def cancel(self, invite):
        return Message(f"CANCEL {invite.uri} SIP/2.0", [
            ("Via", invite.get("Via")), ("Max-Forwards", "70"), ("From", invite.get("From")),
            ("To", invite.get("To")), ("Call-ID", invite.get("Call-ID")),
            ("CSeq", f"{invite.cseq} CANCEL")])

    def within(self, method, invite, ok, cseq, body=b"", **more):
        """A request of the caller within the dialog that ok, the 2xx to invite, made."""
        uri = re.search(r"<?(sips?:[^>]+)>?", ok.get("Contact")).group(1)
        message = self.request(method, uri, call=invite.get("Call-ID"), body=body)
        message.set("From", invite.get("From")).set("To", ok.get("To"))
        message.set("CSeq", f"{cseq} {method}")
        for name, value in more.items():
            message.set(name.replace("_", "-"), value)
        return message

    def respond(self, request, status, reason="Said the test", body=b"", tag=None, **more):
        """An answer to a request that came in, sent where it came from."""
        headers = [("Via", v) for v in request.all("Via")]
        to = request.get("To")
        if tag and ";tag=" not in to:
            to += f";tag={tag}"
        headers += [("From", request.get("From")), ("To", to),
                    ("Call-ID", request.get("Call-ID")), ("CSeq", request.get("CSeq"))]
        if 101 <= status < 300 and request.method == "INVITE":
            headers.append(("Contact", f"<sip:peer@{self.host}:{self.port}"
                            + (";transport=tcp>" if self.transport == "TCP" else ">")))
        if body:
            headers.append(("Content-Type", "application/sdp"))
        message = Message(f"SIP/2.0 {status} {reason}", headers, body)
        for name, value in more.items():
            message.set(name.replace("_", "-"), value)
        self.send_to(message, request.source)
        return message

    def send_to(self, message, address):
        self.socket.sendto(message.bytes(), address)


class TcpPeer(Peer):
    """A TCP connection: one that it opens, or one that it took from a TcpListener."""

    def __init__(self, target_port=0, connection=None):
        self.socket = connection or socket.create_connection(("127.0.0.1", target_port), 5)
        self.socket.settimeout(None)
        self.host, self.port = self.socket.getsockname()
        self.target = self.socket.getpeername()
        self.transport = "TCP"
        self.closed = threading.Event()
        self.raw = b""
        self._begin()

    def send(self, message):
        self.socket.sendall(message.bytes() if isinstance(message, Message) else message)
        return time.monotonic()

    def send_to(self, message, address):
        self.send(message)

    def _read(self):
        data = b""
        while True:
            try:
                got = self.socket.recv(65536)
            except OSError:
                got = b""
            if not got:
                self.closed.set()
                return
            self.raw += got
            data = (data + got).lstrip(b"\r\n")
            while b"\r\n\r\n" in data:
                head, _, rest = data.partition(b"\r\n\r\n")
                size = re.search(rb"(?im)^(?:content-length|l)[ \t]*:[ \t]*(\d+)", head)
                size = int(size.group(1)) if size else 0
                if len(rest) < size:
                    break
                self._keep(head + b"\r\n\r\n" + rest[:size], self.target)
                data = rest[size:].lstrip(b"\r\n")


class TcpListener:
    """paper: its certificate (lib/papers.py); then TLS is spoken, and asked_for has whom each one
    who connected asked for (RFC 6066 3), None: nobody."""

    def __init__(self, port=0, host="127.0.0.1", paper=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if paper else None
        self.asked_for = []
        if paper:
            self.context.load_cert_chain(paper.pem, paper.key)
            self.context.sni_callback = lambda _, name, __: self.asked_for.append(name)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, port))
        self.socket.listen(8)
        self.port = self.socket.getsockname()[1]
        self.peers = []

    def accept(self, seconds=5):
        self.socket.settimeout(seconds)
        try:
            connection, _ = self.socket.accept()
        except TimeoutError:
            raise Failure(f"nobody connected to TCP port {self.port} in {seconds} s") from None
        if self.context:
            connection.settimeout(seconds)
            connection = self.context.wrap_socket(connection, server_side=True)
        peer = TcpPeer(connection=connection)
        peer.port = self.port
        self.peers.append(peer)
        return peer

    def stop(self):
        for peer in self.peers:
            peer.stop()
        self.socket.close()


# Questions for Peer.wait and Peer.found.

def request(method, call=None):
    return lambda m: not m.status and m.method == method and call in (None, m.get("Call-ID"))


def response(status, method=None, call=None):
    """status: a number, or its first digit."""
    return lambda m: (m.status == status or (status < 10 and m.status // 100 == status)) and \
        method in (None, m.method) and call in (None, m.get("Call-ID"))


def final(method="INVITE", call=None):
    return lambda m: m.status >= 200 and m.method == method and call in (None, m.get("Call-ID"))
