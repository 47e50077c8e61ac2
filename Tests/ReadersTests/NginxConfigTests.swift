import Model
import Testing

@testable import Readers

@Suite struct NginxConfigTests {
  private static let config = """
    worker_processes auto;
    # worker_rlimit_nofile 10;
    events { worker_connections 768; }
    http {
      include /etc/nginx/mime.types;
      log_format timed escape=json '$remote_addr [$time_local] "$request" '
                       '$status rt=$request_time';
      access_log /var/log/nginx/access.log timed;
      upstream app { server 10.0.12.31:8080 fail_timeout=0; server 127.0.0.1:8001; }
      upstream sock { server unix:/run/app.sock; }
      server {
        listen 80; server_name www.example.com;
        client_max_body_size 8m;
        location / { proxy_pass http://app; proxy_read_timeout 1m 30s; }
        location /b { proxy_pass http://backend:9000; proxy_read_timeout 2m; }
        location = /health { access_log off; }
      }
    }
    """

  @Test func readsDirectives() {
    let page = readPage(Self.config, with: NginxConfigReader.self)
    #expect(page.number("nginx.config.worker_connections") == 768)
    #expect(page.line("nginx.config.worker_connections") == 3)
    #expect(page.all("nginx.config.worker_rlimit_nofile").isEmpty)
    #expect(page.number("nginx.config.proxy_read_timeout", part: "location /b") == 120)
    #expect(page.line("nginx.config.proxy_read_timeout", part: "location /b") == 15)
    #expect(page.number("nginx.config.client_max_body_size") == 8_388_608)
    #expect(page.value("nginx.config.log_has_request_time") == .flag(true))
    #expect(page.value("nginx.config.access_log") == .flag(true))
    #expect(page.number("nginx.config.keepalive_timeout") == 75)
    #expect(page.line("nginx.config.keepalive_timeout") == nil)
    #expect(
      page.all("nginx.config.upstream").map(\.part)
        == ["10.0.12.31:8080", "127.0.0.1:8001", "unix:/run/app.sock", "backend:9000"])
    #expect(page.relations.count == 4)
    #expect(page.relations.allSatisfy { $0.kind == .proxies })
    #expect(page.subjects.contains { $0.keys == [.address("10.0.12.31:8080")] })
    #expect(page.subjects.contains { $0.keys == [.port(8001)] })
    #expect(page.subjects.contains { $0.keys == [.serviceName("backend"), .port(9000)] })
    #expect(page.warnings.isEmpty)
  }

  @Test func givesLogFormats() {
    let document = Document(name: "nginx.conf", bytes: Array(Self.config.utf8))
    #expect(
      nginxLogFormats(in: document)
        == ["timed": "$remote_addr [$time_local] \"$request\" $status rt=$request_time"])
  }

  @Test func unknownIncludesLeaveDefaultsUnknown() {
    let page = readPage(
      "events {}\nhttp { include conf.d/*.conf; proxy_pass http://127.0.0.1:1; }\n",
      with: NginxConfigReader.self)
    #expect(page.all("nginx.config.proxy_read_timeout").isEmpty)
    #expect(page.warnings.count == 1)
  }

  @Test func defaultsOfWholeConfig() {
    let page = readPage(
      "events {}\nhttp { server { location / { proxy_pass http://127.0.0.1:1; } } }\n",
      with: NginxConfigReader.self)
    #expect(page.number("nginx.config.worker_connections") == 512)
    #expect(page.number("nginx.config.proxy_read_timeout") == 60)
    #expect(page.line("nginx.config.proxy_read_timeout") == nil)
  }

  @Test(arguments: [
    ("60", 60.0), ("1h30m", 5400), ("500ms", 0.5), ("2d", 172_800), ("", nil), ("x", nil),
    ("5q", nil),
  ])
  func times(_ text: String, _ seconds: Double?) { #expect(nginxSeconds(text) == seconds) }

  @Test(arguments: [
    (config, Recognition.certain), ("server { listen 80; }\n", .certain),
    ("{\"server\": 1}", .no), ("services:\n  server:\n    image: x\n", .no),
    ("bind = '0.0.0.0:8000'\nworkers = 3\n", .no), ("server = 1;\n", .no),
    ("maxmemory 100mb\nsave 900 1\n", .no), ("", .no),
  ])
  func recognises(_ text: String, _ expected: Recognition) {
    #expect(recognition(of: text, by: NginxConfigReader.self) == expected)
  }

  @Test(arguments: [
    "", "}}}}", "{{{{", "log_format", "log_format x;", "'", "proxy_read_timeout x;", "${", "a\\",
    "upstream { server ; } proxy_pass ;", "content_by_lua_block { if x then } else { }",
  ])
  func survivesGarbage(_ text: String) {
    _ = readPage(text, with: NginxConfigReader.self)
    let deep = String(repeating: "a {", count: 10_000)
    _ = readPage(deep, with: NginxConfigReader.self)
  }
}
