"""The bus, the users, the tables, and how the parts find each other."""

from datetime import timedelta

import pytest

from feedback.adapters.feedback_table import BY_CALLBACK, BY_DUE, BY_OPT_OUT
from infra import naming
from infra.app import SERVICES
from infra.assembly import Assembly
from infra.naming import NOT_SCANNED_TAG
from infra.rydes.operator import owed
from ride_booking.adapters.rfq_table import BY_CUSTOMER
from settlement.adapters.ledger_table import BY_PAYEE
from tests.support.settlement.table import INDEXES
from unicorn_mgmt.adapters import vehicle_table
from unicorn_mgmt.adapters.driven_rides import TOLD
from unicorn_mgmt.adapters.invitation_table import BY_UNICORN
from unicorn_mgmt.adapters.job_table import BY_PARTNER, KEPT_FOR
from unicorn_mgmt.adapters.unicorn_table import INDEX, INDEXED


def test_only_our_sources_may_publish_on_the_bus(aws: Assembly) -> None:
    [policy] = aws.all("AWS::Events::EventBusPolicy")
    statement = policy.properties["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "events:PutEvents",
    )
    assert statement["Condition"] == {"ForAnyValue:StringNotLike": {"events:source": "wildrydes.*"}}


def test_the_bus_is_archived_for_a_month(aws: Assembly) -> None:
    [bus] = aws.all("AWS::Events::EventBus")
    [archive] = aws.all("AWS::Events::Archive")
    assert bus.properties["Name"] == "wild-rydes"
    assert archive.properties["SourceArn"] == {"Fn::GetAtt": [bus.logical_id, "Arn"]}
    assert archive.properties["RetentionDays"] >= 30, "what was lost on a holiday could not be replayed"
    assert archive.properties["EventPattern"] == {"source": [{"prefix": "wildrydes."}]}


def test_users_log_in_by_srp_and_nobody_signs_up_alone(aws: Assembly) -> None:
    [pool] = aws.all("AWS::Cognito::UserPool")
    [client] = aws.all("AWS::Cognito::UserPoolClient")
    assert client.properties["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client.properties["GenerateSecret"] is False
    assert pool.properties["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    groups = {group.properties["GroupName"] for group in aws.all("AWS::Cognito::UserPoolGroup")}
    assert groups == {"customers", "unicorns", "support", "machines"}


def test_a_user_may_consent_but_not_say_that_a_number_is_theirs(aws: Assembly) -> None:
    """Else anybody could have any number texted."""
    [pool] = aws.all("AWS::Cognito::UserPool")
    [client] = aws.all("AWS::Cognito::UserPoolClient")
    consent = {f"sms_consent_{part}" for part in ("at", "how", "by")}
    assert {attribute["Name"] for attribute in pool.properties["Schema"]} == {
        *consent,
        "machine_key",
        "partner",
    }
    writable = set(client.properties["WriteAttributes"])
    assert {f"custom:{name}" for name in consent} | {"phone_number", "locale"} <= writable
    assert not writable & {"phone_number_verified", "email_verified", "custom:machine_key", "custom:partner"}


def test_alarms_may_reach_the_alarm_topic(aws: Assembly) -> None:
    """A topic policy replaces the default one, which would have let them."""
    [policy] = [
        policy for policy in aws.all("AWS::SNS::TopicPolicy") if policy.stack == naming.PLATFORM_STACK
    ]
    statements = policy.properties["PolicyDocument"]["Statement"]
    allowed, findings = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert findings["Principal"] == {"Service": "events.amazonaws.com"}  # tests/infra/test_bucket_scans.py
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_every_parameter_is_published_once_and_read_only_from_the_platform(aws: Assembly) -> None:
    published = [(p.stack, p.properties["Name"]) for p in aws.all("AWS::SSM::Parameter")]
    assert sorted(published) == sorted(
        [
            (naming.PLATFORM_STACK, naming.BUS_NAME_PARAMETER),
            (naming.PLATFORM_STACK, naming.BUS_ARN_PARAMETER),
            (naming.PLATFORM_STACK, naming.USER_POOL_ID_PARAMETER),
            (naming.PLATFORM_STACK, naming.USER_POOL_ARN_PARAMETER),
            (naming.PLATFORM_STACK, naming.USER_POOL_CLIENT_ID_PARAMETER),
            (naming.PLATFORM_STACK, naming.ALARM_TOPIC_ARN_PARAMETER),
            (naming.PLATFORM_STACK, naming.WEB_ACL_ARN_PARAMETER),
            (naming.RIDE_BOOKING_STACK, naming.RFQ_API_URL_PARAMETER),
            (naming.RIDE_BOOKING_STACK, naming.RFQ_SOCKET_URL_PARAMETER),
            (naming.RIDE_BOOKING_STACK, naming.MACHINE_API_URL_PARAMETER),
            (naming.RIDE_BOOKING_STACK, naming.USAGE_PLANS_PARAMETER),
            (naming.UNICORN_MGMT_STACK, naming.UNICORN_API_URL_PARAMETER),
            (naming.UNICORN_MGMT_STACK, naming.PARTNER_API_URL_PARAMETER),
            (naming.UNICORN_MGMT_STACK, naming.JOBS_API_URL_PARAMETER),
            (naming.UNICORN_MGMT_STACK, naming.JOB_ARCHIVE_PARAMETER),
            (naming.SETTLEMENT_STACK, naming.STAGING_BUCKET_PARAMETER),
            (naming.SETTLEMENT_STACK, naming.WORKING_BUCKET_PARAMETER),
            (naming.SETTLEMENT_STACK, naming.SETTLEMENT_ARCHIVE_PARAMETER),
            (naming.SETTLEMENT_STACK, naming.REVIEWS_TOPIC_PARAMETER),
            (naming.SETTLEMENT_STACK, naming.QUARANTINE_BUCKET_PARAMETER),
            (naming.FEEDBACK_STACK, naming.SUPPORT_API_URL_PARAMETER),
            (naming.UNICORN_MGMT_STACK, naming.UNICORN_SOCKET_URL_PARAMETER),
            (naming.RIDE_BOOKING_STACK, naming.CUSTOMER_APP_URL_PARAMETER),
            (naming.UNICORN_MGMT_STACK, naming.UNICORN_APP_URL_PARAMETER),
        ]
    )
    platform = {name for stack, name in published if stack == naming.PLATFORM_STACK}
    for template in aws.templates.values():
        read = {p["Default"] for p in template["Parameters"].values()} - {"/cdk-bootstrap/hnb659fds/version"}
        assert read <= platform


def test_tables_can_be_restored(aws: Assembly) -> None:
    tables = aws.named("AWS::DynamoDB::Table", "TableName")
    assert set(tables) == {*SERVICES, "unicorn-mgmt-vehicles"}
    for table in tables.values():
        assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
        assert table.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_the_rfq_table(aws: Assembly) -> None:
    table = aws.named("AWS::DynamoDB::Table", "TableName")["ride-booking"].properties
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    [index] = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == BY_CUSTOMER
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["customer", "created_at"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_unicorn_table(aws: Assembly) -> None:
    table = aws.named("AWS::DynamoDB::Table", "TableName")["unicorn-mgmt"].properties
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    indexes = {
        index["IndexName"]: ([key["AttributeName"] for key in index["KeySchema"]], index["Projection"])
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        # A ride may come and go without a write here; the responder reads these and no more.
        INDEX: (["cell"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*INDEXED]}),
        # A note of an invitation never changes, so that it is written here once, too.
        BY_UNICORN: (["unicorn", "deadline"], {"ProjectionType": "KEYS_ONLY"}),
        # What a statement tells of a ride, so that it reads nothing else; a job has nothing of it.
        BY_PARTNER: (["listed", "listed_at"], {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*TOLD]}),
    }


def test_the_table_of_vehicles_is_no_news_to_anybody(aws: Assembly) -> None:
    """An import of a large fleet would keep those busy for minutes who hear of customers' rides."""
    table = aws.named("AWS::DynamoDB::Table", "TableName")["unicorn-mgmt-vehicles"].properties
    assert "StreamSpecification" not in table
    [index] = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == vehicle_table.INDEX
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["cell", "path"]
    assert index["Projection"] == {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": [*vehicle_table.INDEXED],
    }


def test_the_feedback_table(aws: Assembly) -> None:
    table = aws.named("AWS::DynamoDB::Table", "TableName")["feedback"].properties
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    indexes = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
        )
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        BY_DUE: (["due", "due_at"], "KEYS_ONLY"),
        BY_CALLBACK: (["callback", "callback_at"], "ALL"),  # it is shown from there
        BY_OPT_OUT: (["opt_outs", "opt_outs_at"], "ALL"),  # so is it
    }


