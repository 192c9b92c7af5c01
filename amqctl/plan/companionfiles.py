"""What a companion is configured with, as files: what of it changes is seen as a changed file."""

from __future__ import annotations

import json
from collections.abc import Mapping

from amqctl.plan.model import CompanionSpec, NodeFiles

ADMIN = "admin-password"  # the administrator's, and nothing else
FACTS = "server.json"


def companion_files(spec: CompanionSpec, passwords: Mapping[str, str]) -> NodeFiles:
    """passwords: of Settled.secrets."""
    server = spec.companion
    facts = {"kind": server.kind, "image": server.image, "port": server.port, "settings": dict(server.settings)}
    if server.version:
        facts["version"] = server.version
    return {FACTS: json.dumps(facts, indent=2) + "\n", ADMIN: passwords[server.secret]}
