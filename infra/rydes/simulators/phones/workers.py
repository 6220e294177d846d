"""Who calls the simulator: workers of Lambda functions, which it can kill in the middle of their call."""

import psutil

_WORKERS_HAVE = "AWS_LAMBDA_FUNCTION_NAME"


def kill(port: int) -> bool:
    """Kill -9 the worker whose end of a connection is this local port. False when there is none: others are spared."""
    for process in psutil.process_iter():
        try:
            connected = (c for c in process.net_connections("tcp") if c.status == psutil.CONN_ESTABLISHED)
            if any(c.laddr.port == port for c in connected) and _WORKERS_HAVE in process.environ():
                process.kill()
                return True
        except psutil.Error:
            continue  # it has ended, or is another user's
    return False
