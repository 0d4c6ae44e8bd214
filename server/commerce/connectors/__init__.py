"""Shop platforms, each behind `platform.Platform`."""
