"""What a reply means: the words are data, `languages/<code>/reading.json`; this package is the engine."""
