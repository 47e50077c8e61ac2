INSTALLED_APPS = ["blog"]
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://redis:6379/1",
                      "TIMEOUT": 300, "OPTIONS": {"SOCKET_TIMEOUT": 5}}}
