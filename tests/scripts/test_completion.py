#!/usr/bin/env python3
"""What the shells offer behind tphone is what tphone takes: asked in bash, zsh and fish as a person
would, with the tabulator key, and compared with --help."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from lib import room as rooms
from lib import tap, tphone
from lib.room import Room
from lib.tap import case, equal, expect
from lib.terminal import Terminal

CONTACTS = "alice = sip:alice@example.org\nBob Smith = sip:bob@example.org\n"

# Asks bash for what it would show: each argument is a line, its last word the one to complete.
BASH = r"""
source "$1"
compopt() { echo "like names of files: $*"; }
COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
_tphone "$2" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def output(*command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          **more)
    equal((done.returncode, done.stderr.decode()), (0, ""), f"status and errors of {command[0]}")
    return done.stdout.decode()


def commands():
    """The commands of --help, each with all the options that its own --help has."""
    listed = output(tphone.program(), "--help").split("Commands:\n")[1].split("\n\n")[0]
    names = re.findall(r"^  ([a-z]+)", listed, re.M)
    return {name: re.findall(r"^  (?:-., )?(--[a-z-]+)",
                             output(tphone.program(), name, "--help"), re.M) for name in names}


class Home:
    """A user with contacts, two sounds, and a shell that has the script."""

    def __init__(self, room, shell):
        self.room, self.shell = room, shell
        text = output(tphone.program(), "completion", shell)
        room.write("home/config/tphone/contacts", CONTACTS)
        for sound in ("hello.wav", "two words.wav"):
            room.write(sound, "")
        self.script = room.write("completion/_tphone", text)
        path = os.path.dirname(tphone.program()) + ":" + os.environ["PATH"]
        self.env = dict(os.environ, **rooms.home_in(room.path("home")), PATH=path, TERM="dumb",
                        PS1="$ ", LC_ALL="C.UTF-8")

    def bash(self, *words):
        """What bash offers for the last word."""
        return output("bash", "-c", BASH, "bash", self.script, "tphone", *words, env=self.env,
                      cwd=self.room.folder).split("\n")[:-1]

    def fish(self, line):
        """What fish offers at the end of the line, without the explanations."""
        said = output("fish", "-c", 'source $argv[1]; complete -C $argv[2]', self.script, line,
                      env=self.env, cwd=self.room.folder)
        return [offer.split("\t")[0] for offer in said.splitlines()]

    def terminal(self):
        command = {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}[self.shell]
        terminal = Terminal(self.room, command, env=self.env)
        begin = {
            "bash": f"bind 'set enable-bracketed-paste off'; source {self.script}",
            "zsh": f"fpath=({self.room.path('completion')} $fpath); autoload -Uz compinit; "
                   "compinit -D -u; unset zle_bracketed_paste; LISTMAX=1000",
        }[self.shell]
        terminal.type(f"{begin}; echo rea''dy\n")
        terminal.wait(r"ready[\r\n]+.*\$ ", 60)
        return terminal


@case("bash offers each command, and behind it the options of its --help and no others")
def bash_words():
    with Room() as room:
        home, known = Home(room, "bash"), commands()
        expect(len(known) > 5 and len(known["call"]) > 20, "--help was not understood", known)
        equal(sorted(home.bash("")), sorted(known), "commands")
        for name, options in known.items():
            equal(sorted(home.bash(name, "--")), sorted(options), f"options of {name}")
            equal(home.bash("-q", name[:-1]), [name], f"commands that begin like {name}")


@case("fish offers each command, and behind it the options of its --help and no others")
def fish_words():
    with Room() as room:
        home, known = Home(room, "fish"), commands()
        equal(sorted(home.fish("tphone ")), sorted(known), "commands")
        for name, options in known.items():
            equal(sorted(home.fish(f"tphone {name} --")), sorted(options), f"options of {name}")


@case("zsh offers each command, and behind it the options of its --help and no others")
def zsh_words():
    with Room() as room:
        home, known = Home(room, "zsh"), commands()
        text = open(home.script, encoding="utf-8").read()
        terminal = home.terminal()
        for n, (name, options) in enumerate(known.items()):
            part = text.split(f"\n        {name})\n")[1].split(";;")[0]
            equal(sorted(re.findall(r"^ +'(--[a-z-]+)", part, re.M)), sorted(options),
                  f"options of {name} in the script")
            terminal.type(f"tphone {name[:-1]}\t--vers\t")
            # The blank that came by itself may be taken back and typed anew.
            terminal.wait(f"tphone {name} (\x08 )?--version ")
            terminal.type(f"\x15echo end''{n}\n")
            terminal.wait(f"end{n}")


