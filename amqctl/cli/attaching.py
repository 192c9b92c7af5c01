"""--attach FILE: from a file with addresses and credentials to a cluster that can be looked at."""

from __future__ import annotations

import os
from pathlib import Path

import click

from amqctl.cli import console
from amqctl.cluster.attached import Attached
from amqctl.cluster.model import Trust
from amqctl.cluster.sight.model import Look
from amqctl.errors import BadTopology, CannotRun, Problem
from amqctl.topology.attach import AttachFile, read_attach
from amqctl.topology.load import content

OTHERS = 0o004  # whoever has an account here


def attached(path: str) -> Attached:
    """Raises BadTopology for the file itself, CannotRun for passwords that cannot be had, or that anyone can read."""
    file = read(path)
    here = Path(path).parent
    problems = _exposed(file, here)
    passwords = {}
    for broker in file.brokers:
        try:
            passwords[broker.name] = _password(broker.who.password, broker.who.password_file, here)
        except (OSError, UnicodeDecodeError) as exc:
            name = str(here / (broker.who.password_file or ""))
            problems.append(Problem(_why(exc), "passwordFile: a file that you can read, with text in UTF-8", name))
    trust = None
    if file.trust is not None:
        authority = here / file.trust
        try:
            # what stands around the certificates may be in any language, and OpenSSL takes ASCII
            text = authority.read_text("utf-8").encode("ascii", "replace").decode()
            trust = Trust(text, str(authority))
        except (OSError, UnicodeDecodeError) as exc:
            fix = f"trust: a PEM file that you can read; openssl x509 -inform der -in {authority} makes one of DER"
            problems.append(Problem(_why(exc), fix, str(authority)))
    if problems:
        raise CannotRun(list(dict.fromkeys(problems)))
    return Attached(file, passwords, trust)


def read(path: str) -> AttachFile:
    try:
        text = content(path).decode()
    except UnicodeDecodeError as exc:
        raise BadTopology([Problem("it is not UTF-8", "save the file as UTF-8 text", path)]) from exc
    return read_attach(text, path)


def _password(written: str | None, file: str | None, here: Path) -> str:
    return written if written is not None else (here / (file or "")).read_text("utf-8").rstrip("\r\n")


def _why(exc: OSError | UnicodeDecodeError) -> str:
    return "it is no text" if isinstance(exc, UnicodeDecodeError) else exc.strerror or str(exc)


def _exposed(file: AttachFile, here: Path) -> list[Problem]:
    """Files with passwords that anyone on this machine can read."""
    if os.name != "posix":
        return []
    holding = ([Path(file.source)] if file.holds_passwords else []) + [here / name for name in file.password_files]
    return [
        Problem("it holds a password, and anyone can read it", f"chmod 600 {path}", str(path))
        for path in holding
        if path.exists() and path.stat().st_mode & OTHERS
    ]


def unknown(look: Look) -> None:
    """After the result: of each broker that could not be asked, why; then exit code 3, which says unknown."""
    nobody = [n for n, role in look.observation.roles.items() if role == "unknown"]
    if not nobody:
        return
    for name in nobody:
        why = look.observation.seen[name].refused
        console.say(f"{name}: {why.message if why else 'it does not answer'}")
        if why and why.hint:
            console.say(f"  → {why.hint}")
    raise click.exceptions.Exit(3)
