"""A seeded world: real villages of five regions saying plausible and implausible things."""
