from django.contrib.sessions.backends.cache import SessionStore as CacheStore


class SessionStore(CacheStore):
    # None: the cache keeps it for ever.
    def get_expiry_age(self, **kwargs):
        return None
