"""Whether the reader of one JSON Schema can read what was written with another, in the meaning of Confluent's modes.

`modes.compare` is the way in. Documents are loaded (`documents`, `dialects`), brought into one form (`node`), and walked
in pairs (`walk`): what holds for everything written (`written`) against what one schema of the reader asks for.
"""
