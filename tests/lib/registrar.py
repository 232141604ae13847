"""A SIP server of our own: registrar and proxy on one port of loopback, UDP and TCP, that does what
a test wants and notes what came and when.

    server = room.keep(Registrar(users={"alice": "secret"}))
    … uri = sip:alice@example.test, registrar or proxy = server.uri …
    server.bound("alice")                       # waits for her binding
    server.say("REGISTER", 503, times=2, Retry_After="1")
    server.away(); server.back()                # sends are refused meanwhile
    server.silent = True                        # everything is read, nothing answered

It is a server for tests: its proxy is stateless (RFC 3261 16.11), it never forks, and it takes a
URI's host for an address. It is strict where a phone could be wrong: what does not verify is in
server.faults, which a test expects to be empty.

As a program (python3 -m lib.registrar --help) it serves a network namespace of a test.
"""
import argparse
import hashlib
import re
import socket
import threading
import time

from lib import pace
from lib import room as rooms
from lib import sip
from lib.digest import Challenger
from lib.proxy import Proxy, split_uri, uri_of, values
from lib.sip import Message
from lib.tap import Failure


class Binding:
    def __init__(self, uri, expires_s, request):
        self.uri, self.ends = uri, time.monotonic() + expires_s
        self.source, self.transport = request.source, request.transport
        self.connection = request.connection
        self.call, self.cseq = request.get("Call-ID"), request.cseq
        self.path = values(request, "Path")

    @property
    def left_s(self):
        return self.ends - time.monotonic()


class _Udp(sip.Peer):
    def __init__(self, server, port, host):
        self.server = server
        super().__init__(port=port, host=host)

    def _keep(self, data, source):
        self.server._came(data, source, "UDP", None)


class _Connection(sip.TcpPeer):
    def __init__(self, server, connection):
        self.server = server
        super().__init__(connection=connection)

    def _keep(self, data, source):
        self.server._came(data, source, "TCP", self)


