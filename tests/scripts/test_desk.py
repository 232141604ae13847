#!/usr/bin/env python3
"""What a telephone on a desk offers to those who look at it: the trace of its messages, do not
disturb, people, levels, devices, over the socket."""
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, control, pace, tap, tphone
from lib.attack import sanitized
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect


# --- trace --------------------------------------------------------------------------------------

def first_lines(client):
    return [e["message"].split("\r\n")[0] for e in client.events("sip")]


@case("trace: who asks hears each message with both addresses, nobody else does")
def trace():
    with Room() as room:
        phone, far = control.Daemon(room, "desk"), control.Piped(room, "far")
        me, other = phone.client("me"), phone.client("other")
        me.do("trace")
        one, _ = control.call_up(me, far)
        invite = me.events("sip")[0]
        equal((invite["direction"], invite["transport"], invite["local"], invite["remote"]),
              ("out", "udp", f"127.0.0.1:{phone.port}", f"127.0.0.1:{far.port}"), "the INVITE")
        expect(invite["message"].startswith(f"INVITE {far.uri} SIP/2.0\r\n"), "no INVITE", *me.tail())
        expect("\r\n\r\nv=0\r\n" in invite["message"], "its SDP is missing")
        ok = me.event("sip", direction="in")
        equal((ok["local"], ok["remote"]), (invite["local"], invite["remote"]), "the answer")
        lines = [next(iter(l.get("message", l.get("event", "reply")).split(" "))) for l in me.lines]
        expect(lines.index("SIP/2.0") < lines.index("answered"), "the answer came before its message")
        me.do("trace", on=False)
        mark = me.mark()
        me.do("hangup", call=one)
        me.event("ended", call=one)
        expect(not [l for l in me.lines[mark:] if l.get("event") == "sip"], "it still hears", *me.tail())
        other.event("ended", call=one)
        equal(other.events("sip"), [], "what the other was told")
        other.do("events", on=False)
        other.do("trace")
        control.call_up(me, far)
        wait_until(lambda: any(l.startswith("ACK") for l in first_lines(other)), 5, "no ACK in the trace")
        phone.stop()


@case("trace: what a password could be guessed from is in no line")
def trace_secrets():
    with Room() as room:
        server = room.keep(Registrar())
        phone = control.Daemon(room, "desk", account=account.of(server, "alice"),
                               keep_trace="yes")
        me = phone.client("me")
        wait_until(lambda: me.do("status")["accounts"][0]["registered"], 10, "not registered")
        me.do("trace")
        wait_until(lambda: len(me.events("sip")) >= 4, 5, "what was before is not told")
        second = [e["message"] for e in me.events("sip") if "\r\nAuthorization:" in e["message"]][0]
        for name in ("response", "nonce", "cnonce"):
            expect(f'{name}="..."' in second, f"{name} is shown", second)
        expect('username="alice"' in second, "more is hidden than needs to be", second)
        phone.stop()


@case("trace: what went by before is kept where that is wanted, up to its limit")
def trace_kept():
    with Room() as room:
        phone = control.Daemon(room, "desk", keep_trace="yes", name_="n" * 900)
        far = control.Piped(room, "far")
        me = phone.client("me")
        for _ in range(40):
            one, _ = control.call_up(me, far)
            me.do("hangup", call=one)
            me.event("ended", call=one)
        late = phone.client("late")
        late.do("trace")
        control.call_up(me, far)
        wait_until(lambda: first_lines(late)[-1].startswith("ACK"), 5, "no ACK in the trace")
        calls = sum(l.startswith("INVITE") for l in first_lines(late))
        expect(15 < calls < 40, f"{calls} calls of 41 were kept")
        times = [e["time"] for e in late.events("sip")]
        equal(times, sorted(times), "their times")
        phone.stop()


@case("tphone ctl trace shows messages for a person")
def ctl_trace():
    with Room() as room:
        phone, far = control.Daemon(room, "desk"), control.Piped(room, "far")
        me = phone.client("me")
        watch = room.start("ctl trace", [tphone.program(), "ctl", "--socket", phone.socket, "trace"])

        def shown():
            me.do("call", target=far.uri)
            time.sleep(0.1)
            return watch.said("INVITE sip:far@")
        wait_until(shown, 10, "no INVITE is shown")
        expect(watch.said(f"sent to udp 127.0.0.1:{far.port}"), "no heading", *watch.tail())
        phone.stop()


# --- people -------------------------------------------------------------------------------------

BOOK = "# friends\nbob = sip:bob@127.0.0.1\n\n; work\nCarol Baker = sip:carol@127.0.0.1\n"


