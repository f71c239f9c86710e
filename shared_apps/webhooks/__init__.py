"""Webhooks: messages about what happens in an organization, sent to URLs of its choice."""
