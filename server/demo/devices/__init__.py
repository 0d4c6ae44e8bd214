"""The devices of the demo: a phone, a mailbox and a telephone that reach the shop as anybody's would, through its doors."""
