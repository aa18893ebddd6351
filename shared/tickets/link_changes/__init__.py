"""What becomes of tickets when links and connections change.

belongings  all tickets of an asset or a connection
moving      a link goes to another project or connection
regrouping  a link groups otherwise
departures  links and connections are deleted, in rounds
letting_go  tickets are detached
"""
