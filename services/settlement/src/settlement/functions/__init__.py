"""The service's Lambda functions, a module each."""

from wild_rydes_runtime import cold_start

cold_start.begin()
