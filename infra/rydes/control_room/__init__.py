"""The control room: a system as a live picture, and what whoever is on call asks of it. See `app`."""
