"""A telephone for Python programs: tphone with --control -, which takes commands and tells events as
lines of JSON. Both are described in tphone-control(7).

    phone = Phone("register", "--listen", ":5060")
    for event in phone:
        if event["event"] == "incoming":
            phone.do("answer", call=event["call"], play="hello.wav", hangup_at_eof=True)
"""
import json
import os
import subprocess
import sys

PROGRAM = os.environ.get("TPHONE", "tphone")


def start(*words, **popen):
    """The telephone as a process. --help is for the program that wants it."""
    if {"-h", "--help"} & set(words):
        print(sys.modules["__main__"].__doc__.strip())
        sys.exit(0)
    try:
        return subprocess.Popen([PROGRAM, *words], **popen)
    except FileNotFoundError:
        sys.exit(f"there is no {PROGRAM}; the variable TPHONE may say where it is")


class Phone:
    def __init__(self, *words):
        self.process = start(*words, "--control", "-", stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)

    def do(self, command, **members):
        """Sends a command; what becomes of it is told by events."""
        line = json.dumps({"command": command, **members}) + "\n"
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the telephone has ended, and the events with it

    def __iter__(self):
        """All events, one after the other; what was refused is said on standard error. Ctrl-C ends
        them. As soon as our end of the pipe closes, the telephone hangs up and ends."""
        try:
            for line in self.process.stdout:
                message = json.loads(line)
                if "event" in message:
                    yield message
                elif not message["ok"]:
                    print(f"refused: {message['text']}", file=sys.stderr)
        except KeyboardInterrupt:
            pass
        finally:
            self.process.stdin.close()
