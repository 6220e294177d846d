"""Partner fleets of the local cloud: real HTTP servers with faults to choose from."""
