#!/usr/bin/env python3
"""How a call that comes in is noticed with the screen attached: on the devices that ring, by bell,
title and hooks."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import tphone
from lib.pulse import cards
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run

LOUD_DB, SILENT_DB = -45, -80


@case("it rings on both ring devices and not on the headset, until the call is answered")
def two_devices():
    with Room() as room:
        pulse, env = cards(room, "headset", "kitchen", "hall")
        ears = {name: pulse.listen(name) for name in ("headset", "kitchen", "hall")}
        me = Screen(room, device="default", env=env,
                    settings="ring-device = kitchen\nring-device = hall\n")
        t = me.tmux
        tphone.Call(room, me.uri, "alice", user="alice", seconds=60)
        t.wait(r"◀ .*alice.* calls")
        for name in ("kitchen", "hall"):
            wait_until(lambda n=name: ears[n].level() > LOUD_DB, 20, f"nothing rings in the {name}")
        expect(ears["headset"].level(3) < SILENT_DB, "it rings in the headset")
        t.press("a")
        t.wait(r"▶ .*alice.* 0:\d\d")
        for name in ("kitchen", "hall"):
            wait_until(lambda n=name: ears[n].level() < SILENT_DB, 20, f"it rings on in the {name}")
        t.press("x")
        t.wait("no calls")


@case("a call that comes in rings the bell, has the title and starts the hook; the title comes back")
def bell():
    with Room() as room:
        told = room.path("told")
        me = Screen(room, settings=f"on-event = incoming sh -c 'echo \"$TPHONE_PEER\" >>{told}'\n")
        t = me.again("shell", ["sh", "-c", r"printf '\033]2;my own\007'; "
                               f"{me.words[0]}; echo it is over; exec sleep 60"])
        t.wait("no calls")
        wait_until(lambda: t.ask("pane_title") == "tphone", 10, "the title is not ours")
        equal(t.ask("window_bell_flag"), "0", "the bell before the call")
        caller = tphone.Call(room, me.uri, "alice", user="alice", seconds=30)
        t.wait(r"◀ .*alice.* calls")
        wait_until(lambda: t.ask("window_bell_flag") == "1", 10, "there is no bell")
        expect("alice" in t.ask("pane_title") and "calls" in t.ask("pane_title"), "the title")
        wait_until(lambda: os.path.exists(told) and os.path.getsize(told), 10, "no hook has run")
        with open(told) as f:
            expect("sip:alice@" in f.read(), "the hook was not told who calls")
        t.press("X")
        caller.expect_status(tphone.DECLINED)
        wait_until(lambda: t.ask("pane_title") == "tphone", 10, "the title stays")
        t.press("q")
        t.wait("it is over")
        equal(t.ask("pane_title"), "my own", "the title afterwards")


if __name__ == "__main__":
    run(jobs=2)
