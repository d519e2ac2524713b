"""The properties: pytest and Hypothesis tests, one file for each file of the contract and a few more."""
