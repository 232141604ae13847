"""Digest authentication, RFC 7616 and 2617: what of the registrar (lib/registrar.py) asks for
passwords, and is strict with what it gets."""
import hashlib
import os
import re
import time

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def digest(algorithm, *parts):
    """Of the parts with colons between, in hexadecimal."""
    h = hashlib.new(HASHES[algorithm.upper().replace("-SESS", "")])
    h.update(b":".join(p if isinstance(p, bytes) else p.encode() for p in parts))
    return h.hexdigest()


def credentials(value):
    """The parameters of a Digest header, quotes taken off; None: it is no Digest."""
    kind, _, rest = value.partition(" ")
    if kind.lower() != "digest":
        return None
    found = re.findall(r'([\w*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)', rest)
    return {n.lower(): re.sub(r"\\(.)", r"\1", v[1:-1]) if v[:1] == '"' else v for n, v in found}


class _Nonce:
    def __init__(self, realm, qop):
        self.realm, self.qop = realm, qop
        self.text, self.count, self.made = os.urandom(12).hex(), 0, time.monotonic()


class Challenger:
    """A server that knows users, _respond and _fault."""

    def _challenge(self, request, proxy, stale=False):
        nonce = _Nonce(self.realm, self.qop)
        self._nonces[nonce.text] = nonce
        texts = []
        for algorithm in self.algorithms:
            text = f'Digest realm="{self.realm}", nonce="{nonce.text}", algorithm={algorithm}'
            if self.qop:
                text += f', qop="{self.qop}"'
            if stale:
                text += ", stale=true"
            texts.append(text)
        if proxy:
            self._respond(request, 407, "Proxy Authentication Required", Proxy_Authenticate=texts)
        else:
            self._respond(request, 401, "Unauthorized", WWW_Authenticate=texts)

    def _verify(self, request, given):
        """None: good; "stale"; else what is wrong with it. Notes what no phone may do."""
        nonce = self._nonces.get(given.get("nonce", ""))
        user, algorithm = given.get("username", ""), given.get("algorithm", "MD5")
        qop = given.get("qop")
        if not nonce:
            return "stale"
        if algorithm.upper().replace("-SESS", "") not in HASHES or \
                algorithm not in self.algorithms:
            return self._note(request, f"algorithm {algorithm} was not offered")
        if given.get("uri") != request.uri:
            return self._note(request, f"digest for {given.get('uri')!r}, not {request.uri!r}")
        if (qop or "") not in [q.strip() for q in (nonce.qop or "").split(",")]:
            return self._note(request, f"qop {qop!r} was not offered")
        if qop:
            if not re.fullmatch(r"[0-9a-f]{8}", given.get("nc", "")) or "cnonce" not in given:
                return self._note(request, "nc or cnonce is missing or malformed")
            if int(given["nc"], 16) <= nonce.count:
                return self._note(request, f"nc {given['nc']} was used before")
        password = self.users.get(user)
        if password is None or given.get("response") != self._response(request, given, password):
            return "wrong"
        if qop:
            nonce.count = int(given["nc"], 16)
        else:
            nonce.count += 1
        return "stale" if self.nonce_uses and nonce.count > self.nonce_uses else None

    def _note(self, request, text):
        self._fault(request, text)
        return text

    @staticmethod
    def _response(request, given, password):
        algorithm, qop = given.get("algorithm", "MD5"), given.get("qop")
        a1 = digest(algorithm, given["username"], given["realm"], password)
        if algorithm.lower().endswith("-sess"):
            a1 = digest(algorithm, a1, given["nonce"], given["cnonce"])
        a2 = [request.method, given["uri"]]
        if qop == "auth-int":
            a2.append(digest(algorithm, request.body))
        a2 = digest(algorithm, *a2)
        if not qop:
            return digest(algorithm, a1, given["nonce"], a2)
        return digest(algorithm, a1, given["nonce"], given["nc"], given["cnonce"], qop, a2)

    def _authorized(self, request, user, proxy):
        """The user whose credentials it has, or None: the answer has been given then. A request
        that is sent again, as nothing came in time, is as good as it was the first time."""
        if self._same(request) in self._trusted:
            return user
        if user in self.users and self.users[user] is None:
            return user
        name = "Proxy-Authorization" if proxy else "Authorization"
        given = [c for c in map(credentials, request.all(name)) if c and
                 c.get("realm") == self.realm]
        if self.stale_for_ever or not given:
            self._challenge(request, proxy, stale=self.stale_for_ever and bool(given))
            return None
        verdict = self._verify(request, given[0])
        if verdict == "stale":
            self._challenge(request, proxy, stale=True)
        elif verdict or self.refused == 401:
            self._challenge(request, proxy)
        elif self.refused:
            self._respond(request, self.refused, "Forbidden")
        elif given[0]["username"] != user:
            self._respond(request, 403, "Not Your Name")
        else:
            if proxy:
                self._trusted.add(self._same(request))
            return user
        return None
