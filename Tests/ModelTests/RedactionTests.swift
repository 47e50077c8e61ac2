import Testing

@testable import Model

@Suite struct RedactionTests {
  @Test(arguments: secretLines)
  func hidesSecrets(line: String, redacted: String) {
    #expect(redactSecrets(line) == redacted)
  }

  /// Redacting twice changes nothing: excerpts may pass through more than once.
  @Test(arguments: secretLines)
  func isStable(line: String, redacted: String) {
    #expect(redactSecrets(redacted) == redacted)
  }

  @Test(arguments: harmlessLines)
  func keepsWhatDiagnosisQuotes(line: String) {
    #expect(redactSecrets(line) == line)
  }

  /// An excerpt is cut at 200: what the cut left of a secret is secret too.
  @Test func hidesWhatACutLeft() {
    let line = String(repeating: "x", count: 181) + " redis://:hunter2pa"
    #expect(redactSecrets(line).hasSuffix(" redis://:***"))
    #expect(redactSecrets("see redis://:hunter2pa") == "see redis://:hunter2pa")
    let key = String(repeating: "x ", count: 95) + "sess:ab12c"
    #expect(redactSecrets(key).hasSuffix("sess:***"))
  }

  /// Every rule walks the line a bounded number of times.
  @Test(arguments: [
    "a=", "://", "@", "?a=", "\"", "password=\"", "auth ", "session:", "args=\"", ":", "'\\\"",
    "),",
    "http://a:b", "user >", "%40", "eyJ.", "sess:abcdefabcdefabcdef1;", "cookie:", "a@b.",
  ])
  func isLinear(piece: String) {
    let line = String(repeating: piece, count: 50_000 / piece.utf8.count)
    let time = ContinuousClock().measure { _ = redactSecrets(line) }
    #expect(time < .seconds(5))
  }
}

