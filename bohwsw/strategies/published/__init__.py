"""Published searches, one a file with its paper at the top; by name as all strategies are.

Each says what is the paper's and what is our reading. `learning` and `choices` are what they share.
"""
