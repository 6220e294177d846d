"""Hypothesis without its deadline: how fast an example runs says more of the machine than of the code."""

from hypothesis import settings

settings.register_profile("wild-rydes", deadline=None)
settings.load_profile("wild-rydes")
