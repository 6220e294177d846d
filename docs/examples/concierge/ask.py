"""Stand at the desk: ask for a ride from Seattle's Space Needle to its airport, and show the quotes as they come.

On AWS, with credentials and a region: `uv run python docs/examples/concierge/ask.py --aws`.
"""

import json
import os
import sys
import time
from typing import Any

import boto3

ON_AWS = "--aws" in sys.argv
ENVIRONMENT = os.environ.get("RYDES_ENV", "dev" if ON_AWS else "")
LOCAL: dict[str, Any] = {
    "endpoint_url": f"http://localhost:{os.environ.get('RYDES_PORT', '4566')}",
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
RIDE = {"start": {"lat": 47.6205, "lon": -122.3493}, "destination": {"lat": 47.4437, "lon": -122.3013}}
SECONDS = 10

aws_lambda = boto3.client("lambda") if ON_AWS else boto3.client("lambda", **LOCAL)


def call(event: dict[str, Any]) -> dict[str, Any]:
    """Call the desk's function."""
    name = f"{ENVIRONMENT}-concierge-desk" if ENVIRONMENT else "concierge-desk"
    answer = aws_lambda.invoke(FunctionName=name, Payload=json.dumps(event))
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


rfq_id = call(RIDE)["rfq_id"]
sys.stdout.write(f"asked: {rfq_id}\n")
shown: set[str] = set()
for _ in range(SECONDS):
    time.sleep(1)
    for quote in call({"rfq_id": rfq_id})["quotes"]:
        if quote["responder_id"] not in shown:
            shown.add(quote["responder_id"])
            price = quote["price"]
            who = quote["display_name"] or quote["responder_id"]
            sys.stdout.write(f"  {price['amount']:>8} {price['currency']}  {who}\n")
if not shown:
    sys.stdout.write(f"no quote has come in {SECONDS} s: perhaps no unicorn is free nearby\n")
