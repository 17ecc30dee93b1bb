"""Certificates for a cluster: an authority of its own, and by it a pair for each role, for Dask and Fanout alike."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

from jobs.runtime.core.cluster_address import AUTHORITY, ROLES, files
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.private_files import make_folder

VALID = datetime.timedelta(days=3_650)
AUTHORITY_KEY = "authority-key.pem"


def make_certificates(folder: Path) -> list[Path]:
    """Write them to a folder, which keeps those that are there; returns the files. Raises Refused, OSError."""
    from cryptography.hazmat.primitives.asymmetric import ec  # 60 ms: only where certificates are made

    wanted = {folder / AUTHORITY, folder / AUTHORITY_KEY}
    wanted |= {Path(path) for role in ROLES for path in files(folder, role).values()}
    there = sorted(path for path in wanted if path.exists())
    if there:
        raise Refused(f"{there[0]} is there already: give an empty folder, or remove what is in this one")
    make_folder(folder)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Fanout cluster", authority_key.public_key(), "Fanout cluster", authority_key, ca=True)
    _write(folder / AUTHORITY_KEY, _key_text(authority_key))
    _write(folder / AUTHORITY, _text(authority))
    for role in ROLES:
        key = ec.generate_private_key(ec.SECP256R1())
        paths = files(folder, role)
        _write(Path(paths["key"]), _key_text(key))
        _write(Path(paths["certificate"]), _text(_certificate(role, key.public_key(), "Fanout cluster", authority_key)))
    return sorted(wanted)


def _certificate(name: str, key: Any, by: str, by_key: Any, *, ca: bool = False) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    def named(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(by))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
        .sign(by_key, hashes.SHA256())
    )


def _text(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _key_text(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    plain = serialization.NoEncryption()
    return bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


def _write(path: Path, text: bytes) -> None:
    """A file of its owner alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
