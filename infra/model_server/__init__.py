"""A model server that plays a script: for those who test flows, and for our own proofs."""
