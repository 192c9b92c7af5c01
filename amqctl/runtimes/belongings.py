"""What an engine has of one cluster, by its labels: containers, networks, volumes, the recorded intent."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from amqctl.runtimes import containers as c

if TYPE_CHECKING:
    from docker import APIClient


class Belongings:
    """Asked each time, never kept. What the engine declines is the caller's to translate (`engine.refusals`)."""

    def __init__(self, api: APIClient, cluster: str) -> None:
        self._api = api
        self._cluster = cluster

    def containers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.containers(all=True, filters={"label": f"{c.CLUSTER}={self._cluster}"})
        return found

    def networks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._api.networks(filters={"label": f"{c.CLUSTER}={self._cluster}"})
        return found

    def volumes(self, kind: c.Kind) -> list[dict[str, Any]]:
        # one label asked for, the other looked at here: of two, Podman takes what has either
        found = self._api.volumes(filters={"label": f"{c.CLUSTER}={self._cluster}"})["Volumes"] or []
        return [v for v in found if v["Labels"].get(c.KIND) == kind]

    def intents(self) -> list[dict[str, Any]]:
        """Oldest first; two only where recording one was interrupted."""
        return sorted(self.volumes("intent"), key=lambda v: float(v["Labels"][c.AT]))

    def inspect(self, name: str) -> dict[str, Any] | None:
        import docker.errors

        try:
            facts: dict[str, Any] = self._api.inspect_container(name)
        except docker.errors.NotFound:
            return None
        return facts

    def intent(self) -> str | None:
        """What `up` was asked for the last time."""
        found = self.intents()
        return str(found[-1]["Labels"][c.INTENT]) if found else None

    def record(self, intent: str) -> None:
        """A new volume before the old one goes: a label cannot be changed, and one of the two is always there."""
        old = self.intents()
        if old and old[-1]["Labels"][c.INTENT] == intent:
            old.pop()
        else:
            name = f"{c.PREFIX}.{self._cluster}.intent-{secrets.token_hex(4)}"
            self._api.create_volume(name, labels=c.labels(self._cluster, "intent", **{c.INTENT: intent}))
        for volume in old:
            self._api.remove_volume(volume["Name"])

    def discard(self, name: str) -> None:
        """The container is no more; its volumes stay, but for nameless ones of its image."""
        import docker.errors

        with suppress(docker.errors.NotFound):
            try:
                self._api.remove_container(name, force=True, v=True)
            except docker.errors.APIError as exc:
                if exc.status_code != 409:  # its removal is under way already
                    raise
