"""Hubs and partners listening: topics become tables."""