@pytest.mark.parametrize(("name", "days"), [("JobsDocuments", 31), ("JobsArchive", 90)])
def test_the_buckets_of_jobs_are_private_and_keep_nothing_for_ever(
    aws: Assembly, name: str, days: int
) -> None:
    [bucket] = [each for each in aws.all("AWS::S3::Bucket") if each.logical_id.startswith(name)]
    assert all(bucket.properties["PublicAccessBlockConfiguration"].values())
    [rule] = bucket.properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", days)
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert timedelta(days=31) > KEPT_FOR, "a job would link to a statement that is gone"


def test_the_settlement_table(aws: Assembly) -> None:
    table = aws.named("AWS::DynamoDB::Table", "TableName")["settlement"].properties
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    indexes = {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == INDEXES, "the tests of the service make their tables by these"
    assert owed.INDEX == BY_PAYEE
    for index in table["GlobalSecondaryIndexes"]:
        assert index["Projection"] == {"ProjectionType": "ALL"}, "what is in it is read from there"


@pytest.mark.parametrize(("name", "is_scanned"), [("IntakeStaging", True), ("IntakeWorking", False)])
def test_the_buckets_of_documents_are_private_and_encrypted(
    aws: Assembly, name: str, is_scanned: bool
) -> None:
    [bucket] = [each for each in aws.all("AWS::S3::Bucket") if each.logical_id.startswith(name)]
    assert all(bucket.properties["PublicAccessBlockConfiguration"].values())
    [encryption] = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    tags = {tag["Key"] for tag in bucket.properties.get("Tags", [])}
    assert (NOT_SCANNED_TAG not in tags) == is_scanned, (
        "pages are of documents that are scanned where they come in"
    )
    [rule] = bucket.properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 90)
    told = bucket.properties.get("NotificationConfiguration")
    configured = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert told == (configured if name == "IntakeStaging" else None)


def test_status_documents_are_private_and_gone_in_a_day(aws: Assembly) -> None:
    [bucket] = [each for each in aws.all("AWS::S3::Bucket") if each.logical_id.startswith("Documents")]
    assert all(bucket.properties["PublicAccessBlockConfiguration"].values())
    [rule] = bucket.properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 1)
    [policy] = [
        each
        for each in aws.all("AWS::S3::BucketPolicy")
        if each.properties["Bucket"] == {"Ref": bucket.logical_id}
    ]
    statements = policy.properties["PolicyDocument"]["Statement"]
    [denied] = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
