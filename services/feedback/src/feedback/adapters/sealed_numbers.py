"""Phone numbers sealed with KMS, for as long as somebody is owed an answer whom the user directory does not know."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


def seal(kms: "KMSClient", key_arn: str, number: str, ride_id: str) -> bytes:
    """Seal a number (E.164) for one conversation. Raises botocore's errors."""
    return kms.encrypt(KeyId=key_arn, Plaintext=number.encode(), EncryptionContext=_bound_to(ride_id))[
        "CiphertextBlob"
    ]


def unseal(kms: "KMSClient", sealed: bytes, ride_id: str) -> str:
    """Open a number (E.164) that was sealed for this conversation. Raises botocore's errors."""
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext=_bound_to(ride_id))
    return opened["Plaintext"].decode()


def _bound_to(ride_id: str) -> dict[str, str]:
    return {"conversation": ride_id}
