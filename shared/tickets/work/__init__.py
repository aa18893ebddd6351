"""Work: what a lane's tickets need is done in Azure DevOps.

work         one lane, round by round
loading      what is known of the tickets that are due
lane         how calls are sent and changes written while we own it, and how tickets wait
jobs         a ticket that needs work, and how that fails
concerns     whom an error concerns
apart        what is wrong with one ticket is wrong with it alone
admission    which creates may be sent now (holds)
creating     new work items, many at once
resolving    creates without an answer
changing     work items are brought up to date
one_by_one   what people asked of items that are there: linking and unlinking
healing      two items with one ticket
withdrawing  items of imports that are taken back
attaching    files are uploaded
extras       what an item is made without if that is refused
refused      what need not be asked again
notices      alerts that are told once in a while, not for every ticket
"""
