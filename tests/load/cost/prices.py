"""List prices, in US dollars per million units: us-east-1, on demand, without free tier or volume discounts."""

AS_OF = "2026-11"
SOURCE = "https://aws.amazon.com/{api-gateway,lambda,sqs,eventbridge,dynamodb}/pricing/"

LAMBDA_MB = 256
LAMBDA_MS = 50
"""What the workshop's lab was counted with: every invocation as 50 ms of 256 MB."""

_ARM_GB_SECOND = 0.0000133334

PER_MILLION = {
    "API Gateway request (REST)": 3.50,
    "Lambda request": 0.20,
    f"Lambda compute ({LAMBDA_MB} MB x {LAMBDA_MS} ms, arm64)": _ARM_GB_SECOND
    * LAMBDA_MB
    / 1024
    * LAMBDA_MS
    / 1000
    * 1e6,
    "SQS request (64 KB)": 0.40,
    "EventBridge event (64 KB)": 1.00,
    "DynamoDB write unit (1 KB)": 0.625,
    "DynamoDB read unit (4 KB)": 0.125,
}

API, LAMBDA, COMPUTE, SQS, EVENT, WRITE, READ = PER_MILLION


def lab(responders: int) -> float:
    """Dollars per million RFQs of the workshop's scatter-gather lab, with its one poll, as published."""
    return 8.91 + 2.56 * responders
