#!/usr/bin/env python3
"""Reads what "make -n" would run and prints it as a compilation database for editors and clangd.

Called by "make compile_commands.json". Each compilation stands on a line of its own, which ends in
the name of the source, in quotes."""
import json
import os
import re
import sys

COMPILATION = re.compile(r"^\s*(?P<compiler>\S.*?) -MT .*'(?P<file>[^']+\.c)'")


def main():
    entries = []
    for line in sys.stdin:
        found = COMPILATION.match(line)
        if found:
            name = found["file"]
            entries.append({"directory": os.getcwd(), "file": name,
                            "command": f"{found['compiler']} -c {name}"})
    if not entries:
        sys.exit("compile_commands.py: make -n has named no compilation")
    json.dump(entries, sys.stdout, indent=1)
    print()


main()
