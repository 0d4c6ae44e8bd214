"""SQLite and PostgreSQL behind one protocol: write units, reads, wake-ups."""
