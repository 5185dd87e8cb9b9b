"""Agora, simulated."""
