"""The story of `down`, also told by failover-test for what it brought up."""

from __future__ import annotations

from amqctl.cli import keys, session
from amqctl.cluster.intent import Intent, plan_of
from amqctl.errors import AmqctlError
from amqctl.events import Event
from amqctl.provision import secrets
from amqctl.runtimes import World
from amqctl.runtimes.seam import Runtime


def take_down(name: str, runtime: Runtime, here: World, *, volumes: bool) -> None:
    stores = "its stores are deleted with all their messages" if volumes else "its stores are kept"
    try:
        state = runtime.observe()
        count = "1 node" if len(state.nodes) == 1 else f"{len(state.nodes)} nodes"
        here.tell(Event(name, "start", f"stopping {count}; {stores}"))
        if state.intent is not None:
            plan = plan_of(Intent.parse(state.intent), runtime.place)
            session.cluster_of(plan, runtime, session.peek_secrets(plan, here), here).down(volumes=volumes)
        else:
            runtime.destroy(volumes=volumes)
    except (AmqctlError, OSError, ValueError, TypeError) as exc:
        # an intent that cannot be read any more must not keep anyone from cleaning up
        here.tell(Event(name, "warn", f"{exc}; removing it without a graceful stop"))
        runtime.destroy(volumes=volumes)
    if volumes:
        secrets.forget(session.secrets_path(name, here))
        keys.forget(name, here)
    kept = "" if volumes else "; data kept, amqctl up brings it back, amqctl down --volumes deletes it"
    here.tell(Event(name, "done", f"down{kept}"))
