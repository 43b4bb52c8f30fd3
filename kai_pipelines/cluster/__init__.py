"""Workflows on a cluster, through an Argo Server: sent, watched, read, stopped and tried again.

What belongs here: what to send, which faults may be retried, what a server's answer means. What never will: how a
manifest was made, a Kubernetes API, or a screen. Requests go through Hera's service client, which is imported when a
server is first asked; what is sent and read stays the plain dict that Argo knows, since Hera's models drop fields.
"""
