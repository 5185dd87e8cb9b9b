"""The report form, cards, buttons, lists and App Home."""
