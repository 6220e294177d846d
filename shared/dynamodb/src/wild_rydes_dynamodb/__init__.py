"""What every table of Wild Rydes has in common: the optimistic change, and instants as numbers."""
