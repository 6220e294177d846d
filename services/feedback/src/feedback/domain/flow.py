"""The flow of a conversation, as `flow.json` has it: its stages, their prompts and outcomes, and its limits."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import PositiveInt

from feedback.domain.data_file import DataFile
from feedback.domain.reading.reply import Meaning, Question

Reading = int | Literal["yes", "no"]
"""An answer that a stage accepts."""


class Outcome(DataFile):
    """What an answer leads to: another stage, or the end with a last SMS, and with a call if it `calls`."""

    answers: tuple[Reading, ...]
    leads_to: str | None = None
    says: str | None = None
    calls: bool = False


class Stage(DataFile):
    """A question: its prompts, the answers it accepts, and their outcomes."""

    asks: str
    asks_again: str
    reminds: str
    helps: str
    accepts: Question
    outcomes: tuple[Outcome, ...]

    def outcome(self, meaning: Meaning) -> Outcome | None:
        """Find the outcome of an answer. None if this stage does not accept it."""
        return next((outcome for outcome in self.outcomes if meaning in outcome.answers), None)


class Limits(DataFile):
    """The limits of a conversation, and of how many a customer has. Times are in seconds."""

    asks_again: int
    """How often a question is repeated when the answer is unclear."""
    messages: int
    """How many SMS a conversation sends at most, and how many more that confirm a STOP."""
    remind_after: int
    """From the question to the reminder."""
    expire_after: int
    """From the question to the end of the conversation."""
    resend_after: int
    """How long a claim without an outcome is left alone.

    Far longer than a sender can live (60 s), and than AWS usually takes to report the first delivery event:
    seconds, but it promises nothing.
    """
    call_claimed_for: int
    """How long an agent has a claimed call."""
    look_again_after: int
    """After this time the timers check whether the stream has brought a waiting SMS to a sender."""
    survey_every: int
    """From one survey of a customer to the next at least."""
    surveys_a_month: PositiveInt
    """How often a customer is asked in 30 days at most."""


class Flow(DataFile):
    """The whole state machine."""

    first: str
    stages: dict[str, Stage]
    gives_up: str
    helps_after: str
    confirms_stop: str
    confirms_start: str
    limits: Limits

    def owed(self, prompt: str) -> bool:
        """Tell whether the prompt answers a STOP or a HELP: whoever sends one is owed the answer, even unasked."""
        return prompt in {self.confirms_stop, self.helps_after, *(s.helps for s in self.stages.values())}

    def with_limits(self, changes: Mapping[str, int]) -> "Flow":
        """Replace some limits, named as in `flow.json`: a local cloud is in a hurry.

        Raises ValidationError for an unknown name.
        """
        limits = Limits.model_validate(self.limits.model_dump(by_alias=True) | dict(changes))
        return self.model_copy(update={"limits": limits})


@cache
def flow() -> Flow:
    """Read the flow of `flow.json`."""
    return Flow.model_validate_json(files(__package__).joinpath("flow.json").read_bytes())
