"""What Textract refuses, under its own names."""

from typing import Literal

Code = Literal[
    "AccessDeniedException",
    "BadDocumentException",
    "DocumentTooLargeException",
    "IdempotentParameterMismatchException",
    "InternalServerError",
    "InvalidJobIdException",
    "InvalidParameterException",
    "InvalidS3ObjectException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "UnsupportedDocumentException",
]


class TextractError(Exception):
    """A call that is refused: Textract's code, and a message for people."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class PageError(Exception):
    """A page that cannot be read while others may be; `code` is what the job's warnings say.

    AWS does not publish which codes there are, so these are ours.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
