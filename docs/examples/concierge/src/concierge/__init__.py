"""A hotel's desk: asks for quotes for its guests' rides, and shows them."""