def names(client):
    return [c["name"] for c in client.do("contacts")["contacts"]]


def file_of(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


@case("contacts are set, renamed and removed; the rest of their file stays")
def contacts():
    with Room() as room:
        book = room.write("people", BOOK)
        phone = control.Daemon(room, "desk", contacts_file=book)
        me, other = phone.client("me"), phone.client("other")
        second = me.do("contacts")["contacts"][1]
        equal((second["name"], second["address"]), ("Carol Baker", "sip:carol@127.0.0.1"), "the second")
        mark = other.mark()
        me.do("contact", name="Dave", address="sip:dave@127.0.0.1")
        other.event("contacts-changed", after=mark)
        me.do("contact", name="bob", rename="Bobby", address="sip:b@127.0.0.1")
        me.do("contact", name="carol baker", on=False)
        equal(file_of(book), "# friends\nBobby = sip:b@127.0.0.1\n\n; work\nDave = sip:dave@127.0.0.1\n",
              "the file")
        equal(names(me), ["Bobby", "Dave"], "the contacts")
        equal(os.listdir(os.path.dirname(book)).count("people"), 1, "files")
        expect(not [f for f in os.listdir(room.folder) if f.startswith("people.")], "a file is left over")
        me.refused("contact", "no-such-contact", name="nobody", on=False)
        me.refused("contact", "bad-value", name="a@b", address="sip:x@y")
        me.refused("contact", "bad-value", name="Dave", rename="bobby")
        me.refused("contact", "changed", name="Dave", address="sip:x@y", was="sip:old@127.0.0.1")
        me.refused("contact", "changed", name="Dave", on=False, was="sip:old@127.0.0.1")
        me.refused("contact", "bad-value", name="dave", address="sip:x@y", new=True)
        me.do("contact", name="Dave", address="sip:d@127.0.0.1", was="sip:dave@127.0.0.1")
        equal(me.do("contacts")["file"], book, "where they are")
        me.refused("contact", "bad-member", name="Dave")
        me.refused("contact", "bad-member", address="sip:x@y")
        phone.stop()


@case("what another program writes is told, and a fault in it, too")
def contacts_by_others():
    with Room() as room:
        book = room.write("people", BOOK)
        phone = control.Daemon(room, "desk", contacts_file=book)
        me = phone.client("me")
        with open(book, "a", encoding="utf-8") as f:
            f.write("Eve = sip:eve@127.0.0.1\n")
        me.event("contacts-changed")
        expect("Eve" in names(me), "she is not there", *me.tail())
        mark = me.mark()
        new = room.write("people.new", "zoe = sip:zoe@127.0.0.1\n")
        os.rename(new, book)
        me.event("contacts-changed", after=mark)
        equal(names(me), ["zoe"], "the contacts")
        mark = me.mark()
        wrong = "no equals sign\nzoe = sip:zoe@127.0.0.1\n"
        room.write("people", wrong)
        me.event("notice", after=mark)
        told = me.do("contacts")
        expect("equals sign" in told["text"], told["text"])
        equal([c["name"] for c in told["contacts"]], ["zoe"], "the good lines")
        me.do("contact", name="x", address="sip:x@y")
        expect(file_of(book).startswith(wrong), "the line that is wrong is gone", file_of(book))
        equal(sorted(c["name"] for c in me.do("contacts")["contacts"]), ["x", "zoe"], "contacts")
        phone.stop()


@case("a file of contacts that is wrong from the beginning is told, and stops nothing")
def contacts_wrong():
    with Room() as room:
        phone = control.Daemon(room, "desk", contacts_file=room.write("people", "wrong\n"))
        phone.wait_line("people:1:6: an equals sign is missing")
        me = phone.client("me")
        room.write("people", BOOK)
        me.event("contacts-changed")
        equal(len(names(me)), 2, "contacts")
        phone.stop()


def name_of_caller(me, far, phone):
    mark = me.mark()
    far.do("call", target=phone.uri)
    name = me.event("incoming", after=mark).get("contact")
    far.do("hangup")
    me.event("ended", after=mark)
    return name


@case("a link to the contacts that leads elsewhere, and a folder made again, hold from the next call on")
def contacts_by_link():
    with Room() as room:
        link, far = room.path("people"), control.Piped(room, "far")
        for name in ("one", "two"):
            os.mkdir(room.path(name))
            room.write(f"{name}/people", f"{name} = sip:tphone@127.0.0.1\n")
        os.symlink("one/people", link)
        phone = control.Daemon(room, "desk", contacts_file=link)
        me = phone.client("me")
        equal(name_of_caller(me, far.client, phone), "one", "at first")
        mark = me.mark()
        os.symlink("two/people", room.path("new"))
        os.rename(room.path("new"), link)
        name_of_caller(me, far.client, phone)  # perhaps by the name that was known
        me.event("contacts-changed", after=mark)
        equal(name_of_caller(me, far.client, phone), "two", "behind the link")
        for name in ("three", "four"):  # the folder, and what stands in its place
            os.mkdir(room.path(name))
            room.write(f"{name}/people", f"{name} = sip:tphone@127.0.0.1\n")
            mark = me.mark()
            os.rename(room.path("two"), room.path(f"before-{name}"))
            os.rename(room.path(name), room.path("two"))
            me.event("contacts-changed", after=mark)
            equal(name_of_caller(me, far.client, phone), name, "in the folder")
        phone.stop()


@case("a link to the contacts that leads where the sandbox does not: said, once, and the list stays")
def contacts_out_of_reach():
    if sanitized():
        return "not with address sanitizer, which no sandbox is closed for"
    with Room() as room:
        link, far = room.path("people"), control.Piped(room, "far")
        for name in ("run", "one", "two"):
            os.mkdir(room.path(name))
            room.write(f"{name}/people", f"{name} = sip:tphone@127.0.0.1\n")
        os.symlink("one/people", link)
        phone = control.Daemon(room, "run/desk", contacts_file=link)
        me = phone.client("me")
        room.write("one/people", "uno = sip:tphone@127.0.0.1\n")
        me.event("contacts-changed")
        for gone in (False, True):
            if gone:
                shutil.rmtree(room.path("one"))
            mark, changes = me.mark(), len(me.events("contacts-changed"))
            os.symlink("two/people", room.path("new"))
            os.rename(room.path("new"), link)
            for _ in range(3):
                equal(name_of_caller(me, far.client, phone), "uno", "the name that was known")
            if not gone:
                me.wait(lambda l: "start it again" in l.get("text", ""), 10, after=mark,
                        what="that it is another file")
            equal(len(me.events("contacts-changed")), changes, "changes")
        equal(len([n for n in me.events("notice") if "people" in n.get("text", "")]), 1, "notices")
        phone.stop()


@case("contacts whose folder is not there yet, or cannot be written")
def contacts_new():
    with Room() as room:
        phone = control.Daemon(room, "desk")
        me = phone.client("me")
        equal(me.do("contacts")["contacts"], [], "contacts at first")
        me.do("contact", name="Bob", address="sip:bob@127.0.0.1")
        me.event("contacts-changed")
        equal(names(me), ["Bob"], "the contacts")
        phone.stop()
        phone = control.Daemon(room, "other", contacts_file="/proc/self/people")
        me = phone.client("me")
        expect("/proc/self/people" in me.refused("contact", "failed", name="x", address="sip:x@y"),
               "the file is not named")
        phone.stop()


@case("history: a call that has just ended is there, missed ones apart; commands keep their order")
def history():
    with Room() as room:
        phone, far = control.Daemon(room, "desk"), control.Piped(room, "far")
        me = phone.client("me")
        equal(me.do("history")["history"], [], "at first")
        one, _ = control.call_up(me, far)
        me.do("hangup", call=one)
        me.event("ended", call=one)
        row = me.do("history")["history"][0]
        equal((row["direction"], row["outcome"], row["peer"]), ("out", "answered", far.uri), "the call")
        there = far.client.do("call", target=phone.uri)["call"]
        here = me.event("incoming")["call"]
        far.client.do("hangup", call=there)
        me.event("ended", call=here)
        asked = [me.send("history", limit=1), me.send("status"), me.send("history", missed=True)]
        first, _, missed = [me.reply(n) for n in asked]
        order = [l["reply"] for l in me.lines if l.get("reply") in asked]
        equal(order, asked, "the order of replies")
        equal(first["history"], missed["history"], "the newest, and those missed")
        equal(missed["history"][0]["outcome"], "missed", "outcome")
        me.refused("history", "bad-member", limit=0)
        run = room.start("ctl history", [tphone.program(), "ctl", "--socket", phone.socket, "history"])
        equal(run.status(10), 0, "status of ctl history")
        expect(run.said("from  missed") and run.said("to    answered"), "it does not show them", *run.tail())
        far.client.do("call", target=phone.uri)
        leaver = phone.client("leaver")
        for _ in range(20):
            leaver.send("history")
        leaver.close()
        me.do("status")
        phone.stop()


# --- do not disturb -----------------------------------------------------------------------------

@case("do not disturb: calls are refused without ringing, told, and missed; then not any more")
def dnd():
    with Room() as room:
        phone, far = control.Daemon(room, "desk"), control.Piped(room, "far")
        me = phone.client("me")
        equal(me.do("status")["dnd"], False, "at first")
        me.do("dnd")
        me.event("dnd-on")
        me.do("dnd", on=True)
        equal(me.do("status")["dnd"], True, "in status")
        there = far.client.do("call", target=phone.uri)["call"]
        told = me.event("turned-away")
        equal((told["status"], told["peer"][:4]), (480, "sip:"), "what is told")
        end = me.event("ended", call=told["call"])
        equal((end["outcome"], end["status"]), ("refused", 480), "its end")
        far.client.event("ended", call=there, status=480)
        equal(far.client.events("ringing"), [], "what rang")
        equal(me.events("incoming"), [], "what came in")
        row = me.do("history")["history"][0]
        equal((row["direction"], row["outcome"], row["status"]), ("in", "missed", 480), "in the history")
        me.do("dnd", on=False)
        me.event("dnd-off")
        equal(len(me.events("dnd-on")), 1, "how often it was told")
        far.client.do("call", target=phone.uri)
        me.event("incoming")
        phone.stop()


@case("do not disturb from the beginning, with another status, goes on in calls")
def dnd_configured():
    with Room() as room:
        phone = control.Daemon(room, "desk", dnd="yes", dnd_status=486)
        far = control.Piped(room, "far")
        me = phone.client("me")
        one, _ = control.call_up(me, far)
        there = far.client.do("call", target=phone.uri)["call"]
        far.client.event("ended", call=there, outcome="busy")
        equal(me.do("status")["calls"][0]["phase"], "up", "the call before")
        me.do("hangup", call=one)
        phone.stop()
        answer = tphone.Answer(room, times=1, dnd="yes")
        far.client.do("call", target=answer.uri)
        far.client.event("ended", status=480)
        expect(answer.process.popen.poll() is None, "it ended with a call that it did not take")
        answer.stop()


# --- the sound device ---------------------------------------------------------------------------

def tests_done(client, mark, *doing):
    """Waits until the test has done so many things, and holds it to these."""
    def did():
        return [l["doing"] for l in client.lines[mark:] if l.get("event") == "test"]
    wait_until(lambda: len(did()) >= len(doing), 15, f"the test does not come to {doing[-1]}")
    equal(did(), list(doing), "what the test did")


@case("levels: ten a second while the device is open, for who asks, and nothing otherwise")
def levels():
    with Room() as room:
        phone, far = control.Daemon(room, "desk", device="null"), control.Piped(room, "far")
        me, other = phone.client("me"), phone.client("other")
        me.do("levels")
        time.sleep(0.3)
        equal(me.events("levels"), [], "without a call")
        stalls = pace.Stalls()
        one, _ = control.call_up(me, far)
        wait_until(lambda: len(me.events("levels")) >= 25, 15, "they do not come")
        late, told = stalls.seconds(), [l["time"] for l in me.events("levels")]
        n, took = len(told), told[-1] - told[0]
        expect(4 * (took - late) <= n <= 12.5 * took + 1, f"{n} in {took:.1f} s", *me.tail())
        equal(me.events("levels")[1]["microphone_dbfs"], -96, "the null device")
        me.do("hangup", call=one)
        me.event("ended", call=one)
        me.wait(lambda l: l.get("event") == "levels" and "speaker_dbfs" not in l, what="their end")
        equal(other.events("levels"), [], "what the other was told")
        control.call_up(me, far)
        me.do("levels", on=False)
        mark = me.mark()
        time.sleep(0.5)
        expect(not [l for l in me.lines[mark:] if l.get("event") == "levels"], "it goes on", *me.tail())
        phone.stop()


@case("a test of the device: tone, record and play back, levels; over with a call, or by command")
def device_test():
    with Room() as room:
        phone, far = control.Daemon(room, "desk", device="null"), control.Piped(room, "far")
        me = phone.client("me")
        me.do("levels")
        mark = me.mark()
        me.do("test", what="open")
        me.event("levels", after=mark)
        tests_done(me, mark, "open")
        mark = me.mark()
        me.do("test", what="tone")
        tests_done(me, mark, "tone", "open")
        loud = max(e.get("speaker_dbfs", -96) for e in me.events("levels"))
        expect(-20 < loud < -5, f"the tone had {loud} dB")
        mark = me.mark()
        me.do("test", what="record")
        tests_done(me, mark, "record", "play", "open")
        me.do("test", what="off")
        equal(me.event("test-ended").get("text"), None, "why it ended")
        leaver = phone.client("leaver")
        leaver.do("test", what="open")
        mark = me.mark()
        leaver.close()
        me.event("test-ended", after=mark)
        me.do("test", what="tone")
        mark = me.mark()
        one, _ = control.call_up(me, far)
        me.event("test-ended", after=mark)
        me.refused("test", "wrong-state", what="open")
        me.refused("test", "bad-member")
        me.refused("test", "bad-member", what="loud")
        phone.stop()


@case("another device, with a call up: chosen, or, where it cannot be, the one before goes on")
def device_choice():
    with Room() as room:
        phone, far = control.Daemon(room, "desk", device="null"), control.Piped(room, "far")
        me = phone.client("me")
        equal([me.do("status")[m] for m in ("device", "ring_devices")], ["null", ["null"]], "at first")
        one, _ = control.call_up(me, far)
        me.do("levels")
        me.event("levels")
        mark = me.mark()
        me.do("device", name="no such card")
        told = me.event("device", after=mark)
        equal(told["device"], "null", "the device")
        expect(told["text"], "it is not said why")
        mark = me.mark()
        me.event("levels", after=mark + 1)
        equal(me.do("status")["device"], "null", "in status")
        me.do("device", name="none")
        me.event("device", device="none")
        me.wait(lambda l: l.get("event") == "levels" and "speaker_dbfs" not in l, what="its end")
        equal(me.do("status")["device"], "none", "in status")
        me.refused("test", "sound", what="tone")
        mark = me.mark()
        me.do("device", name="null", ring="none")
        expect("text" not in me.event("device", after=mark, device="null"), "it failed", *me.tail())
        me.event("levels", after=mark)
        equal(me.do("status")["ring_devices"], [], "what rings")
        me.do("hangup", call=one)
        me.refused("device", "bad-member")
        phone.stop()
        phone = control.Daemon(room, "mute")
        me = phone.client("me")
        me.do("device", name="null")
        me.event("device", device="null")
        me.do("test", what="open")
        me.event("test")
        phone.stop()


@case("what cannot ring is told once, and the call rings all the same; it stops when nobody calls")
def ring_fails():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="null", ring_device="no such card")
        far = control.Piped(room, "far")
        me = phone.client("me")
        for _ in range(2):
            mark = me.mark()
            there = far.client.do("call", target=phone.uri)["call"]
            here = me.event("incoming", after=mark)["call"]
            far.client.event("ringing", call=there)
            me.event("notice")
            far.client.do("hangup", call=there)
            me.event("ended", call=here)
        equal(len(me.events("notice")), 1, "notices")
        me.do("device", ring="null")
        me.event("device", device="null")
        mark = me.mark()
        far.client.do("call", target=phone.uri)
        me.event("incoming", after=mark)
        me.do("answer")
        me.event("answered")
        phone.stop()
        phone = control.Daemon(room, "other", device="null", ring_tone=room.path("missing.wav"))
        me = phone.client("me")
        far.client.do("call", target=phone.uri)
        expect("missing.wav" in me.event("notice")["text"], "the file is not named", *me.tail())
        phone.stop()


