#!/usr/bin/env python3
"""A password in the keyring of the desktop: stored, used, forgotten; and a keyring that is not
there. The keyring is gnome-keyring on a bus of its own."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import pace, room as rooms, tap, tphone
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

LOCKED = ("the keyring is locked, and nobody has unlocked it; who logs in to the desktop does, "
          "or its own program")
SECRET = "Wf7-plover;xyzzy\"2#\\"


class Keyring:
    """.env is what a program needs to find it."""

    def __init__(self, room, locked=False):
        home = rooms.home_in(room.path("desktop"))
        address = f"unix:path={room.path('bus')}"
        self.env = {**os.environ, **home, "DBUS_SESSION_BUS_ADDRESS": address}
        config = room.write("bus.conf", f"""<!DOCTYPE busconfig PUBLIC
            "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
            "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig><type>session</type><listen>{address}</listen><policy context="default">
            <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
            </busconfig>""")
        room.start("dbus", ["dbus-daemon", "--nofork", f"--config-file={config}"], env=self.env)
        wait_until(lambda: os.path.exists(room.path("bus")), 10, "there is no bus")
        self.start(room, "--unlock")
        if locked:
            equal(password(self.env, "alice@example.test", given=b"x\n"), (0, "", ""), "storing")
            self.process.signal(15)
            self.process.status()
            self.start(room)

    def start(self, room, *options):
        self.process = room.start("keyring", [
            "gnome-keyring-daemon", "--foreground", "--components=secrets", *options],
            env=self.env, stdin=subprocess.PIPE)
        self.process.popen.stdin.write(b"open sesame")  # of the keyring, which is made by that
        self.process.popen.stdin.close()
        wait_until(lambda: "no keyring answers" not in password(self.env, "x@y", "--show")[2], 15,
                   "the keyring does not answer")


def password(env, *words, given=None):
    done = subprocess.run([tphone.program(), "password", *words], input=given, env=env, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **({} if given is not None else {"stdin": subprocess.DEVNULL}))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@case("a password is stored, used by its account, shown and forgotten")
def kept():
    with Room() as room:
        keyring = Keyring(room)
        server = room.keep(Registrar({"alice": SECRET, "bob": None}))
        config = room.write("alice.conf", "[account work]\nuri = sip:alice@example.test\n"
                            f"proxy = {server.uri}\npassword-keyring = yes\n")
        env = {k: keyring.env[k] for k in ("DBUS_SESSION_BUS_ADDRESS",)}
        work = ["work", "--config", config]

        phone = tphone.Register(room, None, name="early", config=config, env=env)
        equal(phone.status(), tphone.REFUSED, "the status without a password")
        expect("password-keyring: the keyring has no password for sip:alice@example.test; tphone "
               "password stores it" in phone.output(), "what is missing was not said",
               *phone.process.tail())

        equal(password(keyring.env, *work, given=SECRET.encode() + b"\n"), (0, "", ""), "storing")
        equal(password(keyring.env, *work, "--show"), (0, SECRET + "\n", ""), "showing")
        equal(password(keyring.env, "bob@example.test", "--show"),
              (1, "", "tphone: the keyring has no password for sip:bob@example.test; tphone "
                      "password stores it\n"), "showing another one")

        phone = tphone.Register(room, None, name="alice", config=config, env=env, verbose=True)
        server.bound("alice")
        expect(SECRET not in phone.output(), "it was said")
        phone.process.signal(15)
        phone.status()

        equal(password(keyring.env, "alice@example.test", "--forget"), (0, "", ""), "forgetting")
        equal(password(keyring.env, *work, "--forget")[0], 1, "forgetting what is not there")


@case("where no keyring answers there is a sentence, and nothing waits")
def missing():
    with Room() as room:
        env = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={room.path('nothing')}"}
        status, out, err = password({**os.environ, **env}, "alice@example.test", given=b"x\n")
        equal((status, out), (1, ""), "storing")
        expect(err.startswith("tphone: no keyring answers: "), "no sentence", err)
        server = room.keep(Registrar({"alice": SECRET}))
        phone = tphone.Register(room, None, config=room.write(
            "alice.conf", "[account work]\nuri = sip:alice@example.test\n"
            f"proxy = {server.uri}\npassword-keyring = yes\n"), env=env)
        equal(phone.status(), tphone.REFUSED, "the status")
        expect("password-keyring: no keyring answers: " in phone.output(), "no sentence",
               *phone.process.tail())


@case("a keyring that nobody has unlocked: there is a sentence, and nothing waits")
def locked():
    with Room() as room:
        keyring = Keyring(room, locked=True)
        began = pace.now()
        for words, given in ((["--show"], None), (["--forget"], None), ([], b"y\n")):
            equal(password(keyring.env, "alice@example.test", *words, given=given),
                  (1, "", f"tphone: {LOCKED}\n"), f"tphone password {words}")
        expect(pace.now() - began < 5, f"they waited for {pace.now() - began:.1f} s")
        server = room.keep(Registrar({"alice": SECRET}))
        phone = tphone.Register(room, None, config=room.write(
            "alice.conf", "[account work]\nuri = sip:alice@example.test\n"
            f"proxy = {server.uri}\npassword-keyring = yes\n"), env=keyring.env)
        equal(phone.status(5), tphone.REFUSED, "the status")
        expect(f"password-keyring: {LOCKED}" in phone.output(), "no sentence",
               *phone.process.tail())


@case("there is nothing to be stored, or nobody to store it for")
def wrong():
    equal(password(os.environ, "alice@example.test", given=b"\n")[::2],
          (1, "tphone: standard input is no terminal, and its first line no password\n"), "empty")
    status, _, err = password(os.environ, "@@@", given=b"x\n")
    equal(status, tphone.USAGE, "a strange account")
    expect(err, "no sentence")


if __name__ == "__main__":
    tap.run(jobs=3)
