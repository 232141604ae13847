#!/usr/bin/env python3
"""Where a password comes from: a person at the terminal, whom nobody sees typing, or a program."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account
from lib import room as rooms
from lib import tap, tphone
from lib.registrar import Registrar
from lib.room import Room
from lib.tap import case, equal, expect
from lib.terminal import Terminal

ALICE = "sip:alice@example.test"
QUESTION = r"Password for sip:alice@example\.test \(example\.test\): "


def register(server, *more):
    return [tphone.program(), "register", "--account", ALICE, "--proxy", server.uri, "--listen",
            "udp:127.0.0.1:0", "--once", *more]


def home(room):
    return rooms.home_in(room.path("home"))


def asked(room, server, *more):
    """A tphone register that has asked for the password."""
    terminal = Terminal(room, register(server, *more), env=home(room))
    terminal.wait(QUESTION)
    expect(not terminal.echoes(), "what is typed would be shown")
    return terminal


def ended(terminal, status):
    equal(terminal.status(), status, "exit status")
    equal(terminal.modes(), terminal.before, "modes of the terminal")


@case("a password that is typed is not shown, and registers")
def typed():
    with Room() as room:
        server = room.keep(Registrar())
        terminal = asked(room, server)
        equal(terminal.text.count("Password"), 1, "questions")
        terminal.type("secret\n")
        server.bound("alice")
        ended(terminal, tphone.OK)
        expect("secret" not in terminal.text, "the password was shown", terminal.text)
        equal(server.faults, [], "faults")


@case("of a password that is wrong the phone says so, status 7")
def wrong():
    with Room() as room:
        server = room.keep(Registrar())
        terminal = asked(room, server)
        terminal.type("hidden\n")
        terminal.wait("password")
        ended(terminal, tphone.REFUSED)
        expect("hidden" not in terminal.text, "the password was shown", terminal.text)
        expect(len(server.requests("REGISTER")) <= 3, "the server was asked again and again")


@case("no password, Ctrl-D: status 7", "\x04")
@case("an empty password: status 7", "\n")
def none(key):
    with Room() as room:
        server = room.keep(Registrar())
        terminal = asked(room, server)
        terminal.type(key)
        ended(terminal, tphone.REFUSED)


@case("Ctrl-C while it asks: the terminal is as it was", "\x03")
@case("Ctrl-\\ while it asks: the terminal is as it was", "\x1c")
def interrupted(key):
    with Room() as room:
        server = room.keep(Registrar())
        terminal = asked(room, server)
        terminal.type("sec" + key)
        expect(terminal.status() != 0, "it ended well")
        equal(terminal.modes(), terminal.before, "modes of the terminal")
        equal(server.bindings("alice"), [], "bindings")


@case("SIGTERM while it asks: the terminal is as it was", rooms.SIGTERM)
@case("SIGHUP while it asks: the terminal is as it was", rooms.SIGHUP)
def ended_by_signal(number):
    with Room() as room:
        server = room.keep(Registrar())
        terminal = asked(room, server)
        terminal.popen.send_signal(number)
        terminal.status()
        equal(terminal.modes(), terminal.before, "modes of the terminal")


@case("Ctrl-Z gives the terminal back, and fg asks anew")
def stopped():
    with Room() as room:
        server = room.keep(Registrar())
        script = 'set -m; "$@"; echo "stopped $?"; read line; fg; echo "ended $?"'
        terminal = Terminal(room, ["sh", "-c", script, "sh", *register(server)], env=home(room))
        terminal.wait(QUESTION)
        terminal.type("sec\x1a")
        terminal.wait("stopped 14")
        equal(terminal.modes(), terminal.before, "modes of the terminal while it is stopped")
        terminal.type("\n")
        terminal.wait(QUESTION, count=2)
        expect(not terminal.echoes(), "what is typed would be shown")
        terminal.type("secret\n")
        terminal.wait("ended 0")
        equal(terminal.modes(), terminal.before, "modes of the terminal")
        expect("secret" not in terminal.text, "the password was shown", terminal.text)


@case("in the background it does not ask, and is not stopped")
def background():
    with Room() as room:
        server = room.keep(Registrar())
        script = 'set -m; "$@" & wait $!; echo "ended $?"'
        terminal = Terminal(room, ["sh", "-c", script, "sh", *register(server)], env=home(room))
        terminal.wait(f"ended {tphone.REFUSED}")
        expect("Password for" not in terminal.text, "it asked", terminal.text)


@case("without a terminal it does not ask: one sentence, status 7")
def without_terminal():
    with Room() as room:
        server = room.keep(Registrar())
        done = subprocess.run(register(server, "-q"), stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, start_new_session=True,
                              env=dict(os.environ, **home(room)))
        equal(done.returncode, tphone.REFUSED, "exit status")
        expect(b"password" in done.stderr, "it is not said", done.stderr.decode())


@case("two accounts ask one after the other")
def two_accounts():
    with Room() as room:
        server = room.keep(Registrar())
        config = room.write("tphone.conf", "".join(
            f"[account {u}]\nuri = {u}@example.test\nproxy = {server.uri}\n"
            for u in ("alice", "bob")))
        terminal = Terminal(room, [tphone.program(), "register", "--config", config, "--listen",
                                   "udp:127.0.0.1:0", "--once"], env=home(room))
        for count in (1, 2):
            terminal.wait("Password for", count=count)
            first = terminal.text.rsplit("Password for ", 1)[1].startswith("sip:alice")
            terminal.type(("secret" if first else "hidden") + "\n")
        ended(terminal, tphone.OK)
        server.bound("alice")
        server.bound("bob")


@case("a call waits for the password, and is then placed")
def call():
    with Room() as room:
        server = room.keep(Registrar())
        bob = room.write("bob.conf", account.of(server, "bob").settings())
        callee = tphone.Answer(room, config=bob, times=1)
        server.bound("bob")
        terminal = Terminal(room, [
            tphone.program(), "call", "sip:bob@example.test", "--account", ALICE, "--proxy",
            server.uri, "--device", "none", "--listen", "udp:127.0.0.1:0", "--for", "0.3"],
            env=home(room))
        terminal.wait(QUESTION)
        terminal.type("secret\n")
        ended(terminal, tphone.OK)
        callee.expect_status(tphone.OK)
        equal(server.faults, [], "faults")


@case("a program gives the password, with blanks and quotes in it")
def command():
    with Room() as room:
        server = room.keep(Registrar(users={"alice": " it's a \"secret\" "}))
        program = room.write("secrets", "#!/bin/sh\nprintf '%s\\n' \" it's a \\\"secret\\\" \"\n")
        os.chmod(program, 0o700)
        process = room.start("tphone register", register(
            server, "--password-command", f"'{program}'"), env=dict(os.environ, **home(room)))
        equal(process.status(), tphone.OK, "exit status")
        server.bound("alice")


@case("a program that fails is told with what it says, and no REGISTER is answered for it")
def command_fails():
    with Room() as room:
        server = room.keep(Registrar())
        process = room.start("tphone register", register(
            server, "--password-command", "sh -c 'echo no such secret >&2; exit 3'"),
                             env=dict(os.environ, **home(room)))
        equal(process.status(), tphone.REFUSED, "exit status")
        process.wait_line("password-command.*status 3.*no such secret")
        equal(server.bindings("alice"), [], "bindings")


if os.environ.get("TPHONE_LONG"):  # it has 30 s
    @case("a program that does not end is ended, and that is told")
    def command_hangs():
        with Room() as room:
            server = room.keep(Registrar())
            process = room.start("tphone register", register(
                server, "--password-command", "sleep 50"), env=dict(os.environ, **home(room)))
            equal(process.status(45), tphone.REFUSED, "exit status")
            process.wait_line("password-command: sleep did not end within 30 seconds; run it by hand")


if __name__ == "__main__":
    tap.run(jobs=6)
