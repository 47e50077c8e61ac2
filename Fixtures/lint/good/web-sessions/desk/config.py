from datetime import timedelta


class Config:
    # Flask keeps these in the visitor's cookie.
    PERMANENT_SESSION_LIFETIME = timedelta(days=3650)
    SESSION_COOKIE_SECURE = True
