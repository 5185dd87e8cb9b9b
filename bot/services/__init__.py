"""The operations of each feature, one transaction each."""
