"""What a phone has to know of its account with a server of the tests, whichever phone it is."""


class Account:
    """server: the URI of where all that it says is to go, for the domain need not resolve."""

    def __init__(self, user, password, domain, server, transport="udp"):
        self.user, self.password, self.domain = user, password, domain
        self.uri = f"sip:{user}@{domain}"
        self.transport = transport
        self.server = server + ("" if transport == "udp" else f";transport={transport}")

    def settings(self, label=None, **more):
        """The section of tphone.conf that says so; more: its keys, underlines for dashes, None
        drops one."""
        keys = {"uri": self.uri, "password": self.password, "proxy": self.server}
        keys.update({name.replace("_", "-"): value for name, value in more.items()})
        lines = [f"{name} = {value}" for name, value in keys.items() if value is not None]
        return "\n".join([f"[account {label or self.user}]"] + lines) + "\n"


def of(server, user, transport="udp", password=None):
    """The account of a user of a server, lib.registrar's or lib.kamailio's."""
    if password is None:
        password = server.users[user]
    return Account(user, password, server.domain, server.uri, transport)
