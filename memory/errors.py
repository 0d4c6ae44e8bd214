"""What can go wrong in storage.

StorageError
├── StorageUnavailable     not now (locked, full, connection lost): nothing was written, try again
├── StorageUnknown         the outcome is not known (connection lost at commit): repeat with the same key
└── MigrationRefused       the schema is newer than this program, or a migration was altered
"""


class StorageError(Exception):
    """Root of what this room raises."""


class StorageUnavailable(StorageError):
    """Nothing was written; the caller may try again. The message names the cause for the operator."""


class StorageUnknown(StorageError):
    """Perhaps written, perhaps not. Every write carries a unique key, so it may be repeated."""


class MigrationRefused(StorageError):
    """The database does not fit this program; the message says what to do."""
