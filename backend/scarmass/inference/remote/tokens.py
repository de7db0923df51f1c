"""What is made of the one secret that servers and replicas share (SCARMASS_MODELS_TOKEN), a token for each purpose.

Who reads one of them on the network finds neither the secret nor the other one.
"""

import hmac


def token_of_requests(secret: str) -> str:
    """Goes with each request to a replica."""
    return _derived(secret, "request")


def token_of_cluster(secret: str) -> str:
    """Opens the cluster, where whoever is in can run code."""
    return _derived(secret, "cluster")


def _derived(secret: str, purpose: str) -> str:
    return hmac.digest(secret.encode(), purpose.encode(), "sha256").hex()
