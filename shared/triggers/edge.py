"""The functions of the edge. What is imported here, with all that follows, is what the internet reaches."""

from shared.triggers import http_edge_health, http_hooks

blueprints = (http_edge_health.blueprint, http_hooks.blueprint)
