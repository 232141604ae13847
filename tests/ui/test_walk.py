#!/usr/bin/env python3
"""A day with the telephone on the screen: it is set up, calls and is called by way of Kamailio,
with baresip and a second phone of ours at the other end. Keys are typed, the picture is read, and
what is heard is judged."""
import glob
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import sound, tphone
from lib.baresip import recordings
from lib.pulse import Pulse
from lib.room import Room, wait_until
from lib.screen import Screen
from lib.tap import case, equal, expect, run
from lib.town import Town

LEVEL = 5000
BOB_HZ, CAROL_HZ, OUR_HZ = 500, 800, 1200
WINDOW = {"first_ms": -700, "last_ms": 8000}


def tone(room, hz):
    return sound.write(room.path(f"{hz}.wav"), sound.tone(hz, 40, 8000, LEVEL))


# --- the first start ----------------------------------------------------------------------------


@case("the first start: a wrong password is told, the right one registers, and is written; then "
      "Bob is rung up")
def first_start():
    with Room() as room:
        town = Town(room)
        bob = town.bob(sound.silence(30), answers=True)
        pulse = Pulse(room, ["me"])
        me = Screen(room, settings=None, env=pulse.card("me"))
        t = me.tmux
        me.enter("a b c", "an address is like alice@example.org")
        me.enter("alice@example.test", "What is its password")
        t.type("hidden")
        t.wait(r"^ \*{6}$")
        me.enter("", "Through which server")
        expect("hidden" not in t.text(), "the password is shown", t.text())
        t.resize(40, 10)
        t.wait("Through which server")
        t.resize(80, 24)
        me.enter(town.proxy.uri, "the server refused the password")
        t.wait(r"Go on\?")
        me.enter("back", "What is your SIP address")
        me.enter("alice@example.test", "What is its password")
        me.enter("first", "Through which server")
        me.enter(town.proxy.uri, "The server has accepted it: registered")
        equal(town.proxy.bindings("alice"), [], "bindings after the test")
        me.enter("", "Which sound device")
        ear = pulse.listen("me")
        me.enter("tone 1", "It was played")
        ear.stop()
        expect(sound.rms(sound.read(ear.path)) > 100, "no tone is heard")
        me.enter("1", "Write this down")
        t.wait(r"tphone\.conf")
        expect(not os.path.exists(me.file), "it was written before it was said")
        me.enter("", r"● alice@example\.test")
        t.wait("no calls")
        town.proxy.wait_bindings("alice", 1)
        with open(me.file, encoding="utf-8") as f:
            text = f.read()
        expect("\npassword = first\n" in text and "\ndevice = default\n" in text, "the file", text)
        equal(os.stat(me.file).st_mode & 0o777, 0o600, "mode of the file")
        me.call("bob@example.test")
        t.wait(r"▶ bob@example.test +0:\d\d +opus")
        t.press("5")
        wait_until(lambda: bob.digits() == "5", 10, "Bob does not hear the digit")
        bob.hang_up()
        t.wait(r"↗ bob@example.test +\d\d:\d\d +0:\d\d")
        me.leave()
        equal(town.proxy.bindings("alice"), [], "bindings in the end")


# --- calls ----------------------------------------------------------------------------------------


def walk_sizes(t):
    for cols, rows in ((200, 60), (59, 16), (40, 10), (39, 10), (40, 9), (12, 3), (80, 24)):
        t.resize(cols, rows)
        t.wait("^ ?tphone")
        small = cols < 40 or rows < 10
        t.wait(r"▶ Bob Martin" if not small else "▶", gone=small)
        if not small:
            wait_until(lambda: max(map(len, t.lines())) <= cols, 5, f"wider than {cols}")


@case("placed by name, sound goes on in all sizes of the screen; recorded, muted, held, digits are "
      "sent")
def talk():
    ours, theirs = sound.speech("caller", 5), sound.speech("callee", 8, tail_s=30)
    with Room() as room:
        town = Town(room)
        bob = town.bob(theirs, answers=True)
        me = town.alice()
        t = me.tmux
        t.press("c")
        t.type("mart")
        t.wait(r"Enter calls .*sip:bob@example\.test")
        t.press("Enter")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        equal(t.ask("pane_title"), "Bob Martin - tphone", "title of the terminal")
        t.press("r")
        t.wait("◉rec")
        me.command("play " + sound.write(room.path("ours.wav"), ours))
        t.wait("plays ")
        walk_sizes(t)
        t.wait(r"quality \d\.\d [█░]+")
        t.wait("plays ", gone=True, seconds=20)
        t.press("r")
        t.wait("◉rec", gone=True)
        t.press("1", "2", "#")
        wait_until(lambda: bob.digits() == "12#", 10, "Bob does not hear the digits")
        me.command("play " + tone(room, OUR_HZ))
        t.wait("plays ")
        time.sleep(1.5)
        t.press("Space")
        t.wait(r"^ tphone.* muted")
        t.wait(r"▶ .*×muted")
        time.sleep(1.5)
        t.press("Space")
        t.wait("muted", gone=True)
        time.sleep(1.5)
        t.press("H")
        t.wait(r"‖ Bob Martin +0:\d\d +on hold")
        bob.wait("CALL_REMOTE_SDP", count=2, param="offer")
        bob.hang_up()
        t.wait("no calls")
        t.wait(r"↗ Bob Martin +\d\d:\d\d +0:\d\d")
        said = recordings(room, "bob", bob.process)[0].at(8000)
        notes = [sound.expect_heard(ours, said, "what Bob heard", **WINDOW)]
        spans = [(start, end) for start, end in
                 sound.spans(sound.amplitudes(said, OUR_HZ), LEVEL / 2, gap_s=0.6) if end - start > 0.8]
        expect(len(spans) == 2 and spans[1][0] - spans[0][1] > 1, f"muted, but heard: {spans}")
        file, = glob.glob(me.home["HOME"] + "/tphone-*.wav")
        for side, spoken in zip(sound.read_channels(file), (theirs.cut(1, 5), ours)):
            notes.append(sound.expect_heard(spoken, side.at(8000), file, first_ms=-2000,
                                            last_ms=8000))
        me.leave(allowed=["tphone-20"])
        return "\n".join(map(str, notes))