private let secretLines: [(String, String)] = [
  ("requirepass hunter2", "requirepass ***"),
  ("  requirepass \"hun ter2\"", "  requirepass \"***\""),
  ("masterauth s3cr3t", "masterauth ***"),
  ("redis-server --requirepass hunter2 --port 6380", "redis-server --requirepass *** --port 6380"),
  ("CONFIG SET requirepass hunter2", "CONFIG SET requirepass ***"),
  ("sentinel auth-pass mymaster hunter2", "sentinel auth-pass mymaster ***"),
  (
    "1515185542.880199 [0 10.0.0.1:34578] \"AUTH\" \"default\" \"hunter2\"",
    "1515185542.880199 [0 10.0.0.1:34578] \"AUTH\" \"***\" \"***\""
  ),
  ("\"hello\" \"3\" \"auth\" \"u\" \"hunter2\"", "\"hello\" \"3\" \"auth\" \"***\" \"***\""),
  ("HELLO 3 AUTH default hunter2", "HELLO 3 AUTH *** ***"),
  (
    "14,1309448221,15,\"AUTH\",\"hunter2\",\"10.0.0.1:58217\",\"\"",
    "14,1309448221,15,\"AUTH\",\"***\",\"10.0.0.1:58217\",\"\""
  ),
  ("AUTH hunter2", "AUTH ***"),
  ("redis-cli -h 10.0.3.7 -a hunter2 info", "redis-cli -h 10.0.3.7 -a *** info"),
  ("ACL SETUSER worker on >hunter2 ~* +@all", "ACL SETUSER worker on >*** ~* +@all"),
  ("redis://:hunter2@10.0.3.7:6380/0", "redis://:***@10.0.3.7:6380/0"),
  (
    "broker_url = 'rediss://app:hun:ter/2@cache.internal:6379/1'",
    "broker_url = 'rediss://app:***@cache.internal:6379/1'"
  ),
  ("https://ghp1234@github.com/x", "https://***@github.com/x"),
  (
    "connect redis://u:a@h1:1 and redis://u:b@h2:2",
    "connect redis://u:***@h1:1 and redis://u:***@h2:2"
  ),
  ("password=hunter2", "password=***"),
  ("password: hun,ter2", "password: ***"),
  ("db (password=hunter2, host=db1)", "db (password=***, host=db1)"),
  ("\"password\": \"hun\\\"ter2\", \"port\": 6379", "\"password\": \"***\", \"port\": 6379"),
  ("{\\\"token\\\":\\\"abc\\\",\\\"n\\\":1}", "{\\\"token\\\":\\\"***\\\",\\\"n\\\":1}"),
  ("passwd: x1", "passwd: ***"),
  ("spring.redis.password=hunter2", "spring.redis.password=***"),
  ("SECRET_KEY = 'django-insecure-1'", "SECRET_KEY = '***'"),
  ("api_key=abc&user=5", "api_key=***&user=5"),
  ("X-Api-Key: abc", "X-Api-Key: ***"),
  ("awsSecretAccessKey: abc/def+1", "awsSecretAccessKey: ***"),
  ("REDISCLI_AUTH=hunter2 redis-cli", "REDISCLI_AUTH=*** redis-cli"),
  ("DB_PASS=x", "DB_PASS=***"),
  ("--api-token abc123 --port 80", "--api-token *** --port 80"),
  ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer ***"),
  (
    "curl -H 'Authorization: Basic dXNlcjpwdw==' http://10.0.0.1/health",
    "curl -H 'Authorization: Basic ***' http://10.0.0.1/health"
  ),
  ("got bearer 0123456789abcdef from client", "got bearer *** from client"),
  ("Cookie: SESSION=abc; theme=dark", "Cookie: ***"),
  ("\"http_cookie\":\"SESSION=abc\",\"status\":200", "\"http_cookie\":\"***\",\"status\":200"),
  ("Set-Cookie: SESSION=NTM5; Path=/; HttpOnly", "Set-Cookie: ***"),
  ("SESSION=NTM5ZTg5ZWMtM2Y5", "SESSION=***"),
  ("GET /a;jsessionid=1A2B3C4D HTTP/1.1", "GET /a;jsessionid=*** HTTP/1.1"),
  ("key AKIAIOSFODNN7EXAMPLE used", "key *** used"),
  ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "***"),
  ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", "***"),
  ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "***"),
  ("mail to alice.b+x@example.com failed", "mail to ***@example.com failed"),
  ("GET /unsubscribe/alice%40example.com", "GET /unsubscribe/***%40example.com"),
  (
    "\"GET /login?next=/a?b&user=alice HTTP/1.1\" 302",
    "\"GET /login?next=***&user=*** HTTP/1.1\" 302"
  ),
  ("\"request\":\"/x?a=1\\u0026b=2\"", "\"request\":\"/x?a=***\\u0026b=***\""),
  ("\"args\":\"a=1&b=2\"", "\"args\":\"a=***&b=***\""),
  (
    "spring:session:sessions:fcbfa988-f7b1-40d2-a318-bb3328063d9e hash ttl=2147483626",
    "spring:session:sessions:*** hash ttl=2147483626"
  ),
  (
    "\"GET\" \"spring:session:sessions:expires:fcbfa988-f7b1-40d2-a318-bb3328063d9e\"",
    "\"GET\" \"spring:session:sessions:expires:***\""
  ),
  ("sess:0123456789abcdef0123", "sess:***"),
  ("PHPREDIS_SESSION:o3vq1h7dq0qk2m4t8rjz5v1d3c", "PHPREDIS_SESSION:***"),
  (
    ":1:django.contrib.sessions.cachep5zo0mqiz8tdnifk1p3b2d4p6k7m8n9q",
    ":1:django.contrib.sessions.cache***"
  ),
  (
    "spring:session:index:org.x.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:alice",
    "spring:session:index:org.x.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME:***"
  ),
  ("refresh_token:abc123", "refresh_token:***"),
  ("masteruser replicator", "masteruser ***"),
  ("primaryauth s3cr3t", "primaryauth ***"),
  ("tls-key-file-pass s3cr3t", "tls-key-file-pass ***"),
  ("1) \"user alice on >hunter2 ~* +@all\"", "1) \"user alice on >*** ~* +@all\""),
  (
    "user default on #" + String(repeating: "a1b2c3d4", count: 8) + " ~* +@all",
    "user default on #*** ~* +@all"
  ),
  (
    "\"MIGRATE\" \"10.0.0.2\" \"6379\" \"k\" \"0\" \"5000\" \"AUTH\" \"hunter2\"",
    "\"MIGRATE\" \"10.0.0.2\" \"6379\" \"k\" \"0\" \"5000\" \"AUTH\" \"***\""
  ),
  (
    "MIGRATE 10.0.0.2 6379 k 0 5000 AUTH2 u hunter2", "MIGRATE 10.0.0.2 6379 k 0 5000 AUTH2 *** ***"
  ),
  ("dsn app:hunter2@tcp(db1:3306)/shop", "dsn app:***@tcp(db1:3306)/shop"),
  ("connected as app:hunter2@db1:3306", "connected as app:***@db1:3306"),
  ("amqp://app:hunter2@mq:5672//", "amqp://app:***@mq:5672//"),
  ("Proxy-Authorization: Basic dXNlcjpwdw==", "Proxy-Authorization: Basic ***"),
  (
    "proxy_set_header Authorization \"Basic dXNlcjpwdw==\";",
    "proxy_set_header Authorization \"***\";"
  ),
  ("curl -u admin:hunter2 http://10.0.0.1/", "curl -u admin:*** http://10.0.0.1/"),
  ("mysql -uroot -phunter2 shop", "mysql -uroot -p*** shop"),
  ("os.environ[\"SECRET_KEY\"] = \"abc\"", "os.environ[\"SECRET_KEY\"] = \"***\""),
  ("setdefault(\"DJANGO_SECRET_KEY\", \"abc\")", "setdefault(\"DJANGO_SECRET_KEY\", \"***\")"),
  (
    "{\"name\": \"DB_PASSWORD\", \"value\": \"abc\"}",
    "{\"name\": \"DB_PASSWORD\", \"value\": \"***\"}"
  ),
  ("DJANGO_SECRET_KEY=abc", "DJANGO_SECRET_KEY=***"),
  ("AWS_SESSION_TOKEN=IQoJb3JpZ2luX2VjEA", "AWS_SESSION_TOKEN=***"),
  ("x-amz-security-token: IQoJb3JpZ2lu", "x-amz-security-token: ***"),
  ("token IQoJb3JpZ2luX2VjEAabcdefgh used", "token *** used"),
  (
    "posted to https://hooks.slack.com/services/T0/B0/abcdef",
    "posted to https://hooks.slack.com/services/***"
  ),
  ("xoxb-123456789012-abcdefghij", "***"),
  (
    "key: \"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq\\n-----END PRIVATE KEY-----\"",
    "key: \"-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----\""
  ),
  ("MIIEpAIBAAKCAQEA7bq0Xv3Qm5K1dGzP9cT2wL8sYhRfUeJ4nBoV6iXaMk0tZpQy", "***"),
]

