"""What an operator looks at and decides, on the local cloud or on AWS: partners, their circuits, traces, logs."""
