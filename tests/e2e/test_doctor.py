"""`doctor` on brokers that cannot resolve a host name (seed S2f): it finds the trap and says what comes of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.machine import REPOSITORY, Machine, topology

pytestmark = pytest.mark.real

NOWHERE = "amqctl-nowhere"
TRAP = """
apiVersion: amqctl/v1
name: trapped
activemq: 6.1.7
groups:
  a:
    brokers: 1
    patch:
      - {at: "//amq:transportConnector[@name='openwire']", set: {uri: "tcp://amqctl-nowhere:61616"}}
"""
# A machine with that name and no line for it in its hosts file, which asks nobody: it has its loopback alone.
SCRIPT = """
set -u
ip link set lo up
hostname "$1"
printf '127.0.0.1 localhost\n' > "$2/hosts"
mount --bind "$2/hosts" /etc/hosts
"$3" -m amqctl up "$2/trapped.yaml" --timeout 40 >&2
"$3" -m amqctl doctor -o json > "$2/doctor.json"
printf '127.0.0.1 %s\n' "$1" >> "$2/hosts"
"$3" -m amqctl stop a-1 >&2
sleep 1  # a start is told to the second
"$3" -m amqctl start a-1 >&2
"$3" -m amqctl doctor -o json > "$2/mended.json"
"$3" -m amqctl down --all --volumes >&2
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a machine with another name is made by root alone")
def test_a_host_name_that_does_not_resolve_is_found_and_explained(machine: Machine, tmp_path: Path) -> None:
    """The connector is to listen on the machine's own name: clients are refused, and the console says so."""
    file = Path(topology("trapped", TRAP, machine.home))
    file.rename(machine.home / "trapped.yaml")
    line = [
        str(shutil.which("unshare")),
        "--net",
        "--mount",
        "--uts",
        str(shutil.which("sh")),
        "-c",
        SCRIPT,
        "sh",
        NOWHERE,
        str(machine.home),
        sys.executable,
    ]
    env = machine.env | {"PATH": f"{machine.env['PATH']}:/usr/sbin:/sbin:/usr/bin:/bin"}
    done = subprocess.run(line, cwd=REPOSITORY, env=env, capture_output=True, text=True, timeout=150)
    found = json.loads((machine.home / "doctor.json").read_text())["findings"]
    by_check = {f["check"]: f for f in found}
    assert by_check["host name"]["state"] == "warning" and NOWHERE in by_check["host name"]["what"], done.stderr
    (trap,) = [f for f in found if f["check"] == "trapped" and "resolve" in f["what"]]
    assert f"a-1 cannot resolve the host name {NOWHERE}" in trap["what"]
    assert "clients are refused" in trap["what"]
    assert f"127.0.0.1 {NOWHERE}" in trap["fix"]
    mended = json.loads((machine.home / "mended.json").read_text())["findings"]
    assert [f for f in mended if f["state"] == "problem"] == [], done.stderr
    assert [f["state"] for f in mended if f["check"] == "trapped"] == ["ok"]


LINKED = """
apiVersion: amqctl/v1
name: linked
activemq: 6.1.7
ports: {{offset: {offset}}}
groups: {{a: {{brokers: 2}}, b: {{brokers: 1}}}}
network: [{{name: a-to-b, from: a, to: b, duplex: true}}]
"""


def of(machine: Machine, name: str) -> list[dict[str, str]]:
    return [f for f in machine.amq("doctor", "-o", "json", expect=None).json["findings"] if f["check"] == name]


def test_of_a_cluster_that_is_well_nothing_is_said_and_of_one_that_is_not_what_it_lacks(any_machine: Machine) -> None:
    """Every node resolves every other; b's only broker is killed, and its master and the link are gone."""
    any_machine.amq("up", topology("linked", LINKED.format(offset=any_machine.offset(740)), any_machine.home))
    assert any_machine.side.unresolved() == []
    assert len(any_machine.side.brokers()) == 3
    assert [f["state"] for f in of(any_machine, "linked")] == ["ok"]
    any_machine.amq("kill", "b-1")
    (warning,) = [f for f in of(any_machine, "linked") if f["state"] == "warning"]
    assert "b has no master" in warning["what"] and "link a-to-b is not up" in warning["what"]
    assert warning["fix"] == "amqctl status -c linked"
