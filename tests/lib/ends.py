"""The two ends of a call where one is tphone and the other a socket that says what the test wants.

Callee: tphone answer, called by a peer. Caller: tphone call, and the peer that it calls.
"""
import re
import threading

from lib import sip, tphone
from lib.room import Room
from lib.tap import Failure, equal, expect


def final_of(message):
    """Whether a message is the final answer to this one; CANCEL shares the branch of its INVITE."""
    shares = message.method in ("INVITE", "CANCEL")
    return lambda m: m.status >= 200 and m.branch == message.branch and \
        (not shares or m.method == message.method)


class Callee:
    """tphone answer and a peer that talks to it."""

    def __init__(self, room, transport="udp", **more):
        self.room = room
        self.phone = tphone.Answer(room, transport=transport, **more)
        self.uri = self.phone.uri
        self.transport = transport
        self.peer = self.another()

    def another(self):
        """One more peer of the same phone."""
        kind = sip.TcpPeer if self.transport == "tcp" else sip.Peer
        return self.room.keep(kind(self.phone.port))

    def invite(self, **more):
        invite = self.peer.invite(self.uri, **more)
        self.peer.send(invite)
        return invite

    def answered(self, invite, seconds=8):
        return self.peer.wait(lambda m: m.status == 200 and m.branch == invite.branch and
                              m.method == "INVITE", seconds, what="200 to INVITE")

    def up(self, **more):
        """A call that is answered and acknowledged: the INVITE and its 200."""
        invite = self.invite(**more)
        ok = self.answered(invite)
        self.peer.send(self.peer.ack(invite, ok))
        return invite, ok

    def asked(self, message, seconds=8):
        """Sends a request and waits for its final answer."""
        self.peer.send(message)
        return self.peer.wait(final_of(message), seconds, what=f"an answer to {message}")

    def refused(self, invite, seconds=8):
        """The same for an INVITE that is not to be answered: with its ACK."""
        got = self.asked(invite, seconds)
        expect(got.status >= 300, f"INVITE was answered {got}")
        self.peer.send(self.peer.ack(invite, got))
        return got

    def within(self, method, invite, ok, cseq, body=b"", **more):
        """A request in the dialog and its final answer, acknowledged."""
        message = self.peer.within(method, invite, ok, cseq, body, **more)
        got = self.asked(message)
        if method == "INVITE":
            self.peer.send(self.peer.ack(message, got))
        return got

    def end(self, invite, ok, cseq=90):
        equal(self.within("BYE", invite, ok, cseq).status, 200, "answer to BYE")

    def alive(self):
        """Asks again every half second, as a client does (RFC 3261 17.1.2): behind a flood the
        socket of the phone may be full for a while."""
        request = self.peer.request("OPTIONS", self.uri)
        for left in reversed(range(16)):
            self.peer.send(request)
            try:
                got = self.peer.wait(lambda m: m.status >= 200 and m.branch == request.branch, 0.5,
                                     what="an answer to OPTIONS")
                break
            except Failure:
                if not left:
                    raise
        equal(got.status, 200, "answer to OPTIONS afterwards")


class Caller:
    """A peer that is called, and tphone call calling it."""

    def __init__(self, room, user="peer", peer=None, **more):
        self.peer = peer or room.keep(sip.Peer())
        uri = f"sip:{user}@127.0.0.1:{self.peer.port}"
        if self.peer.transport == "TCP":
            uri += ";transport=tcp"
        self.phone = tphone.Call(room, uri, **more)

    def invite(self, count=1, seconds=15):
        return self.peer.wait(sip.request("INVITE"), seconds, count, what="INVITE")

    def wait(self, method, seconds=8, count=1, tag=None):
        return self.peer.wait(lambda m: sip.request(method)(m) and tag in (None, m.tag), seconds,
                              count, what=method)

    def answer(self, invite, tag="a", body=None, **more):
        return self.peer.respond(invite, 200, "OK", body=sip.sdp() if body is None else body,
                                 tag=tag, **more)

    def refuse(self, invite, status=486, tag="b"):
        """Refuses; the ACK."""
        self.peer.respond(invite, status, "Said the test", tag=tag)
        return self.wait("ACK")

    def up(self, **more):
        invite = self.invite()
        ok = self.answer(invite, **more)
        self.wait("ACK")
        return invite, ok

    def within(self, method, invite, ok, cseq, body=b"", **more):
        """A request of the called side in the dialog."""
        uri = re.search(r"<(sip:[^>]+)>", invite.get("Contact")).group(1)
        message = self.peer.request(method, uri, call=invite.get("Call-ID"), body=body)
        message.set("From", ok.get("To")).set("To", invite.get("From"))
        message.set("CSeq", f"{cseq} {method}")
        for name, value in more.items():
            message.set(name.replace("_", "-"), value)
        return message

    def asked(self, message, address, seconds=8):
        self.peer.send_to(message, address)
        return self.peer.wait(final_of(message), seconds, what=f"an answer to {message}")

    def leave(self, invite, ok, cseq=90):
        """BYE from the called side, and the phone's end."""
        bye = self.within("BYE", invite, ok, cseq)
        equal(self.asked(bye, invite.source).status, 200, "answer to BYE")
        self.phone.expect_status(tphone.OK)


class Shared:
    """One thing for all cases of a file, made by the first that asks; it lasts to the end."""

    def __init__(self, make):
        self._make, self._lock, self._made = make, threading.Lock(), None

    def get(self):
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return self._made


class SharedCallee(Shared):
    """A tphone answer that many cases send to, each by a peer of its own: get(room)."""

    def __init__(self, transport="udp", **more):
        self.room = Room()
        super().__init__(lambda: Callee(self.room, transport, **more))

    def get(self, room):
        shared = super().get()
        own = Callee.__new__(Callee)
        own.__dict__.update(shared.__dict__)
        own.room = room
        own.peer = own.another()
        return own

    def close(self):
        self.room.__exit__(None, None, None)


def media(message):
    """(kind, port, formats) of each m-line of its body."""
    lines = re.findall(r"(?m)^m=(\w+) (\d+)(?:/\d+)? \S+ ([^\r\n]+)", message.body.decode())
    return [(kind, int(port), formats.split()) for kind, port, formats in lines]


def direction(message):
    found = re.findall(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)\r?$", message.body.decode())
    return found[-1] if found else "sendrecv"


def sdp_lines(message, letter):
    return re.findall(rf"(?m)^{letter}=([^\r\n]*)", message.body.decode())


def sdp_version(message):
    return int(sdp_lines(message, "o")[0].split()[2])


def uris(values):
    """What stands in brackets in header values, in order."""
    return re.findall(r"<([^>]+)>", ", ".join(values))


def expect_gaps(messages, wanted):
    """The first gaps between messages are about these, in seconds; a busy machine may see one
    message late, which shortens the gap behind it."""
    times = [m.time for m in messages]
    got = [b - a for a, b in zip(times, times[1:])]
    expect(len(got) >= len(wanted) and
           all(w * 0.5 - 0.1 < g < w * 1.3 + 0.6 for g, w in zip(got, wanted)),
           f"gaps were {[round(g, 2) for g in got]}, wanted {wanted}")
