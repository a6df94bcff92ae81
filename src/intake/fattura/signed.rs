use std::borrow::Cow;

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use cms::{
    cert::{
        CertificateChoices,
        x509::{
            Certificate,
            der::{Decode, Encode, asn1::OctetString, oid::ObjectIdentifier},
        },
    },
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier, SignerInfo},
};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Unreadable, ber};

/// An envelope may lie in another one: signed by the issuer, and again by whoever sent it.
const MAX_ENVELOPES: usize = 3;
/// Who signed: more than one is usual, more than these is not.
const MAX_SIGNERS: usize = 16;
/// How far into a file the mark of an envelope is looked for, in bytes.
const HEAD_BYTES: usize = 40;

/// The content type `signedData` (RFC 5652, section 5.1), as it stands in the bytes.
const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// The attribute that holds the digest of the content (RFC 5652, section 11.2).
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");

/// The attribute that says what kind of content was signed (RFC 5652, section 11.1).
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
/// RSA with PKCS #1 padding, the digest said beside it or in it (RFC 8017, appendix C).
const RSA: [ObjectIdentifier; 4] = [
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
];
/// RSA with PSS padding.
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
/// ECDSA with a digest of the SHA-2 family (RFC 5758, section 3.2).
const ECDSA: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
];
/// The curves P-256 and P-384 (RFC 5480, section 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Whether bytes begin an envelope, as they are or in base 64.
pub(super) fn is_signed(bytes: &[u8]) -> bool {
    let has_mark = |head: &[u8]| head.windows(SIGNED_DATA.len()).any(|window| window == SIGNED_DATA);
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    if bytes.first() == Some(&0x30) {
        return has_mark(head);
    }
    bytes.starts_with(b"-----BEGIN")
        || head.starts_with(b"MI") && STANDARD.decode(head).is_ok_and(|head| has_mark(&head))
}

/// What lies in an envelope, when every signature on it holds.
pub(super) fn content(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut content = open(&without_base64(bytes))?;
    for _ in 1..MAX_ENVELOPES {
        if !is_signed(&content) {
            break;
        }
        content = open(&without_base64(&content))?;
    }
    Ok(content)
}

fn broken(why: impl Into<String>) -> Unreadable {
    Unreadable::new(1, "bad_signature", why)
}

