Rails.application.config.session_store :redis_store,
  servers: [ENV.fetch("REDIS_URL")],
  expire_after: 14.days,
  key: "_office_session"
