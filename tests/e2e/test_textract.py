"""The simulator of Textract beside an emulator without stacks: documents from its S3, completions through its SNS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.rydes.cloud import aws, emulator, toolchain
from infra.rydes.cloud.settings import REGION, Settings
from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.textract import process
from settlement.domain.blocks import parse
from settlement.domain.reading import read
from tests.support.own_cloud import free_port
from tests.support.patience import PATIENCE, eventually
from tests.support.settlement.invoices import value


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Where an emulator of the test's own runs."""
    settings = Settings(port=free_port(), run_dir=tmp_path)
    running = emulator.start(settings, toolchain.install_emulator(), owned=True)
    yield settings
    emulator.stop(settings.run_dir)
    running.wait(timeout=PATIENCE)


@pytest.fixture
def textract(settings: Settings) -> Iterator[Any]:
    """A client of a simulator that runs beside the emulator."""
    listener = process.listen(settings)
    running = process.start(settings, listener)
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    yield session.client("textract", endpoint_url=settings.textract_url)
    running.kill()
    running.wait()


@pytest.fixture
def completions(settings: Settings) -> tuple[str, str]:
    """A topic's ARN, and the URL of a queue that hears it."""
    sns, sqs = aws.client(settings, "sns"), aws.client(settings, "sqs")
    topic, queue = sns.create_topic(Name="ends")["TopicArn"], sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic, queue


def test_an_invoice_in_a_bucket_is_read(
    settings: Settings, textract: Any, completions: tuple[str, str]
) -> None:
    made, (topic, queue) = invented(20_000), completions
    s3, sqs = aws.client(settings, "s3"), aws.client(settings, "sqs")
    s3.create_bucket(Bucket="invoices")
    s3.put_object(Bucket="invoices", Key="comet/1.pdf", Body=made.pdf)
    job = textract.start_document_analysis(
        DocumentLocation={"S3Object": {"Bucket": "invoices", "Name": "comet/1.pdf"}},
        FeatureTypes=["FORMS"],
        JobTag="comet",
        NotificationChannel={"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::000000000000:role/textract"},
    )["JobId"]

    def look() -> list[Any]:
        answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        return list(answer.get("Messages", []))

    (message,) = eventually(look, "the job's end is told")
    assert json.loads(message["Body"])["JobId"] == job
    answer = textract.get_document_analysis(JobId=job)
    assert value(read(parse(answer["Blocks"])).total) == made.bill.total
