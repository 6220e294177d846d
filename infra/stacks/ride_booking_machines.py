"""The part of ride-booking's stack that serves machine clients: their API, their usage plans, and batches of RFQs."""

import json
from collections.abc import Callable
from typing import Final

from infra import naming
from infra.patterns.accept import accept
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.machine_api import MachineApi
from infra.patterns.replay import NoReplay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from infra.tiers import TIERS

RATE: Final = 100
"""Requests a second of all machine clients together. A tier has less."""

SUBMIT: Final = "POST /instant-ride-rfqs"
BATCHES: Final = "/rfq-batches"
DEAR: Final = {SUBMIT: 50, f"POST {BATCHES}": 5}
"""Routes that cost more than others. A batch is up to a hundred RFQs."""

BATCH: Final = {
    "batch_id": "$context.authorizer.batch",
    "customer": "$context.authorizer.customer",
    "tier": "$context.authorizer.tier",
}
"""A batch as API Gateway stores it. tests/contract/test_rfq_batch.py holds it to the service's own message."""


def add_machines(
    stack: ServiceStack, index: str, may_sign_documents: Callable[[ServiceFunction], None]
) -> None:
    """Add the functions `machine-api`, its `machine-authorizer`, and `batches`, which reads what API Gateway stores."""
    limits = json.dumps({tier.name: tier.open_rfqs for tier in TIERS})
    items = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem")
    function = stack.function("machine-api", seconds=10, snap_start=True, memory_mib=512, OPEN_RFQS=limits)
    function.may(*items, on=stack.table.table_arn)
    function.may("dynamodb:Query", on=f"{stack.table.table_arn}/index/{index}")
    may_sign_documents(function)
    plans = f"arn:{stack.partition}:apigateway:{stack.region}::/usageplans/*/usage"
    function.may("apigateway:GET", on=plans)
    accept(
        function.own_role,
        {
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:apigateway:<AWS::Region>::/usageplans/*/usage]": "The"
            " plans are made after the function, which asks for the usage of its caller's own key"
        },
    )
    batches = stack.function("batches", seconds=60, memory_mib=512, OPEN_RFQS=limits)
    batches.may(*items, on=stack.table.table_arn)
    queue = ConsumedQueue(
        stack,
        "ride-booking-batches",
        consumer=batches,
        replay=NoReplay(
            "after the hour for which it is tried its RFQs are past their time; sent back, it says so to its client."
        ),
        at_once=2,  # a hundred RFQs each
        batch_size=1,
    )
    api = MachineApi(
        stack,
        "machine-api",
        function=function,
        authorizer=stack.function("machine-authorizer", seconds=5),
        rate=RATE,
        dear=DEAR,
        free=["/usage"],
        stored=[f"POST {BATCHES}"],
    )
    api.stores(BATCHES, queue.queue, BATCH, version=1)
    stack.publish_parameter("machine-api-url", naming.MACHINE_API_URL_PARAMETER, api.public_url)
    stack.publish_parameter(
        "usage-plans",
        naming.USAGE_PLANS_PARAMETER,
        stack.to_json_string({tier.name: api.plan(tier).usage_plan_id for tier in TIERS}),
    )
