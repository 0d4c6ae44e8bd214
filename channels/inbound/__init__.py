"""Whatever else writes to a shop, in our own JSON: marketplaces, review platforms, store workflows."""
