"""The home of a person with a telephone: settings, contacts, and the daemon that the screen or the
line mode starts there, which is ended with the room."""
import os

from lib import daemon
from lib.room import free_port, wait_until


class Home(daemon.Session):
    """people: lines of its contacts; settings: lines of its configuration, None: there is none, as
    at the first start; device: its sound card, None: the one that is found."""

    def __init__(self, room, name="home", people="", settings="", device="null"):
        super().__init__(room, name)
        self.port = free_port()
        self.uri = f"sip:me@127.0.0.1:{self.port}"
        self.file = self.path("tphone.conf")
        if settings is not None:
            card = f"device = {device}\n" if device else ""
            self.config(f"listen = udp:127.0.0.1:{self.port}\n{card}{settings}")
            self.write("contacts", people)
        room.keep(self)

    def path(self, name):
        """Of a file of settings."""
        return os.path.join(self.home["XDG_CONFIG_HOME"], "tphone", name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def stop(self):
        """The daemon behind it goes, too."""
        self.tphone("ctl", "quit")
        wait_until(lambda: not os.path.exists(self.socket), 10, "the daemon stays")
