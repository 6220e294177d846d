"""The simulator's process: the wire protocol of `pinpoint-sms-voice-v2`, and an API for whoever holds a phone.

It is set up as services/feedback/README.md, "Setting up a number", asks for: two-way SMS, self-managed opt-outs.

    python -m infra.rydes.simulators.phones.server LISTENING_FD RUN_DIR

It listens on a socket that it inherits, so that its port is known before it starts, and ends with the emulator, whose
lock the kernel lets go of however that ends.

| call | does |
|---|---|
| `POST /` with `X-Amz-Target: PinpointSMSVoiceV2.SendTextMessage` | what AWS does (JSON 1.0) |
| `PUT /numbers/{number}` `{"environment"}` | the environment to which this number of ours belongs, as long as it is free |
| `GET /numbers/{number}/phones` | the phones that have messages from or to it, the latest first |
| `GET /phones/{number}/messages` | the conversation |
| `POST /phones/{number}/messages` `{"text", "to"}` | an SMS to this number of ours, else to the one that wrote last |
| `PUT /phones/{number}/faults` | what goes wrong with this number: see `Faults` |
"""

import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import botocore.session
from botocore.config import Config

from infra.naming import PLAIN, SMS_RECEIPTS, SMS_REPLIES, Names
from infra.rydes.cloud import emulator
from infra.rydes.cloud.workers import Worker, caller
from infra.rydes.simulators.phones.model import Faults, Phones, Sms, SmsRejected
from infra.rydes.simulators.phones.notifications import another_id, inbound, receipt

TARGET = "PinpointSMSVoiceV2.SendTextMessage"
_E164 = re.compile(r"\+[1-9]\d{3,14}")
LONGEST_TEXT = 1600
"""Characters, in all parts together."""
_BEFORE_RECEIPTS = 0.05
"""Seconds. AWS, too, answers first and reports then, as a rule."""

Json = Mapping[str, Any]


class Service:
    """What the calls do. Notifications are published through SNS, to the topics by their names.

    They are those of the environment to which the number of ours belongs: the plain ones unless it was connected.
    """

    def __init__(self, phones: Phones, sns: Any, topic_prefix: str) -> None:  # noqa: ANN401 - a client of botocore
        self._phones = phones
        self._sns = sns
        self._topic_prefix = topic_prefix
        self._pool = ThreadPoolExecutor(max_workers=8)
        self._names: dict[str, Names] = {}

    def connect(self, number: str, names: Names) -> bool:
        """Give a number of ours to an environment. False if another one has it."""
        return self._names.setdefault(number, names) == names

    def send_text_message(self, request: Json, sender: Worker | None) -> tuple[int, Json]:
        """Status and body of the answer to a call of this worker, or of somebody who is none and whom no fault kills."""
        number, text = request.get("DestinationPhoneNumber", ""), request.get("MessageBody", "")
        if not _E164.fullmatch(number) or not text.strip() or len(text) > LONGEST_TEXT:
            return _error("ValidationException", {"Reason": "INVALID_PARAMETER"})
        context = request.get("Context", {})
        death = self._phones.next_kill(number) if sender else None
        if sender and death == "before":
            sender.kill()
            return _error("InternalServerException", {}, 500)  # nobody is there to hear it
        try:
            sms, heard = self._phones.send(number, request.get("OriginationIdentity", ""), text, context)
        except SmsRejected as refused:
            return _error(refused.code, refused.more)
        if sender and death == "after":
            sender.kill()
        self._pool.submit(self._report, sms)
        return (200, {"MessageId": sms.id}) if heard else _error("InternalServerException", {}, 500)

    def reply(self, number: str, text: str, to: str | None) -> None:
        """Publish a reply, and whatever it brings along."""
        released, faults = self._phones.reply(number, text, to)

        def publish() -> None:
            time.sleep(faults.delay)
            for sms, answers in released:
                for copy in range(faults.copies):
                    own_id = another_id() if copy and faults.new_ids else None
                    self._publish(SMS_REPLIES, sms, inbound(sms, answers, own_id))

        if faults.delay:
            self._pool.submit(publish)
        else:
            publish()

    def _report(self, sms: Sms) -> None:
        faults = self._phones.faults(sms.number)
        time.sleep(_BEFORE_RECEIPTS + faults.delay)
        for event_type in faults.receipts:
            for _ in range(faults.copies):
                self._publish(SMS_RECEIPTS, sms, receipt(sms, event_type, time.time()))

    def _publish(self, topic: str, sms: Sms, message: str) -> None:
        own_topic = self._names.get(sms.sender, PLAIN).of(topic)
        self._sns.publish(TopicArn=f"{self._topic_prefix}{own_topic}", Message=message)


def handler_of(service: Service, phones: Phones) -> type[BaseHTTPRequestHandler]:
    """The HTTP side."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            match self._path():
                case ["numbers", ours, "phones"]:
                    self._answer(200, {"numbers": phones.texting_with(ours)})
                case ["phones", number, "messages"]:
                    self._answer(200, {"messages": [sms.json() for sms in phones.messages(number)]})
                case _:
                    self._answer(404, {})

        def do_POST(self) -> None:
            body = self._body()
            match self._path():
                case []:
                    if self.headers.get("X-Amz-Target") != TARGET:
                        self._answer(*_error("UnknownOperationException", {}), aws=True)
                    else:
                        sender = caller(self.headers.get("User-Agent", ""))
                        self._answer(*service.send_text_message(body, sender), aws=True)
                case ["phones", number, "messages"] if _E164.fullmatch(number):
                    service.reply(number, str(body.get("text", "")), body.get("to"))
                    self._answer(202, {})
                case _:
                    self._answer(404, {})

        def do_PUT(self) -> None:
            body = self._body()
            match self._path():
                case ["numbers", number]:
                    free = service.connect(number, Names(body["environment"]))
                    self._answer(200 if free else 409, {})
                case ["phones", number, "faults"]:
                    try:
                        phones.set_faults(number, Faults.of(body))
                    except ValueError as error:
                        self._answer(400, {"detail": str(error)})
                    else:
                        self._answer(200, {})
                case _:
                    self._answer(404, {})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing: paths hold numbers."""

        def _path(self) -> list[str]:
            return [unquote(part) for part in self.path.partition("?")[0].split("/") if part]

        def _body(self) -> dict[str, Any]:
            content = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            return content if isinstance(content, dict) else {}

        def _answer(self, status: int, body: Json, *, aws: bool = False) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0" if aws else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _error(code: str, more: Mapping[str, str], status: int = 400) -> tuple[int, Json]:
    name = f"com.amazonaws.pinpointsmsvoicev2#{code}"
    return status, {"__type": name, "Message": f"The simulator says {code}", **more}


def main() -> None:
    """Serve until the emulator ends."""
    fd, run_dir = int(sys.argv[1]), Path(sys.argv[2])
    threading.Thread(target=emulator.end_with, args=(run_dir,), daemon=True).start()
    region, account = os.environ["AWS_REGION"], os.environ["RYDES_ACCOUNT"]
    sns = botocore.session.get_session().create_client("sns", config=Config(max_pool_connections=16))
    phones = Phones()
    service = Service(phones, sns, f"arn:aws:sns:{region}:{account}:")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(service, phones), bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=fd)
    server.serve_forever()


if __name__ == "__main__":
    main()
