#!/usr/bin/env python3
"""A speaking clock: tells everybody who calls what time it is, and hangs up. Needs espeak-ng.

    ./clock.py --listen :5060       # for anybody who can reach this machine
    ./clock.py                      # for those who call the accounts of tphone.conf

Options are those of "tphone register", which lets calls ring until a command takes them.
"""
import os
import subprocess
import sys
import tempfile
import time

from phone import Phone


def speak(text, path):
    subprocess.run(["espeak-ng", "-w", path, text], check=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        phone = Phone("register", "--device", "none", *sys.argv[1:])
        for event in phone:
            path = os.path.join(folder, f"{event.get('call')}.wav")
            if event["event"] == "incoming":
                speak(time.strftime("It is %H hours, %M minutes and %S seconds."), path)
                phone.do("answer", call=event["call"], play=path, hangup_at_eof=True)
            elif event["event"] == "ended":
                print(f"{event['peer']}: {event['outcome']}", flush=True)
                os.remove(path)
    return phone.process.wait()


if __name__ == "__main__":
    sys.exit(main())
