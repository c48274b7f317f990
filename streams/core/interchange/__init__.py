"""Matching between hubs: legs, conversion, pooling, one exact flow with its proof, reasons."""
