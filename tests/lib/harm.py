"""Text that would take over a terminal, and whether any of it has reached one."""
import os
import re
import time
import unicodedata

from lib import pace, tap
from lib.reports import REPORTS
from lib.tap import expect

HARMS = {
    "an escape sequence": b"\x1b[2J\x1b]0;owned\x07",
    "C1 controls": b"\xc2\x9b31m\xc2\x9d",
    "raw C1 bytes": b"\x9b31m\x90",
    "bidirectional overrides": b"\xe2\x80\xaemoc\xe2\x81\xa6\xe2\x80\x8f",
    "zero width": b"\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad",
    "overlong and broken UTF-8": b"\xc0\x9b[2J\xed\xa0\x80\xf8\x88\x80\x80\x80\xff\xe2\x80",
    "backspaces and a lone CR": b"\x08\x08\x7f\r evil",
    "NUL and line separators": b"\0a\xe2\x80\xa8b\x0b\x0c\xc2\x85",
    "tags and variation": b"\xf3\xa0\x81\x81\xf3\xa0\x84\x80\xef\xbf\xbf",
}
MARK = "@@"  # where the harm goes


def bad_bytes(data):
    """What in these bytes a terminal should never have been sent: (offset, what)."""
    found = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        around = data[max(0, e.start - 40):e.end + 20]
        return [(e.start, f"not UTF-8: {data[e.start:e.end]!r} in {around!r}")]
    for at, c in enumerate(text):
        kind = unicodedata.category(c)
        if c not in "\n\t" and (kind in ("Cc", "Cf", "Zl", "Zp", "Cs") or
                                0xfe00 <= ord(c) <= 0xfe0f or 0xe0100 <= ord(c) <= 0xe01ef):
            found.append((at, f"U+{ord(c):04X} in {text[max(0, at - 40):at + 20]!r}"))
    return found


def put(message, part, value, harm, **fields):
    """The message as bytes with the harm in this part."""
    harm_text = harm.decode("utf-8", "surrogateescape")
    if part == "body":
        message.body = value.replace(MARK.encode(), harm)
    else:
        for name, field in fields.items():
            value = value.replace("{%s}" % name, field)
        value = value.replace(MARK, harm_text)
        if part == "start":
            message.start = value
        else:
            message.set(part.replace(MARK, harm_text), value)
    return message.bytes()


class Sink:
    """A phone's output as bytes: standard output and standard error apart."""

    def __init__(self, room, number=0):
        self.paths = [room.path(f"stdout-{number}"), room.path(f"stderr-{number}")]
        self.files = [open(p, "wb") for p in self.paths]
        self.popen = {"stdout": self.files[0], "stderr": self.files[1]}

    def check(self, *more, wanted=True):
        seen = shown = 0
        for path in [*self.paths, *more]:
            with open(path, "rb") as f:
                data = f.read()
            seen, shown = seen + len(data), shown + data.count("\ufffd".encode())
            bad = bad_bytes(data)
            expect(not bad, f"{len(bad)} raw in {os.path.basename(path)}",
                   *[what for _, what in bad[:10]])
            found = re.findall(REPORTS.encode(), data)
            # What is told of it may begin in the middle of a character.
            expect(not found, f"the phone reports {found[:3]}",
                   data[-3000:].decode("utf-8", "replace"))
        expect(shown or not wanted, "nothing of what was sent was shown, so nothing is proved")
        return f"{seen} bytes of output, {shown} replacements"

    def wait(self, pattern, seconds=10):
        end = pace.now() + seconds
        while pace.now() < end:
            for path in self.paths:
                with open(path, "rb") as f:
                    if re.search(pattern, f.read()):
                        return
            time.sleep(0.02)
        raise tap.Failure(f"the phone did not say {pattern!r} in {seconds} s")
