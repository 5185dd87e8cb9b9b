"""Acting on a running call: removing people, closing and recording channels."""
