"""Whatever the contract admits of an answer survives: written, streamed, read and shown."""

import json

from hypothesis import given

from ride_booking.adapters.rfq_table import from_item, to_item
from ride_booking.api.quote_representations import QuoteBody, quotes_of
from ride_booking.api.socket_messages import State
from ride_booking.use_cases.aggregator import _response
from tests.support.boundary import boundary
from tests.support.ride_booking.world import NOW, rfq
from wild_rydes_contracts import Envelope, Quote, RfqResponse
from wild_rydes_contracts.strategies import envelopes


@boundary
@given(envelopes(RfqResponse))
def test_an_answer_of_any_kind_is_kept_and_shown_as_it_was(envelope: Envelope[RfqResponse]) -> None:
    answers = {answer.responder_id: answer for answer in reversed(envelope.data.answers)}
    data = envelope.data.model_copy(update={"asked": tuple(answers)})
    before = rfq()
    after = before.gather([_response(data)], NOW)

    streamed = json.loads(json.dumps(to_item(after, b""), default=lambda _: "binary"))
    read = from_item(streamed)

    assert read == after
    quotes = {key: answer for key, answer in answers.items() if isinstance(answer, Quote)}
    shown = {body.responder_id: body for body in quotes_of(read)}
    assert shown.keys() == quotes.keys()
    for key, quote in quotes.items():
        assert QuoteBody.model_validate_json(shown[key].model_dump_json(by_alias=True)) == shown[key]
        assert (shown[key].price.amount, shown[key].price.currency) == (
            f"{quote.price.amount:.2f}",
            quote.price.currency,
        )
        assert (shown[key].valid_until, shown[key].name) == (quote.valid_until, quote.display_name)
    assert State.update(before, read)
