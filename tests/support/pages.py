"""What stacks have for their pages alone."""

from typing import Final

from infra.assembly import Assembly, Resource

PUT_BY: Final = ("ride-booking-page", "unicorn-mgmt-page")
"""CDK's functions that put a page's files into their bucket, as the stack is deployed. Nothing else invokes them, and no
service's code is in them."""
FILES: Final = ("customerappFiles", "unicornappFiles")
"""The buckets of the files."""


def functions(assembly: Assembly) -> dict[str, Resource]:
    """The functions with the services' code, by name."""
    named = assembly.named("AWS::Lambda::Function", "FunctionName")
    return {name: function for name, function in named.items() if not name.endswith("-page")}
