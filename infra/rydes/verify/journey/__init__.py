"""The journey through all services, as users take it: they sign in, ask, answer, book, ride, and are asked how it was."""
