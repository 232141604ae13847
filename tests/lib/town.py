"""Those whom the walks through the telephone meet: Kamailio, with which all are registered; alice,
who has the telephone; bob, a baresip; carol, a second tphone."""
from lib import tphone
from lib.baresip import Baresip
from lib.kamailio import Kamailio
from lib.screen import Screen

USERS = {"alice": "first", "bob": "second", "carol": "third"}
PEOPLE = "Bob Martin = sip:bob@example.test\nCarol = sip:carol@example.test\n"


class Town:
    def __init__(self, room):
        self.room, self.proxy = room, Kamailio(room, USERS, record_route=True)

    def bob(self, spoken, codec="opus", **more):
        return Baresip(self.room, "bob", codec, spoken, account=self.proxy.account("bob"), **more)

    def carol(self, **more):
        carol = tphone.Answer(self.room, "carol", transport="",
                              account=self.proxy.account("carol"), **more)
        self.proxy.wait_bindings("carol", 1)
        return carol

    def screen(self, settings, **more):
        return Screen(self.room, people=PEOPLE, settings=settings, **more)

    def alice(self, settings="", **more):
        """On a screen, registered."""
        me = self.screen(settings + self.proxy.account("alice").settings("home"), **more)
        me.tmux.wait("● alice@example.test")
        return me
