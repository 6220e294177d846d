"""Every function has its own role, and that role may do what is listed here and nothing else."""

import json
import re
from typing import Any

import pytest

from infra import roster
from infra.app import SERVICES
from infra.assembly import Assembly, as_list
from infra.stacks.settlement_documents import LIMITS
from infra.tiers import TIERS
from tests.support.pages import PUT_BY, functions

BUS = "arn:<Partition>:events:<Region>:<AccountId>:event-bus//wild-rydes/platform/bus-name"
RETURN_ADDRESS = "arn:<Partition>:sqs:<Region>:<AccountId>:wild-rydes-reply-ride-booking"
EXAMPLES = ["concierge"]
RETURN_ADDRESSES = json.dumps({"wildrydes.ride-booking": RETURN_ADDRESS})
RFQ_CONNECTIONS = "arn:<Partition>:execute-api:<Region>:<AccountId>:rfq-socket/v1/POST/@connections/*"
RFQ_CONNECTIONS_URL = "https://rfq-socket.execute-api.<Region>.<URLSuffix>/v1"
ISSUER = "https://cognito-idp.<Region>.<URLSuffix>//wild-rydes/platform/user-pool-id"
SMS_CONFIGURATION = "arn:<Partition>:sms-voice:<Region>:<AccountId>:configuration-set/wild-rydes-feedback"
OUR_NUMBERS = "arn:<Partition>:sms-voice:<Region>:<AccountId>:phone-number/*"
UNICORN_CONNECTIONS = "arn:<Partition>:execute-api:<Region>:<AccountId>:unicorn-socket/v1/POST/@connections/*"
UNICORN_URLS = {
    "CONNECTIONS_URL": "https://unicorn-socket.execute-api.<Region>.<URLSuffix>/v1",
    "UNICORN_API_URL": "https://unicorn-api.execute-api.<Region>.<URLSuffix>/v1",
}
DOCUMENTS = "Documents/rfqs/*"
REPLY_QUEUE = "wild-rydes-reply-ride-booking"
PARTNERS = tuple(roster.partners())
SECRETS = {
    id_: f"arn:<Partition>:secretsmanager:<Region>:<AccountId>:secret:wild-rydes/partners/{id_}-??????"
    for id_ in PARTNERS
}
CONSUME = {
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
}
SUBMIT_RFQS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"}
READ_STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
DOCUMENT_ITEMS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}

# The workers of documents, by size class: one module, and each the name of its queue.
PAGES = tuple(f"settlement-pages-{size_class}" for size_class in ("single", "small", "large"))

# The queues between a document's pages and its archive, each with a function of its name.
DECIDING = tuple(f"settlement-{role}" for role in ("readings", "completions", "decisions", "archive"))

# A function has as much of a processor as it has memory. Customers wait for all but feedback-replies.
MEMORY = {
    **dict.fromkeys(
        (
            f"ride-booking-{role}"
            for role in ("api", "machine-api", "batches", "outbox", "aggregator", "notifier")
        ),
        512,
    ),
    "unicorn-mgmt-responder": 1024,
    **dict.fromkeys(
        (f"unicorn-mgmt-{role}" for role in ("jobs", "import-validate", "import-chunk", "import-end")), 512
    ),
    "feedback-replies": 512,
    "settlement-documents": 768,  # most of it is for what opens PDFs
    "settlement-pages-single": 768,
    "settlement-pages-small": 1024,
    "settlement-pages-large": 1769,
    "settlement-decisions": 2048,  # three hundred pages of blocks take 350
    "settlement-archive": 512,
    "settlement-failsafe": 2048,
}

QUEUES_OF = {
    name: {"DEAD_LETTER_QUEUE_URL": f"{name}-dlq", "MAX_ATTEMPTS": "5"}
    for name in ("settlement-documents", *PAGES, *DECIDING)
}
"""What the functions of documents are told of their queues."""

# Service -> its queues whose dead letters its replay sends back.
REPLAYED = {
    "ride-booking": ("ride-booking-deadlines", "ride-booking-rides"),
    "unicorn-mgmt": (
        *(f"unicorn-mgmt-{id_}-rides" for id_ in PARTNERS),
        "unicorn-mgmt-closings-inbox",
        "unicorn-mgmt-bookings-inbox",
        "unicorn-mgmt-ratings-inbox",
    ),
    "feedback": ("feedback-rides", "feedback-sms-replies", "feedback-sms-receipts"),
    "settlement": ("settlement-prices", "settlement-rides", "settlement-findings"),
}

# Queues whose messages are of use after their deadlines, too: their consumers keep a record.
LATE = {"settlement-prices"}

MACHINE = "DecisionsMachine"
READ_ORIGINALS = {"IntakeStaging/*": {"s3:GetObject"}, "IntakeStaging": {"s3:ListBucket"}}
START_TEXTRACT = {
    "*": {"textract:StartDocumentTextDetection", "states:SendTaskSuccess"},
    "DecisionsTextractRole": {"iam:PassRole"},
    "IntakeStaging/*": {"s3:GetObject"},
}
ASK_TEXTRACT = {
    **START_TEXTRACT,
    "*": {*START_TEXTRACT["*"], "textract:GetDocumentTextDetection"},
}
DECIDE = {
    f"dynamodb:{action}Item" for action in ("Get", "BatchGet", "ConditionCheck", "Put", "Update", "Delete")
}
KEEP = {
    "settlement/index/by-listing": {"dynamodb:Query"},
    "DecisionsArchive/documents/*": {"s3:PutObject"},
    "DecisionsArchive/reports/*": {"s3:PutObject", "s3:GetObject"},
    "DecisionsArchive": {"s3:ListBucket"},
    **READ_ORIGINALS,
}
OWN_QUEUE = {name: {name: CONSUME, f"{name}-dlq": {"sqs:SendMessage"}} for name in DECIDING}

