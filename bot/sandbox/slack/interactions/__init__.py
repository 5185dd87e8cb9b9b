"""What a person does with the app, and what the app's reply changes in the workspace."""
