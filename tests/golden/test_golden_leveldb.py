"""LevelDB of S3's own version, which cannot be had everywhere, and against every line's own schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from amqctl.activemq.versions import caps
from amqctl.activemq.xmlschema import violations
from amqctl.cluster.intent import Intent, plan_of
from amqctl.plan.model import Files, Plan
from amqctl.plan.render import render
from amqctl.provision.sources import Sources
from tests.golden.conftest import Check
from tests.golden.test_golden import NASTY, PASSWORDS, TOPOLOGIES, sources, xsd_of
from tests.plans import a_place

__all__ = ["sources"]  # the fixture


def rendered(topology: str, version: str) -> tuple[Plan, Files]:
    text = (TOPOLOGIES / f"{topology}.yaml").read_text()
    assert text.count("\nactivemq: 5.16.6") == 1
    plan = plan_of(Intent(text.replace("\nactivemq: 5.16.6", f"\nactivemq: {version}"), None), a_place)
    return plan, render(plan, {secret.name: NASTY for secret in plan.settled.secrets} | PASSWORDS, caps)


@pytest.mark.parametrize("version", ["5.14.0"])
def test_s3_in_its_own_version(version: str, check_golden: Check) -> None:
    files = rendered("leveldb-trio", version)[1]
    kept = {f"{node}/{name}": files[node][name] for node in ("node-1", "node-3") for name in
            ("activemq.xml", "launch.json")}  # fmt: skip
    check_golden(f"leveldb-trio/local-{version}", kept)


@pytest.mark.real
@pytest.mark.parametrize("topology", ["leveldb-trio", "leveldb-shared"])
@pytest.mark.parametrize("version", ["5.13.4", "5.14.5", "5.15.11", "5.16.6"])
def test_leveldb_is_valid_against_every_versions_schema(
    version: str, topology: str, sources: Sources, tmp_path: Path
) -> None:
    plan, files = rendered(topology, version)
    for node in plan.nodes:
        assert violations(files[node.name]["activemq.xml"], xsd_of(version, sources), node.name, version) == []
