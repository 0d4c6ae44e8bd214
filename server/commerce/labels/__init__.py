"""Return labels, pickups and voids, each provider behind `labels.Labels`."""
