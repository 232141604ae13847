"""A server that says whatever a test wants, and phones with accounts there."""
import time
from types import SimpleNamespace

from lib import attack, sip, tphone
from lib.tap import equal, expect

DOMAIN = "example.test"
CREDENTIALS = ("Authorization", "Proxy-Authorization")


def challenge(nonce, realm=DOMAIN, more=', algorithm=SHA-256, qop="auth"'):
    return f'Digest realm="{realm}", nonce="{nonce}"{more}'


class Server(sip.Peer):
    """A place that says whatever act(server, request) sends."""

    def __init__(self, act=None, host="127.0.0.1"):
        self.act, self.host = act, host
        super().__init__(host=host)

    uri = property(lambda self: f"sip:{self.host}:{self.port}")

    def _keep(self, data, source):
        before = len(self.messages)
        super()._keep(data, source)
        if self.act and len(self.messages) > before and not self.messages[-1].status:
            self.act(self, self.messages[-1])

    def answer(self, request, status, reason="Said", **headers):
        """The answer as a message; a list makes a header for each."""
        out = sip.Message(f"SIP/2.0 {status} {reason}", [("Via", v) for v in request.all("Via")] + [
            ("From", request.get("From")), ("To", request.get("To") + ";tag=evil"),
            ("Call-ID", request.get("Call-ID")), ("CSeq", request.get("CSeq"))])
        for name, value in headers.items():
            for v in value if isinstance(value, list) else [value]:
                out.headers.append((name.replace("_", "-"), v))
        return out

    def say(self, request, status, reason="Said", **headers):
        self.send_to(self.answer(request, status, reason, **headers), request.source)

    def grant(self, request, seconds=3600, **headers):
        contact = request.get("Contact").split(",")[0]
        self.say(request, 200, "OK", Contact=f"{contact};expires={seconds}", **headers)

    def credentials(self):
        """What of the kind came here; what came again with a copy of its request counts once."""
        came = dict.fromkeys((m.method, m.branch, v) for m in self.found(lambda m: not m.status)
                             for name in CREDENTIALS for v in m.all(name))
        return [(method, value) for method, _, value in came]

    def trusts_nobody(self):
        equal(self.credentials(), [], f"credentials that reached {self.uri}")


def accounts(server_uri, count, first=0, way="proxy"):
    return "".join(f"[account a{n}]\nuri = sip:a{n}@{DOMAIN}\npassword = secret{n}\n"
                   f"{way} = {server_uri}\n\n" for n in range(first, first + count))


def answering(room, text, **more):
    """tphone answer with these accounts, as Pinger wants it."""
    phone = tphone.Answer(room, config=room.write("phone.conf", text), **more)
    return SimpleNamespace(room=room, phone=phone, uri=phone.uri, pid=phone.process.popen.pid)


def unharmed(phone):
    """It lives, or has left with one of its own words for why."""
    status = phone.process.popen.poll()
    expect(status is None or 0 <= status <= tphone.SOUND, f"the phone died, status {status}",
           *phone.process.tail())
    found = phone.process.said(attack.REPORTS)
    expect(not found, f"the phone reports {found[:3]}", *phone.process.tail(80))


def leaves(phone, seconds=4):
    """SIGTERM ends it in time, whatever its servers do; or it has left already."""
    if not phone.process.alive():
        return f"left with status {phone.process.status()}"
    start = time.monotonic()
    phone.process.signal(15)
    status = phone.process.status(seconds * attack.SLOW)
    expect(status in (0, tphone.INTERRUPTED, 143), f"SIGTERM ended it with status {status}",
           *phone.process.tail())
    return f"gone {time.monotonic() - start:.1f} s after SIGTERM"
