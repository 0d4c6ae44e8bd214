"""Mails with what must be read in them: answers in many languages and programs, and traps in which no word may be lost."""
