"""The language: what villages say, what streams derive, and the reference data both lean on."""
