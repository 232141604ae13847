#!/usr/bin/env python3
"""The accounts on the screen: why one is not registered, in full, and what helps."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib.registrar import Registrar
from lib.room import Room
from lib.screen import Screen
from lib.tap import case, expect, run


@case("a refused password is told whole in 40 columns, too; the right one registers, r does so again")
def refused():
    with Room() as room:
        server = room.keep(Registrar({"alice": "secret"}))
        me = Screen(room, cols=40, rows=16, settings=f"""[account home]
uri = sip:alice@example.test
proxy = {server.uri}
password = wrong
""")
        t = me.tmux
        t.press("R")
        t.wait("home.*not registered")
        t.wait("the server refused the password.* check.*password.*auth-user")
        t.press("p")
        t.wait("password for home")
        t.type("secret")
        t.press("Enter")
        t.wait("● home.* registered")
        t.wait(r"server +127\.0\.0\.1:")
        t.wait("reached at")
        t.wait("expiry +1 hour, renewed in time")
        expect("refused" not in t.text(), "the reason stays", t.text())
        t.press("u")
        t.wait("● home", gone=True)
        t.press("r")
        t.wait("● home.* registered")


if __name__ == "__main__":
    run()
