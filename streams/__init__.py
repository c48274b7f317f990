"""Reports become positions, demand and matches."""
