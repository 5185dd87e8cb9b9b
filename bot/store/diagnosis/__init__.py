"""Tables and queries of evidence, cloud events and feedback on verdicts."""
