"""What the fleet is migrated by: each package is the app items' migrations and one more."""
