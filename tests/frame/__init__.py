"""Tests of the frame around the code: what the repository may hold, how it is packaged, what guards the tests."""
