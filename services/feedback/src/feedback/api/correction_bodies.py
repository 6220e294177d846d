"""What the API tells and takes about corrections of a score."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from feedback.domain.correction import Correction, CorrectionReason
from wild_rydes_contracts.values import HIGHEST_SCORE, LOWEST_SCORE
from wild_rydes_http.body import WHOLE, Representation


class CorrectionRequest(Representation):
    """What counts instead of the score: another one, or none."""

    score: Annotated[int, Field(ge=LOWEST_SCORE, le=HIGHEST_SCORE), WHOLE] | None = Field(
        description="The score that counts. `null`: the score is void, and counts in no rating.", examples=[8]
    )
    reason: CorrectionReason = Field(
        description="`misread`: the SMS said another score; `mistaken`: the customer meant another one;"
        " `wrong-ride`, `wrong-person`: it is not this customer's score of this ride; `disputed`: the responder"
        " has objected, with good reason."
    )

    def to_domain(self, agent: str, at: datetime) -> Correction:
        """Make the correction that an agent wants."""
        return Correction(self.score, self.reason, agent, at)


class CorrectionBody(Representation):
    """A correction of the score. `score` is absent if it voided the score."""

    score: int | None = None
    reason: CorrectionReason
    agent: str = Field(description="The agent's id in the user directory.")
    corrected_at: datetime

    @classmethod
    def from_domain(cls, correction: Correction) -> Self:
        """Show a correction."""
        return cls(
            score=correction.score,
            reason=correction.reason,
            agent=correction.agent,
            corrected_at=correction.at,
        )
