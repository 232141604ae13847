"""A stateless proxy, RFC 3261 16.11: what of the registrar (lib/registrar.py) passes on."""
import hashlib
import re
import socket

from lib.sip import Message

OPEN_METHODS = ("ACK", "CANCEL", "BYE")  # RFC 3261 22.1: these two cannot be challenged; BYE is not


def uri_of(value):
    """What stands between the angle brackets, or before the first semicolon."""
    match = re.search(r"<([^>]*)>", value)
    return match.group(1) if match else value.split(";")[0].strip()


def split_uri(uri):
    """(user, host, port or 0, parameters) of a SIP URI."""
    match = re.match(r"sips?:(?:([^@;>]*)@)?(\[[^\]]*\]|[^:;>?]+)(?::(\d+))?([^>?]*)", uri)
    if not match:
        return "", "", 0, ""
    return (match.group(1) or "").split(":")[0], match.group(2), int(match.group(3) or 0), \
        match.group(4)


def values(message, name):
    """Of all headers of a name, split at commas outside of quotes and angle brackets."""
    out = []
    for header in message.all(name):
        out += [v.strip() for v in re.findall(r'(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+', header)]
    return [v for v in out if v]


class Proxy:
    """A server that knows bindings, and has _authorized, _respond and _send."""

    def _is_us(self, uri):
        _, host, port, _ = split_uri(uri)
        return (host.lower() == self.domain.lower() and port in (0, 5060, self.port)) or \
            (host in (self.host, "localhost") and (port or 5060) == self.port)

    def _proxy(self, request):
        if request.method == "ACK" and request.branch in self._answered:
            return
        routes = values(request, "Route")
        if routes and self._is_us(uri_of(routes[0])):
            routes = routes[1:]
        from_user, from_host = split_uri(uri_of(request.get("From")))[:2]
        ours = from_host.lower() in (self.domain.lower(), self.host) and from_user in self.users
        outside = ";tag=" not in request.get("To")
        if self.challenge_calls and ours and outside and request.method not in OPEN_METHODS and \
                not self._authorized(request, from_user, True):
            return
        if request.get("Max-Forwards") == "0":
            self._respond(request, 483, "Too Many Hops")
            return
        found = self._next_hop(request, routes)
        if found:
            self._forward(request, *found)

    def _next_hop(self, request, routes):
        """(Request-URI, routes, transport, address, connection), or None: it is answered."""
        uri, binding = request.uri, None
        if not routes and self._is_us(uri):
            user = split_uri(uri)[0]
            if not user and request.method == "OPTIONS":
                self._respond(request, 200, "OK")
                return None
            if user not in self.users:
                self._respond(request, 404, "Not Found")
                return None
            live = self.bindings(user)
            if not live:
                self._respond(request, 480, "Temporarily Unavailable")
                return None
            binding = live[-1]
            uri, routes = binding.uri, list(binding.path)
        next_uri = uri_of(routes[0]) if routes else uri
        _, host, port, params = split_uri(next_uri)
        transport = "TCP" if "transport=tcp" in params.lower() else "UDP"
        connection = None
        if binding and binding.transport == "TCP" and not routes:
            transport, connection = "TCP", binding.connection
        try:
            address = (socket.gethostbyname(host), port or 5060)
        except OSError:
            self._respond(request, 404, "No Such Host")
            return None
        return uri, routes, transport, address, connection

    def _forward(self, request, uri, routes, transport, address, connection):
        out = Message(f"{request.method} {uri} SIP/2.0", request.headers, request.body)
        # 16.11: the same branch for each copy, for CANCEL, and for the ACK of a non-2xx.
        seed = request.branch + request.get("Call-ID") + self.domain
        via = f"SIP/2.0/{transport} {self.host}:{self.port};branch=z9hG4bK" + \
            hashlib.md5(seed.encode()).hexdigest()
        self._set_all(out, "Route", routes)
        if self.record_route and request.method == "INVITE":
            mine = f"<{self.uri};transport={transport.lower()};lr>"
            self._set_all(out, "Record-Route", [mine] + out.all("Record-Route"))
        self._set_all(out, "Via", [via] + out.all("Via"))
        out.set("Max-Forwards", str(int(request.get("Max-Forwards") or 70) - 1))
        out.headers = [(n, v) for n, v in out.headers if n != "Proxy-Authorization"]
        self._send(out, transport, address, connection)

    def _pass_back(self, response):
        vias = response.all("Via")
        if not vias or f"{self.host}:{self.port};" not in vias[0] or len(vias) < 2:
            return
        out = Message(response.start, response.headers, response.body)
        self._set_all(out, "Via", vias[1:])
        transport = vias[1].split()[0].split("/")[-1].upper()
        sent_by = re.match(r"\S+\s+([^\s;:]+)(?::(\d+))?", vias[1])
        received = re.search(r";\s*received=([^;,\s]+)", vias[1])
        rport = re.search(r";\s*rport=(\d+)", vias[1])
        address = (received.group(1) if received else sent_by.group(1),
                   int(rport.group(1) if rport else sent_by.group(2) or 5060))
        self._send(out, transport, address)
