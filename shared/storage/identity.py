"""Who the app is to Azure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


def own_identity(client_id: str | None) -> "TokenCredential":
    """The app's own identity in Azure, the user-assigned one of that id; a developer's sign-in elsewhere."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415  300 ms that most calls do not need

    return DefaultAzureCredential(managed_identity_client_id=client_id)
