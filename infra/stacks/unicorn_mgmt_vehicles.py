"""The part of unicorn-mgmt's stack for the vehicles that partners' fleets import: a table of their own.

Some names are written twice, here and in the service: tests/infra/test_platform.py holds them together.
"""

from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.patterns.service_table import ServiceTable

TABLE: Final = "unicorn-mgmt-vehicles"
VEHICLE_INDEX: Final = "by-cell"

VEHICLE_QUOTED_FROM: Final = (
    "fleet",
    "vehicle",
    "name",
    "base",
    "per_km",
    "minimum",
    "currency",
    "max_km",
    "lat",
    "lon",
)
"""What a quote is made from, and whose vehicle it is."""


class Vehicles(Construct):
    """The table, and who may do what with it. A function that may do something finds its name in `VEHICLE_TABLE_NAME`."""

    def __init__(self, scope: ServiceStack) -> None:
        super().__init__(scope, "Vehicles")
        self._table = ServiceTable(
            scope, scope.stage.names.of(TABLE), scope.stage, construct_id="VehicleTable", news=False
        )
        # Sparse: a retired vehicle has no cell.
        self._table.add_global_secondary_index(
            index_name=VEHICLE_INDEX,
            partition_key=dynamodb.Attribute(name="cell", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="path", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*VEHICLE_QUOTED_FROM],
        )

    def may_find(self, function: ServiceFunction) -> None:
        """Allow a search for vehicles that are not retired."""
        self._may(function, "dynamodb:Query", on=f"{self._table.table_arn}/index/{VEHICLE_INDEX}")

    def may_look_up(self, function: ServiceFunction) -> None:
        """Allow to read a vehicle by its id."""
        self._may(function, "dynamodb:GetItem", on=self._table.table_arn)

    def may_import(self, function: ServiceFunction) -> None:
        """Allow to write vehicles, those that differ."""
        self._may(function, "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", on=self._table.table_arn)

    def _may(self, function: ServiceFunction, *actions: str, on: str) -> None:
        function.add_environment("VEHICLE_TABLE_NAME", self._table.table_name)
        function.may(*actions, on=on)