VALUES = [
    ("values of an option", ["call", "--transport", ""], ["tcp", "tls", "udp"]),
    ("values that begin so", ["call", "--accept", "s"], ["server"]),
    ("what is meant literally of a value", ["answer", "--device", ""], ["none"]),
    ("nothing where only a person knows", ["call", "--for", ""], []),
    ("an option's value that is called like a command", ["call", "--strangers", "answer", "--ti"],
     []),
    ("a command behind an option with a value", ["--config", "/dev/null", "hist"], ["history"]),
    ("an address behind the optional value that is not there", ["call", "--trace", "al"],
     ["alice"]),
    ("shells", ["completion", ""], ["bash", "fish", "zsh"]),
    ("what the daemon can do", ["ctl", "h"], ["hangup", "history", "hold"]),
    ("whom it can call", ["ctl", "call", "al"], ["alice"]),
    ("what its commands take by name", ["ctl", "call", "alice", "pl"], ["play="]),
    ("nothing where they take no more", ["ctl", "quit", ""], []),
    ("names of events", ["ctl", "events", "reg"], ["registered", "registration-failed"]),
    ("no name for a word that needs none", ["ctl", "hangup", ""], []),
    ("options of the screen, which is what tphone alone is", ["--pl"], ["--plain"]),
    ("no second command", ["devices", ""], []),
]


def values(words, wanted):
    with Room() as room:
        got = [o for o in Home(room, "bash").bash(*words) if o and not o.startswith("like names")]
        equal(sorted(got), wanted, "in bash")
        equal(sorted(Home(room, "fish").fish("tphone " + " ".join(words))), wanted, "in fish")


for name, words, wanted in VALUES:
    case(f"bash and fish offer {name}", words, wanted)(values)


@case("fish offers files for files and names for addresses")
def fish_files():
    with Room() as room:
        home = Home(room, "fish")
        for line in ("--play ", "--play=", "--trace="):
            offers = home.fish(f"tphone call {line}two")
            equal([o.replace("\\", "").split("=")[-1] for o in offers], ["two words.wav"], line)
        equal(sorted(home.fish("tphone call ")), ["Bob Smith", "alice"], "addresses")


# What is typed before the tabulator key, and the line that is then there.
TYPED = [
    ("tphone ans", "tphone answer "),
    ("tphone call --transport=u", "tphone call --transport=udp "),
    ("tphone call --transport tc", "tphone call --transport tcp "),
    ("tphone call --play two", "tphone call --play two\\ words.wav "),
    ("tphone call --play=two", "tphone call --play=two\\ words.wav "),
    ("tphone call --trace=hel", "tphone call --trace=hello.wav "),
    ("tphone call al", "tphone call alice "),
    ("tphone call Bo", "tphone call Bob\\ Smith "),
    ("tphone call \"Bo", "tphone call \"Bob Smith\" "),
    ("tphone call -q --codec opus al", "tphone call -q --codec opus alice "),
    ("tphone completion f", "tphone completion fish "),
    ("tphone ctl ha", "tphone ctl hangup "),
    ("tphone ctl call al", "tphone ctl call alice "),
    ("tphone ctl events inc", "tphone ctl events incoming "),
    ("tphone ctl play two", "tphone ctl play two\\ words.wav "),
    ("tphone ctl play 3 hel", "tphone ctl play 3 hello.wav "),
    ("tphone ctl call alice rec", "tphone ctl call alice record="),
    ("tphone ctl call alice play=hel", "tphone ctl call alice play=hello.wav "),
]


def typed(shell):
    with Room() as room:
        terminal = Home(room, shell).terminal()
        for n, (before, after) in enumerate(TYPED):
            # The line is not run: Control-U takes it away.
            terminal.type(f"{before}\t")
            terminal.wait(re.escape(after))
            terminal.type(f"\x15echo end''{n}\n")
            terminal.wait(f"end{n}")


for shell in ("bash", "zsh"):
    case(f"{shell} completes words, values, files and names at the tabulator key", shell)(typed)


@case("a shell that is none of the three: one line, status 2")
def other_shell():
    done = subprocess.run([tphone.program(), "completion", "tcsh"], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60)
    equal((done.returncode, done.stdout), (tphone.USAGE, b""), "status and standard output")
    equal(len(done.stderr.splitlines()), 1, "lines on standard error")


if __name__ == "__main__":
    tap.run(jobs=4)
