"""The arithmetic of Lumbung: pure, without Kafka, clock, chance or logging."""
