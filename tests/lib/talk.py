"""A call to tphone answer in which a socket speaks and hears, packet by packet."""
from lib import rtp, sip
from lib.ends import Callee, media
from lib.tap import equal


class Talk:
    """A call to tphone answer with a peer for its sound."""

    def __init__(self, room, formats="0", extra="", host="127.0.0.1", up=True, **more):
        self.room = room
        self.rtp = room.keep(rtp.RtpPeer(host))
        self.callee = Callee(room, **more)
        self.peer = self.callee.peer
        self.cseq = 1
        self.host, self.formats, self.extra = host, formats, extra
        self.invite = self.callee.invite(body=self.sdp())
        self.ok = self.callee.answered(self.invite)
        self.port = media(self.ok)[0][1]
        if up:
            self.ack()

    def sdp(self, formats=None, extra=None, direction="", port=None, host=None):
        return sip.sdp(self.rtp.port if port is None else port, host or self.host,
                       formats or self.formats, self.extra if extra is None else extra, direction)

    def ack(self):
        self.peer.send(self.peer.ack(self.invite, self.ok))

    def again(self, **more):
        self.cseq += 1
        got = self.callee.within("INVITE", self.invite, self.ok, self.cseq, self.sdp(**more))
        equal(got.status, 200, "answer to re-INVITE")
        return got

    def end(self):
        self.cseq += 1
        self.callee.end(self.invite, self.ok, self.cseq)


def steps(packets, what):
    """From packet to packet, of "seq" or "ts"."""
    return [(getattr(b, what) - getattr(a, what)) % 2**(16 if what == "seq" else 32)
            for a, b in zip(packets, packets[1:])]


def steps_of_time(packets, clock_hz=48000):
    """The different ones of "ts"; one longer than usual does not count that took as long to come:
    the machine stood still, and what was due meanwhile is skipped."""
    gaps = [(b.time - a.time + 0.01) * clock_hz for a, b in zip(packets, packets[1:])]
    found = steps(packets, "ts")
    return {step for step, gap in zip(found, gaps) if step == min(found) or step > gap}
