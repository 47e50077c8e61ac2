from datetime import timedelta


class Config:
    SESSION_TYPE = "redis"
    PERMANENT_SESSION_LIFETIME = timedelta(days=3650)
