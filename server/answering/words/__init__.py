"""How the assistant speaks: phrases in five languages, dates and money as people there write them, and the check that
nothing was said that the evidence does not hold."""
