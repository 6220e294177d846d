"""The schemas of a service's messages, in the platform's registry."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_eventschemas as eventschemas
from constructs import Construct

from infra import naming
from infra.registry.registered import registered_by
from infra.stage import Stage

SCHEMA: Final = "AWS::EventSchemas::Schema"


class RegisteredSchemas(Construct):
    """A schema for each version of each message of a service. A new message needs nothing here.

    The registry keeps former contents of a schema as its versions, so each revision that is published is one of them.
    """

    def __init__(self, scope: cdk.Stack, service: str, stage: Stage) -> None:
        super().__init__(scope, "Schemas")
        if SCHEMA in stage.left_out:
            return  # making them takes a moment, which the local cloud saves
        for schema in registered_by(service):
            eventschemas.CfnSchema(
                self,
                schema.name.partition("@")[2],
                registry_name=stage.names.of(naming.REGISTRY_NAME),
                schema_name=schema.name,
                type=schema.format,
                description=schema.description,
                content=schema.content,
            )
