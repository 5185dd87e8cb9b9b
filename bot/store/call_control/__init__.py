"""Tables and queries of room commands and recordings."""
