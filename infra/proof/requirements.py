"""Which permissions AWS asks for when a function makes a call: the operation is not always the action.

The Service Authorization Reference lists the actions: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from infra.proof.deployed_calls import Call
from infra.proof.evaluator import Context
from infra.proof.resolver import ACCOUNT, REGION, Resolver


@dataclass(frozen=True)
class Requirement:
    """What a principal must be allowed, and who says so."""

    action: str
    resource: str
    source: str
    """The page of AWS that says so."""
    context: Context = field(default_factory=dict)


class UnknownCall(LookupError):
    """Nothing here says which permissions an operation needs."""


_Needs: TypeAlias = Callable[[Call, Resolver], Iterator[Requirement]]

_REFERENCE: Final = "https://docs.aws.amazon.com/service-authorization/latest/reference/"


def required(call: Call, resolver: Resolver) -> Iterator[Requirement]:
    """Derive the permissions that a call needs.

    Raises:
        UnknownCall: this module does not know the operation.
    """
    needs = _NEEDS.get(call.service)
    if needs is None:
        raise UnknownCall(f"infra/proof/requirements.py does not know which actions {call} needs")
    yield from needs(call, resolver)


def _dynamodb(call: Call, _: Resolver) -> Iterator[Requirement]:
    """A transaction needs the actions of its parts, a batch its own, and a query of an index names the index.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    """
    source = f"{_REFERENCE}list_amazondynamodb.html"
    parameters = call.parameters

    def on(table: str, action: str, item: Mapping[str, Any] | None = None) -> Requirement:
        context = {"dynamodb:leadingkeys": (item["id"]["S"],)} if item else {}
        arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
        return Requirement(f"dynamodb:{action}", arn, source, context)

    match call.operation:
        case "GetItem" | "UpdateItem" | "DeleteItem":
            yield on(parameters["TableName"], call.operation, parameters["Key"])
        case "PutItem":
            yield on(parameters["TableName"], call.operation, parameters["Item"])
        case "Query" | "Scan":
            index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
            yield on(parameters["TableName"] + index, call.operation)
        case "BatchGetItem" | "BatchWriteItem":
            for table in parameters["RequestItems"]:
                yield on(table, call.operation)
        case "TransactWriteItems" | "TransactGetItems":
            actions = {"ConditionCheck": "ConditionCheckItem"}
            for part in parameters["TransactItems"]:
                for kind, of in part.items():
                    yield on(
                        of["TableName"], actions.get(kind, f"{kind}Item"), of.get("Key") or of.get("Item")
                    )
        case _:
            raise UnknownCall(f"infra/proof/requirements.py does not know which actions {call} needs")


def _sqs(call: Call, resolver: Resolver) -> Iterator[Requirement]:
    """A batch needs the permission of its parts; a queue with a key of ours needs the key as well.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    queue = call.parameters.get("QueueName") or call.parameters["QueueUrl"].rpartition("/")[2]
    action = call.operation.removesuffix("Batch")
    source = f"{_REFERENCE}list_amazonsqs.html"
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
    yield Requirement(f"sqs:{action}", arn, source)
    if action in ("SendMessage", "ReceiveMessage"):
        yield from key_of_queue(arn, resolver, sends=action == "SendMessage")


