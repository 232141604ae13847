#!/usr/bin/env python3
"""Two phones that call each other, and clients of both that say whatever comes to their minds: up
to 20,000 commands in any state of a call, with descriptors of all kinds, and lines that are
none."""
import array
import json
import os
import random
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import attack, control, schema, sound, tap
from lib.room import SIGTERM, Room, wait_until
from lib.tap import Failure, case, equal, expect

COMMANDS = 20000
SECONDS = 10   # then it is enough, on a busy machine or with a slow program
CLIENTS = 3    # of each phone
WINDOW = 32    # commands that a client sends before it looks at the replies
CALLS = 10     # about so many at most, for each phone
LOOKED_AT = 8  # each so many lines are held to the schema


def folder(room):
    """Files to be played and recorded, and what looks like some."""
    sound.write(room.path("spoken.wav"), sound.tone(440, 0.7))
    os.mkfifo(room.path("fifo.wav"))
    os.symlink(room.path("spoken.wav"), room.path("link.wav"))
    room.write("damaged.ogg", b"OggS" + bytes(300))
    plays = ["spoken.wav"] * 6 + ["missing.wav", "", "fifo.wav", "link.wav", "damaged.ogg"]
    records = [f"r{i}.{e}" for i in range(4) for e in ("wav", "flac", "ogg", "opus")] + [
        "no/such/folder.wav", "r.mp3", "fifo.wav", "link.wav", ""]
    return ([room.path(p) for p in plays] + ["/dev/zero", "near.wav", "/" + "x" * 5000 + ".wav",
                                             "/\u202e\x1b[31m.wav"],
            [room.path(r) for r in records] + ["/dev/full", "near.wav"])