/// The envelope itself, where it came as base 64, with or without a heading.
fn without_base64(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.first() == Some(&0x30) {
        return Cow::Borrowed(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).flat_map(str::split_whitespace).collect();
    STANDARD.decode(body).map_or(Cow::Borrowed(bytes), Cow::Owned)
}

fn open(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let no_envelope = |why: &str| broken(format!("is no signed envelope (PKCS #7): {why}"));
    let der = ber::to_der(bytes).ok_or_else(|| no_envelope("its bytes are not ASN.1, or were cut off"))?;
    let info = ContentInfo::from_der(&der).map_err(|e| no_envelope(&e.to_string()))?;
    let signed: SignedData = info.content.decode_as().map_err(|e| no_envelope(&e.to_string()))?;
    let inside = signed.encap_content_info.econtent.as_ref();
    let inside = inside.ok_or_else(|| broken("the signature has no invoice inside: it is a detached one"))?;
    let content: OctetString = inside.decode_as().map_err(|e| no_envelope(&e.to_string()))?;
    let signers = signed.signer_infos.0.as_slice();
    if signers.is_empty() || signers.len() > MAX_SIGNERS {
        return Err(broken(format!("the envelope has {} signatures; from 1 to {MAX_SIGNERS} are read", signers.len())));
    }
    for signer in signers {
        verify(signer, &signed, content.as_bytes())?;
    }
    Ok(content.into_bytes())
}

fn verify(signer: &SignerInfo, signed: &SignedData, content: &[u8]) -> Result<(), Unreadable> {
    let certificate =
        certificate_of(signer, signed).ok_or_else(|| broken("the certificate of a signer is not in the envelope"))?;
    let digest = digest(signer.digest_alg.oid, content)?;
    let message = match &signer.signed_attrs {
        None => content.to_vec(),
        Some(attributes) => {
            // Each stands there once, with one value (RFC 5652, section 5.3).
            let only = |oid| {
                let mut values = attributes.iter().filter(|a| a.oid == oid).flat_map(|a| a.values.iter());
                values.next().filter(|_| values.next().is_none())
            };
            if only(CONTENT_TYPE).is_none() {
                return Err(broken("the signed attributes do not say once what was signed"));
            }
            let stated: Option<OctetString> = only(MESSAGE_DIGEST).and_then(|value| value.decode_as().ok());
            if stated.is_none_or(|stated| stated.as_bytes() != digest) {
                return Err(broken("the signature does not hold: the invoice was changed after it was signed"));
            }
            attributes.to_der().map_err(|e| broken(format!("the signed attributes are damaged: {e}")))?
        }
    };
    let algorithm = algorithm(signer, certificate)?;
    let key = certificate.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
    UnparsedPublicKey::new(algorithm, key)
        .verify(&message, signer.signature.as_bytes())
        .map_err(|_| match signer.signature_algorithm.oid == RSA_PSS {
            true => broken(
                "the signature (RSA-PSS) does not hold against the certificate that comes with it, by a salt as long as the digest: \
                 no other salt can be checked; where it was signed with the longest one, import the XML inside",
            ),
            false => broken("the signature does not hold against the certificate that comes with it"),
        })
}

fn certificate_of<'a>(signer: &SignerInfo, signed: &'a SignedData) -> Option<&'a Certificate> {
    let all = signed.certificates.as_ref()?.0.iter().filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate),
        CertificateChoices::Other(_) => None,
    });
    let mut all = all;
    match &signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(id) => all.find(|certificate| {
            certificate.tbs_certificate.serial_number == id.serial_number
                && certificate.tbs_certificate.issuer == id.issuer
        }),
        SignerIdentifier::SubjectKeyIdentifier(id) => all.find(|certificate| {
            let own = certificate.tbs_certificate.get::<cms::cert::x509::ext::pkix::SubjectKeyIdentifier>();
            matches!(own, Ok(Some((_, own))) if own == *id)
        }),
    }
}

fn digest(oid: ObjectIdentifier, content: &[u8]) -> Result<Vec<u8>, Unreadable> {
    match oid {
        SHA256 => Ok(Sha256::digest(content).to_vec()),
        SHA384 => Ok(Sha384::digest(content).to_vec()),
        SHA512 => Ok(Sha512::digest(content).to_vec()),
        other => Err(broken(format!("the digest {other} is not one that still proves anything (SHA-256, 384 or 512)"))),
    }
}

/// How the signature is checked: by the algorithm it names, the digest beside it, and the signer's key.
fn algorithm(signer: &SignerInfo, certificate: &Certificate) -> Result<&'static dyn VerificationAlgorithm, Unreadable> {
    let (named, digest) = (signer.signature_algorithm.oid, signer.digest_alg.oid);
    let unknown = || broken(format!("a signature of kind {named} with digest {digest} cannot be checked"));
    if RSA.contains(&named) {
        return Ok(match digest {
            SHA256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            SHA384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            _ => &signature::RSA_PKCS1_2048_8192_SHA512,
        });
    }
    if named == RSA_PSS {
        return Ok(match digest {
            SHA256 => &signature::RSA_PSS_2048_8192_SHA256,
            SHA384 => &signature::RSA_PSS_2048_8192_SHA384,
            _ => &signature::RSA_PSS_2048_8192_SHA512,
        });
    }
    if !ECDSA.contains(&named) {
        return Err(unknown());
    }
    let curve = certificate.tbs_certificate.subject_public_key_info.algorithm.parameters.as_ref();
    let curve: Option<ObjectIdentifier> = curve.and_then(|parameters| parameters.decode_as().ok());
    match (curve, named) {
        (Some(P256), named) if named == ECDSA[0] => Ok(&signature::ECDSA_P256_SHA256_ASN1),
        (Some(P256), named) if named == ECDSA[1] => Ok(&signature::ECDSA_P256_SHA384_ASN1),
        (Some(P384), named) if named == ECDSA[0] => Ok(&signature::ECDSA_P384_SHA256_ASN1),
        (Some(P384), named) if named == ECDSA[1] => Ok(&signature::ECDSA_P384_SHA384_ASN1),
        _ => Err(unknown()),
    }
}
