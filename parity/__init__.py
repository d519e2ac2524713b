"""Two backends compared: do they give the same weights, and if not, where do they part?"""
