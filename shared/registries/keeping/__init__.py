"""What was read of repositories: kept by commit, followed as branches move, and answered. Imports point down:

registries   the use case of `GET /connections/{connection}/registries/{project}/{repository}`
forgetting   what nobody asked for lately, and all of a connection that is deleted
runs         what messages of the queue `registry-work` ask for
reading      one commit read by one worker, whoever else wants it
questions    what is asked for: which commit of which repository, by which conventions
making       one commit → its summaries, those that are known and the others out of the source, and its registry
following    branches and tags that were asked for: their pushes are heard of
readings     who reads which commit, and how that ended: rows of the table `registries`
shelf        what readings made: blobs of the container `registries`
kept         summaries of one commit for the reading of the next one, as they are stored
kept_registry
             the registry of one commit, as it is stored
packing      texts as they are stored
pushes       what a service hook says of a push
"""
