"""S3, SSM, Secrets Manager, KMS and Cognito, as the models and the emulator have them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.simulation.aws.client import Client
from tests.simulation.aws.cognito import Cognito, User
from tests.simulation.aws.ids import Ids
from tests.simulation.aws.kms import Kms
from tests.simulation.aws.s3 import S3
from tests.simulation.aws.stores import SecretsManager, Ssm
from tests.support.bare_emulator import NOON, BareEmulator


class Store:
    """A client, and the name of what it is about."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name


def refusal(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call()
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def bucket(is_model: bool, emulator: BareEmulator) -> Store:
    name = f"bucket-{uuid4()}"
    if is_model:
        return Store(Client.of(S3([name], lambda: NOON)), name)
    emulator.client("s3").create_bucket(Bucket=name)
    return Store(emulator.client("s3"), name)


def test_an_object_is_read_as_it_was_last_written(bucket: Store) -> None:
    where = {"Bucket": bucket.name, "Key": "rfqs/a b.json"}
    for body in (b"first", b"second"):
        answer = bucket.client.put_object(
            **where, Body=body, ContentType="application/json", CacheControl="no-cache"
        )
    found, head = bucket.client.get_object(**where), bucket.client.head_object(**where)
    assert found["Body"].read() == b"second"
    for told in (found, head):
        assert told["ETag"] == answer["ETag"]
        assert (told["ContentType"], told["CacheControl"]) == ("application/json", "no-cache")
        assert told["ContentLength"] == len(b"second")


def test_an_object_that_is_not_there(bucket: Store) -> None:
    where = {"Bucket": bucket.name, "Key": "none"}
    assert refusal(lambda: bucket.client.get_object(**where)) == ("NoSuchKey", 404)
    assert refusal(lambda: bucket.client.head_object(**where)) == ("404", 404)
    elsewhere = {**where, "Bucket": "no-such-bucket"}
    assert refusal(lambda: bucket.client.get_object(**elsewhere)) == ("NoSuchBucket", 404)


def test_a_signed_url_leads_to_an_object_for_a_time() -> None:
    clock = [NOON]
    s3 = S3(["b"], lambda: clock[0])
    client = Client.of(s3)
    url = client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k ü"}, ExpiresIn=60)
    assert httpx.URL(url).params["X-Amz-Expires"] == "60"
    assert s3.fetch(url) == (404, b"")
    client.put_object(Bucket="b", Key="k ü", Body=b"x")
    clock[0] += 60
    assert s3.fetch(url) == (200, b"x")
    clock[0] += 1
    assert s3.fetch(url) == (403, b"")


@pytest.fixture
def parameters(is_model: bool, emulator: BareEmulator) -> Store:
    name = f"/test/{uuid4()}"
    if is_model:
        return Store(Client.of(Ssm({name: "value"})), name)
    emulator.client("ssm").put_parameter(Name=name, Value="value", Type="String")
    return Store(emulator.client("ssm"), name)


def test_a_parameter(parameters: Store) -> None:
    found = parameters.client.get_parameter(Name=parameters.name)["Parameter"]
    assert (found["Name"], found["Type"], found["Value"]) == (parameters.name, "String", "value")
    assert found["ARN"].endswith(f":parameter{parameters.name}")
    assert refusal(lambda: parameters.client.get_parameter(Name="/none")) == ("ParameterNotFound", 400)
    with pytest.raises(parameters.client.exceptions.ParameterNotFound):
        parameters.client.get_parameter(Name="/none")


@pytest.fixture
def secrets(is_model: bool, emulator: BareEmulator) -> Store:
    name = f"test/{uuid4()}"
    if is_model:
        arn = f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}-AbCdEf"
        return Store(Client.of(SecretsManager({arn: "secret"})), name)
    emulator.client("secretsmanager").create_secret(Name=name, SecretString="secret")
    return Store(emulator.client("secretsmanager"), name)


def test_a_secret(secrets: Store) -> None:
    found = secrets.client.get_secret_value(SecretId=secrets.name)
    assert (found["Name"], found["SecretString"]) == (secrets.name, "secret")
    assert secrets.client.get_secret_value(SecretId=found["ARN"])["SecretString"] == "secret"
    refused = refusal(lambda: secrets.client.get_secret_value(SecretId="none"))
    assert refused == ("ResourceNotFoundException", 400)


@pytest.fixture
def key(is_model: bool, emulator: BareEmulator) -> Store:
    if is_model:
        return Store(Client.of(Kms(["arn:of:key"], Ids("0005"))), "arn:of:key")
    made = emulator.client("kms").create_key()
    return Store(emulator.client("kms"), made["KeyMetadata"]["Arn"])


def test_a_seal_opens_for_whoever_knows_what_it_is_bound_to(key: Store) -> None:
    context = {"conversation": "r1"}
    sealed, again = (
        key.client.encrypt(KeyId=key.name, Plaintext=b"+14255550123", EncryptionContext=context)[
            "CiphertextBlob"
        ]
        for _ in range(2)
    )
    assert sealed != again
    assert b"4255550123" not in sealed
    opened = key.client.decrypt(CiphertextBlob=sealed, EncryptionContext=context)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"+14255550123", key.name)
    for wrong in ({}, {"conversation": "r2"}):
        refused = refusal(lambda: key.client.decrypt(CiphertextBlob=sealed, EncryptionContext=wrong))  # noqa: B023
        assert refused == ("InvalidCiphertextException", 400)
    forged = refusal(lambda: key.client.decrypt(CiphertextBlob=b"forged", EncryptionContext=context))
    assert forged == ("InvalidCiphertextException", 400)
    missing = "arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111"
    refused = refusal(lambda: key.client.encrypt(KeyId=missing, Plaintext=b"x"))
    assert refused == ("NotFoundException", 400)


@pytest.fixture
def pool(is_model: bool, emulator: BareEmulator) -> Store:
    if is_model:
        cognito = Cognito("us-east-1_pool")
        cognito.add(User("sub-of-astrid", "astrid", {"phone_number": "+14255550123"}))
        return Store(Client.of(cognito), "us-east-1_pool")
    client = emulator.client("cognito-idp")
    id_ = client.create_user_pool(PoolName="test")["UserPool"]["Id"]
    told = [{"Name": "phone_number", "Value": "+14255550123"}]
    client.admin_create_user(UserPoolId=id_, Username="astrid", UserAttributes=told)
    return Store(client, id_)


def test_a_user_is_found_by_name_and_by_id(pool: Store) -> None:
    found = pool.client.admin_get_user(UserPoolId=pool.name, Username="astrid")
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    assert (found["Username"], found["Enabled"]) == ("astrid", True)
    assert attributes["phone_number"] == "+14255550123"
    again = pool.client.admin_get_user(UserPoolId=pool.name, Username=attributes["sub"])
    assert again["Username"] == "astrid"
    for where, code in (
        (pool.name, "UserNotFoundException"),
        ("us-east-1_none", "ResourceNotFoundException"),
    ):
        call = {"UserPoolId": where, "Username": "nobody"}
        assert refusal(lambda: pool.client.admin_get_user(**call)) == (code, 400)  # noqa: B023
