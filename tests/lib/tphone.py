"""The phone under test: tphone answer and tphone call as processes of a room."""
import os
import re

from lib import room as rooms
from lib import schema, sound
from lib.tap import Failure

OK, OTHER, USAGE, BUSY, DECLINED, NO_ANSWER, NOT_FOUND, REFUSED, UNREACHABLE, SOUND = range(10)
INTERRUPTED = 130
# A microphone's sound as it is: where words are compared, not what is done against echo and noise.
UNTOUCHED = {"echo": "off", "noise_suppression": "off", "level_control": "off"}


def program():
    path = os.environ.get("TPHONE") or os.path.join(os.environ.get("builddir", "."), "tphone")
    if not os.access(path, os.X_OK):
        raise Failure(f"{path} is not built, so nothing can be called with it")
    return os.path.abspath(path)


def _fits(event, name, members):
    return (not name or event.get("event") == name) and all(
        event.get(m) == v for m, v in members.items())


def _options(more):
    out = []
    for name, value in more.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is True:
            out.append(option)
        elif value is not None and value is not False:
            out += [option, str(value)]
    return out


def look(raw):
    """What is wrong with a line of output, if it is one of JSON: a list of sentences."""
    return schema.line_faults(raw.rstrip(b"\n")) if raw.startswith(b"{") else []


class Phone:
    """One run of tphone; more are its options, underlines for dashes; popen: how
    its process is started; under: a command that starts it, with its options; account: what it is
    configured with (lib/account.py), settings: its keys that differ; also: further accounts;
    through: the label of the one to use, where it would not be chosen by itself; trace_file: where
    messages are written, if that matters; behind_s: how long behind the end of what is spoken it
    hangs up, which begins with the keys, however late those are on a busy machine. Each has a home
    of its own in the room."""

    def __init__(self, room, name, command, arguments=(), spoken=None, device="none", env=None,
                 popen=None, under=(), account=None, settings=None, also=(),
                 through=None, trace_file=None, behind_s=None, **more):
        self.name, self.folder = name, room.folder
        self.recording = room.path(f"{name}-heard.wav")
        self.trace = trace_file or room.path(f"{name}-sip.txt")
        self.home = room.path(f"{name}-home")
        if behind_s is not None:
            spoken += sound.silence(behind_s, spoken.rate)
            more["hangup_at_eof"] = True
        if spoken is not None:
            more["play"] = sound.write(room.path(f"{name}-spoken.wav"), spoken)
            more.setdefault("record", self.recording)
        if device:
            more["device"] = device
        if account:
            text = account.settings(**(settings or {})) + "".join(a.settings() for a in also)
            more["config"] = room.write(f"{name}.conf", text)
            os.chmod(more["config"], 0o600)
        if through:
            more["account"] = through
        line = [*under, program(), command, *arguments, f"--trace={self.trace}", *_options(more)]
        self.process = room.start(f"tphone {command} ({name})", line, look=look,
                                  env={**os.environ, **rooms.home_in(self.home), **(env or {})},
                                  **(popen or {}))

    def status(self, seconds=20):
        return self.process.status(seconds)

    def expect_status(self, wanted, seconds=20):
        got = self.status(seconds)
        if got != wanted:
            raise Failure(f"{self.process.name} ended with status {got}, wanted {wanted}",
                          self.process.tail())

    def wait_line(self, pattern, seconds=15):
        return self.process.wait_line(pattern, seconds)

    def events(self, name=None, **members):
        """What it has told with --json so far: the events of this name with these members."""
        told = [schema.parse(l) for l in list(self.process.lines) if l.startswith("{")]
        return [e for e in told if _fits(e, name, members)]

    def wait_event(self, name, seconds=15, after=0, **members):
        """The first such event from the line of number after on."""
        def find(line):
            event = schema.parse(line) if line.startswith("{") else {}
            return event if _fits(event, name, members) else None
        wanted = "".join(f" {m}={v!r}" for m, v in members.items())
        return self.process.wait_for(find, f"{name}{wanted}", seconds, after)

    def output(self):
        return "\n".join(self.process.lines)

    def stop(self):
        self.process.stop()


class Answer(Phone):
    """tphone answer on a free port of loopback, listening when this returns. transport "": both.
    called: the host in its URI, where that is not the address it listens on."""

    def __init__(self, room, name="callee", transport="udp", host="127.0.0.1", called=None,
                 **more):
        self.port = rooms.free_port()
        where = f"{host}:{self.port}"
        super().__init__(room, name, "answer",
                         listen=f"{transport}:{where}" if transport else where, **more)
        self.uri = f"sip:{name}@{called or host}:{self.port}"
        if transport == "tcp":
            self.uri += ";transport=tcp"
        self.wait_line(re.escape(where))


class Register(Phone):
    def __init__(self, room, account, name="phone", **more):
        super().__init__(room, name, "register", account=account, **more)


class Call(Phone):
    """seconds: from the answer to the end."""

    def __init__(self, room, target, name="caller", **more):
        more["for_"] = more.pop("seconds", None)
        super().__init__(room, name, "call", [target], **more)


def results(phone):
    """The result lines of a run as dictionaries; "outcome" is their first word."""
    out = []
    for line in phone.process.lines:
        words = line.split(" ")
        if words[0] in OUTCOMES and all("=" in w for w in words[1:]):
            out.append(dict([("outcome", words[0])] + [tuple(w.split("=", 1)) for w in words[1:]]))
    return out


OUTCOMES = ("answered", "busy", "declined", "no-answer", "not-found", "not-allowed", "unreachable",
            "interrupted", "refused", "failed")