# All permissions on AWS beyond the function's own log: resource -> actions. No policy has a `*` that is not
# listed here.
PERMISSIONS: dict[str, dict[str, set[str]]] = {
    "ride-booking-api": {
        "ride-booking": SUBMIT_RFQS,
        "ride-booking/index/by-customer": {"dynamodb:Query"},
        DOCUMENTS: {"s3:GetObject"},
        "Documents": {"s3:ListBucket"},
    },
    "ride-booking-machine-api": {
        "ride-booking": SUBMIT_RFQS,
        "ride-booking/index/by-customer": {"dynamodb:Query"},
        DOCUMENTS: {"s3:GetObject"},
        "Documents": {"s3:ListBucket"},
        "arn:<Partition>:apigateway:<Region>::/usageplans/*/usage": {"apigateway:GET"},
    },
    "ride-booking-machine-authorizer": {},
    "ride-booking-batches": {
        "ride-booking": SUBMIT_RFQS,
        "ride-booking-batches": CONSUME,
        "ride-booking-batches-dlq": {"sqs:SendMessage"},
    },
    "ride-booking-outbox": {
        "*": {"dynamodb:ListStreams"},
        "ride-booking": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
        BUS: {"events:PutEvents"},
        "ride-booking-deadlines": {"sqs:SendMessage"},
        "ride-booking-outbox-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
        DOCUMENTS: {"s3:PutObject"},
    },
    "ride-booking-aggregator": {
        "ride-booking": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        REPLY_QUEUE: CONSUME,
        f"{REPLY_QUEUE}-dlq": {"sqs:SendMessage"},
    },
    "ride-booking-closer": {
        "ride-booking": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "ride-booking-deadlines": CONSUME,
        "ride-booking-deadlines-dlq": {"sqs:SendMessage"},
        "ride-booking-deadlines-parking": {"sqs:SendMessage"},
    },
    "ride-booking-authorizer": {},
    "ride-booking-socket": {
        "ride-booking": {"dynamodb:UpdateItem"},
        RFQ_CONNECTIONS: {"execute-api:ManageConnections"},
    },
    "ride-booking-notifier": {
        "*": {"dynamodb:ListStreams"},
        "ride-booking": {
            "dynamodb:UpdateItem",
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        RFQ_CONNECTIONS: {"execute-api:ManageConnections"},
        "ride-booking-notifier-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "ride-booking-rides": {
        "ride-booking": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "ride-booking-rides": CONSUME,
        "ride-booking-rides-dlq": {"sqs:SendMessage"},
        "ride-booking-rides-parking": {"sqs:SendMessage"},
    },
    "unicorn-mgmt-api": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"},
        "unicorn-mgmt/index/by-unicorn": {"dynamodb:Query"},
    },
    "unicorn-mgmt-bookings": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "unicorn-mgmt-vehicles": {"dynamodb:GetItem"},
        "unicorn-mgmt-bookings-inbox": CONSUME,
        "unicorn-mgmt-bookings-inbox-dlq": {"sqs:SendMessage"},
        "unicorn-mgmt-bookings-inbox-parking": {"sqs:SendMessage"},
    },
    "unicorn-mgmt-authorizer": {},
    "unicorn-mgmt-closings": {
        "unicorn-mgmt": {"dynamodb:UpdateItem", "dynamodb:BatchGetItem"},
        UNICORN_CONNECTIONS: {"execute-api:ManageConnections"},
        "unicorn-mgmt-closings-inbox": CONSUME,
        "unicorn-mgmt-closings-inbox-dlq": {"sqs:SendMessage"},
        "unicorn-mgmt-closings-inbox-parking": {"sqs:SendMessage"},
    },
    "unicorn-mgmt-socket": {
        "unicorn-mgmt": {"dynamodb:UpdateItem", "dynamodb:BatchGetItem"},
        "unicorn-mgmt/index/by-unicorn": {"dynamodb:Query"},
        UNICORN_CONNECTIONS: {"execute-api:ManageConnections"},
    },
    "unicorn-mgmt-outbox": {
        "*": {"dynamodb:ListStreams"},
        "unicorn-mgmt": {
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
        },
        BUS: {"events:PutEvents"},
        RETURN_ADDRESS: {"sqs:SendMessage", "sqs:GetQueueUrl"},
        UNICORN_CONNECTIONS: {"execute-api:ManageConnections"},
        **{f"unicorn-mgmt-{id_}-rides": {"sqs:SendMessage"} for id_ in PARTNERS},
        "unicorn-mgmt-outbox-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "unicorn-mgmt-ratings": {
        "unicorn-mgmt": {"dynamodb:UpdateItem"},
        "unicorn-mgmt-ratings-inbox": CONSUME,
        "unicorn-mgmt-ratings-inbox-dlq": {"sqs:SendMessage"},
        "unicorn-mgmt-ratings-inbox-parking": {"sqs:SendMessage"},
    },
    "unicorn-mgmt-responder": {
        "unicorn-mgmt": {
            *("dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem")
        },
        "unicorn-mgmt/index/by-cell": {"dynamodb:Query"},
        "unicorn-mgmt-vehicles/index/by-cell": {"dynamodb:Query"},
        UNICORN_CONNECTIONS: {"execute-api:ManageConnections"},
        RETURN_ADDRESS: {"sqs:SendMessage", "sqs:GetQueueUrl"},
        **{f"unicorn-mgmt-{id_}-requests": {"sqs:SendMessage"} for id_ in PARTNERS},
        "unicorn-mgmt-inbox": CONSUME,
        "unicorn-mgmt-inbox-dlq": {"sqs:SendMessage"},
    },
    "feedback-api": {
        "feedback": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "feedback/index/by-callback": {"dynamodb:Query"},
        "feedback/index/by-opt-out": {"dynamodb:Query"},
        "/wild-rydes/platform/user-pool-arn": {"cognito-idp:AdminGetUser"},
        "NumberSecret": {"secretsmanager:GetSecretValue"},
    },
    "feedback-outreach": {
        "*": {"dynamodb:ListStreams"},
        "feedback": READ_STREAM | {"dynamodb:GetItem", "dynamodb:PutItem"},
        "/wild-rydes/platform/user-pool-arn": {"cognito-idp:AdminGetUser"},
        OUR_NUMBERS: {"sms-voice:SendTextMessage"},
        SMS_CONFIGURATION: {"sms-voice:SendTextMessage"},
        "arn:<Partition>:ssm:<Region>:<AccountId>:parameter/wild-rydes/feedback/origination-number": {
            "ssm:GetParameter"
        },
        "Key": {"kms:Decrypt"},
        "NumberSecret": {"secretsmanager:GetSecretValue"},
        "feedback-outreach-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "feedback-outbox": {
        "*": {"dynamodb:ListStreams"},
        "feedback": READ_STREAM | {"dynamodb:UpdateItem"},
        BUS: {"events:PutEvents"},
        "feedback-outbox-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "feedback-receipts": {
        "feedback": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Key": {"kms:Decrypt", "kms:GenerateDataKey"},
        "feedback-sms-receipts": CONSUME,
        "feedback-sms-receipts-dlq": {"sqs:SendMessage"},
        "feedback-sms-receipts-parking": {"sqs:SendMessage"},
    },
    "feedback-replies": {
        "feedback": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "Key": {"kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"},
        "NumberSecret": {"secretsmanager:GetSecretValue"},
        "feedback-sms-replies": CONSUME,
        "feedback-sms-replies-dlq": {"sqs:SendMessage"},
        "feedback-sms-replies-parking": {"sqs:SendMessage"},
    },
    "feedback-rides": {
        "feedback": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "feedback-rides": CONSUME,
        "feedback-rides-dlq": {"sqs:SendMessage"},
        "feedback-rides-parking": {"sqs:SendMessage"},
    },
    **{
        name: {
            "settlement": {"dynamodb:UpdateItem"},
            name: CONSUME,
            f"{name}-dlq": {"sqs:SendMessage"},
            f"{name}-parking": {"sqs:SendMessage"},
        }
        for name in ("settlement-prices", "settlement-rides")
    },
    "settlement-documents": {
        "settlement": DOCUMENT_ITEMS,
        "IntakeStaging/*": {"s3:GetObject"},
        "IntakeStaging": {"s3:ListBucket"},
        "settlement-documents": CONSUME,
        "settlement-documents-dlq": {"sqs:SendMessage"},
    },
    "settlement-findings": {
        "settlement": DOCUMENT_ITEMS,
        "IntakeStaging/*": {"s3:GetObject", "s3:DeleteObject"},
        "IntakeStaging": {"s3:ListBucket"},
        "IntakeWorking/pages/*": {"s3:DeleteObject"},
        "IntakeWorking": {"s3:ListBucket"},
        "DecisionsArchive/documents/*": {"s3:GetObject", "s3:DeleteObject"},
        "DecisionsArchive": {"s3:ListBucket"},
        "QuarantineBucket/*": {"s3:PutObject"},  # and not to read: test_quarantined_documents.py
        "QuarantineKey": {"kms:GenerateDataKey"},
        "settlement-findings": CONSUME | {"sqs:SendMessage"},
        "settlement-findings-dlq": {"sqs:SendMessage"},
        "settlement-findings-parking": {"sqs:SendMessage"},
    },
    **{
        name: {
            "settlement": DOCUMENT_ITEMS,
            "IntakeStaging/*": {"s3:GetObject"},
            "IntakeStaging": {"s3:ListBucket"},
            "IntakeWorking/pages/*": {"s3:GetObject", "s3:PutObject"},
            "IntakeWorking": {"s3:ListBucket"},
            name: CONSUME,
            f"{name}-dlq": {"sqs:SendMessage"},
        }
        for name in PAGES
    },
    "settlement-outbox": {
        "*": {"dynamodb:ListStreams"},
        "settlement": READ_STREAM,
        **{name: {"sqs:SendMessage"} for name in PAGES},
        "settlement-outbox-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "settlement-readings": {
        "settlement": DOCUMENT_ITEMS,
        **START_TEXTRACT,
        **OWN_QUEUE["settlement-readings"],
    },
    "settlement-completions": {
        "settlement": {"dynamodb:GetItem"},
        "*": {"states:SendTaskSuccess"},
        **OWN_QUEUE["settlement-completions"],
    },
    "settlement-decisions": {
        "settlement": DECIDE,
        "settlement/index/by-payee": {"dynamodb:Query"},
        **ASK_TEXTRACT,
        **OWN_QUEUE["settlement-decisions"],
    },
    "settlement-archive": {
        "settlement": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"},
        **KEEP,
        **OWN_QUEUE["settlement-archive"],
    },
    "settlement-outcomes": {
        "*": {"dynamodb:ListStreams"},
        "settlement": READ_STREAM | {"dynamodb:GetItem"},
        BUS: {"events:PutEvents"},
        MACHINE: {"states:StartExecution"},
        "settlement-reviews": {"sns:Publish"},
        "settlement-archive": {"sqs:SendMessage"},
        "settlement-outcomes-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "settlement-failsafe": {
        "settlement": DECIDE,
        "settlement/index/by-payee": {"dynamodb:Query"},
        **ASK_TEXTRACT,
        **KEEP,
        "DecisionsArchive/messages/*": {"s3:PutObject"},
        "IntakeWorking/pages/*": {"s3:GetObject", "s3:PutObject"},
        "IntakeWorking": {"s3:ListBucket"},
        **{f"{name}-dlq": CONSUME for name in ("settlement-documents", *PAGES, *DECIDING)},
    },
    "feedback-timers": {
        "feedback": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "feedback/index/by-due": {"dynamodb:Query"},
        "feedback/index/by-callback": {"dynamodb:Query"},
    },
    **{
        f"unicorn-mgmt-{id_}-quotes": {
            "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
            SECRETS[id_]: {"secretsmanager:GetSecretValue"},
            RETURN_ADDRESS: {"sqs:SendMessage", "sqs:GetQueueUrl"},
            f"unicorn-mgmt-{id_}-requests": CONSUME | {"sqs:SendMessage"},
            f"unicorn-mgmt-{id_}-requests-dlq": {"sqs:SendMessage"},
        }
        for id_ in PARTNERS
    },
    **{
        f"unicorn-mgmt-{id_}-rides": {
            "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:PutItem"},
            SECRETS[id_]: {"secretsmanager:GetSecretValue"},
            f"unicorn-mgmt-{id_}-requests": {"sqs:SendMessage"},
            f"unicorn-mgmt-{id_}-rides": CONSUME,
            f"unicorn-mgmt-{id_}-rides-dlq": {"sqs:SendMessage"},
            f"unicorn-mgmt-{id_}-rides-parking": {"sqs:SendMessage"},
        }
        for id_ in PARTNERS
    },
    **{
        f"{service}-replay": {
            **{f"{queue}-dlq": CONSUME for queue in queues},
            **{f"{queue}{end}": {"sqs:SendMessage"} for queue in queues for end in ("", "-parking")},
            **({"Key": {"kms:Decrypt", "kms:GenerateDataKey"}} if service == "feedback" else {}),
        }
        for service, queues in REPLAYED.items()
    },
    "unicorn-mgmt-jobs-api": {
        "unicorn-mgmt": SUBMIT_RFQS,
        "unicorn-mgmt/index/by-partner": {"dynamodb:Query"},
        "unicorn-mgmt-jobs": {"sqs:GetQueueAttributes"},
        "JobsDocuments/statements/*": {"s3:GetObject"},
        "JobsDocuments/status/*": {"s3:GetObject"},
        "JobsDocuments": {"s3:ListBucket"},
        "ImportsUploads/uploads/*": {"s3:PutObject"},
        "ImportsUploads/reports/*": {"s3:GetObject"},
        "ImportsUploads": {"s3:ListBucket"},
    },
    "unicorn-mgmt-jobs-outbox": {
        "*": {"dynamodb:ListStreams"},
        "unicorn-mgmt": READ_STREAM,
        "unicorn-mgmt-jobs": {"sqs:SendMessage"},
        "JobsDocuments/status/*": {"s3:PutObject"},
        "unicorn-mgmt-jobs-outbox-dlq": {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
    },
    "unicorn-mgmt-jobs": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "unicorn-mgmt/index/by-partner": {"dynamodb:Query"},
        "unicorn-mgmt-jobs": CONSUME,
        "unicorn-mgmt-jobs-dlq": {"sqs:SendMessage"},
        "JobsDocuments/statements/*": {"s3:PutObject", "s3:GetObject"},
        "JobsDocuments": {"s3:ListBucket"},
        "ImportsUploads/uploads/*": {"s3:AbortMultipartUpload"},
    },
    "unicorn-mgmt-import-validate": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "ImportsUploads/uploads/*": {"s3:GetObject"},
        "ImportsUploads": {"s3:ListBucket"},
    },
    "unicorn-mgmt-import-chunk": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "unicorn-mgmt-vehicles": {"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"},
        "ImportsUploads/uploads/*": {"s3:GetObject"},
        "ImportsUploads": {"s3:ListBucket"},
        "ImportsUploads/reports/*": {"s3:PutObject"},
    },
    "unicorn-mgmt-import-end": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        "ImportsUploads/reports/*": {"s3:GetObject", "s3:PutObject"},
        "ImportsUploads": {"s3:ListBucket"},
    },
    "unicorn-mgmt-job-failures": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "unicorn-mgmt-jobs-dlq": CONSUME,
        "JobsArchive/messages/*": {"s3:PutObject"},
    },
    "unicorn-mgmt-partner-callbacks": {
        "unicorn-mgmt": {"dynamodb:GetItem", "dynamodb:PutItem"},
        **{SECRETS[id_]: {"secretsmanager:GetSecretValue"} for id_ in PARTNERS},
        RETURN_ADDRESS: {"sqs:SendMessage", "sqs:GetQueueUrl"},
    },
}
# Limits to these permissions: on the bus the service's own name, in the table the items of the function's
# partner, or those of jobs, and in the index either rides or jobs.
CONDITIONS = (
    {
        (function, BUS, ("events:PutEvents",)): {
            "ForAllValues:StringEquals": {"events:source": f"wildrydes.{service}"}
        }
        for function, service in (
            ("ride-booking-outbox", "ride-booking"),
            ("unicorn-mgmt-outbox", "unicorn-mgmt"),
            ("feedback-outbox", "feedback"),
            ("settlement-outcomes", "settlement"),
        )
    }
    | {
        (function, "unicorn-mgmt", tuple(f"dynamodb:{action}" for action in actions)): {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}
        }
        for function, actions, items in (
            *(
                (f"unicorn-mgmt-{id_}-quotes", ("GetItem", "UpdateItem"), f"circuit#{id_}")
                for id_ in PARTNERS
            ),
            *((f"unicorn-mgmt-{id_}-quotes", ("GetItem",), f"callback#{id_}#*") for id_ in PARTNERS),
            *((f"unicorn-mgmt-{id_}-rides", ("GetItem", "UpdateItem"), f"circuit#{id_}") for id_ in PARTNERS),
            *((f"unicorn-mgmt-{id_}-rides", ("GetItem", "PutItem"), f"ride#{id_}#*") for id_ in PARTNERS),
            ("unicorn-mgmt-partner-callbacks", ("GetItem", "PutItem"), "ride#*"),
            ("unicorn-mgmt-partner-callbacks", ("PutItem",), "callback#*"),
            ("unicorn-mgmt-jobs-api", ("BatchGetItem", "GetItem", "PutItem", "UpdateItem"), "job*"),
            ("unicorn-mgmt-jobs-api", ("BatchGetItem", "GetItem", "UpdateItem"), "u-v-*"),
            ("unicorn-mgmt-jobs", ("GetItem", "PutItem", "UpdateItem"), "job*"),
            ("unicorn-mgmt-job-failures", ("GetItem", "UpdateItem"), "job*"),
            ("unicorn-mgmt-import-validate", ("GetItem", "PutItem", "UpdateItem"), "job*"),
            ("unicorn-mgmt-import-chunk", ("GetItem", "UpdateItem"), "job*"),
            ("unicorn-mgmt-import-end", ("GetItem", "PutItem", "UpdateItem"), "job*"),
        )
    }
    | {
        (function, "settlement", actions): {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}}
        for function in ("settlement-documents", *PAGES, "settlement-failsafe")
        for actions, items in (
            (("dynamodb:GetItem", "dynamodb:PutItem"), ["document#*"]),
            (("dynamodb:UpdateItem",), ["audit#*", "deaths#*"]),
        )
    }
    | {
        ("settlement-findings", "settlement", actions): {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}
        }
        for actions, items in (
            (("dynamodb:GetItem", "dynamodb:PutItem"), ["document#*"]),
            (("dynamodb:UpdateItem",), ["audit#*"]),
        )
    }
    | {
        (function, "settlement", tuple(f"dynamodb:{action}Item" for action in sorted(actions))): {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{item}#*" for item in items]}
        }
        for functions_, actions, items in (
            (["completions"], ["Get"], ["reading"]),
            (["outcomes"], ["Get"], ["settlement"]),
            (["readings"], ["Get", "Put"], ["document", "reading"]),
            (["readings"], ["Update"], ["reading"]),
            (["archive", "failsafe"], ["Get"], ["document", "settlement"]),
            (["archive", "failsafe"], ["Update", "BatchGet"], ["audit"]),
            (
                ["decisions", "failsafe"],
                ["Get", "BatchGet", "ConditionCheck"],
                ["document", "settlement", "number", "ride", "reading"],
            ),
            (["decisions", "failsafe"], ["Put"], ["document", "settlement", "number"]),
            (["decisions", "failsafe"], ["Update"], ["settlement", "ride", "reading", "audit"]),
            (["decisions", "failsafe"], ["Delete"], ["number"]),
        )
        for function in (f"settlement-{role}" for role in functions_)
    }
    | {
        (f"settlement-{role}", "settlement/index/by-listing", ("dynamodb:Query",)): {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "batch#*"}
        }
        for role in ("archive", "failsafe")
    }
    | {
        (f"settlement-{role}", "DecisionsTextractRole", ("iam:PassRole",)): {
            "StringEquals": {"iam:PassedToService": "textract.amazonaws.com"}
        }
        for role in ("readings", "decisions", "failsafe")
    }
    | {
        (function, "unicorn-mgmt/index/by-partner", ("dynamodb:Query",)): {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}
        }
        for function, items in (
            ("unicorn-mgmt-jobs-api", ["jobs#*", "engaged#*"]),
            ("unicorn-mgmt-jobs", ["rides#*"]),
        )
    }
)
QUEUE_CONSUMERS = (
    "feedback-receipts",
    "feedback-replies",
    "feedback-rides",
    "ride-booking-aggregator",
    "ride-booking-rides",
    "ride-booking-closer",
    "settlement-prices",
    "settlement-rides",
    "unicorn-mgmt-bookings",
    "unicorn-mgmt-closings",
    "unicorn-mgmt-ratings",
    "unicorn-mgmt-responder",
)


