"""The HTTP API: its routes, what they return, and the document about both."""