@case("a device that has no loudspeaker does not ring, nor does the system's")
def ring_without_loudspeaker():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="no such card | none")
        far = control.Piped(room, "far")
        me = phone.client("me")
        equal(me.do("status")["ring_devices"], [], "what rings")
        there = far.client.do("call", target=phone.uri)["call"]
        here = me.event("incoming")["call"]
        far.client.event("ringing", call=there)
        far.client.do("hangup", call=there)
        me.event("ended", call=here)
        equal(me.events("notice"), [], "what is said of it")
        phone.stop()


@case("tphone ctl waits for what becomes of a device and of a test")
def ctl_device():
    with Room() as room:
        phone = control.Daemon(room, "desk", device="null")

        def ctl(*words):
            run = room.start(f"ctl {words}", [tphone.program(), "ctl", "--socket", phone.socket, *words])
            return run, run.status(15)
        run, status = ctl("device", "no such card")
        equal(status, tphone.SOUND, "status where it cannot be opened")
        expect(run.said("still null: "), "it is not told", *run.tail())
        run, status = ctl("device", "none", "ring=null")
        equal((status, bool(run.said("is now none"))), (0, True), "status of none")
        equal(ctl("test", "tone")[1], tphone.SOUND, "status of a test without a device")
        equal(ctl("device", "ring=none")[1], 0, "status of ring=none")
        equal(ctl("device", "null")[1], 0, "status of null")
        run, status = ctl("test", "tone")
        equal((status, len(run.said("device test:"))), (0, 2), "status of a test")
        equal(ctl("test", "off")[1], 0, "status of its end")
        phone.stop()


if __name__ == "__main__":
    tap.run()
