"""What the command line prints: tables and lines for people, in the language of the settings."""
