"""What unicorns answer to an RFQ: the rate card's price, or the one that the unicorn has given by hand."""

from dataclasses import asdict

from unicorn_mgmt.domain.invitation import Declined, Invitation, Offer
from unicorn_mgmt.domain.unicorn import Rating, Unicorn, seconds_to_start
from wild_rydes_contracts import Decline, Money, Quote
from wild_rydes_contracts import Rating as PublishedRating


def answer(unicorn: Unicorn, km_to_start: float, ride_km: float) -> Quote | Decline:
    """Answer by the rate card: its price, or `too-far` for a ride that it does not cover.

    A unicorn for which no valid quote can be made declines with `no-valid-quote`: the others are asked all the
    same. Its registration was taken before the rules that it breaks.
    """
    card = unicorn.rate_card
    if not card.covers(ride_km):
        return Decline(responder_id=unicorn.id, reason="too-far")
    try:
        return Quote(
            responder_id=unicorn.id,
            display_name=unicorn.name,
            price=Money(amount=card.price(ride_km), currency=card.currency),
            pickup_in_seconds=seconds_to_start(km_to_start),
            rating=_published(unicorn.rating),
        )
    except (ArithmeticError, KeyError, ValueError):
        return Decline(responder_id=unicorn.id, reason="no-valid-quote")


def answer_by_hand(unicorn_id: str, invitation: Invitation) -> Quote | Decline:
    """Tell the answer that an invited unicorn has given. Raises KeyError if it has given none."""
    match invitation.answers[unicorn_id]:
        case Declined(reason):
            return Decline(responder_id=unicorn_id, reason=reason)
        case Offer(amount, currency, pickup_seconds):
            return Quote(
                responder_id=unicorn_id,
                display_name=invitation.invited[unicorn_id],
                price=Money(amount=amount, currency=currency),
                pickup_in_seconds=pickup_seconds,
                rating=_published(invitation.ratings.get(unicorn_id)),
            )


def _published(rating: Rating | None) -> PublishedRating | None:
    return PublishedRating(**asdict(rating)) if rating else None
