"""The telephone by Twilio: TwiML, relay frames, what is spoken and what was heard. Knows neither server nor memory."""
