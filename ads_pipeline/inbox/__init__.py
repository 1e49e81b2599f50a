"""What the service has accepted and not yet landed: events on disk, until they are sealed into drops. No HTTP in here."""
