#!/usr/bin/env python3
"""A menu of two levels that callers walk through with the keys of their telephone: they may press
while they are still told what there is. Needs espeak-ng.

    ./menu.py --listen :5060        # for anybody who can reach this machine
    ./menu.py                       # for those who call the accounts of tphone.conf

Options are those of "tphone register", which lets calls ring until a command takes them.
"""
import os
import subprocess
import sys
import tempfile

from phone import Phone

# Each place: what is said there, where the keys lead, and where to go when all has been said
# ("": nowhere, it waits for a key; None: the call ends).
MENU = {
    "main": ("For opening hours press 1. For our departments press 2.",
             {"1": "hours", "2": "departments"}, ""),
    "hours": ("We are open from nine to five, on every day but Sunday.",
              {"*": "main"}, "main"),
    "departments": ("For sales press 1. For repairs press 2. To go back press star.",
                    {"1": "sales", "2": "repairs", "*": "main"}, ""),
    "sales": ("Nobody buys anything today. Good bye.",
              {"*": "departments"}, None),
    "repairs": ("Have you tried to switch it off and on again?",
                {"*": "departments"}, "departments"),
}


class Menu:
    def __init__(self, folder):
        self.phone = Phone("register", "--device", "none", *sys.argv[1:])
        self.at = {}  # where each call is
        self.files = {place: os.path.join(folder, place + ".wav") for place in MENU}
        for place, path in self.files.items():
            subprocess.run(["espeak-ng", "-w", path, MENU[place][0]], check=True)

    def go(self, call, place):
        self.at[call] = place
        print(f"call {call}: {place}", flush=True)
        self.phone.do("play", call=call, file=self.files[place])

    def incoming(self, event):
        self.at[event["call"]] = "main"
        self.phone.do("answer", call=event["call"])

    def answered(self, event):
        self.go(event["call"], "main")

    def dtmf(self, event):
        place = self.at[event["call"]]
        self.go(event["call"], MENU[place][1].get(event["digit"], place))

    def play_ended(self, event):
        place = self.at[event["call"]]
        if event["file"] != self.files[place]:
            return  # of the place before: a key was pressed meanwhile
        then = MENU[place][2]
        if then is None:
            self.phone.do("hangup", call=event["call"])
        elif then:
            self.go(event["call"], then)

    def ended(self, event):
        self.at.pop(event["call"], None)
        print(f"call {event['call']}: {event['outcome']}", flush=True)

    def run(self):
        what = {"incoming": self.incoming, "answered": self.answered, "dtmf": self.dtmf,
                "play-ended": self.play_ended, "ended": self.ended}
        for event in self.phone:
            if event["event"] in what:
                what[event["event"]](event)
        return self.phone.process.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(Menu(temporary).run())
