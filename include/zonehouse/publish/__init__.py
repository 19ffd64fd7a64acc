"""Publishing: the only door from a checked candidate to readers. See ``docs/publishing.md``."""

from zonehouse.publish.candidate import PublishError
from zonehouse.publish.publisher import Release, current_releases, publish
from zonehouse.publish.serving import Served, serve

__all__ = ["PublishError", "Release", "Served", "current_releases", "publish", "serve"]
