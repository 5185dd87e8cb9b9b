"""The weekly summary's post and command."""
