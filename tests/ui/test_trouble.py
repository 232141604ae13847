#!/usr/bin/env python3
"""A telephone that cannot be started, or has ended: the screen says what, why and what to do, and
tries again."""
import os
import re
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import daemon, tphone
from lib.home import Home
from lib.papers import Paper
from lib.plain import AtTerminal, Plain
from lib.room import Room, free_port, wait_until
from lib.screen import BEGUN, Screen
from lib.tap import case, equal, expect, run
from lib.tmux import Tmux

STARTS = "the telephone is being started"
NOT_STARTED = "The telephone could not be started"


@case("a bad file of settings is told with its line, and read again once it is good")
def bad_settings():
    with Room() as room:
        me = Screen(room, settings="listne = 3\n", begun=NOT_STARTED)
        t = me.tmux
        t.wait(r'tphone\.conf:3:1: there is no setting "listne"; is "listen" meant\?')
        t.wait(r"The settings are in .*tphone\.conf; man tphone\.conf")
        t.wait(r"What the telephone has said is in .*control\.log")
        t.wait(r"r try again +S set up +.*q quit")
        t.press("S")
        t.wait("What is your SIP address")
        t.press("Escape")
        t.wait("listne")
        log = os.path.join(me.run_folder, "tphone", "control.log")
        os.chmod(log, 0o644)
        t.press("r")
        wait_until(lambda: os.stat(log).st_mode & 0o777 == 0o600, 10, "others may read the log")
        t.wait("listne")
        me.config(f"listen = udp:127.0.0.1:{me.port}\ndevice = null\n")
        t.press("r")
        t.wait(r"no calls +│")
        t.wait(NOT_STARTED, gone=True)
        me.config("nonsense\n")
        second = me.again("second")
        second.wait(r"no calls +│")
        second.wait(r"tphone\.conf:1:")
        second.press("q")
        equal(second.status(), 0, "exit status of a screen of a phone that runs")
        me.leave()


@case("a port that is taken is told; who gives up gets the terminal back, with the reason")
def port_taken():
    with Room() as room, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        me = Screen(room, begun="no calls")
        me.leave()
        me.config(f"listen = udp:127.0.0.1:{port}\ndevice = null\n")
        t = me.again("again")
        t.wait(f"cannot listen on .*{port}: another program has this port")
        t.press("q")
        equal(t.status(), 1, "exit status")
        t.wait(f"^tphone: the telephone could not be started: cannot listen on .*{port}")
        equal(t.ask("alternate_on"), "0", "the other screen is left")
        t = me.again("third")
        t.wait(f"cannot listen on .*{port}")
        taken.close()
        t.press("Enter")
        t.wait(r"no calls +│")
        t.press("q")
        equal(t.status(), 0, "exit status")
        me.expect_gone()


def feed(fifo, root):
    with open(fifo, "wb") as pipe:
        put(root, pipe)


def put(root, pipe):
    with open(root.pem, "rb") as paper:
        pipe.write(paper.read())


@case("a telephone that takes its time to start leaves the screen to who looks at it")
def slow():
    with Room() as room:
        fifo, root = room.path("authorities"), Paper(room, "root")
        os.mkfifo(fifo)  # the telephone reads it before it answers
        me = Screen(room, settings=f"tls-ca = {fifo}\n", begun=STARTS)
        t = me.tmux
        t.press("?")
        t.wait("Help")
        feed(fifo, root)  # soon, as it is not waited for without end
        t.press("Escape")
        t.wait(STARTS, gone=True)
        t.wait(r"no calls +│")
        expect("not connected" not in t.text(), "it is not connected")
        me.leave()


@case("a start that is asked for during another one is the one whose end is told")
def once_more():
    with Room() as room:
        fifo, root = room.path("authorities"), Paper(room, "root")
        os.mkfifo(fifo)
        me = Screen(room, settings=f"tls-ca = {fifo}\n", begun=STARTS)
        t = me.tmux
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", me.port))
            with open(fifo, "wb") as pipe:  # now the first one has read its settings
                t.press(":")
                t.type("start")
                t.wait(":start")
                t.press("Enter")
                t.wait(":start", gone=True)
                me.config(f"listen = udp:127.0.0.1:{free_port()}\ndevice = null\n")
                put(root, pipe)
            t.wait(BEGUN)
        t.press("L")
        t.wait(" Log ")
        expect(not re.search("could not|cannot|another program", t.text()), "the first one is told",
               t.text())
        me.leave("q", "q")


