"""Links: an application or environment of the platform → a project of a connection."""
