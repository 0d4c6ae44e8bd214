"""The agents' web console: pages, static modules, socket."""
