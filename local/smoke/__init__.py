"""`make smoke`: does a real organisation behave as our code believes? About 30 calls, in one project; all is removed.

options       who asks what of whom, from the environment
signing_in    the organisation as the administrator's credential, through our own client
wire          what the answers said below our client: status, rate-limit headers
facts         what our code, or nobody yet, relies on
run           one run: asks, prints a line for each answer, keeps what it settles and what it made
entrance      whom, where: what must be so before anything is made
creating, finding, changing, deleting, hooks    the calls, by what they look at
story         their order
clean_up      takes away what the run made, whatever happened
report        the verdicts, for people and for programs
"""
