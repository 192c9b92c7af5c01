"""What MySQL and MariaDB have in common: options of the server, and accounts by its init file."""

from __future__ import annotations

from amqctl.activemq.companions.model import (
    CONF,
    PLAIN_ENVIRONMENT,
    Container,
    File,
    Process,
    Programs,
    Settings,
    Site,
    on_off,
)

PORT = 3306
ADMIN = "root"
DATA = "/var/lib/mysql"
FIXED = frozenset(
    {"port", "bind_address", "datadir", "basedir", "socket", "init_file", "pid_file", "lc_messages_dir", "user",
     "skip_networking", "skip_grant_tables", "defaults_file", "no_defaults"}
)  # fmt: skip

# Every look at the greeting is a connection without a login. After max_connect_errors of them (100) in a row
# the server would let nobody from that address in.
_PATIENT = ("max_connect_errors", 1_000_000_000)


def options(settings: Settings) -> tuple[str, ...]:
    """`settings:` as options of the server. They are no secrets, so people may see them in `ps`."""
    names = {name.replace("-", "_").lower() for name in settings}
    chosen = dict(settings) if _PATIENT[0] in names else {_PATIENT[0]: _PATIENT[1], **settings}
    return tuple(f"--{name.replace('_', '-')}={on_off(value)}" for name, value in chosen.items())


def container(image: str, variable: str, settings: Settings, admin_password: str, port: int) -> Container:
    """variable: the one that names the file with root's password; the entry point reads it as root, at each start."""
    secret = f"{CONF}/root-password"
    return Container(
        image=image,
        port=port,
        data=DATA,
        command=(f"--port={port}", *options(settings)),  # the entry point puts the server's name before options
        environment={variable: secret},
        files=(File(secret, admin_password, owner="root"),),
        stop_signal="SIGTERM",
    )


def process(
    programs: Programs, site: Site, settings: Settings, accounts: str, further: tuple[str, ...] = ()
) -> Process:
    """accounts: SQL that the server runs before it lets anybody in, at each start."""
    init = f"{site.conf}/init.sql"
    command = (
        programs.server,
        "--no-defaults",  # whatever the host has in /etc is of another server
        f"--basedir={programs.home}",
        f"--datadir={site.data}",
        *((f"--lc-messages-dir={programs.messages}",) if programs.messages else ()),
        f"--tmpdir={site.tmp}",
        f"--bind-address={site.host}",
        f"--port={site.port}",
        "--socket=",  # none: its path would be too long, and everybody comes by TCP
        f"--pid-file={site.tmp}/server.pid",
        f"--init-file={init}",
        f"--loose-amqctl-node={site.node}",
        *further,
        *options(settings),
    )
    return Process(command, PLAIN_ENVIRONMENT, (File(init, accounts),), "SIGTERM")


def administrator(password: str) -> str:
    """Of both addresses a client on this machine may be known by; a statement a line, as an init file must be.

    With skip_name_resolve 127.0.0.1 is not localhost. Said at each start: a new password is taken over, and
    who deletes an account gets it back.
    """
    lines = []
    for host in ("localhost", "127.0.0.1"):
        account = f"{quoted(ADMIN)}@{quoted(host)}"
        lines += [
            f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {quoted(password)};",
            f"ALTER USER {account} IDENTIFIED BY {quoted(password)};",
            f"GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION;",
        ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A string literal on one line, whatever is in it."""
    escapes = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\x1a": "\\Z"}
    return "'" + "".join(escapes.get(char, char) for char in text) + "'"
