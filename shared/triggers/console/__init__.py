"""The console's functions: pages for people, of what the API says.

Every page asks the API's own operations (`api`), in this process: what a page shows or does, a program can see and do
as well. Pages can be read without JavaScript.
"""