private let harmlessLines: [String] = [
  "", "=", ":", "@", "?", "://", "\"", "a@", "@b.c", "?=", "\\",
  "db0:keys=70560,expires=70560,avg_ttl=43200000",
  "maxmemory-policy noeviction", "maxmemory_policy:noeviction",
  "run_id:5d9f1b0c2e7a4d6f8b1c3e5a7d9f0b2c4e6a8d0f",
  "cmdstat_auth:calls=5,usec=100,usec_per_call=20.00",
  "errorstat_NOAUTH:count=3", "errorstat_WRONGPASS:count=3", "acl_access_denied_auth:0",
  "127.0.0.1 - - [05/Mar/2024:02:07:00 +0000] \"GET /login HTTP/1.1\" 200 512 \"-\" \"Go-http-client/1.1\"",
  "10.0.3.7:6379@16379 myself,master - 0 0 1 connected",
  "id=3 addr=10.0.3.7:51234 laddr=10.0.3.8:6379 fd=8 name=celery sub=0 user=default redir=-1",
  "session: session lookup failed: RedisCommandTimeoutException: Command timed out",
  "at org.springframework.session.data.redis.RedisIndexedSessionRepository.getSession(RedisIndexedSessionRepository.java:483)",
  "[    0.5] MPTCP token hash table entries: 1024 (order: 3, 32768 bytes)",
  "token_bucket 5", "session-cache-timeout 300", "server.servlet.session.timeout=2147483647",
  "SESSION_COOKIE_AGE = 1209600", "spring.session.store-type=redis",
  "spring:session:expirations:1515185580000", "session:web-server-prod-01:count",
  "[2024-03-05 02:07:00 +0000] [365] [CRITICAL] WORKER TIMEOUT (pid:366)",
  "celery@ip-10-0-1-5.ec2.internal ready.", "celery@web1.example.com ready.",
  "Started redis-server@6379.service - Advanced key-value store.",
  "GET /img/logo@2x.png", "https://medium.com/@someone/post", "http://10.0.0.1:8080/@x",
  "proxy_pass http://127.0.0.1:8000;", "upstream: \"http://127.0.0.1:8000/health\"",
  "http://$host:$server_port/x", "redis://:${REDIS_PASSWORD}@cache:6379/0",
  "redis://10.0.3.7:6380/0", "postgres://db.internal:5432/app",
  "client sent AUTH, but no password is set", "NOAUTH Authentication required.",
  "AUTH failed: WRONGPASS invalid username-password pair or user is disabled.",
  "auth failed for user x", "config get requirepass", "# requirepass is not set",
  "password=${DB_PASSWORD}", "token: None", "using password: YES", "PWD=/home/app",
  "bearer of bad news", "XDG_SESSION=c12",
  "i-0abcd1234ef567890 ap-northeast-2a system-status impaired 2024-03-05T02:07:00.000Z",
  "Out of memory: Killed process 365 (gunicorn) total-vm:512000kB, anon-rss:204800kB",
  "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
  "commit 3f786850e387550fdab836ed7e6dc881de23001b", "workers = 2 * cores + 1",
  "\"RequestId\": \"59dbff89-35bd-4eac-99ed-be587EXAMPLE\"",
  "command: [\"redis-server\", \"--maxmemory\", \"512mb\"]",
  "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
  "/usr/lib/python3/dist-packages/App2/x1/Y2z", "really? yes", "why ?a b=c",
  "image: redis:7.2.4@sha256:0123456789abcdef", "10.0.3.7:6379@16379 slave", "basic checks passed",
  "basic authentication is off", "mysql is up -port", "name: web\nvalue: x",
  "auth_basic_user_file /etc/nginx/htpasswd;", "\"name\": \"PORT\", \"value\": \"80\"",
  "user app on", "cookie domains: 3", "curl -u admin http://x/",
]
