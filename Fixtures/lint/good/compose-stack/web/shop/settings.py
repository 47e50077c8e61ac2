import os
DEBUG = False
INSTALLED_APPS = ["django.contrib.sessions", "shop"]
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": os.environ.get("REDIS_URL", "redis://cache:6379/0"),
        "TIMEOUT": 600,
        "OPTIONS": {"SOCKET_TIMEOUT": 2, "SOCKET_CONNECT_TIMEOUT": 2},
    }
}
CELERY_BROKER_URL = "redis://cache:6379/1"
CELERY_RESULT_BACKEND = "redis://cache:6379/1"
CELERY_RESULT_EXPIRES = 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12 * 3600}
