"""What runs in the shopper's browser: loader, app and styles as plain ES modules."""
