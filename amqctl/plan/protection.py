"""What the templates need to know of logins, rights and TLS. Pure.

A key store is binary. Among a node's files, which are text, it is base64 and has a name by which whoever
writes it knows that (`plan.model.content`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from amqctl.errors import CannotRun, Problem
from amqctl.plan.model import NodeFiles, Plan
from amqctl.topology.protection import KEY_STORE, TRUST_STORE
from amqctl.topology.settled import Settled

KEYS = "keystore"  # + .p12 or .jks: a node's own key and certificate
TRUST = "truststore"  # + the same: the certificates of those that sign
_TYPES = {".p12": "PKCS12", ".jks": "JKS"}
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def security_values(settled: Settled, passwords: Mapping[str, str]) -> dict[str, Any]:
    """users: only for the simple plugin; the other one reads files. Raises CannotRun for a password that
    no attribute can hold."""
    values: dict[str, Any] = {"users": [], "rights": [], "temporary": {}}
    if settled.plugin == "simple":
        _check([(f"user {u.name}", passwords[u.name]) for u in settled.users], "write `plugin: jaas`, or change it")
        values["users"] = [
            {"name": u.name, "password": passwords[u.name], "groups": ",".join(u.groups)} for u in settled.users
        ]
    if (rights := settled.authorization) is not None:
        everyone = ",".join(rights.everyone)
        values["temporary"] = {"read": everyone, "write": everyone, "admin": everyone}
        values["rights"] = [
            {
                "destination": r.destination,
                "pattern": r.pattern,
                "read": ",".join(r.read),
                "write": ",".join(r.write),
                "admin": ",".join(r.admin),
            }
            for r in rights.rights
        ]
    return values


def tls_values(plan: Plan, passwords: Mapping[str, str], keys: NodeFiles) -> dict[str, str] | None:
    """keys: the node's key stores; with none, as for a look at the XML alone, those that amqctl makes."""
    if plan.settled.tls is None:
        return None
    found = (("the key store", passwords[KEY_STORE]), ("the trust store", passwords[TRUST_STORE]))
    _check(found, "give it another password")
    key_store, trust_store = (next((n for n in keys if n.startswith(f"{w}.")), f"{w}.p12") for w in (KEYS, TRUST))
    return {
        "key_store": key_store,
        "key_type": _TYPES[key_store[-4:]],
        "key_password": passwords[KEY_STORE],
        "trust_store": trust_store,
        "trust_type": _TYPES[trust_store[-4:]],
        "trust_password": passwords[TRUST_STORE],
    }


def _check(found: Any, fix: str) -> None:
    """XBean takes an attribute of <broker> that begins with "#" for the name of a bean."""
    problems = []
    for whose, password in found:
        if wrong := _NOT_XML.search(password):
            problems.append(Problem(f"the password of {whose} has what XML does not know: U+{ord(wrong[0]):04X}", fix))
        elif password.startswith("#"):
            problems.append(Problem(f"the password of {whose} begins with #, which activemq.xml gives a meaning", fix))
    if problems:
        raise CannotRun(problems)
