"""A simulated calendar at an iCal address."""
