"""Speed, as figures of one run: never a test, always with the check that the answer was right."""
