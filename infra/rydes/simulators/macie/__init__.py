"""A stand-in for Amazon Macie: jobs that look through the objects of buckets by rules, and tell what they find on the bus."""
