"""The synthesized templates, as the tests of infra make them."""

from tests.infra.conftest import aws

__all__ = ["aws"]
