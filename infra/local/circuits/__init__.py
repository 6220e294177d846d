"""Partners as an operator sees them: their circuits, their calls, and a person's word; on the local cloud or on AWS."""
