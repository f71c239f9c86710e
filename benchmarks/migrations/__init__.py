"""What the fleet is migrated by: the migrations of items, and one called like its package."""
