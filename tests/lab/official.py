"""An image laid out as the official apache/activemq-classic, which the lab cannot pull.

After apache/activemq's assembly/src/docker of the newest line, the hardest for us: a user that is not root
owns the installation, and PID 1 is a script whose `wait` returns at SIGTERM, so that `docker stop` ends the
container while the broker has only begun to stop.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import docker

from amqctl.events import silent
from amqctl.provision.dist import obtain
from amqctl.provision.sources import Sources
from tests.lab import base, built
from tests.lab.shell import cache

VERSIONS = ("6.1.7", "5.18.3")
WITH_SCRIPTS = "5.18.3"  # no archive of 6.1.7 can be had here, and its modules hold neither bin/activemq nor conf

DOCKERFILE = f"""\
FROM {base.NAME}
ENV ACTIVEMQ_INSTALL_PATH /opt
ENV ACTIVEMQ_HOME $ACTIVEMQ_INSTALL_PATH/apache-activemq
ENV ACTIVEMQ_CONF $ACTIVEMQ_HOME/conf
ENV ACTIVEMQ_EXEC exec
ENV PATH $PATH:$ACTIVEMQ_HOME/bin
RUN groupadd -r activemq && useradd -r -g activemq activemq
COPY --chown=activemq:activemq entrypoint.sh /usr/local/bin/entrypoint.sh
COPY --chown=activemq:activemq apache-activemq $ACTIVEMQ_HOME
RUN chmod +x /usr/local/bin/entrypoint.sh $ACTIVEMQ_HOME/bin/activemq && \\
    mkdir -p $ACTIVEMQ_HOME/data $ACTIVEMQ_HOME/tmp && \\
    chown activemq:activemq $ACTIVEMQ_HOME $ACTIVEMQ_HOME/data $ACTIVEMQ_HOME/tmp
STOPSIGNAL SIGTERM
USER activemq
EXPOSE 8161 61616 5672 61613 1883 61614 1099
ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
CMD ["activemq", "console"]
"""

# Of the original what matters to us: the variables that make it edit the configuration, and how it ends.
ENTRYPOINT = r"""#!/bin/bash
if [ -n "${ACTIVEMQ_CONNECTION_USER}" ]; then
  sed -i "s/activemq.username=system/activemq.username=${ACTIVEMQ_CONNECTION_USER}/" \
    ${ACTIVEMQ_HOME}/conf/credentials.properties
  sed -i "s#</broker>#<plugins><simpleAuthenticationPlugin/></plugins></broker>#" ${ACTIVEMQ_HOME}/conf/activemq.xml
fi
if [ -n "${ACTIVEMQ_WEB_USER}" ]; then
  sed -i "s/admin=/${ACTIVEMQ_WEB_USER}=/g" ${ACTIVEMQ_HOME}/conf/users.properties
fi
if [ -z "${ACTIVEMQ_OPTS_MEMORY}" ]; then
  export ACTIVEMQ_OPTS_MEMORY="-Xms64M -Xmx1G"
fi
if [ -z "${ACTIVEMQ_OPTS}" ]; then
  ACTIVEMQ_OPTS="${ACTIVEMQ_OPTS_MEMORY} -Djava.util.logging.config.file=logging.properties"
  ACTIVEMQ_OPTS="${ACTIVEMQ_OPTS} -Djava.security.auth.login.config=${ACTIVEMQ_CONF}/login.config"
  export ACTIVEMQ_OPTS="${ACTIVEMQ_OPTS} -Djetty.host=0.0.0.0"
fi

_term() {
  echo "Received signal, stopping ActiveMQ..."
  if [ -n "${child_pid:-}" ] && kill -0 "${child_pid}" 2>/dev/null; then
    kill -TERM "${child_pid}" 2>/dev/null || true
  fi
}

trap _term TERM INT

"$@" &
child_pid=$!
wait "${child_pid}"

exit $?
"""


def name(version: str) -> str:
    return f"amqctl-lab/activemq-classic:{version}"


def ensure(version: str, client: docker.DockerClient | None = None) -> str:
    """What was done, in words. The base image must be there."""
    client = client or docker.from_env(timeout=300)
    copy = obtain(version, Sources(cache=cache()), silent)
    scripts = obtain(WITH_SCRIPTS, Sources(cache=cache()), silent)
    texts = {"Dockerfile": DOCKERFILE, "entrypoint.sh": ENTRYPOINT}

    def add(tar: tarfile.TarFile) -> None:
        """Some 45 MB, the distribution below apache-activemq/."""
        tar.add(copy.home, "apache-activemq", filter=_without_ours)
        for part in ("bin/activemq", "bin/env", "conf"):
            if not (copy.home / part).exists():
                tar.add(scripts.home / part, f"apache-activemq/{part}")

    return built.ensure(client, name(version), texts, [copy.digest, scripts.digest], add)


def _without_ours(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """amqctl's own notes are in no official image: what it reads of one must come from the jars."""
    return None if Path(member.name).name in ("amqctl.json", "activemq.xsd") else member
