#!/usr/bin/env python3
"""Sound devices chosen, tested and rung on at run time: what comes out of cards of PulseAudio."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import control, sound, tap
from lib.pulse import Pulse, cards, list_cards
from lib.room import Room, wait_until
from lib.tap import case, equal, expect

def call_up(client, far):
    mark = far.client.mark()
    number = client.do("call", target=far.uri)["call"]
    theirs = far.client.event("incoming", after=mark)["call"]
    far.client.do("answer", call=theirs)
    client.event("answered", call=number)
    return number, theirs


@case("with a call up the sound moves to another card; one that is not there changes nothing")
def choice():
    with Room() as room:
        pulse, env = cards(room, "first", "second")
        phone, far = control.Daemon(room, "desk", device="default", env=env), control.Piped(room, "far")
        me = phone.client("me")
        _, theirs = call_up(me, far)
        me.do("levels")
        first, second = pulse.listen("first"), pulse.listen("second")
        far.client.do("play", call=theirs, file=sound.write(room.path("tone.wav"), sound.tone(440, 60)))
        me.wait(lambda l: l.get("speaker_dbfs", -96) > -30, 15, what="the tone in the levels")
        time.sleep(1.5)
        equal(_loud(first, second), (True, False), "what is heard of both cards")
        mark = me.mark()
        me.do("device", name="second")
        told = me.event("device", 15, after=mark)
        expect("text" not in told, f"it could not be opened: {told}")
        equal(told["device"], "second", "the device")
        time.sleep(2.5)
        equal(_loud(first, second), (False, True), "what is heard of both cards then")
        mark = me.mark()
        me.do("device", name="third")
        expect("text" in me.event("device", 15, after=mark, device="second"), "it is not said why")
        time.sleep(2.5)
        equal(_loud(first, second), (False, True), "what is heard behind the failure")
        mark = me.mark()
        me.do("device", name="second | default")
        told = me.event("device", 15, after=mark)
        expect("text" not in told, f"the two could not be opened: {told}")
        time.sleep(2.5)
        equal(_loud(first, second), (True, False), "what is heard with the microphone of the other")
        phone.stop()


def _loud(*ears):
    return tuple(ear.level() > -40 for ear in ears)


@case("a card that is not there at the beginning of a call: the system's takes its place")
def stands_in():
    with Room() as room:
        pulse, env = cards(room, "headset")
        phone, far = control.Daemon(room, "desk", device="gone", env=env), control.Piped(room, "far")
        me = phone.client("me")
        _, theirs = call_up(me, far)
        me.wait(lambda l: "device gone cannot be used: the system's default" in l.get("text", ""), 20,
                what="which device stands in")
        far.client.do("play", call=theirs, file=sound.write(room.path("tone.wav"), sound.tone(440, 60)))
        ear = pulse.listen("headset")
        wait_until(lambda: ear.level() > -40, 20, "the tone is not heard")
        equal(len(me.events("notice")), 1, "times that it is said")
        phone.stop()


def _loudest(path):
    """Of the tenths of a second."""
    heard = sound.read(path)
    return max((sound.rms(heard.cut(n / 10, n / 10 + 0.1)) for n in range(int(heard.seconds * 10))),
               default=0)


def _unplug_and_plug(room, pulse, env, device, meanwhile):
    """The notices of a card that goes in the middle of a call and comes back, to be heard and to be
    spoken into. meanwhile is given the client while it is gone, and an Ear of what takes its place
    comes back, if anything does."""
    phone, far = control.Daemon(room, "desk", device=device, env=env), control.Piped(room, "far")
    me = phone.client("me")
    number, theirs = call_up(me, far)
    far.client.do("play", call=theirs, file=sound.write(room.path("tone.wav"), sound.tone(440, 90)))
    ear = pulse.listen("headset")
    wait_until(lambda: ear.level() > -40, 20, "the tone is not heard")
    pulse.unplug("headset")
    me.wait(lambda l: "has stopped" in l.get("text", ""), 20, what="that the device has stopped")
    ear.stop()
    other = meanwhile(me)
    pulse.plug("headset")
    ear = pulse.listen("headset")
    wait_until(lambda: ear.level() > -40, 30, "the tone is not heard again")
    me.wait(lambda l: "works again" in l.get("text", ""), 10, what="that it works again")
    if other:
        wait_until(lambda: other.level() < -60, 10, "what took its place is heard on")
        other.stop()
    far.client.do("record", call=theirs, file=room.path("far.wav"), sides="heard")
    pulse.speak("headset", sound.speech("caller", 1.5, 48000, lead_s=0)).status(15)
    for client in me, far.client:
        expect(not client.events("ended"), "the call has ended")
    me.do("hangup", call=number)
    ear.stop()
    phone.stop()
    wait_until(lambda: _loudest(room.path("far.wav")) > 500, 5,
               "what is said into the microphone is not heard by the far end")
    return me.events("notice")


@case("the default card is unplugged in a call, which is said once, and back: the call is heard "
      "again")
def unplugged():
    with Room() as room:
        pulse, env = cards(room, "headset")
        notices = _unplug_and_plug(room, pulse, env, "default", lambda me: time.sleep(3))
        equal(len(notices), 2, f"notices {notices}")


@case("a card that was named is unplugged in a call: the default takes its place until it is back")
def replaced():
    """The cards are on servers of their own: who is at a card that goes is moved by its server to
    another one of its own, which no phone is told."""
    def default(me):
        me.wait(lambda l: "takes its place" in l.get("text", ""), 20, what="what takes its place")
        ear = hall.listen("hall")
        wait_until(lambda: ear.level() > -40, 20, "the tone is not heard from the default")
        return ear

    with Room() as room:
        hall, headset = Pulse(room, ["hall"]), Pulse(room, ["headset"], folder="more")
        env = hall.card("hall")
        list_cards(env, headset, "headset")
        notices = _unplug_and_plug(room, headset, env, "headset", default)
        equal(len(notices), 3, f"notices {notices}")


@case("it rings on the ring device, by a file, until it is answered; the headset hears the call")
def ring():
    with Room() as room:
        pulse, env = cards(room, "headset", "bell", "hall")
        phone = control.Daemon(room, "desk", device="default", env=env,
                               ring_tone=sound.write(room.path("ring.wav"), sound.tone(700, 1)))
        far, me = control.Piped(room, "far"), phone.client("me")
        me.do("device", ring="bell")
        ears = headset, bell, hall = [pulse.listen(n) for n in ("headset", "bell", "hall")]
        there = far.client.do("call", target=phone.uri)["call"]
        here = me.event("incoming")["call"]
        wait_until(lambda: bell.level() > -40, 15, "the bell does not ring")
        equal(_loud(headset, hall), (False, False), "the others")
        me.do("answer", call=here)
        me.event("answered")
        wait_until(lambda: bell.level() < -60, 10, "the bell rings on")
        far.client.do("play", call=there, file=sound.write(room.path("tone.wav"), sound.tone(440, 30)))
        wait_until(lambda: headset.level() > -40, 10, "the headset does not hear the call")
        equal(_loud(bell, hall), (False, False), "the others in the call")
        for ear in ears:
            ear.stop()
        phone.stop()


@case("where what is to ring is gone the default card rings in its place, which is said")
def ring_elsewhere():
    with Room() as room:
        pulse, env = cards(room, "headset")
        phone = control.Daemon(room, "desk", device="default", env=env,
                               ring_tone=sound.write(room.path("ring.wav"), sound.tone(700, 1)))
        far, me = control.Piped(room, "far"), phone.client("me")
        me.do("device", ring="gone")
        ear = pulse.listen("headset")
        far.client.do("call", target=phone.uri)
        here = me.event("incoming")["call"]
        wait_until(lambda: ear.level() > -40, 15, "the default card does not ring")
        me.wait(lambda l: "cannot ring" in l.get("text", ""), what="that it rings elsewhere")
        me.do("decline", call=here)
        wait_until(lambda: ear.level() < -60, 10, "it rings on")
        ear.stop()
        phone.stop()


@case("a test records what is said and plays it back, with levels of both")
def device_test():
    with Room() as room:
        pulse, env = cards(room, "headset")
        phone = control.Daemon(room, "desk", device="default", env=env)
        me = phone.client("me")
        me.do("levels")
        me.do("test", what="open")
        me.event("levels", 15)
        voice = pulse.speak("headset", sound.tone(440, 20, 48000))
        me.wait(lambda l: l.get("microphone_dbfs", -96) > -30, 15, what="the microphone's level")
        ear = pulse.listen("headset")
        mark = me.mark()
        me.do("test", what="record")
        me.event("test", 15, after=mark, doing="play")
        wait_until(lambda: ear.level() > -40, 10, "what was recorded is not heard")
        me.wait(lambda l: l.get("speaker_dbfs", -96) > -30, what="the loudspeaker's level")
        me.event("test", 15, after=mark + 3, doing="open")
        me.do("test", what="off")
        me.event("test-ended")
        voice.stop()
        ear.stop()
        phone.stop()


if __name__ == "__main__":
    tap.run(jobs=3, in_time=True)
