"""The customer is asked by SMS how the ride was, and answers; the unicorn's rating follows."""

import json
import uuid
from datetime import UTC, datetime

import httpx
import phonenumbers

from infra.naming import SMS_REPLIES
from infra.rydes.verify.journey.scene import Scene
from infra.rydes.verify.people import Json
from infra.rydes.verify.steps import NothingToTry, Step, Stuck
from infra.rydes.verify.traces import UNICORN_MGMT

SIMULATORS = (
    *("+14254147755", "+447860019066", "+61455944038", "+43676800442031", "+32460213922", "+56229140630"),
    *("+420790542286", "+4525919410", "+37282720792", "+3584573979110", "+33755512501", "+85257048426"),
    *("+36707178770", "+394390009172", "+352691385880", "+3197008100148", "+4759449384", "+48732141440"),
    *("+351927946948", "+40783900330", "+34683783440", "+46790645100", "+41798075872", "+886903444630"),
)
"""AWS's own numbers, one a country, which take every SMS without a carrier, and report it as delivered. A number can
only send to those of its own country, if it is a simulator, too.
https://docs.aws.amazon.com/sms-voice/latest/userguide/test-phone-numbers.html"""

_SCORE = 9
_REPLIES = "feedback-sms-replies"
"""The queue that has customers' replies."""
_GONE_OUT = ("sent", "delivered")


def simulator_of(origination: str) -> str:
    """Return AWS's test number to which this number of ours can send. Empty if there is none."""
    try:
        country = phonenumbers.parse(origination).country_code
    except phonenumbers.NumberParseException:
        return ""
    return next((each for each in SIMULATORS if phonenumbers.parse(each).country_code == country), "")


class Surveying:
    """From the end of the ride to the rating."""

    def __init__(self, scene: Scene, origination: str) -> None:
        self._scene = scene
        self._origination = origination

    def steps(self) -> list[Step]:
        """List the steps."""
        return [
            Step(
                "conversation",
                "feedback hears of the ride's end, and support sees the conversation about it",
                "Nobody is asked how a ride was.",
                self._opened,
                way=("unicorn-mgmt-outbox", "feedback-rides", "feedback-api"),
                needs=("completion",),
            ),
            Step(
                "sms",
                "an SMS goes out to a simulator of AWS",
                "Nobody is asked how a ride was.",
                self._sent,
                way=("feedback-outreach",),
                needs=("conversation",),
            ),
            Step(
                "receipt",
                "AWS's receipt of the SMS comes back",
                "Nobody sees whether SMS arrive, and what they cost.",
                self._delivered,
                way=("feedback-receipts",),
                needs=("sms",),
            ),
            Step(
                "reply",
                f"a reply, put into {_REPLIES} as SNS would, is read as a score",
                "What customers answer is lost.",
                self._answered,
                way=("feedback-replies",),
                needs=("sms",),
            ),
            Step(
                "rating",
                "the score reaches unicorn-mgmt as the unicorn's rating",
                "Quotes show old ratings.",
                self._rated,
                way=("feedback-outbox", "unicorn-mgmt-ratings"),
                needs=("reply",),
            ),
        ]

    def _feedback(self) -> Json | None:
        path = f"/rides/{self._scene.ride}/feedback"
        answer = self._scene.people["agent"].call("GET", path, 200, 404)
        return dict(answer.json()) if answer.status_code == httpx.codes.OK else None

    def _opened(self) -> None:
        self._scene.walk.until(self._feedback)

    def _sms(self, number: int = 0) -> Json:
        messages = (self._feedback() or {"messages": []})["messages"]
        return messages[number] if len(messages) > number else {"state": "waiting"}

    def _sent(self) -> None:
        if not self._origination:
            raise NothingToTry(
                "no number is configured that SMS come from",
                "services/feedback/README.md, Setting up a number",
            )
        if not self._scene.number:
            raise NothingToTry("AWS has no simulator in the country of our number", "Try it with a phone.")
        sms = self._scene.walk.until(self._settled)
        if sms["state"] in _GONE_OUT:
            return
        if sms.get("reason") == "night":
            raise NothingToTry("it is night where the simulator is, and nobody is sent SMS", "Try by day.")
        raise Stuck(
            f"it is {sms['state']}: {sms.get('reason', 'AWS gives no reason')}",
            "docs/runbook.md, feedback-sms-refused and feedback-sms-not-taken",
        )

    def _settled(self) -> Json | None:
        sms = self._sms()
        busy = sms["state"] == "claimed" or (sms["state"] == "waiting" and "reason" not in sms)
        return None if busy else sms

    def _delivered(self) -> None:
        def look() -> Json | None:
            return sms if (sms := self._sms())["state"] not in ("sent", "claimed") else None

        sms = self._scene.walk.until(look)
        if sms["state"] != "delivered":
            raise Stuck(f"it says {sms['state']}: {sms.get('reason', 'without a reason')}")

    def _answered(self) -> None:
        id_ = str(uuid.uuid4())
        self._scene.traces.replies.append(id_)
        reply = {
            "originationNumber": self._scene.number,
            "destinationNumber": self._origination,
            "messageKeyword": "KEYWORD_VERIFY",
            "messageBody": str(_SCORE),
            "inboundMessageId": id_,
        }
        notification = {
            "Type": "Notification",
            "MessageId": id_,
            "TopicArn": SMS_REPLIES,
            "Message": json.dumps(reply),
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        queue = self._scene.system.queues().get(_REPLIES)
        if queue is None:
            raise Stuck(f"there is no queue {_REPLIES}")
        self._scene.system.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(notification))
        self._scene.walk.until(lambda: (self._feedback() or {}).get("score") == _SCORE or None)

    def _rated(self) -> None:
        unicorn, dynamodb = self._scene.unicorns["by-hand"].id, self._scene.system.client("dynamodb")

        def look() -> bool | None:
            found = dynamodb.get_item(
                TableName=self._scene.system.names.of(UNICORN_MGMT),
                Key={"id": {"S": unicorn}},
                ConsistentRead=True,
            )
            return "scores" in found.get("Item", {}) or None

        self._scene.walk.until(look)
        # Whoever said thanks is sent an SMS, too. It should have left before its conversation is removed.
        self._scene.walk.until(lambda: self._sms(1)["state"] in ("delivered", "refused", "failed") or None)
