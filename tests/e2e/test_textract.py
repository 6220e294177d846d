"""The simulator of Textract beside a local cloud: documents from its S3, completions through its SNS."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.settings import REGION
from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.textract import process
from settlement.domain.blocks import parse
from settlement.domain.reading import read
from tests.support.patience import eventually
from tests.support.settlement.invoices import value


@pytest.fixture
def textract(cloud: Cloud) -> Iterator[Any]:
    """A client of a simulator that runs beside the cloud."""
    url, listener = process.listen(cloud.settings)
    running = process.start(cloud.settings, listener)
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    yield session.client("textract", endpoint_url=url)
    running.kill()
    running.wait()


@pytest.fixture
def bucket(cloud: Cloud) -> Iterator[str]:
    s3, name = cloud.client("s3"), f"invoices-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    yield name
    for found in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=found["Key"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def completions(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """A topic's ARN, and the URL of a queue that hears it."""
    sns, sqs, name = cloud.client("sns"), cloud.client("sqs"), f"textract-{uuid.uuid4()}"
    topic, queue = sns.create_topic(Name=name)["TopicArn"], sqs.create_queue(QueueName=name)["QueueUrl"]
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
    yield topic, queue
    sns.delete_topic(TopicArn=topic)
    sqs.delete_queue(QueueUrl=queue)


def test_an_invoice_in_a_bucket_is_read(
    cloud: Cloud, textract: Any, bucket: str, completions: tuple[str, str]
) -> None:
    made, (topic, queue) = invented(20_000), completions
    cloud.client("s3").put_object(Bucket=bucket, Key="comet/1.pdf", Body=made.pdf)
    job = textract.start_document_analysis(
        DocumentLocation={"S3Object": {"Bucket": bucket, "Name": "comet/1.pdf"}},
        FeatureTypes=["FORMS"],
        JobTag="comet",
        NotificationChannel={"SNSTopicArn": topic, "RoleArn": "arn:aws:iam::000000000000:role/textract"},
    )["JobId"]

    def look() -> list[Any]:
        answer = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        return list(answer.get("Messages", []))

    (message,) = eventually(look, "the job's end is told")
    assert json.loads(message["Body"])["JobId"] == job
    answer = textract.get_document_analysis(JobId=job)
    assert value(read(parse(answer["Blocks"])).total) == made.bill.total
