"""Hangs the stewards' console into Airflow: its pages below /zonehouse, its entries in the menu."""

from airflow.plugins_manager import AirflowPlugin

from zonehouse.console.menu import PREFIX, LazyApp, external_views


class ZonehouseConsole(AirflowPlugin):
    """Registers the console; what it shows is in ``zonehouse.console``."""

    name = "zonehouse_console"
    fastapi_apps = [{"name": "zonehouse_console", "app": LazyApp(), "url_prefix": PREFIX}]  # noqa: RUF012 - Airflow reads plain lists of the class
    external_views = external_views()  # Airflow removes what conflicts from this list
