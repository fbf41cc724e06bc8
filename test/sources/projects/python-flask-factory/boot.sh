#!/bin/bash
# Retries nothing: the application has no database yet.
exec gunicorn -b :5000 --access-logfile - --error-logfile - notes:app
