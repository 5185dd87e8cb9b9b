"""What a person or a channel chose: language, app, notifications."""
