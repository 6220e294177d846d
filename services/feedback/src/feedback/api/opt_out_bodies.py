"""What the API tells and takes about numbers that want no messages."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from feedback.api.representations import ListLinks
from feedback.domain.number import NumberStanding, OptOutHow, OptOutReason
from feedback.domain.phone_number import PhoneNumber
from wild_rydes_contracts.scalars import ConversationId
from wild_rydes_http.body import Representation


class NewOptOut(Representation):
    """Whose number wants no messages: a number, or the customer who has it. Either of the two, not both."""

    number: str | None = Field(
        default=None,
        max_length=32,
        repr=False,
        description="With the country code.",
        examples=["+12065550142"],
    )
    customer_id: ConversationId | None = None
    reason: OptOutReason = Field(
        description="`by-phone`: the customer has told an agent. `by-mail`: in a letter or an e-mail."
        " `wrong-person`: the number belongs to somebody who is no customer."
    )

    @model_validator(mode="after")
    def _is_about_one(self) -> Self:
        if (self.number is None) == (self.customer_id is None):
            raise ValueError("either number or customer-id")
        return self


class OptOutBody(Representation):
    """A number that wants no messages."""

    pseudonym: str = Field(description="Stands for the number wherever we keep it.")
    since: datetime
    how: OptOutHow = Field(
        description="`sms`: a STOP. `support`: by hand. `carrier`: the SMS service or a carrier told us."
    )
    by: str = Field(description="`customer`, `carrier`, or the id of an agent.")
    reason: OptOutReason | None = None
    customer_id: str | None = Field(default=None, description="The last customer whom we have texted there.")
    number: str | None = Field(
        default=None,
        description="E.164. Only in the export, and only while the customer still has this number.",
    )

    @classmethod
    def from_domain(cls, standing: NumberStanding, number: PhoneNumber | None = None) -> Self:
        """Show the standing of a number that wants no messages."""
        opt_out = standing.opt_out
        assert opt_out  # noqa: S101 - nothing else is shown
        return cls(
            pseudonym=standing.key,
            since=opt_out.since,
            how=opt_out.how,
            by=opt_out.by,
            reason=opt_out.reason,
            customer_id=standing.customer_id,
            number=number.e164 if number else None,
        )


class OptOuts(Representation):
    """Numbers that want no messages, the oldest opt-out first."""

    opt_outs: tuple[OptOutBody, ...]
    links: ListLinks