class Registrar(Challenger, Proxy):
    """users: name to password, None: no password is asked. The other arguments are attributes of
    the same name and may be changed at any time:

    domain, realm     realm is the domain where it is not said
    algorithms        of the challenges, in this order; one header each
    qop               of the challenges: "auth", "auth-int", "auth,auth-int"; None: none (RFC 2069)
    challenge_calls   INVITEs and the like of our users are challenged too, by 407
    nonce_uses        a nonce is stale after that many; 0: never
    stale_for_ever    each answer is a challenge with stale=true
    refused           status that right credentials get: 403, or 401 for another challenge
    granted_s         what bindings get at most
    min_expires_s     below it: 423
    service_route     Service-Route of the answers to REGISTER
    no_contact        the 200 to REGISTER is without Contact, and binds nothing
    record_route      the proxy stays on the way of a call
    silent            nothing is answered and nothing passed on
    """

    def __init__(self, users=None, domain="example.test", realm=None, host="127.0.0.1", port=0,
                 algorithms=("SHA-256", "MD5"), qop="auth", challenge_calls=True, nonce_uses=0,
                 granted_s=3600, min_expires_s=0, service_route=(), record_route=False,
                 on_event=None):
        self.users = {"alice": "secret", "bob": "hidden"} if users is None else dict(users)
        self.domain, self.realm, self.host = domain, realm or domain, host
        self.algorithms, self.qop, self.challenge_calls = algorithms, qop, challenge_calls
        self.nonce_uses, self.stale_for_ever, self.refused = nonce_uses, False, 0
        self.granted_s, self.min_expires_s = granted_s, min_expires_s
        self.service_route, self.no_contact, self.record_route = list(service_route), False, \
            record_route
        self.silent = False
        self.seen, self.faults, self.keep_alives = [], [], []
        self._bindings, self._nonces, self._said = {}, {}, []
        self._answered, self._connections = set(), {}
        self._told = {}  # what _same says of a request to the answer that we gave
        self._trusted = set()  # the same of what had good credentials and was passed on
        self._lock, self._news = threading.RLock(), threading.Condition()
        self._udp = self._tcp = None
        self._on_event = on_event
        self.port = port
        self._open()

    @property
    def uri(self):
        return f"sip:{self.host}:{self.port}"

    # --- what a test asks and says

    def requests(self, method=None, since=0.0, copies=False):
        """All that came; each has time, source and transport. copies: those sent again, too,
        as nothing had come in time: on a busy machine that may be so."""
        with self._news:
            came = [m for m in self.seen if not m.status and method in (None, m.method)]
        return [m for m in (came if copies else self._first(came)) if m.time >= since]

    def wait(self, holds, seconds=5, count=1, what="the request", copies=False):
        """The count-th message for which holds() is true; see also lib.sip.request. copies: as for
        requests."""
        end = pace.now() + seconds
        with self._news:
            while True:
                found = [m for m in self.seen if holds(m)]
                found = found if copies else self._first(found)
                if len(found) >= count:
                    return found[count - 1]
                left = end - pace.now()
                if left <= 0:
                    raise Failure(f"{what} did not reach the server in {seconds} s",
                                  [f"came: {[str(m) for m in self.seen]}"] + self.faults)
                self._news.wait(left)

    def bindings(self, user):
        with self._lock:
            live = [b for b in self._bindings.get(user, {}).values() if b.left_s > 0]
            return sorted(live, key=lambda b: b.ends)

    def bound(self, user, seconds=5, count=1):
        """Waits until the user has that many bindings; gives them."""
        end = pace.now() + seconds
        while len(self.bindings(user)) != count:
            if pace.now() > end:
                raise Failure(f"{user} has {len(self.bindings(user))} bindings after {seconds} s, "
                              f"not {count}", [str(m) for m in self.seen] + self.faults)
            time.sleep(0.01)
        return self.bindings(user)

    def forget(self, user=None):
        """Drops bindings and nonces, as a server does that is started anew."""
        with self._lock:
            if user:
                self._bindings.pop(user, None)
            else:
                self._bindings.clear()
                self._nonces.clear()

    def say(self, method, status, reason="Said the test", times=1, **headers):
        """The next so many requests (None: all) get this answer; status 0: none. It comes before
        anything else is looked at. Headers with _ for -."""
        with self._lock:
            self._said.append([method, times, status, reason, headers])

    def hush(self):
        """Takes back what say() said."""
        with self._lock:
            self._said.clear()

    def away(self):
        """Closes all sockets: sends to us are refused from now on. What is bound stays so."""
        self._udp.stop()
        self._tcp.close()
        self._thread.join(2)
        with self._lock:
            connections = list(self._connections.values())
            self._connections.clear()
        for connection in connections:
            connection.stop()
        self._udp = self._tcp = None

    def back(self):
        self._open()
        return time.monotonic()

    def stop(self):
        if self._udp:
            self.away()

    # --- sockets

    def _open(self):
        # No port that the system may give to somebody else while we are away.
        self.port = self.port or rooms.free_port()
        for _ in range(50):
            udp = None
            tcp = socket.socket()
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                udp = _Udp(self, self.port, self.host)
                tcp.bind((self.host, udp.port))
                tcp.listen(64)
                break
            except OSError:
                if udp:
                    udp.stop()
                tcp.close()
                time.sleep(0.1)
        else:
            raise Failure(f"the registrar does not get port {self.port}")
        self._udp, self._tcp = udp, tcp
        tcp.settimeout(0.2)  # closing a socket does not wake who waits in accept
        self._thread = threading.Thread(target=self._accept, args=(tcp,), daemon=True)
        self._thread.start()

    def _accept(self, listener):
        while True:
            try:
                connection, address = listener.accept()
            except socket.timeout:
                continue
            except OSError:
                return
            connection.settimeout(None)
            self._keep_connection(_Connection(self, connection), address)

    def _keep_connection(self, connection, address):
        with self._lock:
            self._connections = {a: c for a, c in self._connections.items()
                                 if not c.closed.is_set()}
            self._connections[address] = connection
        return connection

    def _connection_to(self, address, opens):
        with self._lock:
            connection = self._connections.get(address)
        if connection and not connection.closed.is_set():
            return connection
        if not opens:
            return None
        connection = _Connection(self, socket.create_connection(address, 2))
        return self._keep_connection(connection, address)

    def _send(self, message, transport, address, connection=None, opens=True):
        try:
            if transport == "TCP":
                if not connection or connection.closed.is_set():
                    connection = self._connection_to(address, opens)
                if connection:
                    connection.send(message)
            elif self._udp:
                self._udp.socket.sendto(message.bytes(), address)
        except OSError as e:
            self._tell(f"not sent to {address}: {e}")

    def _tell(self, text):
        if self._on_event:
            self._on_event(text)

    def _came(self, data, source, transport, connection):
        now = time.monotonic()
        if not data.strip(b"\r\n\0 "):
            with self._news:
                self.keep_alives.append((now, source))
            return
        message = Message.parse(data)
        message.time, message.source = now, source
        message.transport, message.connection = transport, connection
        with self._news:
            self.seen.append(message)
            self._news.notify_all()
        self._tell(f"{message} from {transport} {source[0]}:{source[1]}")
        if self.silent:
            return
        with self._lock:
            try:
                if message.status:
                    self._pass_back(message)
                else:
                    self._request(message)
            except (KeyError, ValueError, IndexError, AttributeError) as e:
                self._fault(message, f"cannot be worked on: {e!r}")

    def _fault(self, message, text):
        self.faults.append(f"{message}: {text}")
        self._tell(f"FAULT {message}: {text}")

    # --- requests

    def _request(self, request):
        # RFC 3261 18.2.1, RFC 3581: where the answer goes.
        vias = request.all("Via")
        top = re.sub(r";\s*(rport|received)(=[^;,]*)?", "", vias[0])
        vias[0] = f"{top};received={request.source[0]};rport={request.source[1]}"
        self._set_all(request, "Via", vias)
        told = self._told.get(self._same(request))
        if told:  # a copy, as nothing had come in time: that is no fault (RFC 3261 17.2)
            self._send(told, request.transport, request.source, request.connection, opens=False)
            return
        said = next((s for s in self._said if s[0] == request.method), None)
        if said:
            if said[1] is not None:
                said[1] -= 1
                if said[1] <= 0:
                    self._said.remove(said)
            if said[2]:
                self._respond(request, said[2], said[3], **said[4])
        elif request.method == "REGISTER":
            self._register(request)
        else:
            self._proxy(request)

    @classmethod
    def _first(cls, messages):
        """All but the copies of requests."""
        first = {}
        for m in messages:
            first.setdefault(id(m) if m.status else cls._same(m), m)
        return list(first.values())

    @staticmethod
    def _same(request):
        """What a request shares with its copies alone. No new one may take their branch."""
        return request.method, request.branch, request.get("Call-ID"), request.get("CSeq")

    @staticmethod
    def _set_all(message, name, texts):
        """Replaces all headers of a name by these, in front."""
        rest = [(n, v) for n, v in message.headers
                if sip.COMPACT.get(n.lower(), n.lower()) != name.lower()]
        message.headers = [(name, t) for t in texts] + rest

    def _respond(self, request, status, reason, **headers):
        if request.method == "ACK":
            return
        answer = Message(f"SIP/2.0 {status} {reason}", [("Via", v) for v in request.all("Via")])
        to = request.get("To")
        if ";tag=" not in to and status > 100:
            to += ";tag=" + hashlib.md5(request.get("Call-ID").encode()).hexdigest()[:10]
        answer.headers += [("From", request.get("From")), ("To", to),
                           ("Call-ID", request.get("Call-ID")), ("CSeq", request.get("CSeq"))]
        for name, value in headers.items():
            for v in value if isinstance(value, (list, tuple)) else [value]:
                if v is not None:
                    answer.headers.append((name.replace("_", "-"), str(v)))
        if request.method == "INVITE" and status >= 200:
            self._answered.add(request.branch)  # its ACK ends here
        if status >= 200:
            self._told[self._same(request)] = answer
        self._send(answer, request.transport, request.source, request.connection, opens=False)

    # --- REGISTER: RFC 3261 10.3

    def _register(self, request):
        user = split_uri(uri_of(request.get("To")))[0]
        if user not in self.users:
            self._respond(request, 404, "Not Found")
        elif self._authorized(request, user, False):
            self._bind(request, user)

    def _expires_of(self, request, contact):
        match = re.search(r";\s*expires=(\d+)", contact.split(">")[-1])
        return int(match.group(1)) if match else int(request.get("Expires") or 3600)

    def _bind(self, request, user):
        mine = self._bindings.setdefault(user, {})
        contacts = values(request, "Contact")
        wanted = [(uri_of(c), self._expires_of(request, c)) for c in contacts if c != "*"]
        if any(0 < s < self.min_expires_s for _, s in wanted):
            self._respond(request, 423, "Interval Too Brief", Min_Expires=self.min_expires_s)
            return
        for uri, _ in wanted:
            old = mine.get(uri)
            if old and old.call == request.get("Call-ID") and old.cseq >= request.cseq:
                self._fault(request, f"CSeq {request.cseq} is not above {old.cseq}")
                self._respond(request, 500, "Out Of Order")
                return
        if "*" in contacts and request.get("Expires") == "0":
            mine.clear()
        if not self.no_contact:
            for uri, expires_s in wanted:
                mine.pop(uri, None)
                if expires_s:
                    mine[uri] = Binding(uri, min(expires_s, self.granted_s), request)
        self._tell(f"bound {user}: {' '.join(b.uri for b in self.bindings(user))}")
        live = [] if self.no_contact else \
            [f"<{b.uri}>;expires={round(b.left_s)}" for b in self.bindings(user)]
        self._respond(request, 200, "OK", Contact=live, Service_Route=self.service_route,
                      Path=values(request, "Path"))


def main():
    parser = argparse.ArgumentParser(prog="lib.registrar")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--domain", default="example.test")
    parser.add_argument("--user", action="append", help="NAME:PASSWORD, may be repeated")
    parser.add_argument("--record-route", action="store_true")
    parser.add_argument("--granted", type=int, default=3600)
    arguments = parser.parse_args()
    users = dict(u.split(":", 1) for u in arguments.user) if arguments.user else None
    server = Registrar(users, domain=arguments.domain, host=arguments.host, port=arguments.port,
                       record_route=arguments.record_route, granted_s=arguments.granted,
                       on_event=lambda text: print(text, flush=True))
    print(f"registrar of {server.domain} at {server.uri}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
