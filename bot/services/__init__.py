"""What people and the clock may ask for, by feature; each operation is one transaction."""
