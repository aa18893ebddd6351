"""`python -m shared.backup`: copies of the tables, which Azure does not make. Imports point down:

running     one run of the command: what it prints, and its exit status
copying     a table to a file, and back
lines       a row as a line of a file
"""
