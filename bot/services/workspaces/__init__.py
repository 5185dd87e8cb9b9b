"""The settings of each workspace."""
