"""A fleet repository as data: no network, no git, no clock, no environment variables."""
