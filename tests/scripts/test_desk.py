#!/usr/bin/env python3
"""What a telephone on a desk offers to those who look at it: the trace of its messages, do not
disturb, people, levels, devices, over the socket."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import account, control, tap, tphone
from lib.registrar import Registrar
from lib.room import Room, wait_until
from lib.tap import case, equal, expect


def call_up(client, far, **more):
    """A call from client to a far Piped phone that is answered; its numbers here and there."""
    mark = far.client.mark()
    number = client.do("call", target=far.uri, **more)["call"]
    theirs = far.client.event("incoming", after=mark)["call"]
    far.client.do("answer", call=theirs)
    client.event("answered", call=number)
    return number, theirs


# --- trace --------------------------------------------------------------------------------------

def first_lines(client):
    return [e["message"].split("\r\n")[0] for e in client.events("sip")]


@case("trace: who asks hears each message with both addresses, nobody else does")
def trace():
    with Room() as room:
        phone, far = control.Daemon(room, "desk"), control.Piped(room, "far")
        me, other = phone.client("me"), phone.client("other")
        me.do("trace")
        one, _ = call_up(me, far)
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
        two, _ = call_up(me, far)
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
        phone = control.Daemon(room, "desk", keep_trace="yes")
        far = control.Piped(room, "far")
        me = phone.client("me")
        for _ in range(45):
            one, _ = call_up(me, far)
            me.do("hangup", call=one)
            me.event("ended", call=one)
        late = phone.client("late")
        late.do("trace")
        two, _ = call_up(me, far)
        wait_until(lambda: first_lines(late)[-1].startswith("ACK"), 5, "no ACK in the trace")
        old = sum(len(str(e)) for e in late.events("sip"))
        expect(100000 < old < 300000, f"{old} bytes were kept")
        expect(not first_lines(late)[0].startswith("INVITE") or old > 150000, "nothing was dropped")
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


if __name__ == "__main__":
    tap.run()
