"""The API of tickets: what people and the platform ask of them.

reading  what is known of one, or of many
retry    once more, please
by_hand  a work item that a person chose or let go
preview  the work item that a link would make
"""
