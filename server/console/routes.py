"""The console's routes, as the application mounts them."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from server.console import pages, sign_in, socket


def console_routes() -> list[BaseRoute]:
    """Pages, sign-in, files and socket; they find the services of the application that they are mounted in."""
    return [
        Route("/console", pages.console, methods=["GET"]),
        Route("/console/t/{conv}", pages.console, methods=["GET"]),
        Route("/console/login", sign_in.login, methods=["POST"]),
        Route("/console/logout", sign_in.logout, methods=["POST"]),
        Route("/console/files/{id}", pages.file, methods=["GET"]),
        Route("/console/static/{version}/{path}", pages.static, methods=["GET"]),
        WebSocketRoute("/console/socket", socket.App()),
        Route("/csp-report", pages.report, methods=["POST"]),
    ]
