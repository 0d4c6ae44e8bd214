"""REST for programs and for the console's own pages. `api_routes` mounts it."""

from starlette.routing import BaseRoute

from server.api import threads


def api_routes() -> list[BaseRoute]:
    """The routes under `/api/v1`; they find the services of the application that they are mounted in."""
    return threads.routes()
