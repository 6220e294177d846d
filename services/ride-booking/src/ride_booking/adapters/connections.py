"""Send to the connections of a WebSocket API."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


class Connections:
    """The connections of one API."""

    def __init__(self, client: "ApiGatewayManagementApiClient") -> None:
        self._client = client

    def send(self, connection: str, text: str) -> bool:
        """Send a text; False when the connection is gone. Raises botocore's errors otherwise."""
        try:
            self._client.post_to_connection(ConnectionId=connection, Data=text.encode())
        except ClientError as error:
            if error.response["Error"]["Code"] != "GoneException":
                raise
            return False
        return True
