"""Reads what --trace=FILE writes, and lays the traces of two phones side by side.

Each message begins with a line "SECONDS sent to|received from TRANSPORT ADDRESS, N bytes"; its own
lines stand behind a mark.
"""
import re

from lib.sip import Message

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


def ladder(ours, theirs):
    """All steps in the order in which they were sent, in the time of ours."""
    shift = offset_s(ours, theirs)
    steps, arrived = [], {}
    for one, other in _pairs(ours, theirs):
        arrived[id(one)] = other.seconds + shift
    for one, other in _pairs(theirs, ours):
        arrived[id(one)] = other.seconds
    for traced in ours:
        if traced.sent:
            steps.append(Step(True, traced.message, traced.seconds, arrived.get(id(traced))))
    for traced in theirs:
        if traced.sent:
            steps.append(Step(False, traced.message, traced.seconds + shift,
                              arrived.get(id(traced))))
    return sorted(steps, key=lambda s: s.sent_s)
