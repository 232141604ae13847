"""Lines of JSON from tphone held against doc/control.schema.json.

A validator of those words of JSON Schema (draft 2020-12) that the file uses; any other word in it
is a fault of its own. Readers of the protocol skip members that they do not know, so the schema
allows them; a test does not, as nothing may be told that is not described.
"""
import json
import os
import re

from lib.tap import Failure

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc/control.schema.json")

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_SILENT = {"$schema", "$id", "$defs", "title", "description", "additionalProperties"}


def _is(value, name):
    if name in ("integer", "number"):
        kinds = int if name == "integer" else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])


class Schema:
    def __init__(self, root):
        self.root = root

    def faults(self, value, schema=None, where="line"):
        """What is wrong with value, a sentence each."""
        schema = self.root if schema is None else schema
        out = []
        for word, said in schema.items():
            if word in _SILENT:
                continue
            check = getattr(self, "_" + word.strip("$").lower(), None)
            if not check:
                raise Failure(f"the validator does not know {word!r}")
            out += check(value, said, schema, where)
        return out

    def _ref(self, value, said, schema, where):
        at = self.root
        for step in said.lstrip("#/").split("/"):
            at = at[step]
        return self.faults(value, at, where)

    def _type(self, value, said, schema, where):
        names = said if isinstance(said, list) else [said]
        return [] if any(_is(value, n) for n in names) else [f"{where} is not {said}: {value!r}"]

    def _const(self, value, said, schema, where):
        same = type(value) is type(said) and value == said
        return [] if same else [f"{where} is {value!r}, not {said!r}"]

    def _enum(self, value, said, schema, where):
        return [] if value in said else [f"{where} is {value!r}, none of {said}"]

    def _pattern(self, value, said, schema, where):
        fits = not isinstance(value, str) or re.search(said, value)
        return [] if fits else [f"{where} is {value!r}, which is not like {said}"]

    def _minlength(self, value, said, schema, where):
        short = isinstance(value, str) and len(value) < said
        return [f"{where} is too short: {value!r}"] if short else []

    def _minimum(self, value, said, schema, where):
        below = _is(value, "number") and value < said
        return [f"{where} is {value}, below {said}"] if below else []

    def _maximum(self, value, said, schema, where):
        above = _is(value, "number") and value > said
        return [f"{where} is {value}, above {said}"] if above else []

    def _items(self, value, said, schema, where):
        if not isinstance(value, list):
            return []
        return [f for i, v in enumerate(value) for f in self.faults(v, said, f"{where}[{i}]")]

    def _required(self, value, said, schema, where):
        if not isinstance(value, dict):
            return []
        return [f"{where} has no {name!r}" for name in said if name not in value]

    def _properties(self, value, said, schema, where):
        if not isinstance(value, dict):
            return []
        out = []
        for name, inner in value.items():
            if name in said:
                out += self.faults(inner, said[name], f"{where}.{name}")
            elif not schema.get("additionalProperties"):
                out.append(f"{where} has {name!r}, which is not described")
        return out

    def _oneof(self, value, said, schema, where):
        tried = [self.faults(value, s, where) for s in said]
        good = sum(not t for t in tried)
        if good == 1:
            return []
        if good > 1:
            return [f"{where} is several things at once"]
        return min(tried, key=self._distance)

    @staticmethod
    def _distance(faults):
        """What was meant is neither of another name nor of another kind."""
        other = re.compile(r"\.(event|list|ok) is|has no '(event|list|reply|report)'")
        return any(other.search(f) for f in faults), len(faults)


def _once(pairs):
    names = [n for n, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"a member stands there twice: {names}")
    return dict(pairs)


def _no_constant(name):
    raise ValueError(f"{name} is no number of JSON")


def parse(line):
    """The object in a line, strictly. Raises ValueError."""
    return json.loads(line, object_pairs_hook=_once, parse_constant=_no_constant)


def load():
    with open(PATH, encoding="utf-8") as f:
        return Schema(json.load(f))


_schema = load()
SAFE = re.compile(_schema.root["$defs"]["text"]["pattern"])  # text that may be shown


def line_faults(line):
    """What is wrong with a line that tphone wrote, text or bytes: sentences."""
    try:
        line = line.decode() if isinstance(line, bytes) else line
        value = parse(line)
    except ValueError as e:
        return [f"not JSON: {e}: {line!r}"]
    if not line.startswith('{"v":1,'):
        return [f"it does not begin with the version: {line!r}"]
    return [f"{f} in {line}" for f in _schema.faults(value)]


def check_line(line):
    """The object in a line that tphone wrote; fails where it is not as it is described."""
    faults = line_faults(line)
    if faults:
        raise Failure(faults[0], faults[1:])
    return parse(line)
