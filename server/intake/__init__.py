"""Where the outside comes in: sessions, sockets, uploads, webhooks. Thin; decides nothing."""
