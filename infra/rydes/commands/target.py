"""Which system a command is about: the local cloud, or an environment in an AWS account."""

from dataclasses import replace
from typing import Annotated, TypeAlias

import typer

from infra.rydes.cloud.aws import AwsAccount
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import Settings, names_of
from infra.rydes.cloud.system import System

OnAws: TypeAlias = Annotated[
    bool, typer.Option("--aws", help="Use your AWS account instead of the local cloud.")
]
Profile: TypeAlias = Annotated[
    str, typer.Option(help="The profile of the AWS command line whose account to use; implies --aws.")
]
Region: TypeAlias = Annotated[str, typer.Option(help="The AWS region; implies --aws.")]


Environment: TypeAlias = Annotated[
    str,
    typer.Option("--env", help="The environment; by default RYDES_ENV, else dev on AWS, plain names here."),
]


def system(*, aws: bool, profile: str, region: str, env: str) -> System:
    """Find the system that the options of a command name.

    Raises:
        LocalCloudError: there is no such profile or environment, or no local cloud.
    """
    names = names_of(env, said_by="--env") if env else None
    if aws or profile or region:
        return AwsAccount(names, profile=profile, region=region)
    settings = Settings.from_environment()
    return Cloud.find(replace(settings, names=names) if names else settings)
