"""WhatsApp, SMS and telephone by Twilio: what its calls mean and how ours are made. Knows neither server nor memory."""
