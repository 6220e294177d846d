"""An operator's tools, for the local cloud or AWS: partners and their circuits, traces, logs."""
