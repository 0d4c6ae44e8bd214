"""A shop system of one's own, behind the signed REST contract of docs/connect.md."""
