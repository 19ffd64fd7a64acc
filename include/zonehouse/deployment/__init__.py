"""The deployment of ``docker-compose.yml``: its secrets, and what is prepared before its services start."""
