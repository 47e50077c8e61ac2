const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");

const client = createClient({ url: process.env.REDIS_URL });
// Files of the build have their hash in their name.
app.use(express.static("public", { maxAge: 1000 * 60 * 60 * 24 * 365 }));
app.use(
  session({
    store: new RedisStore({ client, prefix: "shop:", ttl: 86400 }),
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: {
      maxAge: 1000 * 60 * 60 * 24 * 14,
    },
  }),
);