def key_of_queue(arn: str, resolver: Resolver, *, sends: bool) -> Iterator[Requirement]:
    """Derive what a queue's own key asks of those who send to it, or receive from it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    source = (
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"
    )
    for queue in resolver.assembly.all("AWS::SQS::Queue"):
        key = queue.properties.get("KmsMasterKeyId")
        if key is None or resolver.arn(queue) != arn:
            continue
        via = {"kms:viaservice": (f"sqs.{REGION}.amazonaws.com",)}
        for action in ("Decrypt", "GenerateDataKey") if sends else ("Decrypt",):
            yield Requirement(f"kms:{action}", resolver.text(queue.stack, key), source, via)


def _events(call: Call, _: Resolver) -> Iterator[Requirement]:
    for entry in call.parameters["Entries"]:
        yield Requirement(
            "events:PutEvents",
            f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{entry['EventBusName']}",
            f"{_REFERENCE}list_amazoneventbridge.html",
            {"events:source": (entry["Source"],), "events:detail-type": (entry["DetailType"],)},
        )


def _s3(call: Call, resolver: Resolver) -> Iterator[Requirement]:
    """Reading an object that may be missing needs the bucket's list, or S3 answers 403 where it could answer 404.

    What it asks then names no prefix. A signed URL has the permissions of who has signed it.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
    """
    source = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"
    bucket = f"arn:aws:s3:::{call.parameters['Bucket']}"
    match call.operation:
        case "GetObject" | "HeadObject":
            yield Requirement("s3:GetObject", f"{bucket}/{call.parameters['Key']}", source)
            yield Requirement("s3:ListBucket", bucket, source)
        case "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
            yield Requirement("s3:PutObject", f"{bucket}/{call.parameters['Key']}", source)
        case "PutObject" | "DeleteObject" | "AbortMultipartUpload":
            yield Requirement(f"s3:{call.operation}", f"{bucket}/{call.parameters['Key']}", source)
        case "DeleteObjects":
            for each in call.parameters["Delete"]["Objects"]:
                yield Requirement("s3:DeleteObject", f"{bucket}/{each['Key']}", source)
        case "CopyObject":
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
            original = call.parameters["CopySource"]
            source_bucket = f"arn:aws:s3:::{original['Bucket']}"
            yield Requirement("s3:PutObject", f"{bucket}/{call.parameters['Key']}", source)
            yield Requirement("s3:GetObject", f"{source_bucket}/{original['Key']}", source)
            yield Requirement("s3:ListBucket", source_bucket, source)
            yield from _encrypted(call.parameters["Bucket"], resolver)
        case "ListObjectsV2":
            prefix = {"s3:prefix": (call.parameters["Prefix"],)} if "Prefix" in call.parameters else {}
            yield Requirement("s3:ListBucket", bucket, source, prefix)
        case _:
            raise UnknownCall(f"infra/proof/requirements.py does not know which actions {call} needs")


def _encrypted(name: str, resolver: Resolver) -> Iterator[Requirement]:
    """Writing into a bucket with a key of its own takes a data key of it."""
    for bucket in resolver.assembly.all("AWS::S3::Bucket"):
        if resolver.text(bucket.stack, {"Ref": bucket.logical_id}) != name:
            continue
        rules = bucket.properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ())
        for rule in rules:
            if key := rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
                yield Requirement(
                    "kms:GenerateDataKey",
                    resolver.text(bucket.stack, key),
                    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
                )


_METHODS: Final = {"PostToConnection": "POST", "DeleteConnection": "DELETE", "GetConnection": "GET"}


def _connections(call: Call, _: Resolver) -> Iterator[Requirement]:
    """The client's endpoint is `CONNECTIONS_URL`: it is no parameter of a call."""
    host, stage = call.environment["CONNECTIONS_URL"].removeprefix("https://").split("/")
    yield Requirement(
        "execute-api:ManageConnections",
        f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{host.partition('.')[0]}/{stage}/{_METHODS[call.operation]}"
        "/@connections/id",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html",
    )


def _secretsmanager(call: Call, _: Resolver) -> Iterator[Requirement]:
    """AWS adds a dash and six characters to a secret's name."""
    secret = call.parameters["SecretId"]
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}-AbCdEf"
    yield Requirement(
        f"secretsmanager:{call.operation}",
        secret if secret.startswith("arn:") else arn,
        f"{_REFERENCE}list_awssecretsmanager.html",
    )


def _cognito(call: Call, _: Resolver) -> Iterator[Requirement]:
    yield Requirement(
        f"cognito-idp:{call.operation}",
        f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{call.parameters['UserPoolId']}",
        f"{_REFERENCE}list_amazoncognitouserpools.html",
    )


