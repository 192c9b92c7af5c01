"""Passwords as ENC(…): what Jasypt reads of them, and that no file has another."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from lxml import etree

from amqctl.activemq import jasypt
from amqctl.activemq.versions import caps
from amqctl.errors import BadTopology, CannotRun
from amqctl.plan.model import ENVIRONMENT, Files, variables, written
from amqctl.plan.plan import make_plan
from amqctl.plan.render import render
from tests.builders import settled
from tests.plans import a_place

KEY = "a key of mine"
# "manager", as Jasypt 1.9.3 itself encrypted it with that key
OF_JASYPT: dict[jasypt.Algorithm, str] = {
    "PBEWithMD5AndDES": "jGByAYFS5qKfslnAGp7QWw==",
    "PBEWithHmacSHA256AndAES_256": "ZF6PmthQ3IpeKU83ilvoTLkBbS7VPdp6F44HRSJR7SpQF1fntGNWdayqKu+1K3Mr",
    "PBEWithHmacSHA512AndAES_256": "QF08LdfJp9q0a4/KteX4kVwu4wnMO/YtL9INJ++pu/HUCx8ynYNYoqgysI76Iyi0",
}
PAIRS = "groups: {a: {brokers: 2}, b: {brokers: 1}}\nnetwork: [{name: l, from: a, to: b}]\n"
ENCRYPTED = PAIRS + "security: {plugin: simple, encryption: {}}\ntls: {}\n"
NASTY = "#{1}${x} 'quoted' ü"


def decrypted(text: str, algorithm: jasypt.Algorithm, key: str = KEY) -> str:
    """By what Jasypt wrote down: the salt, the IV where it is sent, the rest."""
    raw = base64.b64decode(text.removeprefix("ENC(").removesuffix(")"))
    way = jasypt._WAYS[algorithm]
    salt, rest = raw[: way.block], raw[way.block :]
    made = way.key(key.encode(), salt)
    if way.iv_is_sent:
        iv, rest = rest[:16], rest[16:]
    else:
        made, iv = made[:8], made[8:]
    run = Cipher(jasypt._cipher(algorithm, made), modes.CBC(iv)).decryptor()
    plain = run.update(rest) + run.finalize()
    return plain[: -plain[-1]].decode()


@pytest.mark.parametrize("algorithm", OF_JASYPT)
def test_it_is_what_jasypt_does(algorithm: jasypt.Algorithm) -> None:
    assert decrypted(OF_JASYPT[algorithm], algorithm) == "manager"
    ours = jasypt.encrypted(NASTY, KEY, algorithm, "x")
    assert decrypted(ours, algorithm) == NASTY


def test_the_same_is_the_same_and_all_else_is_not() -> None:
    one = jasypt.encrypted("secret", KEY, jasypt.OF_NOW, "a")
    assert one == jasypt.encrypted("secret", KEY, jasypt.OF_NOW, "a")
    others = {jasypt.encrypted(*words) for words in (  # type: ignore[arg-type]
        ("secret", KEY, jasypt.OF_NOW, "b"), ("Secret", KEY, jasypt.OF_NOW, "a"), ("secret", "k", jasypt.OF_NOW, "a"),
        ("secret", KEY, jasypt.OF_OLD, "a"),
    )}  # fmt: skip
    assert len(others) == 4 and one not in others


def rendered(text: str, **passwords: str) -> Files:
    plan = make_plan(settled(text), a_place, "{}")
    all_of_them = {s.name: f"pw-of-{s.name}" for s in plan.settled.secrets} | passwords
    return render(plan, all_of_them, caps)


@pytest.mark.parametrize("plugin", ["simple", "jaas"])
@pytest.mark.parametrize("version", ["5.14.5", "5.18.3", "6.1.7"])
def test_no_file_has_a_password(version: str, plugin: str) -> None:
    text = ENCRYPTED.replace("simple", plugin) + f"activemq: {version}\n"
    for node, files in rendered(text).items():
        for name, body in written(files).items():
            assert "pw-of-" not in body, f"{node}/{name}"
        assert variables(files) == {"ACTIVEMQ_ENCRYPTION_PASSWORD": "pw-of-encryption:encryption key"}
        assert "pw-of" not in files["launch.json"]
        assert ("PBEWithMD5AndDES" if version < "5.16" else "SHA512AndAES") in files["activemq.xml"]
        assert ("RandomIvGenerator" in files["activemq.xml"]) == (version > "5.16")


def test_every_name_in_the_files_has_its_password() -> None:
    files = rendered(ENCRYPTED)["a-1"]
    kept = dict(line.split("=", 1) for line in files["credentials-enc.properties"].splitlines())
    tree = etree.fromstring(files["activemq.xml"].encode())
    values = [v for e in tree.iter(etree.Element) for v in e.attrib.values() if v.startswith("${")]
    assert values and {v[2:-1] for v in values} <= set(kept)
    body = kept["app.password"].replace("\\", "")
    assert decrypted(body, jasypt.OF_NOW, "pw-of-encryption:encryption key") == "pw-of-app"


def test_spring_does_not_read_anything_into_a_password() -> None:
    files = rendered(ENCRYPTED + "", app=NASTY)["a-1"]
    kept = dict(line.split("=", 1) for line in files["credentials-enc.properties"].splitlines())
    body = kept["app.password"].replace("\\", "")
    literal = decrypted(body, jasypt.OF_NOW, "pw-of-encryption:encryption key")
    assert "${" not in literal and literal.replace("#{'#'}", "#").replace("#{'$'}", "$") == NASTY


def test_users_of_jaas_are_read_with_the_same_algorithm() -> None:
    files = rendered(ENCRYPTED.replace("simple", "jaas"))["a-1"]
    assert 'decrypt="true"' in files["login.config"] and f'algorithm="{jasypt.OF_NOW}"' in files["login.config"]
    users = dict(line.split("=", 1) for line in files["users.properties"].splitlines())
    assert decrypted(users["app"].replace("\\", ""), jasypt.OF_NOW, "pw-of-encryption:encryption key") == "pw-of-app"


def test_without_it_nothing_is_different() -> None:
    files = rendered(PAIRS)["a-1"]
    assert ENVIRONMENT not in files and "credentials-enc.properties" not in files
    assert "decrypt" not in files["login.config"] and "jasypt" not in files["activemq.xml"]


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadTopology, match="their Jasypt, 1.9.2"):
        settled(PAIRS + "activemq: 5.15.11\nsecurity: {encryption: {algorithm: PBEWithHmacSHA256AndAES_256}}")
    with pytest.raises(CannotRun, match="U.00FC"):
        rendered(ENCRYPTED, **{"encryption:encryption key": "schlüssel"})


def test_the_key_is_a_secret_like_others() -> None:
    names = [s.name for s in settled(PAIRS + "security: {encryption: {key: {env: K}}}").secrets]
    assert "encryption:encryption key" in names
    assert json.dumps(names)