def at_screen(room, me):
    t = Tmux(room, [tphone.program()], me.home)
    t.wait(STARTS)
    t.press("C-c")
    equal(t.status(), 0, "exit status")
    t.expect_restored()


def at_pipe(room, me):
    p = Plain(me, first="^telephone: it is being started$")
    p.process.signal(signal.SIGINT)
    equal(p.process.status(), 0, "exit status")


def at_terminal(room, me):
    p = AtTerminal(room, me, "--plain", first="^telephone: it is being started$", TERM="xterm")
    p.keys("\x03")
    equal(p.terminal.status(), 0, "exit status")
    equal(p.terminal.modes(), p.terminal.before, "modes of the terminal")


@case("Ctrl-C leaves a telephone that is being started alone, on the screen and in lines")
def interrupted():
    for leave in (at_screen, at_pipe, at_terminal):
        with Room() as room:
            fifo, root = room.path("authorities"), Paper(room, "root")
            os.mkfifo(fifo)
            me = Home(room, settings=f"tls-ca = {fifo}\n")
            leave(room, me)
            feed(fifo, root)
            wait_until(lambda: os.path.exists(me.socket), 10, "the telephone does not start")


@case("a helper that is silent is asked once; a person has it asked again")
def silent_helper():
    with Room() as room:
        home = daemon.Daemon(room)
        t = Tmux(room, [tphone.program()], home.home)
        t.wait(BEGUN)
        with open(f"/proc/{t.pid()}/task/{t.pid()}/children", encoding="ascii") as f:
            helper = int(f.read())
        os.kill(helper, signal.SIGSTOP)
        home.process.signal(signal.SIGKILL)
        t.wait("The telephone has ended")
        home.process.status()
        home.begin()
        t.wait("The telephone cannot be shown", seconds=15)
        t.wait("the helper of this screen could not be told of the telephone")
        os.kill(helper, signal.SIGCONT)
        time.sleep(1.5)
        t.wait("The telephone cannot be shown")
        t.press("r")
        t.wait(BEGUN)
        t.press("q")
        equal(t.status(), 0, "exit status")


@case("a telephone that is killed is told with its call, and started again, or found")
def killed():
    with Room() as room:
        bob = tphone.Answer(room, "bob")
        me = Screen(room)
        t = me.tmux
        me.call(bob.uri)
        t.wait(r"▶ bob@.* 0:\d\d")
        for again in ("r", "found"):
            daemon = next(p for p in me.processes() if p != t.pid())
            os.kill(daemon, signal.SIGKILL)
            t.wait("The telephone has ended")
            t.wait("the daemon at .* has gone")
            t.press("Escape")
            t.wait("no calls +│")
            t.wait("tphone +not connected to the telephone")
            t.press(":")
            t.type("view trouble")
            t.press("Enter")
            t.wait("The telephone has ended")
            wait_until(lambda: not os.path.exists(f"/proc/{daemon}"), 10, "a dead process stays")
            if again == "r":
                t.press("r")
            else:
                me.start("daemon")
            t.wait(BEGUN)
            t.wait("The telephone has ended", gone=True)
            t.wait(r"no calls +│")


@case("in lines, a bad file of settings ends it with status 2")
def lines():
    with Room() as room:
        me = Screen(room, settings="listne = 3\n", begun=NOT_STARTED)
        for words in (("--plain",), ("screen",)):
            said = me.tphone(*words, no_terminal=True, TERM="xterm")
            equal(said.status, 2, "exit status")
            expect('tphone.conf:3:1: there is no setting "listne"' in said.err, said)


if __name__ == "__main__":
    run(jobs=2)
