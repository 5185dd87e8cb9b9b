"""Tables and queries of incidents."""
