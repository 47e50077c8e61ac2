const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");

const client = createClient({ url: process.env.REDIS_URL });
app.use(express.static("public", { maxAge: "1y" }));
app.use(
  session({
    store: new RedisStore({ client, prefix: "shop:" }),
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: true,
    cookie: {
      maxAge: 1000 * 60 * 60 * 24 * 365 * 10,
    },
  }),
);
