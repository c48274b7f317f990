"""Villages speaking: what a device says, kept until the broker has it, sent once it can be."""
