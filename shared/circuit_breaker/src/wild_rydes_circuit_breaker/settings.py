"""Settings of a circuit breaker, with the names of resilience4j where it has one."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Durations are in seconds, rates in percent. Raises ValueError for values that make no sense.

    Names and meaning follow resilience4j (https://resilience4j.readme.io/docs/circuitbreaker). A breaker that
    many environments share also needs those below the line; decision record 10 explains them.
    """

    failure_rate_threshold: float = 50
    slow_call_rate_threshold: float = 100
    slow_call_duration_threshold: float = 2
    sliding_window_size: float = 10
    """The window holds the results of the last so many seconds."""
    minimum_number_of_calls: int = 10
    """Rates count from so many calls on, within the window and over all environments that are asked."""
    wait_duration_in_open_state: float = 1
    """The first wait. It doubles each time the circuit opens again, jittered to between half and all."""
    max_wait_duration_in_open_state: float = 10
    permitted_number_of_calls_in_half_open_state: int = 5
    max_wait_duration_in_half_open_state: float = 15
    """After it the probes that have ended decide. If none has, the circuit opens again."""

    # ---
    consecutive_failures: int = 5
    """So many bad calls in a row, over all environments, stop calls. Probes check them at once."""
    calm_period: float = 30
    """A bad call is striking if its environment had none for so long before."""
    hearing_period: float = 3
    """How long all active environments have to answer a report.

    It must be longer than `state_cache_ttl`, the usual time between an environment's calls and a call
    together.
    """
    permit_lease: float = 5
    """After it a probe's permit is free again. At least twice the longest call and clock skew, added up."""
    max_retry_after: float = 300
    """The longest Retry-After of a partner that is obeyed."""
    state_cache_ttl: float = 1
    """How old the shared state may be when a call is let through, jittered to between half and all of it."""
    store_retry_interval: float = 5
    """How long an environment without the store goes by its own state before it tries the store again."""

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
        """Adapt to an environment that has only its own state: its word is enough, and it probes singly."""
        return replace(
            self,
            permitted_number_of_calls_in_half_open_state=1,
            state_cache_ttl=1e-6,
            hearing_period=1e-3,
        )
