"""The properties: ordinary tests of pytest and Hypothesis, a file for each file of the contract and a few besides."""
