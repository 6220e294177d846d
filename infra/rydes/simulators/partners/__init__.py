"""Partner fleets of the local cloud: real HTTP servers whose faults one can choose."""
