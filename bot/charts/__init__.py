"""Charts of a call: as PNG, as native chart data, as alt text, and series packed to store."""
