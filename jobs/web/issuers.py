"""Certificates that a server should send with its own and does not: found where its certificate says (AIA), as browsers
do, and asked for through the guard like any page.

They complete a chain and are trusted for nothing by themselves: a chain still has to end at an authority.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MOST_MISSING = 3
MOST_BYTES = 64 * 1024
INCOMPLETE = frozenset({20, 21})
"""OpenSSL's words for a chain that does not lead to an authority: the issuer of a certificate is not there."""


def chain_is_incomplete(links: Iterator[BaseException]) -> bool:
    """Whether a handshake failed because a certificate's issuer was not there."""
    return any(isinstance(link, ssl.SSLCertVerificationError) and link.verify_code in INCOMPLETE for link in links)


def last_served(tls: ssl.SSLSocket) -> Certificate | None:
    """Of the certificates a server sent the last of its chain: the one whose issuer is not there."""
    served = [certificate for certificate in map(_of_der, _served(tls)) if certificate is not None]
    if not served:
        return None
    last = served[0]
    for _ in served:
        above = next((other for other in served if other.subject == last.issuer and other is not last), None)
        if above is None or above.subject == above.issuer:
            break
        last = above
    return last


def _served(tls: ssl.SSLSocket) -> list[bytes]:
    chain = getattr(tls, "get_unverified_chain", None)  # from Python 3.13 on
    if chain is not None:
        return [bytes(octets) for octets in chain()]
    inner = getattr(getattr(tls, "_sslobj", None), "get_unverified_chain", None)
    if inner is not None:
        return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner() or ()]
    own = tls.getpeercert(binary_form=True)
    return [own] if own else []


def address_of_issuer(certificate: Certificate) -> str:
    """Where a certificate says that its issuer's is to be had, by http; empty where it does not."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        for place in access:
            if place.access_method == AuthorityInformationAccessOID.CA_ISSUERS and isinstance(
                place.access_location, x509.UniformResourceIdentifier
            ):
                address = place.access_location.value
                if address.lower().startswith("http://"):
                    return address
    return ""


def issuer_of(certificate: Certificate, fetched: bytes) -> Certificate | None:
    """Among the certificates in a file that of the issuer, if it has signed this one and is no authority by itself."""
    for found in _certificates(fetched):
        if found.subject != certificate.issuer or found.subject == found.issuer:
            continue
        with contextlib.suppress(*_unreadable()):
            certificate.verify_directly_issued_by(found)
            return found
    return None


def name_of(certificate: Certificate) -> str:
    """Whose certificate is missing, in a few words."""
    from cryptography.x509.oid import NameOID

    named = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(named[0].value) if named else certificate.issuer.rfc4514_string()
    return "".join(character for character in text if character.isprintable())[:80]


def pem(certificate: Certificate) -> str:
    """A certificate as a context takes it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _certificates(octets: bytes) -> list[Certificate]:
    """The certificates in a file: DER, PEM, or a PKCS #7 message of them."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import pkcs7

    for read in (_one_of_der, x509.load_pem_x509_certificates, pkcs7.load_der_pkcs7_certificates):
        with contextlib.suppress(*_unreadable()):
            return list(read(octets))
    return []


def _unreadable() -> tuple[type[Exception], ...]:
    """What cryptography raises over a file of another kind, and over a signature that is none."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    return ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm


def _one_of_der(octets: bytes) -> list[Any]:
    from cryptography import x509

    return [x509.load_der_x509_certificate(octets)]


def _of_der(octets: bytes) -> Certificate | None:
    with contextlib.suppress(ValueError):
        return _one_of_der(octets)[0]  # type: ignore[no-any-return]
    return None
