#!/usr/bin/env python3
"""An echo service: whoever calls hears himself, one call at a time.

    ./echo.py --listen :5060        # for anybody who can reach this machine
    ./echo.py --account work        # for those who call an account of tphone.conf

Options are those of "tphone answer". What is heard comes out of one descriptor as it comes, and what
is written to another is said: samples of 16 bits, 16,000 a second.
"""
import os
import signal
import sys

from phone import start

BLOCK = 640  # 20 ms, what a packet has


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C
    heard, hears = os.pipe()
    says, said = os.pipe()
    phone = start("answer", "--audio-fd", f"{says},{hears}", *sys.argv[1:], pass_fds=(says, hears))
    os.close(says)
    os.close(hears)
    try:
        while True:
            block = os.read(heard, BLOCK)
            if not block:  # the telephone has ended
                break
            os.write(said, block)
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    os.close(said)
    phone.terminate()
    return phone.wait()


if __name__ == "__main__":
    sys.exit(main())
