"""A cluster's keys: made once, kept as made, made anew when they must be; and the user's own, looked at first."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from amqctl.errors import CannotRun
from amqctl.plan.model import Plan
from amqctl.plan.plan import make_plan
from amqctl.provision import certificates as c
from amqctl.provision import jks as reader
from amqctl.provision import keys
from tests.authority import HERE, LONG_AGO, NOW, authority, jks
from tests.builders import settled
from tests.plans import a_place

PAIR = "groups: {a: {brokers: 2}}\n"
PASSWORDS = {"tls:key store": "kpw", "tls:trust store": "tpw"}


def planned(text: str = "tls: {}\n") -> Plan:
    return make_plan(settled(PAIR + text), a_place, "{}")


def made(folder: Path, plan: Plan | None = None, now: datetime = NOW, **passwords: str) -> dict[str, dict[str, bytes]]:
    found = keys.load_or_create(folder, plan or planned(), PASSWORDS | passwords, now)
    return {node: {name: base64.b64decode(text) for name, text in files.items()} for node, files in found.items()}


def shown(files: dict[str, bytes]) -> x509.Certificate:
    found = pkcs12.load_pkcs12(files["keystore.p12"], b"kpw").cert
    assert found is not None
    return found.certificate


def test_without_tls_there_are_none(tmp_path: Path) -> None:
    assert made(tmp_path / "x.tls", planned("")) == {}
    assert list(tmp_path.iterdir()) == []


def test_each_node_has_a_certificate_of_the_cluster_s_authority_for_all_its_names(tmp_path: Path) -> None:
    files = made(tmp_path / "x.tls")
    root = x509.load_pem_x509_certificate((tmp_path / "x.tls" / "ca.pem").read_bytes())
    for node in ("a-1", "a-2"):
        one = shown(files[node])
        assert c.issued_by(one, root)
        assert {node, "localhost", "127.0.0.1", "::1"} <= c.names_of(one)
        trusted = pkcs12.load_pkcs12(files[node]["truststore.p12"], b"tpw").additional_certs
        assert [t.certificate for t in trusted] == [root]
    assert shown(files["a-1"]) != shown(files["a-2"])


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    made(tmp_path / "x.tls", planned("tls: {clientAuth: true}\n"))
    assert (tmp_path / "x.tls").stat().st_mode & 0o777 == 0o700
    assert {p.name for p in (tmp_path / "x.tls").iterdir()} == {
        "ca.pem", "ca.key", "client.pem", "truststore.p12", "a-1.p12", "a-2.p12",
    }  # fmt: skip
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "x.tls").iterdir()} == {0o600}


def test_they_are_kept_as_made(tmp_path: Path) -> None:
    assert made(tmp_path / "x.tls") == made(tmp_path / "x.tls", now=NOW + timedelta(days=300))


def test_a_certificate_that_ends_soon_is_renewed_and_the_authority_stays(tmp_path: Path) -> None:
    before = made(tmp_path / "x.tls")
    after = made(tmp_path / "x.tls", now=NOW + c.SERVER - timedelta(days=20))
    assert shown(after["a-1"]) != shown(before["a-1"])
    assert after["a-1"]["truststore.p12"] == before["a-1"]["truststore.p12"]


def test_with_a_new_authority_everything_is_new(tmp_path: Path) -> None:
    before = made(tmp_path / "x.tls")
    (tmp_path / "x.tls" / "ca.key").unlink()
    after = made(tmp_path / "x.tls")
    root = x509.load_pem_x509_certificate((tmp_path / "x.tls" / "ca.pem").read_bytes())
    assert c.issued_by(shown(after["a-2"]), root)
    assert after["a-1"]["truststore.p12"] != before["a-1"]["truststore.p12"]


def test_a_new_name_or_password_makes_new_ones(tmp_path: Path) -> None:
    before, plan = made(tmp_path / "x.tls"), planned()
    node = plan.nodes[0]
    moved = replace(plan, nodes=(replace(node, place=replace(node.place, dial="10.0.0.7")), plan.nodes[1]))
    after = made(tmp_path / "x.tls", moved)
    assert "10.0.0.7" in c.names_of(shown(after["a-1"]))
    assert after["a-2"] == before["a-2"]
    again = made(tmp_path / "x.tls", moved, **{"tls:trust store": "other"})
    assert again["a-1"]["keystore.p12"] == after["a-1"]["keystore.p12"]
    assert pkcs12.load_pkcs12(again["a-1"]["truststore.p12"], b"other").additional_certs


def test_what_is_damaged_is_made_anew(tmp_path: Path) -> None:
    made(tmp_path / "x.tls")
    for name in ("ca.pem", "a-1.p12", "truststore.p12"):
        (tmp_path / "x.tls" / name).write_bytes(b"damaged")
        made(tmp_path / "x.tls")
    assert made(tmp_path / "x.tls") == made(tmp_path / "x.tls")


def test_a_dry_run_sees_what_is_there_and_makes_nothing(tmp_path: Path) -> None:
    assert keys.peek(tmp_path / "x.tls", planned()) == {"a-1": {}, "a-2": {}}
    assert list(tmp_path.iterdir()) == []
    wanted = keys.load_or_create(tmp_path / "x.tls", planned(), PASSWORDS, NOW)
    assert keys.peek(tmp_path / "x.tls", planned()) == wanted


def test_forgotten_they_are_gone(tmp_path: Path) -> None:
    made(tmp_path / "x.tls")
    keys.forget(tmp_path / "x.tls")
    keys.forget(tmp_path / "x.tls")
    assert list(tmp_path.iterdir()) == []


# ---- the user's own


class Own:
    """A folder with key stores; what a test changes of it is what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = authority()
        for node in ("a-1", "a-2"):
            self.put(node, c.issue(self.ca, node, [node, *HERE], NOW))
        (folder / "trust.p12").write_bytes(c.trust_store([self.ca.certificate], "tpw"))

    def put(self, node: str, signer: c.Signer) -> None:
        (self.folder / f"{node}.p12").write_bytes(c.key_store(signer, self.ca.certificate, "kpw"))

    def load(self, extra: str = "", now: datetime = NOW, **passwords: str) -> dict[str, dict[str, bytes]]:
        text = (
            f'tls: {{keyStore: {{file: "{self.folder}/{{node}}.p12", password: {{env: K}}}}, '
            f"trustStore: {{file: {self.folder}/trust.p12, password: {{env: T}}}}{extra}}}\n"
        )
        return made(self.folder / "kept.tls", planned(text), now, **passwords)

    def problems(self, extra: str = "", now: datetime = NOW, **passwords: str) -> list[str]:
        with pytest.raises(CannotRun) as caught:
            self.load(extra, now, **passwords)
        assert all(problem.fix for problem in caught.value.problems)
        return [problem.what for problem in caught.value.problems]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)


