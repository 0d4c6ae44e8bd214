"""Tests of Twilio's channels: signatures, what its calls mean, what is sent there."""
