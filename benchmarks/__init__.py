"""What the project claims to be fast at, measured against a peer in the same run."""
