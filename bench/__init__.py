"""What is measured. Never deployed, never imported by the app."""
