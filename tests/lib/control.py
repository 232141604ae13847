"""Clients that steer a phone by lines of JSON: over a pair of pipes, or over its socket."""
import array
import json
import os
import socket
import subprocess
import threading
import time

from lib import pace
from lib import room as rooms
from lib import schema, tphone
from lib.tap import Failure


class Client:
    """Reads every line in a thread, from the first one on, and holds it to the schema. receive(n)
    gives bytes, b"" at the end; send takes all it is given."""

    def __init__(self, name, receive, send):
        self.name = name
        self.lines = []  # as they came, decoded
        self.times = []
        self.faults = []  # of lines that are not as they are described
        self.closed = False
        self._receive, self._send = receive, send
        self._news = threading.Condition()
        self._last, self._sending = 0, threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        rest = b""
        while True:
            try:
                piece = self._receive(65536)
            except OSError:
                piece = b""
            if not piece:
                break
            *whole, rest = (rest + piece).split(b"\n")
            with self._news:
                for line in whole:
                    self._take(line)
                self._news.notify_all()
        with self._news:
            if rest:
                self.faults.append(f"the last line has no end: {rest!r}")
            self.closed = True
            self._news.notify_all()

    def _take(self, line):
        faults = schema.line_faults(line)
        self.faults += faults
        self.lines.append({} if faults else schema.parse(line))
        self.times.append(time.monotonic())

    def _line(self, command, members):
        self._last += 1
        line = {"id": self._last, "command": command, **members}
        return self._last, json.dumps(line).encode() + b"\n"

    def raw(self, data):
        self._send(data)

    def send(self, command, **members):
        """Sends a command without waiting; its id."""
        with self._sending:
            number, line = self._line(command, members)
            self.raw(line)
        return number

    def wait(self, holds, seconds=10, after=0, what="a line"):
        """The first line from number after on for which holds(line)."""
        end = pace.now() + seconds
        seen = after
        with self._news:
            while True:
                if self.faults:
                    raise Failure(f"{self.name}: {self.faults[0]}", self.faults[1:10])
                while seen < len(self.lines):
                    if holds(self.lines[seen]):
                        return self.lines[seen]
                    seen += 1
                left = end - pace.now()
                if self.closed or left <= 0:
                    why = "the phone closed" if self.closed else f"waited {seconds} s"
                    raise Failure(f"{self.name} did not get {what} ({why})", self.tail())
                self._news.wait(left)

    def reply(self, number, seconds=10):
        return self.wait(lambda line: "reply" in line and line["reply"] == number, seconds,
                         what=f"the reply to {number}")

    def ask(self, command, seconds=10, **members):
        """A command and its reply, good or bad."""
        return self.reply(self.send(command, **members), seconds)

    def do(self, command, seconds=10, **members):
        """A command that must be carried out; its reply."""
        reply = self.ask(command, seconds, **members)
        if not reply["ok"]:
            raise Failure(f"{self.name}: {command} {members} was refused: {reply}", self.tail())
        return reply

    def refused(self, command, error, **members):
        """A command that must be refused with this word; the sentence."""
        reply = self.ask(command, **members)
        if reply["ok"] or reply["error"] != error:
            raise Failure(f"{self.name}: {command} {members}: wanted {error}, got {reply}",
                          self.tail())
        return reply["text"]

    def event(self, name, seconds=10, after=0, **members):
        """The first event of this name with these members from line number after on."""
        def holds(line):
            return line.get("event") == name and all(
                line.get(k) == v for k, v in members.items())
        return self.wait(holds, seconds, after, f"the event {name} {members or ''}")

    def events(self, name):
        with self._news:
            return [l for l in self.lines if l.get("event") == name]

    def mark(self):
        """Where the next line will be, for after."""
        with self._news:
            return len(self.lines)

    def wait_closed(self, seconds=10):
        end = pace.now() + seconds
        with self._news:
            while not self.closed:
                left = end - pace.now()
                if left <= 0:
                    raise Failure(f"{self.name} was not closed in {seconds} s")
                self._news.wait(left)
            if self.faults:
                raise Failure(f"{self.name}: {self.faults[0]}", self.faults[1:10])

    def tail(self, count=30):
        with self._news:
            return [f"--- {self.name}"] + [f"    {json.dumps(l)}" for l in self.lines[-count:]]


class Piped(tphone.Phone):
    """A phone steered over its standard input and output: .client. command: register, which needs
    no account for that and does nothing by itself, answer or call."""

    def __init__(self, room, name="phone", command="register", arguments=(), port=None, **more):
        self.port = port or rooms.free_port()
        self.uri = f"sip:{name}@127.0.0.1:{self.port}"
        more.setdefault("listen", f"127.0.0.1:{self.port}")
        ours, theirs = os.pipe()
        popen = {"stdin": subprocess.PIPE, "stdout": theirs, "stderr": subprocess.PIPE,
                 **more.pop("popen", {})}
        super().__init__(room, name, command, arguments, control="-", popen=popen, **more)
        os.close(theirs)
        self._stdout = ours
        self.client = Client(name, self._receive, self._send)
        self.client.event("listening")

    def _receive(self, n):
        return os.read(self._stdout, n)

    def _send(self, data):
        pipe = self.process.popen.stdin
        pipe.write(data)
        pipe.flush()

    def end_of_input(self):
        self.process.popen.stdin.close()

    def expect_status(self, wanted, seconds=20):
        super().expect_status(wanted, seconds)
        self.client.wait_closed()


class SocketClient(Client):
    def __init__(self, name, connected):
        self.socket = connected
        super().__init__(name, connected.recv, connected.sendall)

    def send_with(self, fds, command, **members):
        """Sends a command with descriptors; its id."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        with self._sending:
            number, line = self._line(command, members)
            self.socket.sendmsg([line], rights)
        return number

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._reader.join(2)
        self.socket.close()

    stop = close


def connect(path, name="client", seconds=10):
    """A client of the socket at path; .socket is its own."""
    end = pace.now() + seconds
    while True:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            s.connect(path)
            break
        except OSError as e:
            s.close()
            if pace.now() > end:
                raise Failure(f"nobody answers at {path}: {e}") from None
            time.sleep(0.02)
    return SocketClient(name, s)


class Daemon(tphone.Phone):
    """tphone daemon with a socket of its own at .socket; client() connects to it."""

    def __init__(self, room, name="daemon", port=None, **more):
        self.room = room
        self.port = port or rooms.free_port()
        self.uri = f"sip:{name}@127.0.0.1:{self.port}"
        self.socket = room.path(f"{name}.socket")
        more.setdefault("listen", f"127.0.0.1:{self.port}")
        super().__init__(room, name, "daemon", socket=self.socket, **more)
        connect(self.socket, "first").close()

    def client(self, name="client"):
        client = connect(self.socket, name)
        self.room.keep(client)
        return client


def call_up(client, far, **more):
    """A call from client to a far Piped phone that is answered; its numbers here and there."""
    mark = far.client.mark()
    number = client.do("call", target=far.uri, **more)["call"]
    theirs = far.client.event("incoming", after=mark)["call"]
    far.client.do("answer", call=theirs)
    client.event("answered", call=number)
    return number, theirs
