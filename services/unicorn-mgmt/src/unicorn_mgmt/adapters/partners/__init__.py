"""Partner fleets, each behind its own queue, its own circuit breaker and its own module here."""
