"""An image laid out as the official zookeeper:3.8, which the lab cannot pull.

Of its entry point what matters to amqctl: ZOO_MY_ID, ZOO_SERVERS and the other variables become zoo.cfg at each start
and myid where there is none; the drop to the server's own user. The server is the real one, from Maven Central.
"""

from __future__ import annotations

import tarfile

import docker

from amqctl.activemq.companions.zookeeper import JARS, SERVER
from amqctl.events import silent
from amqctl.provision.companions import obtain_jars
from amqctl.provision.sources import Sources
from tests.lab import base, built
from tests.lab.shell import cache

IMAGE = "amqctl-lab/zookeeper:3.8"

_ENTRYPOINT = f"""\
#!/bin/sh
set -eu
if [ "$(id -u)" = 0 ]; then
    chown -R zookeeper "$ZOO_DATA_DIR"
    exec setpriv --reuid zookeeper --regid zookeeper --init-groups "$0" "$@"
fi
if [ ! -f "$ZOO_CONF_DIR/zoo.cfg" ]; then
    {{
        echo "dataDir=$ZOO_DATA_DIR"
        echo "tickTime=${{ZOO_TICK_TIME:-2000}}"
        echo "initLimit=${{ZOO_INIT_LIMIT:-5}}"
        echo "syncLimit=${{ZOO_SYNC_LIMIT:-2}}"
        echo "autopurge.snapRetainCount=${{ZOO_AUTOPURGE_SNAPRETAINCOUNT:-3}}"
        echo "autopurge.purgeInterval=${{ZOO_AUTOPURGE_PURGEINTERVAL:-0}}"
        echo "maxClientCnxns=${{ZOO_MAX_CLIENT_CNXNS:-60}}"
        echo "standaloneEnabled=${{ZOO_STANDALONE_ENABLED:-true}}"
        echo "admin.enableServer=${{ZOO_ADMINSERVER_ENABLED:-true}}"
        for server in ${{ZOO_SERVERS:-server.1=localhost:2888:3888;2181}}; do echo "$server"; done
        echo "4lw.commands.whitelist=${{ZOO_4LW_COMMANDS_WHITELIST:-srvr}}"
        for extra in ${{ZOO_CFG_EXTRA:-}}; do echo "$extra"; done
    }} > "$ZOO_CONF_DIR/zoo.cfg"
fi
[ -f "$ZOO_DATA_DIR/myid" ] || echo "${{ZOO_MY_ID:-1}}" > "$ZOO_DATA_DIR/myid"
exec java -Xmx"${{ZK_SERVER_HEAP:-1000}}m" ${{SERVER_JVMFLAGS:-}} -Dlogback.configurationFile=/opt/logback.xml \
    -cp "/opt/server/*" {SERVER} "$ZOO_CONF_DIR/zoo.cfg"
"""

_LOGBACK = """\
<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{ISO8601} - %-5p - %m%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="OUT"/></root>
</configuration>
"""

_DOCKERFILE = f"""\
FROM {base.NAME}
RUN groupadd -r zookeeper && useradd -r -g zookeeper zookeeper && mkdir -p /data /conf && chown zookeeper /data /conf
COPY server /opt/server
COPY logback.xml /opt/logback.xml
COPY docker-entrypoint.sh /docker-entrypoint.sh
RUN chmod 755 /docker-entrypoint.sh
ENV ZOO_CONF_DIR=/conf ZOO_DATA_DIR=/data
VOLUME /data
EXPOSE 2181 2888 3888 8080
ENTRYPOINT ["/docker-entrypoint.sh"]
CMD ["zkServer.sh", "start-foreground"]
"""


def ensure(client: docker.DockerClient | None = None) -> str:
    """What was done, in words. The base image must be there."""
    client = client or docker.from_env(timeout=300)
    jars = obtain_jars(JARS, Sources(cache=cache()), silent)
    texts = {"Dockerfile": _DOCKERFILE, "docker-entrypoint.sh": _ENTRYPOINT, "logback.xml": _LOGBACK}

    def add(tar: tarfile.TarFile) -> None:
        for jar in jars:
            tar.add(jar, f"server/{jar.name}")

    return built.ensure(client, IMAGE, texts, (jar.name for jar in jars), add)