def test_own_key_stores_are_handed_on_as_they_are(own: Own) -> None:
    files = own.load()
    assert files["a-2"]["keystore.p12"] == (own.folder / "a-2.p12").read_bytes()
    assert files["a-2"]["truststore.p12"] == (own.folder / "trust.p12").read_bytes()
    kept = (own.folder / "kept.tls" / "ca.pem").read_bytes()
    assert x509.load_pem_x509_certificates(kept) == [own.ca.certificate]


def test_a_wrong_password_names_the_file_and_not_the_password(own: Own) -> None:
    problems = own.problems(**{"tls:key store": "wrong-secret"})
    assert [
        f"{n}.p12 cannot be opened: the password is wrong" in p for n, p in zip(("a-1", "a-2"), problems, strict=True)
    ]
    assert "wrong-secret" not in "".join(problems)


def test_a_file_that_is_not_there(own: Own) -> None:
    (own.folder / "a-1.p12").unlink()
    assert own.problems() == [f"the key store {own.folder}/a-1.p12: No such file or directory"]


def test_an_expired_certificate(own: Own) -> None:
    own.put("a-1", c.issue(authority(at=LONG_AGO), "a-1", ["a-1", *HERE], LONG_AGO))
    said = own.problems()
    assert "CN=a-1 has expired (" in said[0]
    assert not [p for p in own.problems(now=NOW) if "a-2.p12" in p]


def test_a_certificate_of_somebody_else_s_authority(own: Own) -> None:
    own.put("a-1", c.issue(authority("foreign"), "a-1", ["a-1", *HERE], NOW))
    assert own.problems() == [
        f"the key store {own.folder}/a-1.p12: the certificate of CN=a-1 is signed by nobody whom "
        f"{own.folder}/trust.p12 trusts"
    ]


def test_a_certificate_for_other_names(own: Own) -> None:
    own.put("a-1", c.issue(own.ca, "a-1", ["elsewhere"], NOW))
    assert ["is not for 127.0.0.1" in said for said in own.problems()] == [True, True]


def test_a_key_store_without_a_key(own: Own) -> None:
    (own.folder / "a-1.p12").write_bytes(c.trust_store([own.ca.certificate], "kpw"))
    assert own.problems() == [f"the key store {own.folder}/a-1.p12 has no private key with a certificate"]


def test_an_old_jks_file_will_do_except_for_amqctl_itself(own: Own) -> None:
    chain = [c.issue(own.ca, "a-1", ["a-1", *HERE], NOW).certificate]
    (own.folder / "a-1.p12").write_bytes(jks(chain, [], "kpw"))
    (own.folder / "trust.p12").write_bytes(jks([], [own.ca.certificate], "tpw"))
    assert set(own.load()["a-1"]) == {"keystore.jks", "truststore.jks"}
    assert ["clientAuth" in said for said in own.problems(", clientAuth: true")] == [True]
    assert "cannot be opened" in own.problems(**{"tls:key store": "wrong"})[0]


def test_for_client_certificates_amqctl_shows_the_first_node_s(own: Own) -> None:
    own.load(", clientAuth: true")
    text = (own.folder / "kept.tls" / "client.pem").read_bytes()
    assert b"PRIVATE KEY" in text
    assert x509.load_pem_x509_certificates(text)[0].subject.rfc4514_string() == "CN=a-1"


@pytest.mark.parametrize("cut", [30, 60, 200])
def test_a_jks_file_that_is_cut_short_is_no_such_file(cut: int) -> None:
    with pytest.raises(ValueError, match="password is wrong, or the file is damaged"):
        reader.certificates(jks([], [authority().certificate], "pw")[:cut], "pw")
