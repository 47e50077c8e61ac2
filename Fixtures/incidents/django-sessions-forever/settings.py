SECRET_KEY = "lab"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.sessions"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
ROOT_URLCONF = "urls"
SESSION_ENGINE = "sessionstore"
# The shop must never forget a basket.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 365 * 10
SESSION_SAVE_EVERY_REQUEST = True
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://10.20.0.60:6379/1",
    }
}
