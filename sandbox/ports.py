"""Free ports on the loopback address."""

import socket


def free_ports(count: int) -> list[int]:
    """Find distinct free TCP ports on 127.0.0.1.

    Args:
        count: How many.

    Returns:
        The ports. Another process may take one before it is used: whoever uses them must be
        ready to ask again once.
    """
    sockets: list[socket.socket] = []
    try:
        # All stay bound until the last is found, or the system may hand out one port twice.
        for _ in range(count):
            found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sockets.append(found)
            found.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()
