"""Reads what --trace=FILE writes, and lays the traces of two phones side by side.

Each message begins with a line "SECONDS sent to|received from TRANSPORT ADDRESS, N bytes"; its own
lines stand behind a mark.
"""
import re
import socket
import struct

from lib.sip import Message
from lib.tap import equal

HEADING = re.compile(r"^(\d+\.\d+) (sent to|received from) (\S+) (\S+), (\d+) bytes$")


class Traced:
    """seconds: since its phone began; sent: by that phone."""

    def __init__(self, seconds, sent, transport, where):
        self.seconds, self.sent, self.transport, self.where = seconds, sent, transport, where
        self.lines = []
        self.message = None

    @property
    def key(self):
        """What is the same at both ends: a copy differs from its original in nothing."""
        m = self.message
        return (m.start, m.get("Call-ID"), m.get("CSeq"), m.branch)


def read(path):
    out = []
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            line = line.rstrip("\n")
            match = HEADING.match(line)
            if match:
                out.append(Traced(float(match.group(1)), match.group(2) == "sent to",
                                  match.group(3), match.group(4)))
            elif line.startswith("  |") and out:
                out[-1].lines.append(line[4:])
    for traced in out:
        text = "\r\n".join(traced.lines)
        if "\r\n\r\n" not in text:
            text += "\r\n\r\n"
        traced.message = Message.parse(text.encode("utf-8", "replace"))
    return out


class Packet:
    """source, target: address and port."""

    def __init__(self, packet):
        (self.source, self.target), self.data = [
            (socket.inet_ntoa(packet[12 + 4 * i:16 + 4 * i]),
             struct.unpack_from(">H", packet, 20 + 2 * i)[0]) for i in range(2)], packet[28:]


def read_pcap(path):
    """The datagrams in a pcap of raw IPv4, whose every packet must be a whole one of UDP."""
    with open(path, "rb") as f:
        data = f.read()
    equal(struct.unpack(">IHHIIII", data[:24]), (0xa1b2c3d4, 2, 4, 0, 0, 65535, 101), "its head")
    at, out = 24, []
    while at < len(data):
        _, _, n, whole = struct.unpack(">IIII", data[at:at + 16])
        packet = data[at + 16:at + 16 + n]
        equal((n, packet[0], packet[9]), (whole, 0x45, 17), "a packet of UDP")
        out.append(Packet(packet))
        at += 16 + n
    return out


def _pairs(ours, theirs):
    """Of each message the time sent by ours and received by theirs, in order."""
    left = [t for t in theirs if not t.sent]
    for one in ours:
        if one.sent:
            other = next((t for t in left if t.key == one.key), None)
            if other:
                left.remove(other)
                yield one, other


def offset_s(ours, theirs):
    """What to add to the times of theirs so that they are those of ours: the two clocks began at
    different moments, and the ways there and back are taken for equally long."""
    there = [r.seconds - s.seconds for s, r in _pairs(ours, theirs)]
    back = [r.seconds - s.seconds for s, r in _pairs(theirs, ours)]
    if not there or not back:
        return 0.0
    return (min(back) - min(there)) / 2


class Step:
    """One message between the two: when it left and, unless it was lost, arrived."""

    def __init__(self, from_ours, message, sent_s, arrived_s):
        self.from_ours, self.message = from_ours, message
        self.sent_s, self.arrived_s = sent_s, arrived_s


def _in_order(ours, theirs, arrivals, shift):
    """All entries of both, each behind those before it in its own trace and, where it came in,
    behind the other's that sent it: within a millisecond the times alone would not say."""
    sender = {id(received): sent for sent, received in arrivals}
    queues, done, out = [list(ours), list(theirs)], set(), []
    while queues[0] or queues[1]:
        ready = [(q[0].seconds + (shift if q is queues[1] else 0), i)
                 for i, q in enumerate(queues)
                 if q and (id(q[0]) not in sender or id(sender[id(q[0])]) in done)]
        if not ready:  # two traces that contradict each other: by time, then
            ready = [(0, i) for i, q in enumerate(queues) if q]
        first = queues[min(ready)[1]].pop(0)
        done.add(id(first))
        out.append(first)
    return out


def ladder(ours, theirs):
    """All steps in the order in which they were sent, in the time of ours."""
    shift = offset_s(ours, theirs)
    arrivals = list(_pairs(ours, theirs)) + list(_pairs(theirs, ours))
    arrived = {id(sent): received for sent, received in arrivals}
    mine = {id(t) for t in ours}
    at = lambda t: t.seconds + (0 if id(t) in mine else shift)
    return [Step(id(t) in mine, t.message, at(t), at(arrived[id(t)]) if id(t) in arrived else None)
            for t in _in_order(ours, theirs, arrivals, shift) if t.sent]