def descriptors():
    """Some that sound may come from and go to, and many that it may not. Whoever sends them closes
    them afterwards, except for those on whose other side he stays."""
    a, b = os.pipe()
    c, d = os.pipe()
    s, t = socket.socketpair()
    e, f = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    server = socket.socket()
    files = [os.open(path, flags) for path, flags in (
        ("/dev/zero", os.O_RDWR), ("/dev/null", os.O_RDWR), ("/dev/full", os.O_RDWR),
        ("/", os.O_RDONLY), ("/etc/passwd", os.O_RDONLY), ("/etc/passwd", os.O_PATH),
        ("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))]
    epoll = select.epoll()
    keep = [s, t, e, f, server, epoll]
    return [a, b, c, d, s.fileno(), t.fileno(), e.fileno(), server.fileno(), epoll.fileno(),
            *files], keep


class Mind:
    """What a client says next."""

    def __init__(self, number, files, other, fds):
        self.random, self.harm = random.Random(number), attack.Mutator(number)
        self.plays, self.records = files
        self.other, self.fds = other, fds
        self.newest = 1

    def call(self):
        low = max(1, self.newest - CALLS)
        return self.random.choice((self.random.randint(low, self.newest + 1),) * 9 + (1 << 32,))

    def sound(self, members):
        for name, values in (("play", self.plays), ("record", self.records),
                             ("sides", ["apart", "mixed", "heard"]), ("device", [True, False]),
                             ("hangup_at_eof", [True, False]), ("tied", [True, False])):
            if self.random.random() < 0.25:
                members[name] = self.random.choice(values)
        return members

    def audio(self):
        audio = {"in": self.random.random() < 0.6, "out": self.random.random() < 0.6}
        if self.random.random() < 0.4:
            audio["rate"] = self.random.choice((8000, 11025, 44100, 48000, 7999, 48001))
        if self.random.random() < 0.3:
            audio["channels"] = self.random.choice((1, 2, 3))
        return audio

    def command(self, crowded):
        """The name and members of one, and descriptors that go with it."""
        pick, fds = self.random.choice, []
        name = pick(("hangup",) * (6 if crowded else 0) + ("call",) * (0 if crowded else 2) +
                    ("answer",) * 6 + (
            "decline", "hangup", "hold", "resume", "swap", "mute", "unmute", "dtmf", "play", "stop",
            "record", "record", "conference", "conference", "part", "volume", "status", "accounts",
            "events", "transfer", "register"))
        members = {} if name in ("volume", "accounts", "events", "transfer", "register", "call",
                                 "conference") else {"call": self.call()}
        if self.random.random() < 0.05:
            members.pop("call", None)
        if name in ("call", "answer"):
            self.sound(members)
        if name == "call":
            members["target"] = pick((self.other,) * 12 + ("sip:nobody@127.0.0.1:1", "\x1b[2J", "x"))
        elif name == "dtmf":
            members["digits"] = pick(("1", "12,3p4", "*#ABCD", "x", "1" * 64))
        elif name == "play":
            members["file"] = pick(self.plays)
        elif name == "record":
            members.update(pick(({"file": pick(self.records)}, {"on": False})))
        elif name == "conference" and self.random.random() < 0.8:
            members["calls"] = [self.call() for _ in range(pick((2, 2, 3, 4)))]
        elif name == "volume":
            members[pick(("microphone_db", "speaker_db"))] = pick((0, -96, 18, -3.5, 1e300))
        elif name == "events":
            members["quality"] = pick((True, False))
        if name in ("call", "answer", "play", "record") and self.random.random() < 0.3:
            for other in ("file", "play", "record"):
                members.pop(other, None)
            members["audio"] = self.audio()
            fds = [pick(self.fds) for _ in range(pick((1, 1, 2, 2, 3)))]
        return name, members, fds


class Client:
    """One that is not read by a thread, as there is much to read."""

    def __init__(self, name, path, mind):
        self.name, self.path, self.mind = name, path, mind
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.settimeout(20)
        self.rest, self.lines, self.last, self.open = b"", 0, 0, []
        self.up, self.answered = set(), 0

    def say(self, crowded):
        self.last += 1
        name, members, fds = self.mind.command(crowded)
        line = json.dumps({"id": self.last, "command": name, **members}).encode()
        if self.mind.random.random() < 0.05:
            # What becomes of it is not known: perhaps several lines, perhaps another id.
            harmed = self.mind.harm.change(line).split(b"\n")[:4]
            self.raw(b"\n".join(harmed) + b"\n")
            line = json.dumps({"id": self.last, "command": "accounts"}).encode()
        self.raw(line + b"\n", fds)
        self.open.append(self.last)

    def raw(self, data, fds=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            n = self.socket.sendmsg([data], rights)
            self.socket.sendall(data[n:])
        except OSError as e:
            raise Failure(f"{self.name} is no longer heard: {e}", [self.said_last()]) from None

    def said_last(self):
        """What the phone said before it closed."""
        said = b"..."
        try:
            while said[-1:]:
                rest, said = said[-500:], self.socket.recv(1 << 20)
        except OSError as e:
            return repr(e)
        return repr(rest)

    def hear(self):
        """Reads until everything that was said is answered."""
        while self.open:
            piece = self.socket.recv(1 << 18)
            if not piece:
                raise Failure(f"{self.name} was left alone behind command {self.open[0]}")
            *lines, self.rest = (self.rest + piece).split(b"\n")
            for line in lines:
                self.take(line)

    def take(self, line):
        self.lines += 1
        if self.lines % LOOKED_AT == 0:
            faults = schema.line_faults(line)
            expect(not faults, f"{self.name}: {faults[:1]}")
        said = json.loads(line)
        if isinstance(said.get("reply"), int) and said["reply"] in self.open:
            equal(said["reply"], self.open[0], f"the next reply to {self.name}")
            del self.open[0]
        elif said.get("event") == "dropped":
            raise Failure(f"{self.name} was dropped: {said}")
        elif "call" in said:
            self.mind.newest = max(self.mind.newest, said["call"])
            if said.get("event") in ("calling", "incoming"):
                self.up.add(said["call"])
            elif said.get("event") == "answered":
                self.answered += 1
            elif said.get("event") == "ended":
                self.up.discard(said["call"])

    def close(self):
        self.socket.close()


def talk(clients, chance):
    """Until enough was said; how much."""
    end, said = time.monotonic() + SECONDS, 0
    while said < COMMANDS and time.monotonic() < end:
        for client in clients:
            crowded = len(client.up) > CALLS
            for _ in range(WINDOW):
                client.say(crowded)
            said += WINDOW
        for client in clients:
            client.hear()
        if chance.random() < 0.02:  # with its calls that are tied
            old = chance.choice(clients)
            old.close()
            clients[clients.index(old)] = Client(old.name, old.path, old.mind)
    return said


def connections():
    """The names of descriptors of all TCP connections that stand."""
    with open("/proc/net/tcp", encoding="ascii") as f:
        rows = [line.split() for line in f][1:]
    return {f"socket:[{row[9]}]" for row in rows if row[3] == "01"}


def open_in(phone):
    """What its descriptors are. Those of the history come when its thread is at it. A command that
    was harmed may make a request too long for UDP (RFC 3261, 18.1.1): the connection, one in each
    direction, is kept for the next one."""
    where, out, kept = f"/proc/{phone.process.popen.pid}/fd", [], 0
    connected = connections()
    for fd in os.listdir(where):
        try:
            name = os.readlink(f"{where}/{fd}")
        except FileNotFoundError:
            continue
        kept += name in connected
        if "/history." not in name and not (name in connected and kept <= 2):
            out.append(name.split("[")[0])
    return sorted(out)


def warm_up(phones):
    """Threads, and files of the history, come with the first call and stay."""
    one, two = [phone.client("first") for phone in phones]
    two.do("status")  # from now on it hears
    call = one.do("call", target=phones[1].uri)["call"]
    two.do("answer", call=two.event("incoming")["call"])
    one.event("answered", call=call)
    two.do("hangup")
    one.event("ended", call=call)
    for client in (one, two):
        client.close()


def hang_all_up(phone):
    client = phone.client("last")
    for call in client.do("status")["calls"]:
        client.ask("hangup", call=call["call"])
    wait_until(lambda: client.do("status")["calls"] == [], 40, "calls do not end")
    client.close()


def settled(phone, before):
    """Sound and descriptors go with the calls, a little later."""
    try:
        wait_until(lambda: len(open_in(phone)) <= len(before), 10, "descriptors are left behind")
    except Failure as e:
        raise Failure(str(e), [f"before: {before}", f"now: {open_in(phone)}"]) from None
    phone.process.signal(SIGTERM)
    equal(phone.process.status(5), 0, "the status after SIGTERM")
    reports = phone.process.said(attack.REPORTS)
    expect(not reports, f"it reports: {reports[:1]}", *phone.process.tail(60))


@case("commands at random: each is answered, in order; calls, sound and memory go as they came")
def at_random():
    number = attack.seed()
    print(f"# TPHONE_SEED={number}", flush=True)
    with Room() as room:
        files = folder(room)
        phones = [control.Daemon(room, "one", device="null"), control.Daemon(room, "two")]
        warm_up(phones)
        before = [open_in(phone) for phone in phones]
        fds, keep = descriptors()
        clients = []
        for i, phone in enumerate(phones):
            for k in range(CLIENTS):
                mind = Mind(number + 10 * i + k, files, phones[1 - i].uri, fds)
                client = Client(f"client {k} of {phone.name}", phone.socket, mind)
                clients.append(client)
        try:
            said = talk(clients, random.Random(number))
        except (Failure, OSError) as e:
            time.sleep(2)  # one that dies has something to say
            raise Failure(f"TPHONE_SEED={number}: {e!r}", getattr(e, "notes", []) +
                          phones[0].process.tail(100) + phones[1].process.tail(100)) from e
        for client in clients:
            client.close()
        for thing in keep:
            thing.close()
        for fd in fds[:4] + fds[9:]:
            os.close(fd)
        for phone in phones:
            hang_all_up(phone)
        for phone, count in zip(phones, before):
            settled(phone, count)
    return f"{said} commands, {clients[0].mind.newest} calls, {clients[0].answered} answered"


if __name__ == "__main__":
    tap.run()
