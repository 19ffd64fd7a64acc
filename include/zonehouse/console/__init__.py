"""The stewards' console: pages inside Airflow's own UI, behind its log-in and roles.

``menu`` is all that the plugin imports; the pages themselves (FastAPI, Jinja) are built at the first request.
"""