def _statements(assembly: Assembly, function: str) -> list[tuple[str, dict[str, Any]]]:
    """The statements of the function's role, each with its stack."""
    resource = assembly.named("AWS::Lambda::Function", "FunctionName")[function]
    role = resource.properties["Role"]["Fn::GetAtt"][0]
    return [
        (policy.stack, statement)
        for policy in assembly.all("AWS::IAM::Policy")
        if policy.stack == resource.stack and {"Ref": role} in policy.properties["Roles"]
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def test_the_functions_are_those_with_a_permission_list(aws: Assembly) -> None:
    assert set(functions(aws)) == set(PERMISSIONS)


def _granted(assembly: Assembly, function: str, effect: str = "Allow") -> dict[str, set[str]]:
    granted: dict[str, set[str]] = {}
    for stack, statement in _statements(assembly, function):
        if statement["Effect"] != effect:
            continue
        for resource in as_list(statement["Resource"]):
            granted.setdefault(assembly.text(stack, resource), set()).update(as_list(statement["Action"]))
    return granted


@pytest.mark.parametrize("function", PERMISSIONS)
def test_a_function_may_do_what_is_listed_and_no_more(aws: Assembly, function: str) -> None:
    granted, needed = _granted(aws, function), {**PERMISSIONS[function], f"/aws/lambda/{function}": LOG}
    surplus = {
        (what, action) for what, actions in granted.items() for action in actions - needed.get(what, set())
    }
    missing = {
        (what, action) for what, actions in needed.items() for action in actions - granted.get(what, set())
    }
    assert not surplus, "whoever takes over the function could do what it never does"
    assert not missing, "AWS would refuse what the function has to do"


@pytest.mark.parametrize("function", PERMISSIONS)
def test_locally_a_function_may_do_no_more_but_in_batches(
    aws: Assembly, local: Assembly, function: str
) -> None:
    """So whatever the end-to-end tests prove with IAM enforced is true on AWS too. Examples may ask for quotes there."""
    there, here = _granted(aws, function), _granted(local, function)
    for requester in EXAMPLES if RETURN_ADDRESS in there else ():
        del here[RETURN_ADDRESS.replace("ride-booking", requester)]
    assert set(here) == set(there)
    for resource, actions in here.items():
        extra = actions - there[resource]
        assert extra <= {"sqs:SendMessageBatch", "sqs:ChangeMessageVisibilityBatch"}
        assert {action.removesuffix("Batch") for action in extra} <= there[resource]


def test_conditions_limit_what_is_listed(aws: Assembly) -> None:
    found = {
        (function, aws.text(stack, resource), tuple(as_list(statement["Action"]))): statement["Condition"]
        for function in PERMISSIONS
        for stack, statement in _statements(aws, function)
        if "Condition" in statement
        for resource in as_list(statement["Resource"])
    }
    assert found == CONDITIONS


def test_what_a_partners_functions_may_do_in_the_table_is_limited_without_exception(aws: Assembly) -> None:
    functions = ["unicorn-mgmt-partner-callbacks"] + [
        f"unicorn-mgmt-{id_}{who}" for id_ in PARTNERS for who in ("-quotes", "-rides")
    ]
    for function in functions:
        for stack, statement in _statements(aws, function):
            if "unicorn-mgmt" in [aws.text(stack, resource) for resource in as_list(statement["Resource"])]:
                assert "dynamodb:LeadingKeys" in statement["Condition"]["ForAllValues:StringLike"]


def test_each_function_has_a_role_of_its_own_without_managed_policies(aws: Assembly) -> None:
    functions = aws.named("AWS::Lambda::Function", "FunctionName").values()
    roles = {(f.stack, f.properties["Role"]["Fn::GetAtt"][0]) for f in functions}
    assert len(roles) == len(functions), "whoever takes over one function could do what another may"
    for stack, role in roles:
        properties = aws.templates[stack]["Resources"][role]["Properties"]
        assert not {"ManagedPolicyArns", "Policies"} & set(properties)
        [statement] = properties["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("function", PERMISSIONS)
def test_a_function_is_built_alike(aws: Assembly, function: str) -> None:
    resource = aws.named("AWS::Lambda::Function", "FunctionName")[function]
    properties = resource.properties
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["arm64"]
    assert "TracingConfig" not in properties, "decision 1: a trace is paid for, and `rydes trace` tells more"
    logging = properties["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN"), (
        "Lambda would write two lines of its own about each invocation, and they are paid for"
    )
    # The longest SMS takes a whole core a third of a second to read, and may come in a batch.
    assert properties["MemorySize"] == MEMORY.get(function, 256), (
        "costs were measured with it, see docs/costs.md"
    )
    service = next(name for name in SERVICES if function.startswith(name))
    role = function.removeprefix(f"{service}-")
    for id_ in PARTNERS:
        role = role.replace(f"{id_}-", "partner-")
    if function in PAGES:
        role = "pages"
    module = role.replace("-", "_")
    assert properties["Handler"] == f"{service.replace('-', '_')}.functions.{module}.handler"
    environment = properties["Environment"]["Variables"]
    assert environment["POWERTOOLS_SERVICE_NAME"] == service
    assert environment["POWERTOOLS_METRICS_NAMESPACE"] == "WildRydes"
    assert environment["POWERTOOLS_LOG_LEVEL"] == "INFO"
    assert aws.text(resource.stack, environment["TABLE_NAME"]) == service
    log_group = aws.text(resource.stack, properties["LoggingConfig"]["LogGroup"])
    assert log_group == f"/aws/lambda/{function}"


TOKENS = {
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": "/wild-rydes/platform/user-pool-client-id",
    "KEYS_URL": f"{ISSUER}/.well-known/jwks.json",
}
"""What a function is told that verifies tokens."""
TEXTRACT = {
    "STAGING_BUCKET": "IntakeStaging",
    "COMPLETIONS_TOPIC_ARN": "settlement-completions",
    "COMPLETIONS_ROLE_ARN": "DecisionsTextractRole",
    "TEXTRACT_FORMS": "false",
}
OPEN_RFQS = json.dumps({tier.name: tier.open_rfqs for tier in TIERS})


def _of_users(api: str, page: str = "") -> dict[str, str]:
    """What the function of a users' API is told, which lets in the page of its stack."""
    url = f"https://{api}.execute-api.<Region>.<URLSuffix>/v1"
    origins = [f"https://{page}Distribution"] if page else []
    return {"ALLOWED_ORIGINS": json.dumps(origins), "PUBLIC_URL": url, **TOKENS}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            "ride-booking-api",
            {"DOCUMENT_BUCKET": "Documents", "OPEN_RFQS": "10", **_of_users("rfq-api", "customerapp")},
        ),
        (
            "ride-booking-machine-api",
            {
                "DOCUMENT_BUCKET": "Documents",
                "OPEN_RFQS": OPEN_RFQS,
                "PUBLIC_URL": "https://machine-api.execute-api.<Region>.<URLSuffix>/v1",
                **TOKENS,
            },
        ),
        ("ride-booking-machine-authorizer", TOKENS),
        (
            "ride-booking-batches",
            {
                "DEAD_LETTER_QUEUE_URL": "ride-booking-batches-dlq",
                "MAX_ATTEMPTS": "5",
                "OPEN_RFQS": OPEN_RFQS,
            },
        ),
        ("unicorn-mgmt-api", _of_users("unicorn-api", "unicornapp")),
        (
            "ride-booking-outbox",
            {
                "BUS_NAME": "/wild-rydes/platform/bus-name",
                "REPLY_QUEUE_ARN": REPLY_QUEUE,
                "DEADLINE_QUEUE_URL": "ride-booking-deadlines",
                "DEAD_LETTER_QUEUE_URL": "ride-booking-outbox-dlq",
                "DOCUMENT_BUCKET": "Documents",
            },
        ),
        (
            "ride-booking-aggregator",
            {"DEAD_LETTER_QUEUE_URL": f"{REPLY_QUEUE}-dlq", "MAX_ATTEMPTS": "5"},
        ),
        (
            "ride-booking-closer",
            {
                "DEAD_LETTER_QUEUE_URL": "ride-booking-deadlines-dlq",
                "PARKING_QUEUE_URL": "ride-booking-deadlines-parking",
                "MAX_ATTEMPTS": "5",
            },
        ),
        *(
            (
                name,
                {
                    "DEAD_LETTER_QUEUE_URL": f"{name}-dlq",
                    "PARKING_QUEUE_URL": f"{name}-parking",
                    "MAX_ATTEMPTS": "5",
                },
            )
            for name in ("settlement-prices", "settlement-rides")
        ),
        (
            "settlement-documents",
            {
                **QUEUES_OF["settlement-documents"],
                **LIMITS,
                "STAGING_BUCKET": "IntakeStaging",
                "READER_MIB": "512",
                "READER_SECONDS": "10",
            },
        ),
        (
            "settlement-findings",
            {
                "DEAD_LETTER_QUEUE_URL": "settlement-findings-dlq",
                "PARKING_QUEUE_URL": "settlement-findings-parking",
                "MAX_ATTEMPTS": "5",
                "OWN_QUEUE_URL": "settlement-findings",
                "STAGING_BUCKET": "IntakeStaging",
                "WORKING_BUCKET": "IntakeWorking",
                "ARCHIVE_BUCKET": "DecisionsArchive",
                "QUARANTINE_BUCKET": "QuarantineBucket",
                "SWEEP_SECONDS": "900",
                **LIMITS,
            },
        ),
        ("settlement-readings", {**QUEUES_OF["settlement-readings"], **TEXTRACT}),
        ("settlement-completions", QUEUES_OF["settlement-completions"]),
        ("settlement-decisions", {**QUEUES_OF["settlement-decisions"], **TEXTRACT}),
        (
            "settlement-archive",
            {
                **QUEUES_OF["settlement-archive"],
                "ARCHIVE_BUCKET": "DecisionsArchive",
                "STAGING_BUCKET": "IntakeStaging",
            },
        ),
        (
            "settlement-outcomes",
            {
                "BUS_NAME": "/wild-rydes/platform/bus-name",
                "ARCHIVE_QUEUE_URL": "settlement-archive",
                "STATE_MACHINE_ARN": MACHINE,
                "REVIEWS_TOPIC_ARN": "settlement-reviews",
                "PAGES_URL": "https://<Region>.console.aws.amazon.com/s3/buckets/IntakeWorking?prefix=pages/",
                "DEAD_LETTER_QUEUE_URL": "settlement-outcomes-dlq",
            },
        ),
        (
            "settlement-failsafe",
            {
                **TEXTRACT,
                **LIMITS,
                "WORKING_BUCKET": "IntakeWorking",
                "ARCHIVE_BUCKET": "DecisionsArchive",
                "PATIENCE": "600",
                "READER_MIB": "1024",
                "READER_SECONDS": "60",
            },
        ),
        *(
            (
                name,
                {
                    **QUEUES_OF[name],
                    "STAGING_BUCKET": "IntakeStaging",
                    "WORKING_BUCKET": "IntakeWorking",
                    "READER_MIB": str(MEMORY[name] - 256),
                    "READER_SECONDS": seconds,
                },
            )
            for name, seconds in zip(PAGES, ("10", "20", "50"), strict=True)
        ),
        (
            "settlement-outbox",
            {
                "DEAD_LETTER_QUEUE_URL": "settlement-outbox-dlq",
                **{f"{name.rpartition('-')[2].upper()}_QUEUE_URL": name for name in PAGES},
            },
        ),
        (
            "unicorn-mgmt-bookings",
            {
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-bookings-inbox-dlq",
                "PARKING_QUEUE_URL": "unicorn-mgmt-bookings-inbox-parking",
                "MAX_ATTEMPTS": "5",
                "VEHICLE_TABLE_NAME": "unicorn-mgmt-vehicles",
            },
        ),
        (
            "unicorn-mgmt-ratings",
            {
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-ratings-inbox-dlq",
                "PARKING_QUEUE_URL": "unicorn-mgmt-ratings-inbox-parking",
                "MAX_ATTEMPTS": "5",
            },
        ),
        (
            "unicorn-mgmt-outbox",
            {
                "BUS_NAME": "/wild-rydes/platform/bus-name",
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-outbox-dlq",
                "RETURN_ADDRESSES": RETURN_ADDRESSES,
                "PARTNER_RIDE_QUEUES": json.dumps({id_: f"unicorn-mgmt-{id_}-rides" for id_ in PARTNERS}),
                **UNICORN_URLS,
            },
        ),
        ("ride-booking-authorizer", TOKENS),
        ("ride-booking-socket", {"CONNECTIONS_URL": RFQ_CONNECTIONS_URL}),
        (
            "ride-booking-notifier",
            {
                "CONNECTIONS_URL": RFQ_CONNECTIONS_URL,
                "DEAD_LETTER_QUEUE_URL": "ride-booking-notifier-dlq",
            },
        ),
        (
            "ride-booking-rides",
            {
                "DEAD_LETTER_QUEUE_URL": "ride-booking-rides-dlq",
                "PARKING_QUEUE_URL": "ride-booking-rides-parking",
                "MAX_ATTEMPTS": "5",
            },
        ),
        (
            "unicorn-mgmt-responder",
            {
                "VEHICLE_TABLE_NAME": "unicorn-mgmt-vehicles",
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-inbox-dlq",
                "MAX_ATTEMPTS": "5",
                "PARTNER_QUEUES": json.dumps({id_: f"unicorn-mgmt-{id_}-requests" for id_ in PARTNERS}),
                "RETURN_ADDRESSES": RETURN_ADDRESSES,
                **UNICORN_URLS,
            },
        ),
        ("unicorn-mgmt-socket", UNICORN_URLS),
        (
            "unicorn-mgmt-closings",
            {
                "CONNECTIONS_URL": UNICORN_URLS["CONNECTIONS_URL"],
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-closings-inbox-dlq",
                "PARKING_QUEUE_URL": "unicorn-mgmt-closings-inbox-parking",
                "MAX_ATTEMPTS": "5",
            },
        ),
        ("unicorn-mgmt-authorizer", TOKENS),
        (
            "feedback-api",
            {
                **_of_users("support-api"),
                "NUMBER_SECRET_ARN": "NumberSecret",
                "USER_POOL_ID": "/wild-rydes/platform/user-pool-id",
            },
        ),
        (
            "feedback-outreach",
            {
                "CONFIGURATION_SET": "wild-rydes-feedback",
                "DEAD_LETTER_QUEUE_URL": "feedback-outreach-dlq",
                "NUMBER_PARAMETER": "/wild-rydes/feedback/origination-number",
                "NUMBER_SECRET_ARN": "NumberSecret",
                "SUPPORT_CONTACT": "wildrydes.example/help",
                "USER_POOL_ID": "/wild-rydes/platform/user-pool-id",
                "WAKING_HOURS": "8-21",
            },
        ),
        (
            "feedback-outbox",
            {
                "BUS_NAME": "/wild-rydes/platform/bus-name",
                "DEAD_LETTER_QUEUE_URL": "feedback-outbox-dlq",
            },
        ),
        (
            "feedback-receipts",
            {
                "DEAD_LETTER_QUEUE_URL": "feedback-sms-receipts-dlq",
                "PARKING_QUEUE_URL": "feedback-sms-receipts-parking",
                "MAX_ATTEMPTS": "5",
            },
        ),
        (
            "feedback-replies",
            {
                "DEAD_LETTER_QUEUE_URL": "feedback-sms-replies-dlq",
                "PARKING_QUEUE_URL": "feedback-sms-replies-parking",
                "MAX_ATTEMPTS": "5",
                "NUMBER_KEY_ARN": "Key",
                "NUMBER_SECRET_ARN": "NumberSecret",
            },
        ),
        (
            "feedback-rides",
            {
                "DEAD_LETTER_QUEUE_URL": "feedback-rides-dlq",
                "PARKING_QUEUE_URL": "feedback-rides-parking",
                "MAX_ATTEMPTS": "5",
            },
        ),
        ("feedback-timers", {}),
        *(
            (
                f"{service}-replay",
                {
                    "MAX_REPLAYS": "30",
                    "REPLAY_BASE": "30",
                    "REPLAY_CAP": "900",
                    "REPLAYED_QUEUES": json.dumps(
                        {
                            f"{queue}-dlq": {"queue": queue, "parking": f"{queue}-parking"}
                            | ({"late": True} if queue in LATE else {})
                            for queue in queues
                        }
                    ),
                },
            )
            for service, queues in REPLAYED.items()
        ),
        *(
            (
                f"unicorn-mgmt-{id_}-{task}",
                {
                    "CHECKS_URL": f"unicorn-mgmt-{id_}-requests",
                    "CALLBACK_URL": "https://partner-api.execute-api.<Region>.<URLSuffix>/v1",
                    "DEAD_LETTER_QUEUE_URL": f"unicorn-mgmt-{id_}-{queue}-dlq",
                    "MAX_ATTEMPTS": "5",
                    "PARTNER_ID": id_,
                    "SECRET_ID": f"wild-rydes/partners/{id_}",
                    **more,
                },
            )
            for id_ in PARTNERS
            for task, queue, more in (
                ("quotes", "requests", {"RETURN_ADDRESSES": RETURN_ADDRESSES}),
                ("rides", "rides", {"PARKING_QUEUE_URL": f"unicorn-mgmt-{id_}-rides-parking"}),
            )
        ),
        (
            "unicorn-mgmt-partner-callbacks",
            {
                "RETURN_ADDRESSES": RETURN_ADDRESSES,
                "SECRET_IDS": json.dumps({id_: f"wild-rydes/partners/{id_}" for id_ in PARTNERS}),
            },
        ),
        (
            "unicorn-mgmt-jobs-api",
            {
                "DOCUMENT_BUCKET": "JobsDocuments",
                "IMPORT_BUCKET": "ImportsUploads",
                "JOB_QUEUE_URL": "unicorn-mgmt-jobs",
                "JOB_WORKERS": "4",
                "PUBLIC_URL": "https://jobs-api.execute-api.<Region>.<URLSuffix>/v1",
                **TOKENS,
            },
        ),
        (
            "unicorn-mgmt-jobs-outbox",
            {
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-jobs-outbox-dlq",
                "DOCUMENT_BUCKET": "JobsDocuments",
                "JOB_QUEUE_URL": "unicorn-mgmt-jobs",
            },
        ),
        (
            "unicorn-mgmt-jobs",
            {
                "DEAD_LETTER_QUEUE_URL": "unicorn-mgmt-jobs-dlq",
                "DOCUMENT_BUCKET": "JobsDocuments",
                "IMPORT_BUCKET": "ImportsUploads",
                "LEASE_SECONDS": "35",
                "MAX_ATTEMPTS": "5",
            },
        ),
        ("unicorn-mgmt-job-failures", {"ARCHIVE_BUCKET": "JobsArchive"}),
        (
            "unicorn-mgmt-import-validate",
            {"IMPORT_BUCKET": "ImportsUploads", "CHUNK_BYTES": str(4 * 1024 * 1024)},
        ),
        (
            "unicorn-mgmt-import-chunk",
            {"IMPORT_BUCKET": "ImportsUploads", "VEHICLE_TABLE_NAME": "unicorn-mgmt-vehicles"},
        ),
        ("unicorn-mgmt-import-end", {"IMPORT_BUCKET": "ImportsUploads"}),
    ],
)
def test_what_a_function_is_told(aws: Assembly, function: str, expected: dict[str, str]) -> None:
    resource = aws.named("AWS::Lambda::Function", "FunctionName")[function]
    told = {
        key: aws.text(resource.stack, value)
        for key, value in resource.properties["Environment"]["Variables"].items()
        if not key.startswith("POWERTOOLS_") and key not in ("TABLE_NAME", "WATCHED_METRICS")
    }
    assert told == expected


