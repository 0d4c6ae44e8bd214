"""Live order state: the Store protocol, the embedded store and the pure derivation of what is true now."""
