"""Personal access tokens in the settings form."""
