#!/usr/bin/env python3
"""Calls are noted with their true outcome, whatever happens to the phone and its files; names of
the contacts are called and shown."""
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import room as rooms
from lib import account, pace, sip, tap, tphone
from lib.registrar import Registrar
from lib.room import SIGINT, SIGTERM, Room, wait_until
from lib.tap import case, equal, expect

FIELDS = ("began", "direction", "outcome", "seconds", "status", "peer", "contact", "name",
          "account", "file", "text")


def run(home, *arguments, seconds=60, env=None):
    """Status, standard output, standard error."""
    done = subprocess.run([tphone.program(), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=seconds,
                          env={**os.environ, **rooms.home_in(home), **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def history(phone, *arguments):
    """The calls of a phone, the newest first, as dictionaries."""
    status, out, err = run(phone.home, "history", "--plain", *arguments)
    equal(status, 0, f"status of history, which says {err!r}")
    return [dict(zip(FIELDS, line.split("\t"))) for line in out.splitlines()]


def only(phone):
    calls = history(phone)
    equal(len(calls), 1, f"calls of {phone.name}")
    return calls[0]


def check(phone, direction, outcome, **fields):
    """The one call of a phone that has ended."""
    call = only(phone)
    equal((call["direction"], call["outcome"]), (direction, outcome), f"{phone.name} noted {call}")
    for name, wanted in fields.items():
        equal(call[name], wanted, f"{name} of {call}")
    if outcome != "answered":
        equal(call["seconds"], "0.000", f"length of {call}")


def database(phone):
    return os.path.join(phone.home, "state", "tphone", "history.db")


def contacts(room, name, text):
    folder = os.path.join(room.path(f"{name}-home"), "config", "tphone")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "contacts"), "w", encoding="utf-8") as f:
        f.write(text)


# --- each outcome, in both directions --------------------------------------------------------

@case("answered, on both sides")
def answered():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        caller = tphone.Call(room, callee.uri, seconds=1, name_="Ann")
        caller.expect_status(0)
        callee.expect_status(0)
        check(caller, "out", "answered", peer=callee.uri, name="", text="we hung up")
        check(callee, "in", "answered", name="Ann", text="the other side hung up")
        expect(1 <= float(only(caller)["seconds"]) < 10, "the length is wrong", only(caller))


REFUSED = [("busy", 486, "busy", "busy"), ("busy everywhere", 600, "busy", "busy"),
           ("declined", 603, "declined", "declined"), ("not found", 404, "failed", "declined"),
           ("not available", 480, "no-answer", "declined")]


def refused(status, here, there):
    with Room() as room:
        callee = tphone.Answer(room, times=1, code=status)
        caller = tphone.Call(room, callee.uri)
        caller.status()
        callee.status()
        check(caller, "out", here, status=str(status))
        check(callee, "in", there, status=str(status))


for name, status, here, there in REFUSED:
    case(f"{name}: {here} for the caller, {there} for who refused", status, here, there)(refused)


@case("given up while it rings: cancelled here, missed there", SIGINT)
def cancelled(number):
    with Room() as room:
        callee = tphone.Answer(room, times=1, delay=60)
        caller = tphone.Call(room, callee.uri)
        caller.wait_line("ringing")
        caller.process.signal(number)
        caller.expect_status(tphone.INTERRUPTED)
        callee.status()
        check(caller, "out", "cancelled")
        check(callee, "in", "missed", text="the caller gave up")


@case("the phone ends while it rings: missed here, no answer there")
def ended_while_ringing():
    with Room() as room:
        callee = tphone.Answer(room, delay=60)
        caller = tphone.Call(room, callee.uri)
        caller.wait_line("ringing")
        callee.process.signal(SIGTERM)
        caller.status()
        callee.status()
        check(caller, "out", "no-answer", status="480")
        check(callee, "in", "missed")


@case("nobody listens there: failed")
def unreachable():
    with Room() as room:
        caller = tphone.Call(room, f"a@127.0.0.1:{rooms.free_port()}")
        caller.expect_status(tphone.UNREACHABLE)
        check(caller, "out", "failed", status="0")


@case("a host that does not exist: failed, though nothing was sent")
def no_host():
    with Room() as room:
        caller = tphone.Call(room, "a@nobody.invalid")
        caller.expect_status(tphone.NOT_FOUND)
        check(caller, "out", "failed", peer="sip:a@nobody.invalid")


def cancelled_because(reason, outcome):
    with Room() as room:
        callee = tphone.Answer(room, times=1, delay=60)
        peer = room.keep(sip.Peer(callee.port))
        invite = peer.invite(callee.uri)
        peer.send(invite)
        peer.wait(sip.response(180), what="180")
        cancel = peer.cancel(invite)
        cancel.set("Reason", reason)
        peer.send(cancel)
        peer.send(peer.ack(invite, peer.wait(sip.final(), what="487")))
        callee.status()
        check(callee, "in", outcome)


for reason, outcome in (('SIP;cause=200;text="Call completed elsewhere"', "elsewhere"),
                        ("SIP;cause=487", "missed"), (None, "missed")):
    case(f"cancelled because of {reason}: {outcome}", reason, outcome)(cancelled_because)


# --- the phone dies, the file is bad ----------------------------------------------------------

@case("killed in the middle of a call: cut off; under way for as long as it lives")
def killed():
    with Room() as room:
        callee = tphone.Answer(room)
        caller = tphone.Call(room, callee.uri)
        for phone in (callee, caller):
            phone.wait_line("answered")
            wait_until(lambda: history(phone), 10, f"{phone.name} noted nothing")
            equal(only(phone)["outcome"], "open", "before the kill")
        callee.process.signal(signal.SIGKILL)
        callee.process.status()
        check(callee, "in", "cut-off")
        equal(only(caller)["outcome"], "open", "the other side's call")
        caller.process.signal(SIGINT)
        caller.status()
        check(caller, "out", "answered")
        with sqlite3.connect(database(callee)) as db:
            equal(db.execute("PRAGMA integrity_check").fetchone()[0], "ok", "integrity")
        db.close()


@case("many phones write one history at once, some are killed: every call is there once")
def together():
    with Room() as room:
        shared = {"XDG_STATE_HOME": room.path("shared")}
        callee = tphone.Answer(room, env=shared)
        callers = [tphone.Call(room, callee.uri, name=f"caller{i}", seconds=0.5, env=shared)
                   for i in range(8)]
        for caller in callers[:2]:
            caller.wait_line("answered")
            wait_until(lambda: len(calls_in(shared, "out")) >= 1, 10, "no call was noted")
            caller.process.signal(signal.SIGKILL)
        for caller in callers:
            caller.status()
        callee.process.signal(SIGTERM)
        callee.status()
        calls = calls_in(shared, "in")
        equal(len(calls), 8, "calls that came in")
        equal({c["outcome"] for c in calls}, {"answered"}, "their outcomes")
        calls = calls_in(shared, "out")
        equal(len([c for c in calls if c["outcome"] == "answered"]) >= 6, True, f"{calls}")
        expect(len(calls) <= 8, "a call stands there twice", *calls)


def calls_in(env, direction):
    status, out, err = run(os.environ["HOME"], "history", "--plain", "--all", env=env)
    equal(status, 0, f"status of history, which says {err!r}")
    calls = [dict(zip(FIELDS, line.split("\t"))) for line in out.splitlines()]
    return [c for c in calls if c["direction"] == direction]


def spoil_folder(folder):
    os.makedirs(folder)
    open(os.path.join(folder, "tphone"), "w").close()


def spoil_database(folder):
    os.makedirs(os.path.join(folder, "tphone"))
    with open(os.path.join(folder, "tphone", "history.db"), "wb") as f:
        f.write(b"not a database, by far" * 500)


def spoiled(spoil, words):
    with Room() as room:
        home = os.path.join(room.path("callee-home"), "state")
        spoil(home)
        callee = tphone.Answer(room)
        for _ in range(3):
            caller = tphone.Call(room, callee.uri, seconds=0.3)
            caller.expect_status(0)
        callee.process.signal(SIGTERM)
        callee.expect_status(0)
        said = callee.process.said("history of calls cannot be written")
        equal(len(said), 1, f"times it was told: {callee.output()}")
        expect(words in said[0], f"no {words!r} in {said[0]!r}")
        status, out, err = run(callee.home, "history")
        if spoil is spoil_database:
            equal((status, out), (1, ""), "status and output of history")
            expect(words in err, f"no {words!r} in {err!r}")


case("no folder can be made: told once, calls go on", spoil_folder, "Not a directory")(spoiled)
case("the file is no database: told once, calls go on, and history says so", spoil_database,
     "no database")(spoiled)


def made(home):
    return [name for _, _, names in os.walk(os.path.join(home, "state")) for name in names]


@case("files are private, and none of a history is made before the first call or with --history no")
def files():
    with Room() as room:
        callee = tphone.Answer(room)
        silent = tphone.Answer(room, name="silent", history="no")
        equal([name for name in made(callee.home) if not name.startswith("dtls.pem")], [],
              "what was made")
        tphone.Call(room, callee.uri, seconds=0.3).expect_status(0)
        tphone.Call(room, silent.uri, name="second", seconds=0.3).expect_status(0)
        wait_until(lambda: history(callee), 10, "no call was noted")
        folder = os.path.dirname(database(callee))
        equal(os.stat(folder).st_mode & 0o777, 0o700, "mode of the folder")
        for name in os.listdir(folder):
            try:
                mode = os.stat(os.path.join(folder, name)).st_mode & 0o777
            except FileNotFoundError:  # SQLite has journals that come and go
                continue
            equal(mode, 0o600, f"mode of {name}")
        silent.process.signal(SIGTERM)
        silent.status()
        equal(made(silent.home), ["dtls.pem"], "what is kept without a history")


# --- what the command prints ------------------------------------------------------------------

@case("an empty history says so on standard error, status 0")
def empty():
    with Room() as room:
        home = room.path("home")
        equal(run(home, "history"), (0, "", "tphone: there were no calls yet\n"), "history")
        equal(run(home, "history", "--missed")[2], "tphone: no call was missed\n", "--missed")
        equal(run(home, "history", "-q"), (0, "", ""), "history -q")
        status, out, err = run(home, "contacts")
        equal((status, out), (0, ""), "contacts")
        expect("/home/config/tphone/contacts" in err, f"the file is not named: {err!r}")


def fill(home, count):
    """count calls, the i-th of them i minutes after the epoch, every third one missed."""
    call = ["127.0.0.1:1", "--history-file", os.path.join(home, "h.db")]
    run(home, "call", *call, "--device", "none")
    with sqlite3.connect(os.path.join(home, "h.db")) as db:
        db.execute("DELETE FROM calls")
        for i in range(count):
            db.execute("INSERT INTO calls (run, number, began_us, outgoing, account, peer, name,"
                       " contact, outcome, status, text, talk_ms, file) VALUES (1, ?, ?, 0, '',"
                       " ?, 'a \"b\" \x1b[2J', '', ?, 0, 'the caller gave up', ?, '')",
                       (i, i * 60000000 + 5, f"sip:p{i}@h", "answered" if i % 3 else "missed",
                        i * 61000 if i % 3 else 0))
    db.close()
    return ["--history-file", os.path.join(home, "h.db")]


@case("the newest first, 20 of them, more or fewer or only the missed where asked for")
def listing():
    with Room() as room:
        home = room.path("home")
        os.makedirs(home)
        which = fill(home, 70)

        def lines(*arguments):
            status, out, err = run(home, "history", *which, *arguments, env={"TZ": "UTC-1"})
            equal((status, err), (0, ""), "status and standard error")
            return out.splitlines()

        equal([len(lines()), len(lines("--all")), len(lines("--limit", "30"))], [20, 70, 30],
              "lines")
        equal([len(lines("--missed")), len(lines("--missed", "--all"))], [20, 24], "missed")
        equal(lines("--limit", "2"),
              ["1970-01-01 02:09:00  from  missed           -  \"a 'b' \ufffd[2J\" sip:p69@h: the "
               "caller gave up",
               "1970-01-01 02:08:00  from  answered   1:09:08  \"a 'b' \ufffd[2J\" sip:p68@h"],
              "two lines")
        equal(lines("--plain", "--limit", "1"),
              ["1970-01-01T01:09:00.000005Z\tin\tmissed\t0.000\t0\tsip:p69@h\t\ta \"b\" \ufffd[2J"
               "\t\t\tthe caller gave up"], "for scripts")
        equal(lines("--all"), sorted(lines("--all"), reverse=True), "their order")


@case("a reader that comes late gets all of a long history")
def slow_reader():
    with Room() as room:
        home = room.path("home")
        os.makedirs(home)
        which = fill(home, 9000)
        process = subprocess.Popen([tphone.program(), "history", *which, "--all"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   env=dict(os.environ, **rooms.home_in(home)))
        time.sleep(1)  # the pipe is full meanwhile
        equal(len(process.stdout.read().splitlines()), 9000, "lines")
        process.stdout.close()
        equal(pace.ended(process, 10), 0, "exit status")


@case("a history that cannot be written is told, also of a call that ends at once")
def trouble_at_once():
    with Room() as room:
        caller = tphone.Call(room, f"a@127.0.0.1:{rooms.free_port()}",
                             env={"XDG_STATE_HOME": "/proc/nothing"})
        caller.expect_status(tphone.UNREACHABLE, 5)
        equal(len(caller.process.said("^the history of calls cannot be written: ")), 1, "lines")


@case("without a home that is told, by the phone and by tphone history")
def no_home():
    bare = {n: v for n, v in os.environ.items() if n not in ("HOME", "XDG_STATE_HOME")}
    asked = subprocess.run([tphone.program(), "history"], env=bare, capture_output=True, text=True,
                           timeout=60)
    equal(asked.returncode, tphone.OTHER, "exit status of tphone history")
    expect("no $HOME" in asked.stderr, "tphone history does not say why", asked.stderr)
    called = subprocess.run([tphone.program(), "call", f"a@127.0.0.1:{rooms.free_port()}",
                             "--device", "none"], env=bare, capture_output=True, text=True,
                            timeout=60)
    equal(called.returncode, tphone.UNREACHABLE, "exit status of tphone call")
    expect("the history of calls cannot be written: there is no $HOME" in called.stderr,
           "tphone call does not say it", called.stderr)


# --- contacts ---------------------------------------------------------------------------------

@case("a contact is called by name, in UTF-8 and any case, and shown by it")
def by_name():
    with Room() as room:
        callee = tphone.Answer(room, times=2)
        contacts(room, "caller", f"# people\nbob = {callee.uri}\n"
                                 f"J\u00fcrgen M. = {callee.uri[4:]}\n")
        first = tphone.Call(room, "BOB", name="caller", seconds=0.3)
        first.expect_status(0)
        first.wait_line(f"calling bob, {re.escape(callee.uri)}")
        tphone.Call(room, "J\u00fcrgen m.", name="caller", seconds=0.3).expect_status(0)
        equal([(c["contact"], c["peer"]) for c in history(first)],
              [("J\u00fcrgen M.", callee.uri), ("bob", callee.uri)], "what was noted")
        status, out, _ = run(first.home, "contacts")
        equal((status, out), (0, f"bob        {callee.uri}\nJ\u00fcrgen M.  {callee.uri[4:]}\n"),
              "tphone contacts")
        equal(run(first.home, "contacts", "--plain")[1].splitlines()[0], f"bob\t{callee.uri}",
              "for scripts")


@case("a name that is nobody's: it is said, and the contact whose name is near")
def no_such_contact():
    with Room() as room:
        contacts(room, "caller", "Bob Baker = bob@127.0.0.1:9\n")
        for typed, sentence in (("bob bakr", "is Bob Baker meant[?]"), ("eve", "name@host"),
                                ("old aunt", "$")):
            caller = tphone.Call(room, typed)
            caller.expect_status(tphone.USAGE, 5)
            caller.wait_line("there is no contact of this name.*" + sentence)


@case("a fault in the contacts is told with its place; addresses are called all the same")
def faulty():
    with Room() as room:
        callee = tphone.Answer(room, times=1)
        contacts(room, "caller", "bob = b@h\nal@ice = x\n")
        caller = tphone.Call(room, callee.uri, seconds=0.3)
        caller.expect_status(0)
        caller.wait_line(r"contacts:2:3: this character cannot stand in the name")
        status, out, err = run(caller.home, "contacts")
        equal((status, out), (tphone.USAGE, "bob  b@h\n"), "status and output of contacts")
        expect("contacts:2:3: " in err, f"no place in {err!r}")


def incoming_name(sender, wanted, contact):
    """Who stands in the contacts is named only where it can be no one else."""
    with Room() as room:
        contacts(room, "callee", "Bob = bob@127.0.0.1\nEve = eve@example.org\n")
        callee = tphone.Answer(room, times=1, code=486)
        peer = room.keep(sip.Peer(callee.port))
        invite = peer.invite(callee.uri, From=f"{sender};tag=1")
        peer.send(invite)
        peer.send(peer.ack(invite, peer.wait(sip.final(), what="486")))
        callee.status()
        callee.wait_line("call from " + re.escape(wanted))
        equal(only(callee)["contact"], contact, "contact")


for name, sender, wanted, contact in [
        ("who calls from the address of a contact has its name", '"Mallory" <sip:bob@127.0.0.1>',
         "Bob, sip:bob@127.0.0.1 ", "Bob"),
        ("who claims the address of a contact has not", '"Eve" <sip:eve@example.org>',
         '"Eve" sip:eve@example.org ', ""),
        ("a display name cannot look like a contact", '"\\" Bob, " <sip:x@127.0.0.1>',
         '"\' Bob, " sip:x@127.0.0.1 ', "")]:
    case(name, sender, wanted, contact)(incoming_name)


@case("through a server: the caller is a contact by the server's word, and the account is noted")
def through_a_server():
    with Room() as room:
        server = room.keep(Registrar())
        alice, bob = account.of(server, "alice"), account.of(server, "bob")
        contacts(room, "callee", f"Bob = {bob.uri}\n")
        contacts(room, "bob", f"Al = {alice.uri}\n")
        callee = tphone.Answer(room, account=alice, times=2, settings={"accept": "contacts"})
        server.bound("alice")
        caller = tphone.Call(room, "al", name="bob", account=bob, seconds=0.5)
        caller.expect_status(0)
        tphone.Call(room, "4711", name="bob", account=bob).status()
        callee.process.signal(SIGTERM)
        callee.status()
        check(callee, "in", "answered", peer=bob.uri, contact="Bob", account=alice.uri)
        failed, answered = history(caller)
        equal([answered[f] for f in ("outcome", "contact", "peer", "account")],
              ["answered", "Al", alice.uri, bob.uri], "the call to a contact")
        equal([failed[f] for f in ("outcome", "contact", "peer", "account")],
              ["failed", "", f"sip:4711@{server.domain}", bob.uri], "the call to nobody")


@case("accept = contacts: who is not among them is refused without ringing, and is no call")
def accept_contacts():
    with Room() as room:
        server = room.keep(Registrar())
        alice, bob = account.of(server, "alice"), account.of(server, "bob")
        contacts(room, "callee", "Carol = sip:carol@example.test\n")
        callee = tphone.Answer(room, account=alice, settings={"accept": "contacts"})
        server.bound("alice")
        caller = tphone.Call(room, alice.uri, name="bob", account=bob)
        caller.expect_status(tphone.REFUSED)
        check(caller, "out", "failed", status="403")
        equal(history(callee), [], "calls of who refused")


if __name__ == "__main__":
    tap.run(jobs=4)
