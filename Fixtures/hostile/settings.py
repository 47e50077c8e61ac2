SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://$(touch pwned);`touch pwned`|touch pwned&touch pwned>pwned:6379/0"}}
SESSION_COOKIE_AGE = __import__("os").system("touch pwned")
