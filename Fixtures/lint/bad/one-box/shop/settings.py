DEBUG = True
INSTALLED_APPS = ["django.contrib.sessions", "shop"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 100
CELERY_BROKER_URL = "redis://queue.internal/0"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60 * 60}