def _kms(call: Call, resolver: Resolver) -> Iterator[Requirement]:
    """A ciphertext knows its key: a call that names none means the key of the function's stack."""
    keys = [
        resolver.arn(key)
        for key in resolver.assembly.all("AWS::KMS::Key")
        if key.stack == call.function.stack
    ]
    context = {
        f"kms:encryptioncontext:{key.lower()}": (value,)
        for key, value in call.parameters.get("EncryptionContext", {}).items()
    }
    for key in [call.parameters["KeyId"]] if "KeyId" in call.parameters else keys:
        yield Requirement(
            f"kms:{call.operation}", key, f"{_REFERENCE}list_awskeymanagementservice.html", context
        )


def _sms(call: Call, _: Resolver) -> Iterator[Requirement]:
    """Asks for each resource that the call names. The number's id is not known before it is registered."""
    base = f"arn:aws:sms-voice:{REGION}:{ACCOUNT}"
    source = f"{_REFERENCE}list_awsendusermessagingsmsandvoicev2.html"
    yield Requirement(f"sms-voice:{call.operation}", f"{base}:phone-number/phone-0123456789abcdef", source)
    if "ConfigurationSetName" in call.parameters:
        name = call.parameters["ConfigurationSetName"]
        yield Requirement(f"sms-voice:{call.operation}", f"{base}:configuration-set/{name}", source)


def _apigateway(call: Call, _: Resolver) -> Iterator[Requirement]:
    """The control plane of API Gateway knows the verbs of HTTP as actions, and paths as resources.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
    """
    if call.operation != "GetUsage":
        raise UnknownCall(f"infra/proof/requirements.py does not know which actions {call} needs")
    yield Requirement(
        "apigateway:GET",
        f"arn:aws:apigateway:{REGION}::/usageplans/{call.parameters['usagePlanId']}/usage",
        f"{_REFERENCE}list_amazonapigatewaymanagement.html",
    )


def _ssm(call: Call, _: Resolver) -> Iterator[Requirement]:
    yield Requirement(
        f"ssm:{call.operation}",
        f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{call.parameters['Name']}",
        f"{_REFERENCE}list_awssystemsmanager.html",
    )


def _sns(call: Call, _: Resolver) -> Iterator[Requirement]:
    yield Requirement(
        f"sns:{call.operation}", call.parameters["TopicArn"], f"{_REFERENCE}list_amazonsns.html"
    )


def _stepfunctions(call: Call, _: Resolver) -> Iterator[Requirement]:
    """What is said with a task token names no resource."""
    resource = call.parameters.get("stateMachineArn", "*")
    yield Requirement(f"states:{call.operation}", resource, f"{_REFERENCE}list_awsstepfunctions.html")


def _textract(call: Call, _: Resolver) -> Iterator[Requirement]:
    """Textract reads the document as whoever starts the job, and publishes its end under the role that it is given.

    https://docs.aws.amazon.com/textract/latest/dg/api-async-roles.html
    """
    yield Requirement(f"textract:{call.operation}", "*", f"{_REFERENCE}list_amazontextract.html")
    if not call.operation.startswith("Start"):
        return
    source = "https://docs.aws.amazon.com/textract/latest/dg/api-async-roles.html"
    place = call.parameters["DocumentLocation"]["S3Object"]
    yield Requirement("s3:GetObject", f"arn:aws:s3:::{place['Bucket']}/{place['Name']}", source)
    yield Requirement(
        "iam:PassRole",
        call.parameters["NotificationChannel"]["RoleArn"],
        source,
        {"iam:passedtoservice": ("textract.amazonaws.com",)},
    )


_NEEDS: Final[dict[str, _Needs]] = {
    "apigateway": _apigateway,
    "apigatewaymanagementapi": _connections,
    "cognito-idp": _cognito,
    "dynamodb": _dynamodb,
    "events": _events,
    "kms": _kms,
    "pinpoint-sms-voice-v2": _sms,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
    "stepfunctions": _stepfunctions,
    "textract": _textract,
}
