#!/usr/bin/env python3
"""A sound device that is chosen on the screen is kept where the person says so, and only then."""
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, run


def type_into(lines, text, then):
    lines.popen.stdin.write(text.encode() + b"\n")
    lines.popen.stdin.flush()
    lines.wait_line(then)


@case("w in the view of devices writes into tphone.conf, whose other lines, mode and link stay")
def kept():
    with Room() as room:
        me = Screen(room, settings="# what I like\nring-device = none\n\n[account a]\n"
                                   "uri = sip:a@127.0.0.1:9\nregister = no\n")
        t = me.tmux
        with open(me.file) as f:
            before = f.read()
        real = me.file + ".mine"
        os.rename(me.file, real)
        os.symlink(real, me.file)
        os.chmod(real, 0o640)

        def text():
            with open(me.file) as f:
                return f.read()
        t.press("D")
        t.wait(r"w keep")
        t.press("G", "Enter")
        t.wait("none +no sound device.* in use")
        t.wait('none is used now; "keep" writes that into tphone.conf')
        equal(text(), before, "the file before anybody has asked for it")
        t.press("w")
        t.wait("the devices are kept in .*tphone.conf")
        wanted = before.replace("device = null", "device = none")
        equal(text(), wanted, "the file")
        equal(stat.S_IMODE(os.stat(real).st_mode), 0o640, "its mode")
        equal(os.path.islink(me.file), True, "the link is there")
        equal(sorted(os.listdir(os.path.dirname(me.file))),
              ["contacts", "tphone.conf", "tphone.conf.mine"], "files in the folder")
        t.press("w")
        t.wait("the devices are kept")  # nothing changes
        lines = me.start("--plain", popen={"stdin": -1})
        lines.wait_line("Type a command")
        with open(real, "a") as f:
            f.write("nonsense\n")
        type_into(lines, "device null", "sound device is now null")
        type_into(lines, "keep", r"tphone\.conf\.mine:\d+:\d+: ")
        with open(real, "w") as f:
            f.write(before)
        type_into(lines, "device none", "sound device is now none")
        type_into(lines, "keep", "the devices are kept in")
        wait_until(lambda: text() == wanted, 5, "the file is another")
        bare = before.replace("ring-device = none\n", "")
        with open(real, "w") as f:
            f.write(bare)
        type_into(lines, "device none | none", r"sound device is now none \| none")
        type_into(lines, "keep", "the devices are kept in")
        lines.popen.stdin.close()
        wanted = bare.replace("device = null", "device = none | none")
        wait_until(lambda: text() == wanted, 5, "what rings is said, though it follows the device")


if __name__ == "__main__":
    run()