@case("two calls: the other is held, they change places, all hear each other, each is hung up")
def two_calls():
    tones = {hz: sound.tone(hz, 40, 48000, LEVEL) for hz in (BOB_HZ, CAROL_HZ, OUR_HZ)}
    with Room() as room:
        town, pulse = Town(room), Pulse(room, ["bob", "me"])
        town.bob(tones[BOB_HZ], card=pulse.card("bob"), answers=True)
        carol = town.carol(spoken=tones[CAROL_HZ], codec="pcmu")
        me = town.alice(device=None, env=pulse.card("me"))
        t = me.tmux
        pulse.speak("me", tones[OUR_HZ])
        ears = {name: pulse.listen(name) for name in ("bob", "me")}
        me.call("bob")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.wait(r"^ tphone.* mic ▁*[▂-█]+ +spk ▁*[▂-█]")
        time.sleep(1)
        me.call("carol")
        t.wait(r"▶ Carol +0:\d\d +PCMU")
        t.wait(r"‖ Bob Martin +0:\d\d +on hold")
        time.sleep(1.5)
        t.press("s")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.wait(r"‖ Carol +0:\d\d +on hold")
        carol.wait_line("put on hold by the other side")
        time.sleep(1.5)
        t.press("C")
        t.wait(r"▶ Bob Martin +0:\d\d +conference")
        t.wait(r"▶ Carol +0:\d\d +conference")
        carol.wait_line("taken off hold by the other side")
        time.sleep(2)
        t.press("x")
        t.wait("Bob Martin +0:", gone=True)
        t.wait(r"▶ Carol +0:\d\d +PCMU")
        time.sleep(1)
        t.press("x")
        t.wait("no calls")
        for ear in ears.values():
            ear.stop()
        me.leave()
        recorded = {"bob": ears["bob"].path, "carol": carol.recording, "alice": ears["me"].path}
        both = {BOB_HZ, CAROL_HZ}
        wanted = {"bob": [{OUR_HZ}, {OUR_HZ, CAROL_HZ}],
                  "carol": [{OUR_HZ}, {OUR_HZ, BOB_HZ}, {OUR_HZ}],
                  "alice": [{BOB_HZ}, {CAROL_HZ}, {BOB_HZ}, both, {CAROL_HZ}]}
        for who, path in recorded.items():
            heard = sound.read(path).at(8000)
            equal(sound.turns(heard, sorted(tones), LEVEL / 10), wanted[who], f"what {who} heard")


@case("one is called: on top, with a title; answered, missed, declined; the history is searched, "
      "and calls back")
def called():
    with Room() as room:
        town = Town(room)
        bob = town.bob(sound.silence(30))
        me = town.alice()
        t = me.tmux
        bob.dial("sip:alice@example.test")
        t.wait(r"^ ◀ Bob Martin calls +a answer +x decline")
        expect("calls - tphone" in t.ask("pane_title"), "the title does not tell of it")
        t.press("a")
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        bob.wait("CALL_ESTABLISHED")
        bob.hang_up()
        t.wait(r"↙ Bob Martin +\d\d:\d\d +0:\d\d")
        bob.dial("sip:alice@example.test")
        t.wait(r"^ ◀ Bob Martin calls")
        bob.hang_up()
        t.wait(r"Bob Martin +\d\d:\d\d +missed")
        t.wait("◀", gone=True)
        carol = tphone.Call(room, "sip:alice@example.test", "carol",
                            account=town.proxy.account("carol"))
        t.wait(r"^ ◀ Carol calls")
        t.press("X")
        carol.expect_status(tphone.DECLINED)
        t.wait(r"↙ Carol +\d\d:\d\d +declined")
        me.command("focus history")
        talked, missed = r"Bob Martin +\d\d:\d\d +0:\d\d", r"Bob Martin +\d\d:\d\d +missed"
        for text, row in (("missed", missed), ("bob", missed)):
            t.press("/")
            t.type(text)
            t.press("Enter")
            t.wait_chosen(row)
        for key, row in (("n", talked), ("N", missed), ("g", r"Carol +\d\d:\d\d +declined")):
            t.press(key)
            t.wait_chosen(row)
        t.press("n", "Enter")
        bob.wait("CALL_INCOMING")
        t.wait(r"▶ Bob Martin|. Bob Martin +0:\d\d +rings")
        bob.answer()
        t.wait(r"▶ Bob Martin +0:\d\d +opus")
        t.press("q")
        t.wait(r"hang up and quit\?")
        me.leave("y")
        bob.wait("CALL_CLOSED", count=3)


if __name__ == "__main__":
    run(jobs=4, in_time=True)
