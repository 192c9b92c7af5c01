"""Where things come from: a Maven repository or its mirror, the cache alone, a local archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from amqctl.errors import BadUsage


@dataclass(frozen=True, slots=True)
class Sources:
    """cache: Dirs.cache. archive: a local ActiveMQ archive or its unpacked directory.

    mirror: the URL of a Maven repository that is asked instead of Maven Central; user and password
    may be in it, so it is in no repr and every message shows `shown` instead. ca_bundle: a PEM file
    of certificates to trust. connect and read: seconds. workers: downloads at a time. Proxies are the
    usual HTTPS_PROXY and NO_PROXY variables, read by the HTTP library. retries: of a request that
    found no connection or a server in trouble. class_data: whether to make class-data archives.
    """

    cache: Path
    offline: bool = False
    archive: Path | None = None
    mirror: str | None = field(default=None, repr=False)
    ca_bundle: Path | None = None
    connect: float = 15.0
    read: float = 60.0
    workers: int = 8
    retries: int = 3
    class_data: bool = True

    @property
    def repository(self) -> str:
        """The URL to ask, without user and password, without a slash at its end."""
        if self.mirror is None:
            from jgo.constants import MAVEN_CENTRAL_URL

            return str(MAVEN_CENTRAL_URL).rstrip("/")
        parts = urlsplit(self.mirror)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", "")).rstrip("/")

    @property
    def shown(self) -> str:
        return "Maven Central" if self.mirror is None else self.repository

    @property
    def credentials(self) -> tuple[str, str] | None:
        if self.mirror is None:
            return None
        user, at, _ = urlsplit(self.mirror).netloc.rpartition("@")
        name, _, password = user.partition(":")
        return (unquote(name), unquote(password)) if at else None


def from_env(env: Mapping[str, str], **overrides: Any) -> Sources:
    """Sources as the environment has them; overrides are fields of Sources, None meaning not given."""
    from amqctl.provision.dirs import dirs

    found = Sources(
        cache=dirs(env).cache,
        offline=env.get("AMQCTL_OFFLINE", "").lower() not in ("", "0", "no", "false"),
        mirror=env.get("AMQCTL_MAVEN_MIRROR") or None,
        ca_bundle=_path(env.get("AMQCTL_CA_BUNDLE")),
        class_data=env.get("AMQCTL_CLASS_DATA", "").lower() not in ("0", "off", "no", "false"),
    )
    found = replace(found, **{key: value for key, value in overrides.items() if value is not None})
    if found.mirror is not None and urlsplit(found.mirror).scheme not in ("http", "https"):
        raise BadUsage(
            "the Maven mirror is not an http:// or https:// address",
            hint="AMQCTL_MAVEN_MIRROR names the root of a repository: https://nexus.example/repository/maven",
        )
    return found


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None
