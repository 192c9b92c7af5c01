"""The base image: Debian with a JRE 17, made here because the tests must not need a registry."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import docker

from tests.lab.shell import LabError, home, need_root, run

NAME = "amqctl-lab/base:jre17"
SUITE = "bookworm"  # the last Debian with a JRE 17 that has bash, useradd and the like in its smallest variant
DEBOOTSTRAP = ("debootstrap", "--variant=minbase")
PACKAGES = "openjdk-17-jre-headless,ca-certificates"
# What no broker reads, a third of it all.
NEEDLESS = [
    "var/lib/apt/lists/*",
    "var/cache/apt/*",
    "var/cache/debconf/*-old",
    "var/log/*",
    "usr/share/doc/*",
    "usr/share/doc-base/*",
    "usr/share/info/*",
    "usr/share/locale/*",
    "usr/share/lintian/*",
    "usr/share/man/*",
]


def ensure(client: docker.DockerClient | None = None) -> str:
    """What was done, in words."""
    client = client or docker.from_env(timeout=300)
    if client.images.list(NAME):
        return f"{NAME} is there"
    packed = home() / "base-jre17.tar"
    made = "" if packed.exists() else _make(packed)
    # Nothing is changed at the import: Debian has java in /usr/bin, which is on every container's PATH.
    client.api.import_image_from_file(str(packed), repository=NAME.partition(":")[0], tag=NAME.partition(":")[2])
    if not client.images.list(NAME):
        raise LabError(f"the engine took {packed} and has no {NAME}")
    size = client.images.get(NAME).attrs["Size"] / 1e6
    return f"{made}{NAME} imported, {size:.0f} MB"


def _make(packed: Path) -> str:
    need_root("debootstrap")
    root = Path(tempfile.mkdtemp(prefix="amqctl-lab-root-", dir=_roomy()))
    try:
        # what it mounts in there is seen by itself alone, and gone when it ends, however it ends
        run("unshare", "--mount", *DEBOOTSTRAP, f"--include={PACKAGES}", SUITE, str(root), *_mirror())
        _slim(root)
        half = packed.with_suffix(".half")
        run("tar", "--numeric-owner", "-C", str(root), "-cf", str(half), ".")
        half.replace(packed)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return "debootstrapped; "


def _roomy() -> str:
    """Not a small tmpfs: it takes half a gigabyte, for a minute; and devices must be allowed."""
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()


def _mirror() -> Iterable[str]:
    """The mirror that this machine's apt has for the suite; debootstrap's own where it has another suite."""
    listed = run("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages")
    return [line.split()[0] for line in listed.splitlines() if line.split()[-1] == SUITE][:1]


def _slim(root: Path) -> None:
    for pattern in NEEDLESS:
        for path in root.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