def test_queue_consumers_are_short(aws: Assembly) -> None:
    functions = aws.named("AWS::Lambda::Function", "FunctionName")
    assert [functions[name].properties["Timeout"] for name in QUEUE_CONSUMERS] == [3] * len(QUEUE_CONSUMERS)


def test_every_log_group_is_kept_for_a_month_and_what_operators_did_for_a_year(aws: Assembly) -> None:
    kept = {
        r.properties["LogGroupName"]: r.properties.get("RetentionInDays")
        for r in aws.all("AWS::Logs::LogGroup")
    }
    of_functions = {f"/aws/lambda/{name}" for name in (*PERMISSIONS, *PUT_BY)}
    names = (
        "rfq-api",
        "machine-api",
        "rfq-socket",
        "unicorn-api",
        "unicorn-socket",
        "support-api",
        "partner-api",
        "jobs-api",
    )
    apis = {f"/aws/apigateway/{name}" for name in names}
    assert kept == {**dict.fromkeys(of_functions | apis, 30), "/wild-rydes/audit": 365}


def test_each_function_alarms_when_it_fails_and_the_account_when_one_is_throttled(aws: Assembly) -> None:
    watched: dict[str, set[str]] = {}
    for alarm in aws.all("AWS::CloudWatch::Alarm"):
        properties = alarm.properties
        for arn in properties.get("AlarmActions", []):  # a part of a composite alarm has none: test_slo.py
            action = aws.text(alarm.stack, arn)
            assert action in ("/wild-rydes/platform/alarm-topic-arn", "wild-rydes-alarms")
        for dimension in properties.get("Dimensions", []):  # metric math has none of its own
            if dimension["Name"] == "FunctionName":
                watched.setdefault(aws.text(alarm.stack, dimension["Value"]), set()).add(
                    properties["MetricName"]
                )
    expected = {name: {"Errors"} for name in PERMISSIONS}
    for consumer in (
        "ride-booking-notifier",
        "ride-booking-outbox",
        "unicorn-mgmt-outbox",
        "unicorn-mgmt-jobs-outbox",
        "feedback-outreach",
        "feedback-outbox",
        "settlement-outbox",
        "settlement-outcomes",
    ):
        expected[consumer].add("IteratorAge")
    assert watched == expected
    of_the_account = [
        a.properties
        for a in aws.all("AWS::CloudWatch::Alarm")
        if a.properties.get("MetricName") == "Throttles"
    ]
    assert [(alarm["Namespace"], alarm.get("Dimensions")) for alarm in of_the_account] == [
        ("AWS/Lambda", None)
    ]


def test_no_policy_names_an_account_a_region_or_a_key(aws: Assembly) -> None:
    for template in aws.templates.values():
        # Schemas have bounds with as many digits as an account.
        resources = [
            body for body in template["Resources"].values() if body["Type"] != "AWS::EventSchemas::Schema"
        ]
        assert not re.search(r"\b\d{12}\b|us-east-1|AKIA", str({**template, "Resources": resources}))
