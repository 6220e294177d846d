"""What the emulator needs for Macie's jobs (decision 107). `emulator_main` takes it in by its path, on the emulator's interpreter.

A bucket's tags that a stack gives are kept, and each change of a bucket or its tags is told on the default bus, as by a trail
of CloudTrail. The emulator would do neither.

State machines call what the emulator does not know by the SDK, calls of Macie at its simulator, and filter lists.

Macie's simulator may put events of the source `aws.macie`, which PutEvents refuses, as on AWS, to anybody else.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

APP_ID = "macie-simulator"
"""How Macie's simulator names itself in the User-Agent of its calls."""
_BUCKET = "AWS::S3::Bucket"
_FILTER = re.compile(
    r"(?P<list>\$[\w.]+)\[\?\(@\.(?P<field>\w+) (?P<comparison>[=!]=) '(?P<value>[^']*)'\)\]\.(?P<then>\w+)"
)

Module = Any
"""A module of the emulator."""


def tell_of_buckets(s3: Module, provisioners: Module, eventbridge: Module) -> None:
    """Tell of each bucket that is made, tagged, untagged or deleted, by whatever call.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    """

    def tell(name: str, bucket: str) -> None:
        detail = {
            "eventSource": "s3.amazonaws.com",
            "eventName": name,
            "requestParameters": {"bucketName": bucket},
        }
        event = {
            "Source": "aws.s3",
            "DetailType": "AWS API Call via CloudTrail",
            "Detail": json.dumps(detail),
        }
        eventbridge._ensure_default_bus()
        eventbridge._put_events({"Entries": [event]}, allow_aws_source=True)

    def told(call: Callable[..., Any], event: str) -> Callable[..., Any]:
        def and_tell(bucket: str, *more: object, **options: object) -> Any:  # noqa: ANN401 - the emulator's answer
            answer = call(bucket, *more, **options)
            if answer[0] < 300:  # noqa: PLR2004 - it has succeeded
                tell(event, bucket)
            return answer

        return and_tell

    s3._create_bucket = told(s3._create_bucket, "CreateBucket")
    s3._delete_bucket = told(s3._delete_bucket, "DeleteBucket")
    s3._put_bucket_tagging = told(s3._put_bucket_tagging, "PutBucketTagging")
    s3._delete_bucket_tagging = told(s3._delete_bucket_tagging, "DeleteBucketTagging")

    handlers = provisioners._RESOURCE_HANDLERS[_BUCKET]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def tag(bucket: str, properties: Mapping[str, Any]) -> None:
        tags = {each["Key"]: str(each["Value"]) for each in properties.get("Tags") or []}
        if tags != s3._bucket_tags.get(bucket, {}):
            s3._bucket_tags[bucket] = tags
            if not tags:
                del s3._bucket_tags[bucket]
            tell("PutBucketTagging" if tags else "DeleteBucketTagging", bucket)

    def create_and_tell(id_: str, properties: Mapping[str, Any], *more: object) -> Any:  # noqa: ANN401
        made = create(id_, properties, *more)
        tell("CreateBucket", made[0])
        tag(made[0], properties)
        return made

    def update_and_tell(id_: str, old: object, properties: Mapping[str, Any], *more: object) -> Any:  # noqa: ANN401
        made = update(id_, old, properties, *more)
        tag(made[0], properties)
        return made

    def delete_and_tell(bucket: str, *more: object) -> Any:  # noqa: ANN401
        answer = delete(bucket, *more)
        tell("DeleteBucket", bucket)
        return answer

    handlers |= {"create": create_and_tell, "update": update_and_tell, "delete": delete_and_tell}


def call_by_sdk(stepfunctions: Module, sdk: Callable[[], Module], endpoint: str, macie: Path) -> None:
    """Have state machines call operations that the emulator does not know. The file `macie` has that simulator's URL.

    `sdk` takes in emulator_sdk.py, when it is wanted: the SDK takes a while.

    https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
    """
    invoke = stepfunctions._invoke_aws_sdk_integration

    def call_or_invoke(resource: str, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what the call answers
        *_, service, operation = resource.split(":")
        operation = operation[:1].upper() + operation[1:]
        if service != "macie2" and not (service == "s3" and operation not in stepfunctions._S3_OP_SPECS):
            return invoke(resource, parameters)
        url = macie.read_text() if service == "macie2" else endpoint
        try:
            return sdk().called(service, url, operation, parameters)
        except sdk().SdkError as error:
            raise stepfunctions._ExecutionError(*error.args) from error

    stepfunctions._invoke_aws_sdk_integration = call_or_invoke


def filter_by_path(stepfunctions: Module) -> None:
    """Have paths of state machines filter a list by a field's value, as one of JsonPath's filters does: the emulator finds nothing.

    https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
    """
    resolve = stepfunctions._resolve_path

    def filter_or_resolve(path: str, data: Any) -> Any:  # noqa: ANN401 - JSON
        match = _FILTER.fullmatch(path)
        if match is None:
            return resolve(path, data)
        wanted = match["comparison"] == "=="
        return [
            item[match["then"]]
            for item in resolve(match["list"], data) or []
            if (item.get(match["field"]) == match["value"]) is wanted and match["then"] in item
        ]

    stepfunctions._resolve_path = filter_or_resolve


def let_macie_tell(eventbridge: Module) -> None:
    """Let Macie's simulator, and nobody else, put events of the source that AWS keeps for Macie."""
    handle = eventbridge.handle_request

    async def handle_or_tell(
        method: str, path: str, headers: Mapping[str, str], body: bytes, *more: object
    ) -> Any:  # noqa: ANN401
        puts_events = headers.get("x-amz-target", "").endswith(".PutEvents")
        if not puts_events or f"app/{APP_ID}" not in headers.get("user-agent", ""):
            return await handle(method, path, headers, body, *more)
        request = json.loads(body)
        eventbridge._ensure_default_bus()
        return eventbridge._put_events(
            request, allow_aws_source=all(entry["Source"] == "aws.macie" for entry in request["Entries"])
        )

    eventbridge.handle_request = handle_or_tell
