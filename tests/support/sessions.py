"""What a function may do, tried with its own role."""

from typing import Any

import boto3

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import REGION


def client_as(cloud: Cloud, function: str, service: str) -> Any:
    """A client with the role of a function (its plain name), taken as the emulator gives it to the function."""
    name = cloud.names.of(function)
    role = cloud.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    credentials = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=cloud.settings.endpoint,
        region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
