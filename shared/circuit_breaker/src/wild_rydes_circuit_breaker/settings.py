"""Settings of a circuit breaker, under resilience4j's names where it has one."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Durations are in seconds, rates in percent. Raises ValueError for what makes no sense.

    Names and meaning after resilience4j (https://resilience4j.readme.io/docs/circuitbreaker); those below the line are
    what a breaker shared by many environments needs besides, see the decision record.
    """

    failure_rate_threshold: float = 50
    slow_call_rate_threshold: float = 100
    slow_call_duration_threshold: float = 2
    sliding_window_size: float = 10
    """The window is time based: results of the last so many seconds."""
    minimum_number_of_calls: int = 10
    """Within the window, over all environments that are asked, before rates mean anything."""
    wait_duration_in_open_state: float = 1
    """The first time; doubled each time the circuit opens again, then jittered to between half and all of it."""
    max_wait_duration_in_open_state: float = 10
    permitted_number_of_calls_in_half_open_state: int = 5
    max_wait_duration_in_half_open_state: float = 15
    """After it, the probes that did answer decide; if none did, the circuit opens again."""

    # ---
    consecutive_failures: int = 5
    """So many failures or slow calls in a row, over all environments, stop calls at once, and are checked at once."""
    calm_period: float = 30
    """An environment adds to such a row only if it had neither failure nor slow call for so long before."""
    hearing_period: float = 3
    """How long all active environments are given to answer a report. Longer than `state_cache_ttl`, the usual time
    between an environment's calls and a call together."""
    permit_lease: float = 5
    """After it the permit of a probe that gave no answer is free. At least twice the longest call and the clock skew."""
    max_retry_after: float = 300
    """No partner's Retry-After is believed beyond this."""
    state_cache_ttl: float = 1
    """How old the shared state may be when a call is let through; jittered to between half and all of it."""
    store_retry_interval: float = 5
    """How long an environment that cannot reach the store goes by its own state before it tries the store again."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"{field.name} must be positive, not {getattr(self, field.name)}")
        for name in ("failure_rate_threshold", "slow_call_rate_threshold"):
            if getattr(self, name) > 100:  # noqa: PLR2004 - percent
                raise ValueError(f"{name} is a percentage, not {getattr(self, name)}")
        if self.max_wait_duration_in_open_state < self.wait_duration_in_open_state:
            raise ValueError("max_wait_duration_in_open_state must not be below wait_duration_in_open_state")
        if not self.state_cache_ttl < self.hearing_period < self.sliding_window_size:
            raise ValueError("hearing_period must lie between state_cache_ttl and sliding_window_size")

    def alone(self) -> "Settings":
        """For an environment that has only its own state to go by: its word is enough, and it probes once at a time."""
        return replace(
            self,
            permitted_number_of_calls_in_half_open_state=1,
            state_cache_ttl=1e-6,
            hearing_period=1e-3,
        )
