"""Blocks, texts and charts shared by the features."""
