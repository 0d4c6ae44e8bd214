"""The other parties of the demo: providers of channels as real servers, which check what we send as the real ones do."""
