"""The life of a ticket: what is to be done, and what it is afterwards. Pure: nothing is read, sent or written here.

plan         what to do with a work item
moves        to which state, and over which
remarks      what is said with it
attempts     the names of attempts
transitions  what a ticket is after what happened
patches      what it is after a patch of ours, answered or not
comments     which comments of people were told
views        what anyone sees of it
room         how much of its texts a message takes
names        fields are the same in any case
"""
