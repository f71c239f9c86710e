"""Members and invitations: their API and their pages. The services are in `organizations`."""
