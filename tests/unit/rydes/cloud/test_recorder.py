"""A worker with the recorder on its path writes down each of its AWS calls, and one without knows nothing of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.rydes.cloud import emulator

RECORDER = Path(emulator.__file__).with_name("recorder")
HANDLER = """
import botocore.session
client = botocore.session.get_session().create_client("s3", region_name="us-east-1")
client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
try:
    client.put_object(Bucket="b", Key="k", Body=b"123")
except Exception:
    pass
"""


def _run(**environment: str) -> None:
    secrets = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1"}
    unreachable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(RECORDER), **secrets, **unreachable, **environment}
    subprocess.run([sys.executable, "-c", HANDLER], env=given, check=True)  # noqa: S603


@pytest.mark.slow
def test_each_call_of_a_function_is_written_down_with_its_environment(tmp_path: Path) -> None:
    _run(RYDES_CALLS=str(tmp_path), AWS_LAMBDA_FUNCTION_NAME="ride-booking-api", BUCKET="b")
    (file,) = tmp_path.iterdir()
    first, signed, put = map(json.loads, file.read_text().splitlines())
    assert file.name.startswith("ride-booking-api.")
    assert (first["function"], first["environment"]["BUCKET"]) == ("ride-booking-api", "b")
    named = {"Bucket": "b", "Key": "k"}
    assert signed == {"service": "s3", "operation": "GetObject", "parameters": named}
    assert put == {"service": "s3", "operation": "PutObject", "parameters": {**named, "Body": {"$bytes": 3}}}


@pytest.mark.slow
def test_nothing_is_written_down_of_who_is_no_function(tmp_path: Path) -> None:
    _run(RYDES_CALLS=str(tmp_path))
    assert not list(tmp_path.iterdir())
