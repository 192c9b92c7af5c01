"""A broker inside a container: where things lie, as whom it runs, and the recipe of the image amqctl builds.

/opt/apache-activemq    ActiveMQ, where the official image has it too; nobody writes there
/opt/amqctl             class list and class-data archive
/amqctl                 the node's own: conf, data, tmp, and stores, below which shared ones are mounted
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

HOME = "/opt/apache-activemq"
CLASSES = "/opt/amqctl/classes"
ARCHIVE = "/opt/amqctl/activemq.jsa"
ROOT = "/amqctl"
CONF, DATA, TMP, STORES = f"{ROOT}/conf", f"{ROOT}/data", f"{ROOT}/tmp", f"{ROOT}/stores"

# Numeric: an engine can then see that it is not root, and the base image need not know a name for it.
UID = GID = 10001

REPOSITORY = "amqctl/activemq"
RECIPE = "1"  # of the image; another one makes images anew

# Labels. Containers inherit them from their image, so none of them says what a container is for.
IMAGE = "amqctl.image"
REF = "amqctl.ref"
VERSION = "amqctl.version"
DISTRIBUTION = "amqctl.distribution"
BASE = "amqctl.base"
ARCHIVED = "amqctl.archive"  # path of the class-data archive, or empty
PLAIN = "amqctl.plain"  # why there is none, though one was wanted
STAGE = "amqctl.stage"  # what is left behind at a stage other than BUILT may be swept
BUILDING, LOOKING, BUILT = "building", "looking", "built"

# Where they lie in the build context
CONTEXT_HOME, CONTEXT_ROOT, CONTEXT_CLASSES = "home", "root", "classes"


def dockerfile(
    base: str, labels: Mapping[str, str], archiving: Sequence[Sequence[str]], last: Mapping[str, str]
) -> str:
    """archiving: the commands that lay out and check the class-data archive; none for an image without.

    Commands are in exec form: a base without a shell will do. Labels that differ between an image with
    and without archive are the last layer, so the second is made from the first one's others.
    """
    return "\n".join(
        [
            f"FROM {base}",
            _labels({IMAGE: "1", STAGE: BUILDING, **labels}),
            "USER 0:0",
            f"COPY {CONTEXT_HOME}/ {HOME}/",
            f"COPY --chown={UID}:{GID} {CONTEXT_ROOT}/ {ROOT}/",
            *([f"COPY {CONTEXT_CLASSES} {CLASSES}"] if archiving else []),
            *(f"RUN {json.dumps(list(command))}" for command in archiving),
            f"USER {UID}:{GID}",
            f"WORKDIR {ROOT}",
            "STOPSIGNAL SIGTERM",
            # The JVM is started as process 1; a script of the base before it could keep SIGTERM from it.
            "ENTRYPOINT []",
            _labels({STAGE: BUILT, **last}),
            "",
        ]
    )


def _labels(labels: Mapping[str, str]) -> str:
    return "LABEL " + " ".join(f'{key}="{_plain(text)}"' for key, text in labels.items())


def _plain(text: str) -> str:
    """What a Dockerfile would read something into is left out; labels are for people and hashes."""
    return re.sub(r"[\"$\\`\x00-\x1f]", " ", text)[:300]


def user_ids(user: str, passwd: str, group: str) -> tuple[int, int]:
    """uid and gid of an image's User ("", "10001", "activemq", "activemq:activemq", "1000:0").

    passwd, group: the image's own files, empty where it has none. Raises ValueError naming whom they lack.
    """
    name, _, group_name = (user or "0").partition(":")
    known = {row[0]: row for row in _rows(passwd, 4)}
    row = known.get(name) or next((r for r in known.values() if r[2] == name), None)
    if row is None and not name.isdigit():
        raise ValueError(name)
    uid = int(row[2]) if row and not name.isdigit() else int(name)
    if not group_name:
        return uid, int(row[3]) if row else 0
    groups = {r[0]: r[2] for r in _rows(group, 3)}
    gid = group_name if group_name.isdigit() else groups.get(group_name)
    if gid is None:
        raise ValueError(group_name)
    return uid, int(gid)


def _rows(text: str, least: int) -> list[list[str]]:
    rows = [line.split(":") for line in text.splitlines() if not line.startswith("#")]
    return [row for row in rows if len(row) >= least and all(number.isdigit() for number in row[2:least])]


def numeric(user: str) -> bool:
    """Whether `user` tells uid and gid without the image's passwd."""
    return re.fullmatch(r"\d+:\d+", user) is not None


def java(env: Sequence[str]) -> str:
    """The executable in an image whose configuration has these "NAME=value"."""
    home = variable(env, "JAVA_HOME")
    return f"{home.rstrip('/')}/bin/java" if home else "java"


def variable(env: Sequence[str], name: str) -> str | None:
    return next((entry.partition("=")[2] for entry in env if entry.startswith(f"{name}=")), None)


def broker_version(jars: Sequence[str]) -> str | None:
    """What is in lib/, by the broker's own jar."""
    for jar in jars:
        found = re.fullmatch(r"lib/activemq-broker-(.+)\.jar", jar)
        if found:
            return found[1]
    return None


def is_reference(text: str) -> bool:
    """Whether `text` can name an image; registries say whether it does."""
    return re.fullmatch(r"[A-Za-z0-9][\w.:/@+-]*", text) is not None
