"""Work items as they are found in Azure DevOps: where they are, and whose.

presence    there, deleted, or unknown
categories  what the states of a type mean
look_ups    items that carry a ticket's mark: what a create without an answer made
claims      whose an unknown item is
rivals      whether an item is another ticket's already
adoption    items that the tables do not know, after those were restored or lost
"""
