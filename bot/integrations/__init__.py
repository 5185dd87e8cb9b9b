"""Services outside Slack and the clouds: each in a folder of its own, all over `http.py`."""
