"""`/lagdesk setup`: the settings of a workspace."""
