"""List prices, in US dollars per million units: us-east-1, on demand, without free tier or volume discounts."""

AS_OF = "2026-11"
SOURCE = "https://aws.amazon.com/{api-gateway,lambda,sqs,eventbridge,dynamodb}/pricing/"

LAMBDA_MB = 256
LAMBDA_MS = 50
"""What the workshop's lab was counted with: every invocation as 50 ms of 256 MB."""

_ARM_GB_SECOND = 0.0000133334

PER_MILLION = {
    "API request": 3.50,
    "Lambda request": 0.20,
    "Lambda 50 ms": _ARM_GB_SECOND * LAMBDA_MB / 1024 * LAMBDA_MS / 1000 * 1e6,
    "SQS request": 0.40,
    "Event": 1.00,
    "Write unit": 0.625,
    "Read unit": 0.125,
    "Socket message": 1.00,
    "Socket minute": 0.25,
}
"""REST API; Lambda on arm64; SQS and EventBridge by begun 64 KB; DynamoDB by begun KB written and 4 KB read; WebSocket API
by begun 32 KB in or out, and by minutes connected."""

API, LAMBDA, COMPUTE, SQS, EVENT, WRITE, READ, SOCKET, MINUTE = PER_MILLION


def lab(responders: int) -> float:
    """Dollars per million RFQs of the workshop's scatter-gather lab, with its one poll, as published."""
    return 8.91 + 2.56 * responders
