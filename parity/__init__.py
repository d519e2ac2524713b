"""Compare two backends: do they give the same weights, and if not, where do they first differ?"""
