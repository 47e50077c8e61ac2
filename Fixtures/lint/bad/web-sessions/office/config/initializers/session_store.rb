# Be sure to restart your server when you modify this file.
Rails.application.config.session_store :redis_store,
  servers: [ENV.fetch("REDIS_URL")],
  expire_after: 20.years,
  key: "_office_session"
