"""The world around the services: partner fleets, phones and unicorns."""
